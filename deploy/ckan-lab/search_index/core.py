"""One core: its documents, its uncommitted changes, its snapshot, and the answer to a search.

Guarantees that nothing is visible before a commit, that changes take effect in the order they came in, and that
what was committed survives a restart. Leaves the wire format to __main__.py.
"""
import json
import re
import sqlite3
import threading
import time
from collections import Counter

from query import Lucene, dismax
from schema import Refused


class Core:
    def __init__(self, schema, path):
        self.schema, self.commits, self.commit_delay_ms = schema, 0, 0
        self._documents, self._pending = {}, []
        self._reading, self._writing = threading.Lock(), threading.Lock()
        self._file = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._file.execute("pragma journal_mode = wal")
        self._file.execute("pragma synchronous = off")
        for table in ("live", "snapshot"):
            self._file.execute(f"create table if not exists {table} (key text primary key, source text not null)")
        self._load()

    def _load(self):
        rows = self._file.execute("select source from live order by rowid").fetchall()
        documents = [self.schema.document(json.loads(source)) for (source,) in rows]
        self._documents = {document.key: document for document in documents}

    def state(self):
        (kept,) = self._file.execute("select count(*) from snapshot").fetchone()
        return {
            "documents": len(self._documents),
            "snapshot": kept,
            "pending": len(self._pending),
            "commits": self.commits,
            "commit_delay_ms": self.commit_delay_ms,
        }

    def add(self, sources):
        prepared = [("add", self.schema.document(source)) for source in sources]
        with self._writing:
            self._pending += prepared

    def delete(self, keys=(), query=None):
        change = ("keys", list(keys)) if query is None else ("query", Lucene(self.schema, query).test())
        with self._writing:
            self._pending.append(change)

    def commit(self):
        with self._writing:
            time.sleep(self.commit_delay_ms / 1000)
            documents = dict(self._documents)
            self._file.execute("begin")
            for kind, change in self._pending:
                if kind == "add":
                    documents[change.key] = change
                    row = (change.key, json.dumps(change.source))
                    self._file.execute("insert or replace into live values (?, ?)", row)
                    continue
                gone = change if kind == "keys" else [key for key, d in documents.items() if change(d)]
                for key in gone:
                    documents.pop(key, None)
                    self._file.execute("delete from live where key = ?", (key,))
            self._file.execute("commit")
            self._pending, self.commits = [], self.commits + 1
            with self._reading:
                self._documents = documents

    def snapshot(self):
        self._copy("live", "snapshot")

    def restore(self):
        self._copy("snapshot", "live")
        self._pending, self.commit_delay_ms = [], 0
        with self._reading:
            self._load()

    def _copy(self, source, target):
        with self._writing:
            self._file.execute("begin")
            self._file.execute(f"delete from {target}")
            self._file.execute(f"insert into {target} select key, source from {source} order by rowid")
            self._file.execute("commit")

    def search(self, parameters):
        def one(name, otherwise):
            return parameters.get(name, [otherwise])[-1]

        with self._reading:
            documents = list(self._documents.values())
        text, operator, field = one("q", "*:*"), one("q.op", "OR").upper(), one("df", "text")
        kind = one("defType", "lucene")
        # edismax accepts Lucene's syntax; plain words mean the same to both.
        if text.strip() == "*:*" or kind == "lucene" or (kind == "edismax" and ":" in text):
            matches = Lucene(self.schema, text, operator, field).test()
            scored = {d.key: 1.0 for d in documents if matches(d)}
        else:
            score = dismax(self.schema, text, one("qf", field), one("mm", "100%"), float(one("tie", "0")))
            scored = {d.key: s for d in documents if (s := score(d))}
        found = [d for d in documents if d.key in scored]
        for filtered_by in parameters.get("fq", []):
            if filtered_by.strip():
                matches = Lucene(self.schema, filtered_by, operator, field).test()
                found = [d for d in found if matches(d)]
        found = self._sorted(found, scored, one("sort", "score desc"))
        start, rows = int(one("start", "0")), int(one("rows", "10"))
        listed = set(re.split(r"[,\s]+", " ".join(parameters.get("fl", ["*"])).strip()))
        page = []
        for document in found[start : start + rows]:
            page.append(self.schema.stored(document, None if "*" in listed else listed))
            if "score" in listed:
                page[-1]["score"] = scored[document.key]
        answer = {"response": {"numFound": len(found), "start": start, "numFoundExact": True, "docs": page}}
        if one("facet", "false") == "true":
            limit, least = int(one("facet.limit", "100")), int(one("facet.mincount", "0"))
            fields = {f: self._facet(found, f, limit, least) for f in parameters.get("facet.field", [])}
            answer["facet_counts"] = {"facet_queries": {}, "facet_fields": fields, "facet_ranges": {}}
        return answer

    def _sorted(self, found, scored, order):
        # The last criterion first: Python's sort keeps the order of equals.
        for part in reversed([p.strip() for p in order.split(",") if p.strip()]):
            match = re.fullmatch(r"(\S+)\s+(asc|desc)", part, re.IGNORECASE)
            if not match:
                raise Refused(f"Can't determine a Sort Order (asc or desc) in sort spec '{part}', pos={len(part)}")
            name, descending = match[1], match[2].lower() == "desc"
            if name == "score":
                found = sorted(found, key=lambda d: scored[d.key], reverse=descending)
                continue
            number = self.schema.field(name).kind == "number"
            having = [d for d in found if d.first(name) is not None]
            having.sort(key=lambda d: float(d.first(name)) if number else d.first(name), reverse=descending)
            found = having + [d for d in found if d.first(name) is None]
        return found

    @staticmethod
    def _facet(found, field, limit, least):
        counts = Counter(value for d in found for value in set(d.values.get(field, ())))
        listed = sorted(((v, n) for v, n in counts.items() if n >= least), key=lambda c: (-c[1], c[0]))
        return [part for pair in (listed if limit < 0 else listed[:limit]) for part in pair]
