"""Everything is killed, everything is restarted, and no application is lost, worked on twice, or told about twice."""
import contextlib
import os
import signal
import threading
import time

import pytest
import requests
from support import samples
from support.books import audit
from support.fleet import STAGES, Fleet, Listener, terminate, wait_for

NOT_A_POSTING = 14
MANY = int(os.environ.get("JOBMILL_E2E_MANY", "2000"))


@pytest.fixture(scope="module")
def hurt():
    """A fleet of its own: two of everything."""
    f = Fleet("faults", gateways=2, dispatchers=2, workers=",".join(f"{s}=2" for s in STAGES))
    try:
        yield f.start()
    finally:
        f.stop()


@pytest.fixture(scope="module")
def users(hurt):
    client = hurt.client()
    return [client.user(r) for r in samples.resumes().values()]


@pytest.fixture(autouse=True)
def balanced(hurt):
    yield
    hurt.all_up(60)
    with contextlib.closing(hurt.stack.superuser()) as eye:
        assert audit(eye) == []
    for p in hurt.processes("dispatcher"):
        assert hurt.metrics(p).get("jobmill_books_drift", 0) == 0


def lines(users, n, start, more=()):
    return [{"user_id": users[i % len(users)], "job": job, "client_ref": f"a-{start + i}"} for i, job in enumerate(samples.distinct(n, start, more))]


def done_of(hurt, batch):
    return hurt.sql_value("SELECT n_done + n_needs_review + n_failed + n_cancelled FROM batches WHERE batch_id = %s", batch)


class Faults:
    """Kills in order; after each it is written down how far the batch was."""

    def __init__(self, hurt, batch):
        self.hurt, self.batch, self.seen = hurt, batch, []

    def note(self, what):
        """Then lets the batch get on a little, so that the next fault finds it elsewhere."""
        before, deadline = None, time.monotonic() + 2
        while time.monotonic() < deadline:
            with contextlib.suppress(Exception):
                now = done_of(self.hurt, self.batch)
                if before is None:
                    before = now
                    self.seen.append((what, now))
                if now >= before + MANY // 40:
                    return
            time.sleep(0.1)

    def workers(self):
        for kind in STAGES:
            for p in self.hurt.processes(kind)[:1]:
                terminate(p)
            self.note(kind)

    def dispatcher(self):
        terminate(self.hurt.leader() or self.hurt.processes("dispatcher")[0])
        self.note("dispatcher")

    def gateway(self):
        terminate(self.hurt.processes("gateway")[0])
        self.note("gateway")

    def flushall(self):
        import redis
        redis.Redis(port=int(self.hurt.stack.env["JOBMILL_REDIS_PORT"])).flushall()
        self.note("FLUSHALL")

    def redis(self):
        self.hurt.stack.restart("redis")
        self.note("redis")

    def postgres(self):
        self.hurt.stack.kill("postgres")
        self.hurt.stack.start()
        self.note("postgres")

    def kafka(self):
        self.hurt.stack.kill("kafka")
        self.hurt.stack.start()
        self.note("kafka")

    def wipe(self):
        topics = [f"jobmill.{s}.{p}" for s in ("analyze", "optimize", "cover-letter", "embed") for p in ("interactive", "bulk")]
        self.hurt.kafka("wipe", *topics)
        self.note("wiped topics")


