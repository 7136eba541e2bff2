"""Two providers, one of which fails: who takes over, what waits and why, and what is bought while processes and servers come and go."""
import contextlib
import threading
import time

import pytest
from support import samples
from support.books import audit
from support.fleet import Fleet, wait_for
from support.models import fresh_lines, good
from support.stub import Stub

ANALYZE = 1


@pytest.fixture(scope="module")
def providers():
    """(the first of the route, the next)"""
    two = Stub("latency=5"), Stub("latency=5")
    try:
        yield two
    finally:
        for s in two:
            s.stop()


@pytest.fixture(scope="module")
def mill(providers):
    """Postings are read by the first provider, else by the second; everything else is offline."""
    first, second = providers
    env = first.env(embed="offline", JOBMILL_LLM_ANALYZE="openai:gpt-4o,anthropic:claude-sonnet-4-5", JOBMILL_LLM_ANTHROPIC_URL=second.url, JOBMILL_WORKER_CONCURRENCY="48", JOBMILL_WORKER_DRAIN="4s")
    f = Fleet("model-faults", env=env)
    try:
        yield f.start()
    finally:
        f.stop()


@pytest.fixture(scope="module")
def user(mill):
    return mill.client().user(next(iter(samples.resumes().values())))


@pytest.fixture(autouse=True)
def clean(mill, providers):
    for s in providers:
        s.heal()
    mill.all_up(60)
    wait_for("all routes are open", 40, lambda: not any(mill.metrics(p).get("jobmill_model_breaker_open") for p in mill.processes("analyzer")) or nudge(mill))
    for s in providers:
        s.reset()
    yield
    for s in providers:
        s.heal()
    mill.all_up(60)
    with contextlib.closing(mill.stack.superuser()) as eye:
        assert audit(eye) == []


numbers = iter(range(100_000, 900_000, 1000))


def lines(user, n):
    return fresh_lines(user, n, next(numbers))


def nudge(mill):
    """A route is found to be well by a call. False: look again."""
    client = mill.client()
    owner = client.user(next(iter(samples.resumes().values())))
    client.batch_end(client.batch(lines(owner, 2))["id"], 60)
    time.sleep(0.3)
    return False


def open_breakers(mill):
    return sum(v for p in mill.processes("analyzer") for k, v in mill.metrics(p).items() if k.startswith("jobmill_model_breaker_open{") and "openai" in k)


def ledger(mill, batch):
    """{provider: calls}"""
    return dict(mill.sql("SELECT provider, count(*)::int FROM model_usage WHERE batch_id = %s AND stage = %s GROUP BY 1", batch, ANALYZE))


def attempts(mill, batch):
    return mill.sql_value("SELECT max(h.attempt) FROM task_history h JOIN applications a ON a.tenant_id = h.tenant_id AND h.subject_id = a.job_id WHERE a.batch_id = %s AND h.kind = 2", batch)


@pytest.mark.parametrize("fault", ["server", "rate_limit", "html", "reset"])
def test_the_next_provider_takes_over(mill, providers, user, fault):
    first, second = providers
    client = mill.client()
    first.set(**{"fault_" + fault: 1})
    batch = client.batch(lines(user, 80))["id"]
    assert good(client.batch_end(batch, 60)) == 80
    assert ledger(mill, batch) == {"anthropic": 80}
    assert second.page()["paid"] == 80 and second.page()["paid_twice"] == 0
    assert open_breakers(mill) >= 1
    if fault != "reset":  # who was cut off may have been paid for
        assert attempts(mill, batch) == 1, "no attempt was lost"


