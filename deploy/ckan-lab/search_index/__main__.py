"""A stand-in for the one Solr core CKAN talks to. It is not Apache Solr: README.md says how it differs.

Guarantees what CKAN's client (pysolr) and `ckan search-index` need: /select, /update, /schema, /admin/ping under
any path, on loopback. The lab's own requests:
    GET  /lab                                        counters and faults as JSON
    POST /lab/faults?fail_next=2&status=503&commit_delay_ms=100     the next two updates fail; commits take longer
    POST /lab/snapshot    POST /lab/restore          keep this state; go back to it and clear the faults
"""
import argparse
import json
import sys
import threading
import time
import traceback
import xml.etree.ElementTree as ElementTree
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

from core import Core
from schema import Refused, Schema

JSON = "application/json;charset=utf-8"


class Faults:
    def __init__(self):
        self._lock, self.fail_next, self.status = threading.Lock(), 0, 503

    def set(self, parameters):
        with self._lock:
            self.fail_next = int(parameters.get("fail_next", [self.fail_next])[0])
            self.status = int(parameters.get("status", [self.status])[0])

    def due(self):
        with self._lock:
            if self.fail_next == 0:
                return None
            self.fail_next -= 1
            return self.status


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # A header and a body in two packets would wait for each other's acknowledgement.
    wbufsize = -1
    disable_nagle_algorithm = True
    core: Core
    faults: Faults

    def log_message(self, *_):
        pass

    def do_GET(self):
        self.began = time.monotonic()
        url = urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        parameters = parse_qs(url.query, keep_blank_values=True)
        try:
            self.answer(url.path.rstrip("/"), parameters, body)
        except Refused as refusal:
            self.refuse(400, str(refusal))
        except OSError:
            self.close_connection = True
        except Exception:
            print(f"fault at {self.path}: {body[:500]!r}\n{traceback.format_exc()}", file=sys.stderr, flush=True)
            self.refuse(500, "the lab's search index failed; its log says why")

    do_POST = do_GET

    def answer(self, path, parameters, body):
        kind = self.headers.get("Content-Type", "")
        if path.startswith("/lab"):
            self.reply(200, self.control(path, parameters))
        elif path.endswith("/select"):
            if "form" in kind:
                for name, values in parse_qs(body.decode(), keep_blank_values=True).items():
                    parameters.setdefault(name, []).extend(values)
            self.succeed(self.core.search(parameters))
        elif "/update" in path:
            status = self.faults.due()
            if status:
                self.refuse(status, "failure asked for with /lab/faults")
            else:
                self.update(kind, parameters, body)
                self.succeed({})
        elif path.endswith(("/schema", "/admin/file")):
            self.reply(200, self.core.schema.xml, "application/xml;charset=utf-8")
        elif path.endswith("/admin/ping"):
            self.succeed({"status": "OK"})
        else:
            self.refuse(404, f"nothing is served at {path}")

    def control(self, path, parameters):
        if self.command == "POST":
            if path == "/lab/faults":
                self.faults.set(parameters)
                self.core.commit_delay_ms = int(parameters.get("commit_delay_ms", [self.core.commit_delay_ms])[0])
            elif path == "/lab/snapshot":
                self.core.snapshot()
            elif path == "/lab/restore":
                self.core.restore()
                self.faults.set({"fail_next": ["0"], "status": ["503"]})
        return {**self.core.state(), "fail_next": self.faults.fail_next, "status": self.faults.status}

    def update(self, kind, parameters, body):
        commit = any(parameters.get(name, [""])[0] == "true" for name in ("commit", "softCommit"))
        if "json" in kind:
            self.core.add(json.loads(body))
        elif body:
            root = ElementTree.fromstring(body)
            commit = commit or root.tag in ("commit", "optimize")
            for element in root if root.tag == "delete" else ():
                if element.tag == "query":
                    self.core.delete(query=element.text or "")
                else:
                    self.core.delete(keys=[element.text])
        if commit:
            self.core.commit()

    def header(self, status):
        return {"responseHeader": {"status": status, "QTime": int((time.monotonic() - self.began) * 1000)}}

    def succeed(self, body):
        self.reply(200, {**self.header(0), **body})

    def refuse(self, status, message):
        self.reply(status, {**self.header(status), "error": {"msg": message, "code": status}})

    def reply(self, status, body, kind=JSON):
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--schema", required=True, help="CKAN's schema.xml")
    parser.add_argument("--data", required=True, help="file to keep the documents in")
    parser.add_argument("--port", type=int, required=True)
    arguments = parser.parse_args()
    Handler.core, Handler.faults = Core(Schema(arguments.schema), arguments.data), Faults()
    ThreadingHTTPServer.daemon_threads = True
    ThreadingHTTPServer.request_queue_size = 128
    ThreadingHTTPServer(("127.0.0.1", arguments.port), Handler).serve_forever()


if __name__ == "__main__":
    main()
