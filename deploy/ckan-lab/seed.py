"""Fills an empty CKAN database with seed.json, and N bulk datasets, and indexes them with CKAN's own indexer.

Guarantees that the same seed gives the same ids, names, dates and states: rows are written straight to the
tables, because CKAN's actions choose ids and dates by themselves. Leaves creating the tables to `up`.
Ids are uuid5(URL namespace, "ckan-chatops/<kind>/<name>"), as README.md lists them.
"""
import argparse
import json
import logging
import multiprocessing
import os
import secrets
import time
import uuid
from datetime import datetime, timedelta
from pathlib import Path

SEED_REMOTE = "http://127.0.0.1:15800"
TOKEN_HOLDERS = ("chatops", "analyst")
FIRST_DAY = datetime(2014, 1, 1)
FIRST_BULK = datetime(2025, 1, 1)


def identifier(kind, name):
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"ckan-chatops/{kind}/{name}"))


def start_ckan(ini):
    """CKAN inside this process; the answer opens a request context."""
    from ckan.cli import CKANConfigLoader
    from ckan.config.middleware import make_app

    logging.disable(logging.INFO)
    return make_app(CKANConfigLoader(ini).get_config())._wsgi_app


def insert(model_class, rows):
    import sqlalchemy
    from ckan import model

    if rows:
        model.Session.execute(sqlalchemy.inspect(model_class).local_table.insert(), rows)


