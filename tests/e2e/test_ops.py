"""Operations: metrics, live settings, scaling, dead letters, traces, schema versions."""
import json
import os
import re
import secrets
import subprocess
import time

import requests
from support import samples
from support.db import ROOT
from support.fleet import BIN, STAGES, wait_for

TOPIC = "jobmill.analyze.bulk"
METRIC = re.compile(r'^([a-z_][a-z0-9_]*)(\{[a-z_]+="[^"\n]*"(,[a-z_]+="[^"\n]*")*\})? (-?[0-9.]+(e[-+]?[0-9]+)?|[-+]?Inf|NaN)$')


def test_every_process_has_its_endpoints_and_metrics(fleet, client, person):
    client.application_end(client.submit(person, samples.distinct(1, 30_000)[0])["id"])
    wanted = {"gateway": ["jobmill_http_requests_total", "jobmill_http_request_duration_seconds_count", "jobmill_pg_connections", "jobmill_redis_connected"],
              "dispatcher": ["jobmill_dispatch_leader", "jobmill_pg_connections", "jobmill_heartbeat_timestamp_seconds"],
              **{s: ["jobmill_concurrency_limit", "jobmill_tasks_total", "jobmill_task_duration_seconds_count", "jobmill_queue_wait_seconds_count", "jobmill_kafka_consumed_total"] for s in STAGES}}
    for p in fleet.processes():
        base = fleet.url if p.kind == "gateway" else f"http://127.0.0.1:{p.ops_port}"
        assert requests.get(base + "/livez", timeout=5).status_code == 200
        ready = requests.get(base + "/readyz", timeout=5)
        assert ready.status_code == 200 and "postgres" in ready.text
        text = fleet.metrics_text(p)
        lines = [x for x in text.splitlines() if x and not x.startswith("#")]
        assert [x for x in lines if not METRIC.match(x)] == []
        types = dict(re.findall(r"^# TYPE (\S+) (\w+)$", text, re.M))
        for x in lines:
            name = METRIC.match(x).group(1)
            assert name in types or re.sub(r"_(bucket|sum|count)$", "", name) in types, name
        names = {METRIC.match(x).group(1) for x in lines}
        missing = [n for n in wanted[p.kind] + ["jobmill_build_info", "jobmill_log_lines_total"] if n not in names]
        # which of two gateways did the work is up to the kernel
        assert [m for m in missing if not (p.kind == "gateway" and m.startswith("jobmill_http"))] == [], (p.instance, missing)
    m = wait_for("the dispatcher has counted", 20, lambda: (lambda x: x if "jobmill_books_drift" in x else None)(fleet.metrics(fleet.leader())), 0.5)
    assert m["jobmill_books_drift"] == 0 and m["jobmill_dispatch_leader"] == 1 and "jobmill_backlog_applications" in m


def test_version_and_contract(fleet):
    v = requests.get(fleet.url + "/version", timeout=5)
    assert v.status_code == 200 and "version" in v.json()
    o = requests.get(fleet.url + "/openapi.json", timeout=5)
    assert o.status_code == 200
    contract = o.json()
    assert contract["openapi"].startswith("3.")
    with open(os.path.join(ROOT, "services/gateway/routes.c"), encoding="utf-8") as f:
        routes = re.findall(r'\{HTTP_METHOD_(\w+), ROUTES_API "([^"]+)"', f.read())
    assert len(routes) > 20
    described = {(m.upper(), p) for p, ops in contract["paths"].items() for m in ops}
    described |= {(m, p.removeprefix("/api/v1")) for m, p in described}
    assert [r for r in routes if r not in described] == [], "a route that the contract does not name"


def test_concurrency_changes_live(fleet, client, person):
    before = {p.instance: p.pid for p in fleet.processes("analyzer")}
    fleet.run("concurrency", "analyzer=7")
    wait_for("the process says so", 5, lambda: all(p.row["concurrency"] == 7 for p in fleet.processes("analyzer")))
    p = fleet.processes("analyzer")[0]
    wait_for("the metric says so", 5, lambda: fleet.metrics(p)["jobmill_concurrency_limit"] == 7)
    b = client.batch([{"user_id": person, "job": j} for j in samples.distinct(100, 31_000)])["id"]
    client.batch_end(b)
    assert {p.instance: p.pid for p in fleet.processes("analyzer")} == before, "nothing was started anew"
    assert fleet.run("concurrency", "analyzer=0", check=False).returncode != 0
    fleet.run("concurrency", "analyzer=256")
    wait_for("back", 5, lambda: all(p.row["concurrency"] == 256 for p in fleet.processes("analyzer")))


def test_scaling_up_and_down(fleet, client, person):
    fleet.run("scale", "analyzer=3", "cover-letter=2")
    wait_for("they run", 20, lambda: len([p for p in fleet.processes("analyzer") if p.row["state"] == "running"]) == 3)
    b = client.batch([{"user_id": person, "job": j} for j in samples.distinct(300, 32_000)])["id"]
    fleet.run("scale", "analyzer=1", "cover-letter=1")
    end = client.batch_end(b)
    assert end["counts"]["done"] + end["counts"]["needs_review"] == 300
    wait_for("one is left", 20, lambda: len(fleet.processes("analyzer")) == 1)
    assert fleet.sql("SELECT stage, attempt FROM task_history h JOIN applications a ON a.application_id = h.subject_id WHERE a.batch_id = %s AND h.attempt > 1", b) == []