def test_who_hangs_is_left_and_found_well_again(mill, providers, user):
    first, second = providers
    client = mill.client()
    first.set(latency="100")
    assert good(client.batch_end(client.batch(lines(user, 40))["id"])) == 40  # how long an answer takes is known then
    first.set(fault_hang=1)
    batch = client.batch(lines(user, 30))["id"]  # fewer than there are places: those that hang hold theirs
    wait_for("it is seen that nothing comes back", 15, lambda: open_breakers(mill) == 1)
    after = client.batch(lines(user, 10))["id"]
    wait_for("the next one works", 30, lambda: second.page()["paid"] >= 10)
    assert good(client.batch_end(after)) == 10
    first.heal()
    wait_for("the first one is called again", 40, lambda: more(mill, client, user, first))
    mill.run("restart", "analyzer", timeout=60)  # what hangs is handed back when the time of the drain is over
    assert good(client.batch_end(batch, 90)) == 30


def more(mill, client, user, stub):
    before = stub.page()["paid"]
    client.batch_end(client.batch(lines(user, 4))["id"], 60)
    return stub.page()["paid"] > before


def test_both_fail_and_all_of_it_waits_and_goes_on_by_itself(mill, providers, user):
    client = mill.client()
    for s in providers:
        s.set(fault_unavailable=1)
    batch = client.batch(lines(user, 40))["id"]
    time.sleep(4)
    assert client.ok(client.get(f"/batches/{batch}"))["counts"]["failed"] == 0
    calls = sum(s.page()["calls"] for s in providers)
    time.sleep(2)
    assert sum(s.page()["calls"] for s in providers) - calls <= 12, "it is tried now and then, not by all"
    for s in providers:
        s.heal()
    assert good(client.batch_end(batch, 90)) == 40
    assert sum(ledger(mill, batch).values()) == 40 == sum(s.page()["paid"] for s in providers)


def test_an_urgent_one_finds_a_place_beside_slow_calls(mill, providers, user):
    first, _ = providers
    client = mill.client()
    first.set(hold=1)
    batch = client.batch(lines(user, 150))["id"]
    wait_for("every place is taken", 20, lambda: first.page()["in_flight"] >= 48)
    jobs, begin = [x["job"] for x in lines(user, 4)], time.monotonic()
    for job in jobs:
        client.submit(user, job)
    wait_for("they are on their way", 3, lambda: first.page()["in_flight"] >= 52, 0.02)
    print(f"after {time.monotonic() - begin:.2f} s")
    first.set(hold=0)
    assert good(client.batch_end(batch, 90)) == 150


def test_a_rolling_restart_buys_nothing_twice(mill, providers, user):
    first, _ = providers
    client = mill.client()
    mill.run("scale", "analyzer=2")
    mill.all_up(30)
    first.set(hold=1)
    batch = client.batch(lines(user, 48))["id"]
    wait_for("the calls are out", 20, lambda: first.page()["in_flight"] == 48)
    threading.Timer(1, lambda: first.set(hold=0)).start()  # the restart waits for what is out
    mill.run("restart", "analyzer", timeout=90)
    mill.run("scale", "analyzer=1")
    assert good(client.batch_end(batch, 60)) == 48
    page = first.page()
    assert page["paid_twice"] == 0 == page["aborted"] and ledger(mill, batch) == {"openai": 48}, page
    assert attempts(mill, batch) == 1


def test_postgres_is_killed_between_the_opening_of_calls_and_their_replies(mill, providers, user):
    """The calls that are out stay out: their replies are kept when Postgres is back, and nothing is bought twice."""
    first, _ = providers
    client = mill.client()
    first.set(hold=1)
    batch = client.batch(lines(user, 40))["id"]
    wait_for("the calls are out", 20, lambda: first.page()["in_flight"] == 40)
    mill.stack.kill("postgres")
    first.set(hold=0)
    wait_for("the replies come while Postgres is away", 20, lambda: first.page()["in_flight"] == 0)
    assert first.page()["ok"] == 40
    mill.stack.start()
    assert good(client.batch_end(batch, 90)) == 40
    page = first.page()
    assert page["paid_twice"] == 0 and ledger(mill, batch) == {"openai": 40}, page