def bulk_datasets(count, publishers):
    for i in range(1, count + 1):
        at = (FIRST_BULK + timedelta(minutes=i)).isoformat()
        name = f"bulk-{i:05d}"
        yield {
            "name": name,
            "title": f"Bulk Dataset {i}",
            "notes": f"Number {i} of the datasets made for benchmarks.",
            "publisher": publishers[i % len(publishers)]["name"],
            "state": "active",
            "private": False,
            "created": at,
            "modified": at,
            "resources": [
                {"name": "Data", "url": f"https://data.example.org/bulk/{i}.csv", "format": "CSV", "state": "active"}
            ],
            "tags": ["bulk"],
            "extras": [{"key": "batch", "value": str((i - 1) // 100)}],
            "harvest": None,
        }


def write_users(users):
    from ckan import model
    from ckan.plugins import toolkit

    toolkit.get_action("get_site_user")({"ignore_auth": True, "defer_commit": True}, {})
    for user in users:
        fields = {k: user[k] for k in ("name", "fullname", "email", "state", "sysadmin")}
        row = model.User(**fields, password=secrets.token_hex(16))
        row.id = identifier("user", user["name"])
        row.created = FIRST_DAY
        model.Session.add(row)
    model.Session.flush()


def write_memberships(users):
    from ckan import model

    insert(
        model.Member,
        [
            {
                "id": identifier("member", f"{user['name']}/{held['publisher']}"),
                "table_name": "user",
                "table_id": identifier("user", user["name"]),
                "group_id": identifier("publisher", held["publisher"]),
                "capacity": held["capacity"],
                "state": "active",
            }
            for user in users
            for held in user["memberships"]
        ],
    )


def write_publishers(publishers):
    from ckan import model

    insert(
        model.Group,
        [
            {
                "id": identifier("publisher", p["name"]),
                "name": p["name"],
                "title": p["title"],
                "description": "",
                "type": "organization",
                "is_organization": True,
                "created": FIRST_DAY,
                "state": "active",
            }
            for p in publishers
        ],
    )


def write_packages(datasets, kind, creator):
    """Rows of datasets (kind `dataset`) or of the packages that stand for harvest sources (kind `source`)."""
    from ckan import model

    packages, resources, tagged, members, extras = [], [], [], [], []
    tags = set()
    for dataset in datasets:
        package = identifier(kind, dataset["name"])
        own_extras = {e["key"]: e["value"] for e in dataset["extras"]}
        row = {
            "id": package,
            "type": "harvest" if kind == "source" else "dataset",
            "owner_org": identifier("publisher", dataset["publisher"]),
            "creator_user_id": creator,
            "license_id": "" if kind == "source" else "uk-ogl",
            "metadata_created": datetime.fromisoformat(dataset["created"]),
            "metadata_modified": datetime.fromisoformat(dataset["modified"]),
            "url": dataset.get("url", ""),
            **{k: dataset[k] for k in ("name", "title", "notes", "state", "private")},
            **{k: dataset.get(k, "") for k in ("author", "author_email", "maintainer", "maintainer_email")},
        }
        if hasattr(model, "PackageExtra"):  # a table of their own until CKAN 2.11
            extras += [
                {
                    "id": identifier("extra", f"{dataset['name']}/{k}"),
                    "package_id": package,
                    "key": k,
                    "value": v,
                    "state": "active",
                }
                for k, v in own_extras.items()
            ]
        else:
            row["extras"] = own_extras
        packages.append(row)
        active = [r["name"] for r in dataset["resources"] if r["state"] == "active"]
        resources += [
            {
                "id": identifier("resource", f"{dataset['name']}/{number}"),
                "package_id": package,
                # CKAN numbers the active ones without a gap, and moves what it deletes to 0.
                "position": active.index(resource["name"]) if resource["state"] == "active" else 0,
                "description": "",
                "hash": "",
                "extras": {},
                "created": datetime.fromisoformat(dataset["created"]),
                "metadata_modified": datetime.fromisoformat(dataset["modified"]),
                **{k: resource[k] for k in ("name", "url", "format", "state")},
            }
            for number, resource in enumerate(dataset["resources"])
        ]
        tags.update(dataset["tags"])
        tagged += [
            {
                "id": identifier("package-tag", f"{dataset['name']}/{tag}"),
                "package_id": package,
                "tag_id": identifier("tag", tag),
                "state": "active",
            }
            for tag in dataset["tags"]
        ]
        members.append(
            {
                "id": identifier("member", dataset["name"]),
                "table_name": "package",
                "table_id": package,
                "group_id": row["owner_org"],
                "capacity": "organization",
                "state": "active",
            }
        )
    insert(model.Package, packages)
    insert(model.Resource, resources)
    insert(model.Tag, [{"id": identifier("tag", t), "name": t} for t in sorted(tags)])
    insert(model.PackageTag, tagged)
    insert(model.Member, members)
    if extras:
        insert(model.PackageExtra, extras)


def write_harvests(sources, datasets):
    """One finished job for each source that has datasets, with the harvest objects CKAN knows its datasets by."""
    from ckanext.harvest.model import HarvestJob, HarvestObject, HarvestSource

    insert(
        HarvestSource,
        [
            {
                "id": identifier("source", s["name"]),
                "url": s["url"],
                "title": s["title"],
                "type": s["source_type"],
                "config": s["config"],
                "created": datetime.fromisoformat(s["created"]),
                "active": True,
                "frequency": "MANUAL",
            }
            for s in sources
        ],
    )
    for source in sources:
        owned = [d for d in datasets if (d["harvest"] or {}).get("source") == source["name"]]
        if not owned:
            continue
        ran = datetime.fromisoformat(max(d["modified"] for d in owned))
        job, source_id = identifier("harvest-job", source["name"]), identifier("source", source["name"])
        times = {k: ran for k in ("created", "gather_started", "gather_finished", "finished")}
        insert(HarvestJob, [{"id": job, "source_id": source_id, "status": "Finished", **times}])
        done = ("gathered", "fetch_started", "fetch_finished", "import_started", "import_finished")
        insert(
            HarvestObject,
            [
                {
                    "id": identifier("harvest-object", d["name"]),
                    "guid": identifier("dataset", d["name"]),
                    "package_id": identifier("dataset", d["name"]),
                    "current": True,
                    "content": "{}",
                    "state": "COMPLETE",
                    "report_status": "added",
                    "harvest_job_id": job,
                    "harvest_source_id": source_id,
                    **{k: ran for k in done},
                }
                for d in owned
            ],
        )


def write_tokens(users, directory):
    from ckan.plugins import toolkit

    for user in users:
        context = {"ignore_auth": True, "user": user["name"]}
        token = toolkit.get_action("api_token_create")(context, {"user": user["name"], "name": "lab"})["token"]
        path = directory / f"{user['name']}.token"
        path.unlink(missing_ok=True)
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(token + "\n")


def index(packages):
    from ckan import model
    from ckan.lib import search

    search.rebuild(package_ids=packages)
    model.Session.remove()


def index_in_own_process(ini, packages):
    with start_ckan(ini).test_request_context():
        index(packages)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--ini", required=True)
    parser.add_argument("--tokens", type=Path, required=True, help="directory for <user>.token")
    parser.add_argument("--remote", default=SEED_REMOTE, help="where the sources' remote site really listens")
    parser.add_argument("--bulk", type=int, default=0)
    arguments = parser.parse_args()
    began = time.monotonic()
    seed = json.loads(Path(__file__).with_name("seed.json").read_text())
    datasets = seed["datasets"] + list(bulk_datasets(arguments.bulk, seed["publishers"]))
    sources = [
        {
            **s,
            "url": s["url"].replace(SEED_REMOTE, arguments.remote),
            "notes": "",
            "state": "active",
            "private": False,
            "resources": [],
            "tags": [],
            "extras": [
                {"key": "source_type", "value": s["source_type"]},
                {"key": "frequency", "value": "MANUAL"},
                *([{"key": "config", "value": s["config"]}] if s["config"] else []),
            ],
        }
        for s in seed["sources"]
    ]
    app = start_ckan(arguments.ini)
    from ckan import model
    from ckan.lib import search

    with app.test_request_context():
        write_users(seed["users"])
        write_publishers(seed["publishers"])
        write_memberships(seed["users"])
        creator = identifier("user", seed["users"][0]["name"])
        write_packages(datasets, "dataset", creator)
        write_packages(sources, "source", creator)
        write_harvests(sources, seed["datasets"])
        model.Session.commit()
        write_tokens([u for u in seed["users"] if u["name"] in TOKEN_HOLDERS], arguments.tokens)
        search.clear_all()
        shown = [identifier("source", s["name"]) for s in sources]
        shown += [identifier("dataset", d["name"]) for d in seed["datasets"] if d["state"] != "deleted"]
        index(shown)
        bulk = [identifier("dataset", d["name"]) for d in datasets[len(seed["datasets"]) :]]
        if len(bulk) <= 200:
            index(bulk)
        else:
            # A forked child would share this process's database connections.
            model.meta.engine.dispose()
            processes = min(4, os.cpu_count() or 1)
            with multiprocessing.get_context("spawn").Pool(processes) as pool:
                pool.starmap(index_in_own_process, [(arguments.ini, bulk[i::processes]) for i in range(processes)], 1)
        search.commit()
    print(
        f"{len(seed['publishers'])} publishers, {len(sources)} sources, {len(seed['datasets'])} datasets, "
        f"{arguments.bulk} bulk datasets in {time.monotonic() - began:.1f} s"
    )


if __name__ == "__main__":
    main()
