"""A stack (Kafka, Postgres, Redis), a fleet of jobmill on it, and a client: what the end-to-end tests and the measurements run on."""
import contextlib
import hashlib
import json
import os
import re
import secrets
import shutil
import signal
import subprocess
import threading
import time

import psycopg2
import requests

from support.contract import Contract
from support.db import ROOT, Server, new_id, rows, value

BIN = os.environ.get("JOBMILL_BIN", os.path.join(ROOT, "build/dev/bin"))
TEST_DIR = os.path.join(ROOT, "build/test")
STACK = os.path.join(ROOT, "infra/dev/stack.sh")
TENANT = "00000000-0000-7000-8000-000000000001"
STAGES = ["analyzer", "optimizer", "cover-letter", "embedding"]
CONTRACT = Contract()


def wait_for(what, seconds, check, every=0.05):
    """The first true answer of check(); fails with `what` after so many seconds."""
    deadline = time.monotonic() + seconds
    while True:
        got = check()
        if got:
            return got
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds} s: {what}")
        time.sleep(every)


class Stack:
    def __init__(self, name):
        self.dir = os.path.join(TEST_DIR, name)
        self.env = {}

    def call(self, *words):
        r = subprocess.run([STACK, words[0], self.dir, *words[1:]], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
        if r.returncode != 0:
            raise AssertionError(f"stack.sh {' '.join(words)}: {r.stdout}")
        return r.stdout

    def start(self):
        self.call("start")
        with open(os.path.join(self.dir, "env"), encoding="utf-8") as f:
            self.env = dict(line.strip().split("=", 1) for line in f if "=" in line)
        return self

    def kill(self, service, signal_name="KILL"):
        self.call("kill", service, signal_name)

    def restart(self, service):
        self.call("restart", service)

    def destroy(self):
        self.call("destroy")

    def ports(self):
        with open(os.path.join(self.dir, "ports"), encoding="utf-8") as f:
            return dict(line.strip().split("=", 1) for line in f if "=" in line)

    def server(self):
        return Server(self.env)

    def superuser(self, db="jobmill"):
        """Sees everything, through the socket."""
        p = self.ports()
        c = psycopg2.connect(host=p["pg_home"] + "/socket", port=p["postgres"], dbname=db, user="postgres")
        c.autocommit = True
        return c


class Process:
    def __init__(self, row):
        self.kind, self.instance, self.pid, self.ops_port, self.row = row["kind"], row["instance"], row["pid"], row.get("ops_port"), row

    def alive(self):
        if self.pid <= 0:  # it ended and waits for its next start
            return False
        try:
            with open(f"/proc/{self.pid}/stat", encoding="utf-8") as f:
                return f.read().rsplit(")", 1)[1].split()[0] not in "ZX"
        except (FileNotFoundError, ProcessLookupError):
            return False

    def signal(self, number):
        if self.pid <= 0:  # 0 would be ourselves
            raise ProcessLookupError(self.instance)
        os.kill(self.pid, number)

    def rss_mib(self):
        with open(f"/proc/{self.pid}/status", encoding="utf-8") as f:
            return int(re.search(r"VmRSS:\s+(\d+)", f.read()).group(1)) / 1024


class Fleet:
    """jobmill up on a stack of its own."""

    def __init__(self, name="e2e", env=None, **options):
        self.stack, self.extra, self.options = Stack(name), env or {}, options

    def environment(self, **more):
        e = {k: v for k, v in os.environ.items() if not k.startswith("JOBMILL_")}
        return {**e, **self.stack.env, **self.extra, **more}

    def start(self):
        self.stack.start()
        self.up()
        return self

    def run(self, *words, input=None, timeout=60, env=None, check=True):
        r = subprocess.run([os.path.join(BIN, "jobmill"), *words], env=self.environment(**(env or {})), input=input, stdout=subprocess.PIPE,
                           stderr=subprocess.PIPE, text=True, timeout=timeout, check=False)
        if check and r.returncode != 0:
            raise AssertionError(f"jobmill {' '.join(words)} ended with {r.returncode}: {r.stdout[-2000:]}{r.stderr[-2000:]}")
        return r

    def up(self):
        words = ["up", "--detach", "--timeout", "90s"]
        for key, option in self.options.items():
            words += [f"--{key}", str(option)]
        self.run(*words, timeout=120)
        with open(self.path("url"), encoding="utf-8") as f:
            self.url = f.read().strip()
        with open(self.path("api-key"), encoding="utf-8") as f:
            self.key = f.read().strip()

    def path(self, *names):
        return os.path.join(self.stack.dir, *names)

    def stop(self):
        """Stops and removes everything; the logs are kept in build/test/log. Fails when a sanitizer found something."""
        with contextlib.suppress(AssertionError, subprocess.TimeoutExpired):
            self.run("stop", timeout=120)
        kept = os.path.join(TEST_DIR, "log", os.path.basename(self.stack.dir))
        found = []
        shutil.rmtree(kept, ignore_errors=True)
        with contextlib.suppress(OSError):
            shutil.copytree(self.path("log"), kept)
            for name in sorted(os.listdir(kept)):
                with open(os.path.join(kept, name), encoding="utf-8", errors="replace") as f:
                    found += [f"{name}: {x.strip()}" for x in f if re.search(r"ERROR: \w+Sanitizer|runtime error:|Assertion .* failed", x)]
        self.stack.destroy()
        assert found == [], found

    def processes(self, kind=None):
        # its exit status says that something is missing: in these tests something often is
        found = [Process(r) for r in json.loads(self.run("status", "--json", check=False).stdout)["processes"]]
        return [p for p in found if kind in (None, p.kind)]

    def process(self, instance):
        return next(p for p in self.processes() if p.instance == instance)

    def log(self, instance):
        with open(self.path("log", instance + ".log"), encoding="utf-8", errors="replace") as f:
            return f.read()

    def leader(self):
        """The active dispatcher, None while there is none."""
        for p in self.processes("dispatcher"):
            if p.ops_port and self.metrics(p).get("jobmill_dispatch_leader", 0) == 1:
                return p
        return None

    def metrics_text(self, process=None):
        url = self.url if process is None or process.kind == "gateway" else f"http://127.0.0.1:{process.ops_port}"
        return requests.get(url + "/metrics", timeout=5).text

    def metrics(self, process=None):
        """Sums over labels by name; and by name{labels}."""
        out = {}
        with contextlib.suppress(requests.RequestException):
            for line in self.metrics_text(process).splitlines():
                m = re.match(r"([a-z_0-9]+)(\{[^}]*\})? ([-+.0-9eEInfNa]+)$", line)
                if m:
                    number = float(m.group(3))
                    out[m.group(1)] = out.get(m.group(1), 0) + number
                    if m.group(2):
                        out[m.group(1) + m.group(2)] = number
        return out

    def ready(self, seconds=60):
        def check():
            try:
                return requests.get(self.url + "/readyz", timeout=5).status_code == 200
            except requests.RequestException:
                return False
        wait_for("/readyz says 200", seconds, check)

    def all_up(self, seconds=30):
        """Every process answers, and one dispatcher leads."""
        def check():
            try:
                found = self.processes()
            except (ValueError, subprocess.TimeoutExpired):
                return False
            return all(p.row["state"] in ("up", "running") and p.alive() for p in found) and self.leader()
        wait_for("every process is up", seconds, check, 0.2)
        self.ready(seconds)

    def client(self, key=None):
        return Client(self.url, key or self.key)

    def tenant(self, name="another"):
        """A second tenant with a key of its own; returns (its id, the key). The hash is that of common/core/seal.h."""
        with open(self.stack.env["JOBMILL_MASTER_KEY_FILE"], encoding="ascii") as f:
            master = bytes.fromhex(f.read().strip())
        tenant, key = new_id(), "jm_test_" + secrets.token_hex(16)
        derived = hashlib.blake2b(b"jobmill blind index\0api-key", key=master, digest_size=32).digest()
        owner = self.stack.server().connect("owner")
        rows(owner, "SELECT set_config('jobmill.tenant_id', %s, false)", tenant)
        rows(owner, "INSERT INTO tenants (tenant_id, name) VALUES (%s, %s)", tenant, name)
        rows(owner, "INSERT INTO api_keys (tenant_id, key_id, key_hash, label, last4) VALUES (%s, %s, %s, 'test', %s)",
             tenant, new_id(), hashlib.blake2b(key.encode(), key=derived, digest_size=32).digest(), key[-4:])
        owner.close()
        return tenant, key

    def sql(self, text, *params):
        with contextlib.closing(self.stack.superuser()) as c:
            return rows(c, text, *params)

    def sql_value(self, text, *params):
        with contextlib.closing(self.stack.superuser()) as c:
            return value(c, text, *params)

    def kafka(self, *words, input=b""):
        tool = os.path.join(ROOT, "build/dev/tests/kafka_tool")
        r = subprocess.run([tool, self.stack.env["JOBMILL_KAFKA_BROKERS"], *words], input=input, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60, check=False)
        assert r.returncode == 0, r.stderr
        return r.stdout


class Client:
    """The API as a program uses it. Errors are for the caller to look at; `ok` helpers fail on anything unexpected. Every response is held against the contract."""

    def __init__(self, url, key):
        self.url, self.key = url, key
        self.http = requests.Session()
        self.http.headers["Authorization"] = "Bearer " + key
        self.http.mount("http://", requests.adapters.HTTPAdapter(pool_maxsize=64))

    def call(self, method, path, **more):
        more.setdefault("timeout", 60)
        r = self.http.request(method, self.url + ("" if path.startswith("/api") else "/api/v1") + path, **more)
        if not more.get("stream"):
            faults = CONTRACT.response(method, r.url, r.status_code, r.headers.get("Content-Type", ""), r.content)
            assert not faults, f"the contract (proto/openapi.json) does not say so: {faults[:20]}"
        return r

    def get(self, path, **more):
        return self.call("GET", path, **more)

    def post(self, path, body=None, **more):
        if body is not None:
            more["json"] = body
        return self.call("POST", path, **more)

    def ok(self, r, *status):
        assert r.status_code in (status or (200, 201, 202)), f"{r.request.method} {r.url}: {r.status_code} {r.text[:600]}"
        return r.json()

    def user(self, resume, **fields):
        """A user with that résumé; returns the id."""
        user = self.ok(self.post("/users", fields), 201)["id"]
        self.ok(self.call("PUT", f"/users/{user}/profile", json=resume))
        return user

    def submit(self, user, job, ref=None, headers=None, **options):
        body = {"user_id": user, "job": job}
        if ref:
            body["client_ref"] = ref
        if options:
            body["options"] = options
        return self.ok(self.post("/applications", body, headers=headers or {}), 202)

    def batch(self, lines, headers=None, status=202, **query):
        data = b"".join(x if isinstance(x, bytes) else json.dumps(x).encode() + b"\n" for x in lines)
        r = self.call("POST", "/batches", data=data, params=query, headers={"Content-Type": "application/x-ndjson", **(headers or {})})
        return self.ok(r, status)

    def batch_end(self, batch, seconds=120):
        def ended():
            try:
                b = self.ok(self.get(f"/batches/{batch}"))
            except requests.RequestException:
                return None
            except AssertionError as e:
                if " 50" in str(e):
                    return None
                raise
            return b if b["state"] == "ended" else None
        return wait_for(f"batch {batch} ends", seconds, ended, 0.2)

    def application_end(self, application, seconds=60):
        def ended():
            a = self.ok(self.get(f"/applications/{application}", params={"wait": 5}))
            return a if a["state"] in ("done", "needs_review", "failed", "cancelled") else None
        return wait_for(f"application {application} ends", seconds, ended)

    def items(self, path, **query):
        token, out = None, []
        while True:
            page = self.ok(self.get(path, params={**query, "page_size": 500, **({"page_token": token} if token else {})}))
            out += page["items"]
            token = page["next_page_token"]
            if not token:
                return out


class Listener(threading.Thread):
    """An event stream that reconnects with Last-Event-ID until the end comes. seqs: every number, as it was seen."""

    def __init__(self, client, path, drop_every=None):
        super().__init__(daemon=True)
        self.client, self.path, self.drop_every = client, path, drop_every
        self.seqs, self.events, self.last, self.ended, self.connects, self.problem = [], [], None, False, 0, None
        self.give_up = False

    def run(self):
        while not self.ended and not self.give_up:
            try:
                self.connect()
            except (requests.RequestException, AttributeError, ValueError, OSError):
                time.sleep(0.1)  # the stream broke: that is what reconnecting is for
            except Exception as e:  # noqa: BLE001
                self.problem = repr(e)
                return

    def connect(self):
        headers = {"Authorization": "Bearer " + self.client.key, "Accept": "text/event-stream"}
        if self.last is not None:
            headers["Last-Event-ID"] = self.last
        self.connects += 1
        with requests.get(self.client.url + "/api/v1" + self.path, headers=headers, stream=True, timeout=(5, 30)) as r:
            if r.status_code != 200:
                time.sleep(0.2)
                return
            event, got = {}, 0
            for line in r.iter_lines(chunk_size=1):
                if self.give_up:
                    return
                if line:
                    key, _, text = line.decode().partition(": ")
                    event[key] = text
                    continue
                if self.take(event):
                    got += 1
                event = {}
                if self.ended or (self.drop_every and got >= self.drop_every):
                    return

    def take(self, event):
        if event.get("event") == "end":
            self.ended = True
        if event.get("event") != "progress":
            return False
        self.last = event["id"]
        self.seqs.append(int(event["id"]))
        self.events.append(json.loads(event["data"]))
        return True


def terminate(process, number=signal.SIGKILL):
    """False when there was nothing to signal."""
    with contextlib.suppress(ProcessLookupError):
        process.signal(number)
        return True
    return False
