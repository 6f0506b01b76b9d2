"""Tries the running lab through its API and its search index; the first thing that is wrong ends it with a reason.

Guarantees to leave the seeded data as it found it: it works on a dataset, and with --harvest on a source, of its
own, and purges them. Leaves starting and stopping to up and down.
"""
import argparse
import json
import sys
import time
import urllib.error
import urllib.request
import uuid
from pathlib import Path


def identifier(kind, name):
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"ckan-chatops/{kind}/{name}"))


class Wrong(Exception):
    pass


def expect(holds, reason):
    if not holds:
        raise Wrong(reason)


class Ckan:
    def __init__(self, url, token=None):
        self.url, self.token = url, token

    def call(self, action, **data):
        """(status, answer) of an action; the answer is the result where there is one."""
        request = urllib.request.Request(f"{self.url}/api/3/action/{action}", json.dumps(data).encode())
        request.add_header("Content-Type", "application/json")
        if self.token:
            request.add_header("Authorization", self.token)
        try:
            with urllib.request.urlopen(request, timeout=60) as response:
                return response.status, json.load(response)["result"]
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode(errors="replace")
        except OSError as error:
            raise Wrong(f"{action}: no answer from {self.url} ({error})") from error

    def do(self, action, **data):
        status, answer = self.call(action, **data)
        expect(status == 200, f"{action} {data} answered {status}: {answer if isinstance(answer, str) else ''}"[:500])
        return answer

    def found(self, name, **more):
        return self.do("package_search", fq=f'+name:"{name}"', rows=5, **more)["count"] == 1


def check_tokens(ckan, analyst, nobody):
    expect(ckan.do("user_show", id="chatops", include_plugin_extras=False)["sysadmin"] is True, "chatops is no sysadmin")
    status, _ = analyst.call("dataset_purge", id="road-accidents-2019")
    expect(status == 403, f"dataset_purge as analyst answered {status}, not 403")
    status, _ = nobody.call("package_delete", id="road-accidents-2019")
    expect(status == 403, f"package_delete without a token answered {status}, not 403")


def check_seed(ckan, nobody, seed):
    for dataset in seed["datasets"]:
        shown = ckan.do("package_show", id=dataset["name"])
        wrong = [k for k in ("title", "state", "private", "author") if shown[k] != dataset[k]]
        expect(not wrong, f"{dataset['name']}: {', '.join(wrong)} not as in seed.json; run reset")
        expect(shown["id"] == identifier("dataset", dataset["name"]), f"{dataset['name']} has the id {shown['id']}")
        active = [r["name"] for r in dataset["resources"] if r["state"] == "active"]
        expect([r["name"] for r in shown["resources"]] == active, f"{dataset['name']}: resources not as in seed.json")
        public = dataset["state"] == "active" and not dataset["private"]
        expect(nobody.found(dataset["name"]) == public, f"{dataset['name']}: public search is wrong about it")
        if dataset["harvest"]:
            extras = {e["key"]: e["value"] for e in shown["extras"]}
            expect(
                extras.get("harvest_source_id") == identifier("source", dataset["harvest"]["source"]),
                f"{dataset['name']}: no harvest_source_id among its extras",
            )
    words = nobody.do("package_search", q="road accident collisions")
    expect("road-accidents-2019" in [d["name"] for d in words["results"]], "a search for words does not find road-accidents-2019")


def check_writes(ckan, nobody, index):
    name = f"lab-check-{uuid.uuid4().hex[:8]}"
    made = ckan.do("package_create", name=name, title="Made by check", owner_org="department-for-transport", author="Check")
    try:
        expect(nobody.found(name), "a created dataset is not found by search")
        ckan.do("package_delete", id=made["id"])
        expect(not nobody.found(name), "a withdrawn dataset is still found by search")
        expect(ckan.do("package_show", id=name)["state"] == "deleted", "a withdrawn dataset has not the state deleted")
        back = ckan.do("package_patch", id=made["id"], state="active")
        expect(back["author"] == "Check" and nobody.found(name), "package_patch does not restore a withdrawn dataset")
        if index:
            fault = urllib.request.Request(f"{index}/lab/faults?fail_next=1", b"")
            urllib.request.urlopen(fault, timeout=10).close()
            status, _ = ckan.call("package_delete", id=made["id"])
            expect(status == 500, f"package_delete with a failing index answered {status}, not 500")
    finally:
        ckan.do("dataset_purge", id=made["id"])
    status, _ = ckan.call("package_show", id=made["id"])
    expect(status == 404, f"a purged dataset answers {status}, not 404")


def check_harvest(ckan, nobody, remote):
    name = f"lab-check-{uuid.uuid4().hex[:8]}"
    source = ckan.do(
        "harvest_source_create", name=name, title="Made by check", url=f"{remote}/{name}/3/0",
        source_type="ckan", frequency="MANUAL", owner_org="environment-agency",
    )  # fmt: skip
    try:
        ckan.do("harvest_job_create", source_id=source["id"], run=True)
        deadline = time.monotonic() + 90
        while True:
            ckan.do("harvest_jobs_run", source_id=source["id"])
            job = ckan.do("harvest_source_show_status", id=source["id"])["last_job"]
            if job["status"] == "Finished":
                break
            late = time.monotonic() > deadline
            expect(not late, f"the harvest job is still {job['status']} after 90 s; see the gather and fetch logs")
            time.sleep(0.5)
        # harvest_jobs_run puts what waits into the queue again: one object may be imported twice, the second time in vain.
        imported = job["stats"]["added"] + job["stats"]["not modified"]
        expect(imported == 3, f"the harvest job ended with {job['stats']}, not with 3 datasets")
        expect(nobody.found(f"{name}-00001"), "a harvested dataset is not found by search")
    finally:
        ckan.do("harvest_source_clear", id=source["id"])
        ckan.do("dataset_purge", id=source["id"])


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", required=True)
    parser.add_argument("--run", type=Path, required=True)
    parser.add_argument("--version", required=True)
    parser.add_argument("--remote", required=True)
    parser.add_argument("--index", default="", help="empty where a real Solr is used")
    parser.add_argument("--harvest", action="store_true", help="also run a harvest of three datasets (about 15 s)")
    arguments = parser.parse_args()
    seed = json.loads(Path(__file__).with_name("seed.json").read_text())
    ckan, analyst = (Ckan(arguments.url, (arguments.run / f"{n}.token").read_text().strip()) for n in ("chatops", "analyst"))
    nobody = Ckan(arguments.url)
    try:
        status = nobody.do("status_show")
        expect(status["ckan_version"] == arguments.version, f"CKAN is {status['ckan_version']}, not {arguments.version}")
        expect(status["site_url"] == arguments.url, f"CKAN calls itself {status['site_url']}")
        expect({"activity", "harvest"} <= set(status["extensions"]), "the activity and harvest plugins are not loaded")
        check_tokens(ckan, analyst, nobody)
        check_seed(ckan, nobody, seed)
        check_writes(ckan, nobody, arguments.index)
        if arguments.harvest:
            check_harvest(ckan, nobody, arguments.remote)
    except Wrong as wrong:
        sys.exit(f"check: {wrong}")


if __name__ == "__main__":
    main()
