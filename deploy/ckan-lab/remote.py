"""The remote sites that the lab's harvest sources point to: pages of a fake CKAN, slow or broken on demand.

A site is described by its address, /<site>/<datasets>/<seconds>, under which it answers package_search as CKAN's
harvester asks it: that many datasets, every answer held that many seconds. It offers first the datasets that
seed.json says were harvested from it, with the ids they have in the lab, then made-up ones, <site>-00001 and on.
A site's name says what is wrong with it by how it begins: `broken` answers 500, `page` an HTML page; of `bad`, every
second dataset cannot be imported (it has one extra twice); `slow` answers package_search at once, but each of its
datasets names a group of the remote's own, which a harvester with {"remote_groups": "create"} asks for while it
imports the dataset, and it is that answer which is held. The lab's own requests:
    GET  /lab             requests seen, and how many are held now
    POST /lab/release     let go what is held, and hold nothing more       POST /lab/hold     hold again
    POST /lab/release?answers=N    let go N answers, held now or later, and hold on
    POST /lab/break       every site answers 500                           POST /lab/mend     no more
    POST /lab/reset       as it was at the start, and forget the requests seen
"""
import argparse
import json
import threading
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit


def identifier(kind, name):
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"ckan-chatops/{kind}/{name}"))


class Gate:
    """Holds requests until their time is up or somebody releases them all."""

    def __init__(self):
        self._changed = threading.Condition()
        self._open, self._released, self._held, self._seen = False, 0, 0, []
        # How many more answers may leave although the gate is shut, and whether every site is broken.
        self._passes, self._broken = 0, False

    def note(self, path):
        with self._changed:
            self._seen.append(path)

    def hold(self, seconds):
        with self._changed:
            if self._open or not seconds:
                return
            turn = self._released
            self._held += 1
            self._changed.wait_for(lambda: self._released != turn or self._passes > 0, timeout=seconds)
            self._held -= 1
            if self._released == turn and self._passes > 0:
                self._passes -= 1

    def let_pass(self, answers):
        with self._changed:
            self._passes += answers
            self._changed.notify_all()

    def break_all(self, broken):
        with self._changed:
            self._broken = broken

    def is_broken(self):
        with self._changed:
            return self._broken

    def set(self, is_open, forget=False):
        with self._changed:
            self._open = is_open
            if is_open or forget:
                self._released += 1
                self._changed.notify_all()
            if not is_open:
                self._passes = 0
            if forget:
                self._seen, self._broken = [], False

    def state(self):
        with self._changed:
            return {
                "holding": not self._open,
                "held": self._held,
                "passes": self._passes,
                "broken": self._broken,
                "seen": self._seen[-200:],
            }


class Sites:
    def __init__(self, seed):
        self._seeded = {}
        names = {s["name"]: urlsplit(s["url"]).path.split("/")[1] for s in seed["sources"]}
        for dataset in seed["datasets"]:
            if dataset["harvest"]:
                self._seeded.setdefault(names[dataset["harvest"]["source"]], []).append(dataset)

    def page(self, site, count, start, rows):
        return [self._dataset(site, number) for number in range(start, min(count, start + rows))]

    def _extras(self, site, number, known):
        if site.startswith("bad") and number % 2 == 0:
            return [{"key": "twice", "value": "1"}, {"key": "twice", "value": "2"}]
        return known["extras"] if known else []

    def _dataset(self, site, number):
        seeded = self._seeded.get(site, [])
        known = seeded[number] if number < len(seeded) else None
        name = known["name"] if known else f"{site}-{number + 1:05d}"
        resources = known["resources"] if known else [
            {"name": "Data", "url": f"https://data.example.org/{site}/{number + 1}.csv", "format": "CSV"}
        ]
        return {
            "id": identifier("dataset", name),
            "name": name,
            "title": known["title"] if known else f"Dataset {number + 1} of {site}",
            "notes": known["notes"] if known else f"Offered by the remote site {site}.",
            "type": "dataset",
            "state": "active",
            "private": False,
            "metadata_created": known["created"] if known else "2025-01-01T00:00:00.000000",
            "metadata_modified": known["modified"] if known else "2025-01-01T00:00:00.000000",
            "tags": [{"name": tag} for tag in (known["tags"] if known else [site])],
            "extras": self._extras(site, number, known),
            "groups": [{"id": f"{name}-group", "name": f"{name}-group"}] if site.startswith("slow") else [],
            "resources": [
                {"id": identifier("resource", f"{name}/{i}"), **{k: r[k] for k in ("name", "url", "format")}}
                for i, r in enumerate(resources)
            ],
        }


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    gate = Gate()
    sites: Sites

    def log_message(self, *_):
        pass

    def do_POST(self):
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        url = urlsplit(self.path)
        answers = parse_qs(url.query).get("answers", [""])[0]
        if url.path == "/lab/release" and answers.isdigit():
            self.gate.let_pass(int(answers))
        elif url.path in ("/lab/break", "/lab/mend"):
            self.gate.break_all(url.path == "/lab/break")
        elif url.path in ("/lab/release", "/lab/hold", "/lab/reset") and not answers:
            self.gate.set(url.path == "/lab/release", forget=url.path == "/lab/reset")
        else:
            return self.reply(404, {"success": False})
        self.reply(200, self.gate.state())

    def do_GET(self):
        url = urlsplit(self.path)
        if url.path == "/lab":
            return self.reply(200, self.gate.state())
        self.gate.note(self.path)
        try:
            site, count, seconds, *action = url.path.strip("/").split("/")
            count, seconds = int(count), float(seconds)
        except ValueError:
            return self.reply(404, {"success": False})
        if not (site.startswith("slow") and action and action[-1] == "package_search"):
            self.gate.hold(seconds)
        if action and action[-1] == "group_show":
            # Not JSON: the harvester then goes on without the group.
            return self.reply(404, b"Not found", "text/plain")
        if site.startswith("broken") or self.gate.is_broken():
            return self.reply(500, b"Internal Server Error", "text/plain")
        if site.startswith("page"):
            return self.reply(200, b"<!doctype html><title>Moved</title><p>This portal has moved.", "text/html")
        if not action or action[-1] != "package_search":
            return self.reply(404, {"success": False, "error": {"__type": "Not Found Error", "message": "Not found"}})
        asked = parse_qs(url.query)
        start, rows = int(asked.get("start", ["0"])[0]), int(asked.get("rows", ["10"])[0])
        self.reply(200, {"success": True, "result": {"count": count, "results": self.sites.page(site, count, start, rows)}})

    def reply(self, status, body, kind="application/json"):
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        try:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)
        except OSError:
            # The harvester was ended while its request was held.
            self.close_connection = True


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--seed", type=Path, required=True)
    arguments = parser.parse_args()
    Handler.sites = Sites(json.loads(arguments.seed.read_text()))
    ThreadingHTTPServer.daemon_threads = True
    ThreadingHTTPServer(("127.0.0.1", arguments.port), Handler).serve_forever()


if __name__ == "__main__":
    main()