@pytest.mark.slow
def test_a_large_batch_survives_everything(hurt, users):
    """I1, I3, I9: all of them end, none twice, and whoever listens has seen every event exactly once."""
    public = samples.public_postings()
    if not public:
        print("skipped: no ../shared/data; the batch is made of samples and their variants only")
    client = hurt.client()
    rest = lines(users, MANY, 100_000, public)
    end_of = {}
    # the first half goes in, and while it is worked on the second half follows: no fault finds an idle fleet
    batches = [client.batch(rest[:MANY // 2])["id"]]
    listeners = [Listener(client, f"/batches/{batches[0]}/events"), Listener(client, f"/batches/{batches[0]}/events", drop_every=97)]
    for x in listeners:
        x.start()
    faults = Faults(hurt, batches[0])
    faults.workers()
    faults.flushall()
    faults.wipe()
    faults.dispatcher()
    batches.append(wait_for("a gateway takes the second half", 30, lambda: accepted(client, rest[MANY // 2:])))
    listeners.append(Listener(client, f"/batches/{batches[1]}/events", drop_every=211))
    listeners[-1].start()
    faults.batch = batches[1]
    faults.gateway()
    faults.postgres()
    faults.workers()
    faults.kafka()
    faults.redis()
    for batch in batches:
        end_of[batch] = client.batch_end(batch, 180)
    print(faults.seen)
    for x in listeners:
        x.join(30)
        x.give_up = True
        assert x.ended and not x.problem, (x.path, x.connects, x.problem, len(x.seqs))
        batch = x.path.split("/")[2]
        assert x.seqs == list(range(1, end_of[batch]["last_seq"] + 1)), "every event once, in order"
        assert len({e["application_id"] for e in x.events if e["stage"] is None and e["application_id"]}) == MANY // 2
    counts = [end_of[b]["counts"] for b in batches]
    assert sum(c["accepted"] for c in counts) == MANY
    assert sum(c["done"] + c["needs_review"] + c["failed"] for c in counts) == MANY, counts
    failed = hurt.sql("SELECT code, count(*) FROM applications WHERE batch_id = ANY (%s::uuid[]) AND state = 6 GROUP BY 1", batches)
    assert [f for f in failed if f[0] != NOT_A_POSTING] == [], "(code, times): only a page of the public data that is no posting may fail"
    good = MANY - sum(f[1] for f in failed)
    assert good >= MANY * 0.9
    ends = hurt.sql("SELECT count(*), count(DISTINCT application_id) FROM events WHERE batch_id = ANY (%s::uuid[]) AND stage = 0 AND application_id IS NOT NULL", batches)[0]
    assert ends == (MANY, MANY)
    documents = hurt.sql("SELECT d.kind, count(*), count(DISTINCT d.application_id) FROM documents d JOIN applications a USING (tenant_id, application_id) WHERE a.batch_id = ANY (%s::uuid[]) GROUP BY 1 ORDER BY 1", batches)
    assert documents == [(1, good, good), (2, good, good), (3, good, good)]
    assert len([n for _, n in faults.seen if n < MANY // 2]) >= 6, f"most faults must hit work in progress: {faults.seen}"


def accepted(client, data):
    """The batch's id, under one Idempotency-Key: asked again until somebody answers."""
    try:
        return client.batch(data, headers={"Idempotency-Key": "second-half"})["id"]
    except requests.RequestException:
        return None
    except AssertionError as e:
        if ": 503" in str(e) or ": 409" in str(e):
            return None
        raise


def held(hurt, worker):
    return [r[0] for r in hurt.sql("SELECT subject_id FROM tasks WHERE state = 4 AND worker_id = %s", worker)]


def freeze_with_work(hurt, users, kind, start):
    """A process of that kind, stopped while it holds tasks. Returns (process, its worker id, tasks)."""
    client = hurt.client()
    for attempt in range(20):
        batch = client.batch(lines(users, 200, start + attempt * 1000))["id"]
        for _ in range(60):
            for p in hurt.processes(kind):
                p.signal(signal.SIGSTOP)
                found = hurt.sql("SELECT worker_id FROM workers WHERE pid = %s AND lost_at IS NULL", p.pid)
                tasks = held(hurt, found[0][0]) if found else []
                if tasks:
                    return p, found[0][0], tasks, batch
                p.signal(signal.SIGCONT)
            if hurt.client().ok(client.get(f"/batches/{batch}"))["state"] == "ended":
                break
    raise AssertionError(f"{kind} never holds a task")


@pytest.mark.parametrize("kind", ["optimizer", "analyzer"])
def test_the_work_of_a_killed_worker_runs_elsewhere_within_ten_seconds(hurt, users, kind):
    p, worker, tasks, batch = freeze_with_work(hurt, users, kind, 300_000 if kind == "optimizer" else 400_000)
    start = time.monotonic()
    p.signal(signal.SIGKILL)
    wait_for("all of its tasks are with others or done", 10, lambda: not held(hurt, worker))
    wait_for("they have ended or are claimed anew", 10, lambda: hurt.sql_value(
        "SELECT count(*) FROM tasks WHERE subject_id = ANY (%s::uuid[]) AND state = 3 AND kind = %s AND stage = %s", tasks, 1 if kind == "optimizer" else 2, 2 if kind == "optimizer" else 1) == 0)
    print(f"{len(tasks)} tasks of {kind} were elsewhere after {time.monotonic() - start:.1f} s")
    end = hurt.client().batch_end(batch)
    assert end["counts"]["done"] + end["counts"]["needs_review"] == 200


def test_a_worker_that_comes_back_from_the_dead_writes_nothing(hurt, users):
    """Frozen until its lease was given to others, then thawed: its old attempts find nothing, and it goes on with a new id."""
    p, worker, tasks, batch = freeze_with_work(hurt, users, "optimizer", 500_000)
    wait_for("its tasks are with others", 15, lambda: not held(hurt, worker))
    p.signal(signal.SIGCONT)
    end = hurt.client().batch_end(batch)
    assert end["counts"]["done"] + end["counts"]["needs_review"] == 200
    wait_for("it is a member again", 15, lambda: hurt.sql("SELECT 1 FROM workers WHERE pid = %s AND lost_at IS NULL AND worker_id <> %s", p.pid, worker))
    assert p.alive()
    twice = hurt.sql("SELECT subject_id, kind, stage, count(*) FROM task_history GROUP BY 1, 2, 3 HAVING count(*) > 1 AND kind = 1")
    assert twice == []


def test_sigterm_hands_back_and_counts_no_attempt(hurt, users):
    client, rounds = hurt.client(), 6
    highest = hurt.sql_value("SELECT coalesce(max(ended_at), now() - interval '1 day') FROM task_history")
    batch = client.batch(lines(users, 900, 600_000))["id"]
    ended = []
    for i in range(rounds):
        hurt.all_up()  # one that is only just starting knows nothing of signals yet
        p = hurt.processes(STAGES[i % len(STAGES)])[i % 2]
        terminate(p, signal.SIGTERM)
        wait_for(f"{p.instance} ends", 15, lambda: not p.alive())
        ended.append(p.instance)
    end = client.batch_end(batch)
    assert end["counts"]["done"] + end["counts"]["needs_review"] == 900
    assert hurt.sql("SELECT stage, attempt, count(*) FROM task_history WHERE ended_at > %s AND attempt > 1 GROUP BY 1, 2", highest) == [], "a drained attempt was counted"
    hurt.all_up()
    for instance in set(ended):
        last = hurt.process(instance).row["last_end"]
        assert "0" in last and "signal" not in last.lower() and "kill" not in last.lower(), (instance, last)


def test_the_standby_dispatcher_takes_over(hurt, users):
    first = wait_for("a dispatcher leads", 10, hurt.leader)
    terminate(first)
    second = wait_for("another one leads", 10, lambda: (lambda p: p if p and p.pid != first.pid else None)(hurt.leader()))
    client = hurt.client()
    client.batch_end(client.batch(lines(users, 400, 700_000))["id"], 60)
    assert second.alive()
    leaders = [p for p in hurt.processes("dispatcher") if hurt.metrics(p).get("jobmill_dispatch_leader") == 1]
    assert len(leaders) == 1


def test_readyz_tells_the_truth_about_postgres(hurt):
    def status(path="/readyz"):
        try:
            return requests.get(hurt.url + path, timeout=10).status_code
        except requests.RequestException:
            return None
    assert status() == 200
    hurt.stack.kill("postgres", "STOP")
    try:
        wait_for("/readyz says no", 20, lambda: status() == 503)
        assert status("/livez") == 200, "a restart would not help"
        for p in hurt.processes("analyzer"):
            wait_for("the worker says no too", 20, lambda p=p: requests.get(f"http://127.0.0.1:{p.ops_port}/readyz", timeout=10).status_code == 503)
    finally:
        hurt.stack.kill("postgres", "CONT")
    wait_for("/readyz says yes", 30, lambda: status() == 200)
    hurt.stack.kill("postgres")
    wait_for("/readyz says no", 20, lambda: status() == 503)
    r = hurt.client().post("/applications", {"user_id": "00000000-0000-7000-8000-00000000dead", "job": {"text": "x"}}, timeout=60)
    assert r.status_code == 503 and r.headers["Retry-After"], r.text
    assert r.headers["Content-Type"] == "application/problem+json"
    hurt.stack.start()
    wait_for("/readyz says yes", 30, lambda: status() == 200)


def test_without_redis_everything_works_and_streams_lose_nothing(hurt, users):
    client = hurt.client()
    hurt.stack.kill("redis")
    try:
        batch = client.batch(lines(users, 60, 800_000))["id"]
        listener = Listener(client, f"/batches/{batch}/events")
        listener.start()
        end = client.batch_end(batch, 60)
        listener.join(30)
        assert listener.ended and listener.seqs == list(range(1, end["last_seq"] + 1))
    finally:
        hurt.stack.start()


def test_without_kafka_submissions_are_accepted_and_done_later(hurt, users):
    client = hurt.client()
    hurt.stack.kill("kafka")
    try:
        a = client.submit(users[0], samples.distinct(1, 900_000)[0])
        batch = client.batch(lines(users, 60, 900_100))["id"]
        time.sleep(2)
        assert client.ok(client.get(f"/applications/{a['id']}"))["state"] in ("accepted", "running")
    finally:
        hurt.stack.start()
    client.batch_end(batch, 90)
    assert client.application_end(a["id"], 60)["state"] in ("done", "needs_review")


def test_a_thousand_requests_with_one_key_make_one_application(hurt, users):
    """Over two gateways, at once, one of them killed meanwhile."""
    client, job = hurt.client(), samples.distinct(1, 950_000)[0]
    body = {"user_id": users[0], "job": job, "client_ref": "once"}
    answers, lock, start = [], threading.Lock(), threading.Barrier(32)

    def run():
        http = requests.Session()
        start.wait()
        for _ in range(32):
            try:
                r = http.post(hurt.url + "/api/v1/applications", json=body, headers={"Authorization": "Bearer " + hurt.key, "Idempotency-Key": "a-thousand"}, timeout=60)
                with lock:
                    answers.append((r.status_code, r.json().get("id")))
            except requests.RequestException:
                with lock:
                    answers.append((None, None))

    threads = [threading.Thread(target=run) for _ in range(32)]
    for t in threads:
        t.start()
    terminate(hurt.processes("gateway")[1])
    for t in threads:
        t.join()
    good = [a for a in answers if a[0] == 202]
    assert len(answers) == 1024 and len(good) >= 900, {a[0] for a in answers}
    assert {a[0] for a in answers} <= {202, 409, 503, None}
    assert len({a[1] for a in good}) == 1
    assert hurt.sql_value("SELECT count(*) FROM applications WHERE client_ref = 'once'") == 1
    client.application_end(good[0][1])