def test_what_cannot_be_decoded_goes_to_the_dead_letters(fleet, client, person):
    known = set(fleet.kafka("dump", "jobmill.dead-letter").decode().splitlines())
    bad = [b"\xff\xff not protobuf " + secrets.token_hex(4).encode(), b"", b"\x08\x01", b"\x08\x63\x12\x10" + bytes(16) + b"\x1a\x10" + bytes(16) + b"\x20\x01"]
    for i, b in enumerate(bad):
        fleet.kafka("produce", TOPIC, str(i % 4), input=b)
    found = wait_for("all of them are there", 20, lambda: (lambda now: now if len(now) >= len(bad) else None)([x for x in fleet.kafka("dump", "jobmill.dead-letter").decode().splitlines() if x not in known]), 0.5)
    assert len(found) == len(bad)
    hexes = [x.rsplit(" ", 1)[1] for x in found]
    assert bad[0].hex() in hexes and bad[3].hex() in hexes, "the bytes themselves"
    for x in found:
        assert TOPIC in x and re.search(r"reason=\S+", x) and re.search(r"partition=\d+", x) and re.search(r"offset=\d+", x), x
    p = fleet.processes("analyzer")[0]
    assert fleet.metrics(p)["jobmill_kafka_dead_letters_total"] >= len(bad)
    # a message of a task that is not there, or of another stage, harms nobody
    fleet.kafka("produce", TOPIC, "0", input=b"\x08\x01\x12\x10" + secrets.token_bytes(16) + b"\x1a\x10" + secrets.token_bytes(16) + b"\x20\x01")
    assert client.application_end(client.submit(person, samples.distinct(1, 33_000)[0])["id"])["state"] in ("done", "needs_review")


def test_the_trace_of_the_caller_reaches_the_workers(fleet, client, person):
    fleet.run("set", "optimizer", "log.level", "debug")
    fleet.run("set", "analyzer", "log.level", "debug")
    trace = secrets.token_hex(16)
    a = client.submit(person, samples.distinct(1, 34_000)[0], headers={"traceparent": f"00-{trace}-{secrets.token_hex(8)}-01"})
    client.application_end(a["id"])
    try:
        for instance in ("analyzer-1", "optimizer-1"):
            wait_for(f"{instance} writes it", 5, lambda i=instance: [x for x in fleet.log(i).splitlines() if trace in x])
        line = json.loads(next(x for x in fleet.log("optimizer-1").splitlines() if trace in x))
        assert line["level"] and line["ts"] and line["service"] == "optimizer"
        assert a["id"] in json.dumps(line)
    finally:
        fleet.run("set", "optimizer", "log.level", "info")
        fleet.run("set", "analyzer", "log.level", "info")


def test_every_log_line_is_json(fleet):
    for name in sorted(os.listdir(fleet.path("log"))):
        if name.split("-")[0] in ("gateway", "dispatcher", "analyzer", "optimizer", "cover", "embedding"):
            for line in fleet.log(name[:-4]).splitlines():
                assert re.match(r'\{"ts":".*"msg":".*\}$', line) and json.loads(line), (name, line)


def test_a_newer_schema_is_refused_and_migrating_twice_changes_nothing(fleet):
    owner = fleet.stack.server().connect("owner")
    name = "jobmill_schema_" + secrets.token_hex(4)
    with owner.cursor() as cur:
        cur.execute(f"CREATE DATABASE {name}")
    env = {"JOBMILL_PG_DB": name, "JOBMILL_RUN_DIR": fleet.path("schema")}
    try:
        fleet.run("migrate", "up", env=env)
        db = fleet.stack.server().connect("owner", name)
        with db.cursor() as cur:
            cur.execute("SELECT version, name, checksum, applied_at FROM schema_migrations ORDER BY 1")
            first = cur.fetchall()
        status = json.loads(fleet.run("migrate", "status", "--json", env=env).stdout)
        assert status["database"] == status["program"] == len(first)
        fleet.run("migrate", "up", env=env)
        with db.cursor() as cur:
            cur.execute("SELECT version, name, checksum, applied_at FROM schema_migrations ORDER BY 1")
            assert cur.fetchall() == first
            cur.execute("INSERT INTO schema_migrations (version, name, checksum) VALUES (9999, 'from_tomorrow', 'x')")
        refused = fleet.run("migrate", "up", env=env, check=False)
        assert refused.returncode != 0 and "9999" in refused.stderr
        for service in ("gateway", "dispatcher", "analyzer"):
            r = subprocess.run([os.path.join(BIN, "jobmill-" + service)], env=fleet.environment(**env, JOBMILL_HTTP_PORT="0"), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=30, check=False)
            assert r.returncode not in (0, -9, -11) and "9999" in r.stdout, (service, r.returncode, r.stdout[-500:])
        with db.cursor() as cur:
            cur.execute("DELETE FROM schema_migrations WHERE version = 9999")
            cur.execute("UPDATE schema_migrations SET checksum = 'tampered' WHERE version = 1")
        refused = fleet.run("migrate", "up", env=env, check=False)
        assert refused.returncode != 0 and "another text" in refused.stderr
        db.close()
    finally:
        time.sleep(0.3)
        with owner.cursor() as cur:
            cur.execute(f"DROP DATABASE IF EXISTS {name}")


def test_doctor_and_status(fleet):
    fleet.run("doctor")
    status = json.loads(fleet.run("status", "--json").stdout)
    assert status["url"] == fleet.url and all(s["ok"] for s in status["services"])
    assert oct(os.stat(fleet.path("api-key")).st_mode & 0o777) == "0o600"
