"""A stage on a model provider (the stub): what the provider does, what is lost meanwhile, and what it costs."""
import contextlib
import signal
import time

import pytest
import redis
from support import samples
from support.books import audit
from support.fleet import Fleet, terminate, wait_for
from support.models import fresh_lines as lines, good
from support.stub import Stub

ENDS = ("done", "needs_review")


@pytest.fixture(scope="module")
def stub():
    s = Stub("latency=5")
    try:
        yield s
    finally:
        s.stop()


@pytest.fixture(scope="module")
def mill(stub):
    """A fleet of its own: embeddings on the stub, a request for each task, two processes for them."""
    f = Fleet("models", env=stub.env(JOBMILL_LLM_EMBED_INPUTS="1", JOBMILL_LLM_KEY_PAUSE="2s", JOBMILL_BUDGET_PAUSE="30s"), workers="embedding=2")
    try:
        yield f.start()
    finally:
        f.stop()


@pytest.fixture(scope="module")
def user(mill):
    return mill.client().user(next(iter(samples.resumes().values())))


@pytest.fixture(autouse=True)
def clean(mill, stub):
    stub.heal()
    mill.all_up(60)
    stub.reset()
    yield
    stub.heal()
    mill.all_up(60)
    with contextlib.closing(mill.stack.superuser()) as eye:
        assert audit(eye) == []


def ledger(mill, batch):
    """(calls, input tokens, cost)"""
    return mill.sql("SELECT count(*)::int, coalesce(sum(prompt_tokens), 0)::int, coalesce(sum(cost_microusd), 0)::int FROM model_usage WHERE batch_id = %s", batch)[0]


def spending(mill, batch):
    """(spent, reserved, calls, bought twice at most)"""
    found = mill.sql("SELECT spent_microusd, reserved_microusd, calls, bought_twice FROM spending WHERE scope = 3 AND scope_id = %s", batch)
    return found[0] if found else (0, 0, 0, 0)


def settled(mill, batch):
    """Nothing is reserved any more and no call is open."""
    wait_for("nothing is reserved", 10, lambda: spending(mill, batch)[1] == 0 and mill.sql_value(
        "SELECT count(*) FROM model_asks WHERE batch_id = %s AND state <> 2", batch) == 0)


def attempts(mill, batch):
    """The highest attempt of the shared tasks (embeddings)."""
    return mill.sql_value("SELECT coalesce(max(h.attempt), 0) FROM task_history h JOIN applications a ON a.tenant_id = h.tenant_id AND h.subject_id = a.job_id"
                          " WHERE a.batch_id = %s AND h.kind = 3", batch)


def parked(mill):
    return mill.sql_value("SELECT count(*) FROM tasks WHERE kind = 3 AND state = 5")


def busiest(mill):
    """(the process with the most calls out, how many)"""
    worker, n = mill.sql("SELECT w.pid, count(*)::int FROM model_asks k JOIN workers w USING (worker_id) WHERE k.state = 1 GROUP BY 1 ORDER BY 2 DESC LIMIT 1")[0]
    return next(p for p in mill.processes("embedding") if p.pid == worker), n


def test_the_ledger_is_what_the_provider_counted(mill, stub, user):
    client = mill.client()
    batch = client.batch(lines(user, 120, 1000))["id"]
    end = client.batch_end(batch)
    assert good(end) == 120
    page = stub.page()
    settled(mill, batch)
    calls, tokens, cost = ledger(mill, batch)
    assert (calls, tokens) == (page["paid"], page["embedding_tokens"]), page
    assert page["paid_twice"] == 0 and calls <= 121  # the postings' and at most the profile's
    assert end["cost_microusd"] == cost > 0
    assert spending(mill, batch) == (cost, 0, calls, 0)
    assert end["budget"] == {"max_microusd": None, "spent_microusd": cost, "reserved_microusd": 0}


def test_a_thousand_applications_to_one_posting_are_one_call(mill, stub, user):
    client = mill.client()
    job = lines(user, 1, 2000)[0]["job"]
    batch = client.batch([{"user_id": user, "job": job, "client_ref": str(i)} for i in range(1000)])["id"]
    assert good(client.batch_end(batch, 180)) == 1000
    assert ledger(mill, batch)[0] == 1 == stub.page()["paid"]


@pytest.mark.slow
@pytest.mark.parametrize("fault", ["rate_limit", "server", "html", "reset", "truncate", "ok_error"])
def test_a_provider_that_fails_now_and_then(mill, stub, user, fault):
    client = mill.client()
    stub.set(**{"fault_" + fault: 0.1})
    start = 3000 + 100 * ["rate_limit", "server", "html", "reset", "truncate", "ok_error"].index(fault)
    batch = client.batch(lines(user, 80, start))["id"]
    end = client.batch_end(batch, 120)
    assert good(end) == 80, mill.sql("SELECT code, detail, count(*) FROM applications WHERE batch_id = %s AND state = 6 GROUP BY 1, 2", batch)
    page = stub.page()
    settled(mill, batch)
    calls, tokens, _ = ledger(mill, batch)
    assert page["while_held"] <= page["calls"] // 10, "who is told to wait, waits (a process that stood still meanwhile may hear late)"
    assert 80 <= calls <= 81 and spending(mill, batch)[3] == 0  # the first batch of all brings the profile, too
    assert calls <= page["paid"] <= calls + page["truncated"] + page["reset"]
    assert tokens <= page["embedding_tokens"]


@pytest.mark.slow
def test_a_provider_that_fails_in_every_way(mill, stub, user):
    client = mill.client()
    stub.set(**{"fault_" + f: 0.07 for f in ("rate_limit", "server", "html", "reset", "truncate", "ok_error")})
    batch = client.batch(lines(user, 60, 4000))["id"]
    end = client.batch_end(batch, 480)
    assert good(end) == 60, mill.sql("SELECT code, detail, count(*) FROM applications WHERE batch_id = %s AND state = 6 GROUP BY 1, 2", batch)
    page = stub.page()
    settled(mill, batch)
    assert ledger(mill, batch)[0] == 60 <= page["paid"]
    assert page["while_held"] <= page["calls"] // 10, "who is told to wait, waits (a process that stood still meanwhile may hear late)"


def busy(mill, stub, user, n, start):
    """A batch all of whose calls are out, and stay out until stub.set(hold=0)."""
    stub.set(hold=1)
    batch = mill.client().batch(lines(user, n, start))["id"]
    try:
        wait_for("the calls are out", 30, lambda: stub.page()["in_flight"] == n)
    except AssertionError as e:
        where = mill.sql("SELECT k.kind, k.stage, k.state, k.attempt, w.pid, count(*) FROM tasks k LEFT JOIN workers w USING (worker_id) GROUP BY 1, 2, 3, 4, 5 ORDER BY 1, 2, 3, 4")
        raise AssertionError(f"{e}: {stub.page()['in_flight']} of {n}; tasks by kind, stage, state, attempt, process: {where}") from e
    return batch


def test_a_killed_worker_costs_at_most_what_was_out(mill, stub, user):
    client = mill.client()
    # some answers are in the journal before the fault: nobody buys those again
    before = client.batch(lines(user, 20, 5000))["id"]
    client.batch_end(before)
    stub.reset()
    batch = busy(mill, stub, user, 100, 5100)
    victim, mine = busiest(mill)
    assert mine > 10
    begin = time.monotonic()
    terminate(victim)
    stub.set(hold=0)
    wait_for("everything of it was asked again", 10, lambda: mill.sql_value("SELECT coalesce(sum(taken_over), 0) FROM model_asks WHERE batch_id = %s", batch) >= mine, 0.02)
    print(f"{mine} calls ran elsewhere {time.monotonic() - begin:.2f} s after the kill")
    end = client.batch_end(batch)
    assert good(end) == 100
    settled(mill, batch)
    page, (spent, _, calls, twice) = stub.page(), spending(mill, batch)
    assert calls == ledger(mill, batch)[0] == 100 and spent == ledger(mill, batch)[2]
    assert page["paid_twice"] <= mine and twice == mine, (page, mine, twice)
    assert ledger(mill, before)[0] <= 21


def test_a_reply_that_had_arrived_is_not_bought_again(mill, stub, user):
    """The journal alone: the results are thrown away, the tasks are done again, and the provider hears nothing."""
    client = mill.client()
    batch = client.batch(lines(user, 30, 5500))["id"]
    client.batch_end(batch)
    settled(mill, batch)
    paid = stub.page()["paid"]
    mill.sql("WITH gone AS (DELETE FROM posting_vectors v USING applications a WHERE a.batch_id = %s AND v.tenant_id = a.tenant_id AND v.job_id = a.job_id RETURNING 1) SELECT count(*) FROM gone", batch)
    again = client.batch(lines(user, 30, 5500))["id"]
    assert good(client.batch_end(again)) == 30
    assert stub.page()["paid"] == paid and ledger(mill, again)[0] == 0


def test_sigterm_buys_nothing_twice(mill, stub, user):
    client = mill.client()
    batch = busy(mill, stub, user, 100, 6000)
    victim, mine = busiest(mill)
    assert mine > 10
    terminate(victim, signal.SIGTERM)
    stub.set(hold=0)
    wait_for("it ends", 20, lambda: not victim.alive())
    assert good(client.batch_end(batch)) == 100
    settled(mill, batch)
    page = stub.page()
    assert page["paid_twice"] == 0 and page["aborted"] == 0, page
    assert ledger(mill, batch)[0] == 100 == page["paid"] and spending(mill, batch)[3] == 0
    assert attempts(mill, batch) == 1


def tries(seconds):
    """How often two processes that pause for 2 s try a refused key in that time."""
    return 2 * int(seconds / 2 + 1)


@pytest.mark.parametrize("fault, said", [("quota", "quota"), ("bad_key", "key")])
def test_a_refused_key_parks_with_its_reason_and_goes_on_by_itself(mill, stub, user, fault, said):
    client = mill.client()
    stub.set(**{"fault_" + fault: 1})
    begin = time.monotonic()
    batch = client.batch(lines(user, 60, 7000 if fault == "quota" else 7200))["id"]
    wait_for("all are parked", 60, lambda: parked(mill) == 60 and client.ok(client.get(f"/batches/{batch}"))["counts"]["parked"] == 60)
    # a process that was only just started may not have met it yet
    wait_for("each of them knows", 60, lambda: all(mill.metrics(p).get("jobmill_model_breaker_open") == 1 for p in mill.processes("embedding")))
    calls, since = stub.page()["calls"], time.monotonic()
    assert calls <= 60 + 20 + tries(since - begin), "one refusal is enough for all that did not go out yet"
    application = client.ok(client.get(f"/batches/{batch}/items"))["items"][0]["application_id"]
    # it is tried now and then, and for that moment it is not parked
    sentence = wait_for("it is parked", 20, lambda: (s := mill.run("why", application).stdout) and "parked" in s and s)
    assert said in sentence.lower() and "until" in sentence, sentence
    time.sleep(3)
    assert stub.page()["calls"] - calls <= 4 + tries(time.monotonic() - since), "it is tried now and then, by one call and not by all"
    stub.heal()
    assert good(client.batch_end(batch, 60)) == 60
    assert attempts(mill, batch) == 1, "no attempt was lost"
    settled(mill, batch)
    assert ledger(mill, batch)[0] == 60 == stub.page()["paid"]


def test_the_ceiling_of_a_batch_parks_and_is_never_passed(mill, stub, user):
    client = mill.client()
    first = client.batch(lines(user, 20, 8000))["id"]
    client.batch_end(first)
    settled(mill, first)
    each = max(1, ledger(mill, first)[2] // 20)
    most = each * 20
    batch = client.batch(lines(user, 60, 8100), max_cost_microusd=most)
    assert batch["budget"]["max_microusd"] == most
    batch = batch["id"]
    seen = []

    def quiet():
        spent, reserved, _, _ = spending(mill, batch)
        seen.append(spent + reserved)
        return parked(mill) >= 15 and reserved == 0
    wait_for("the rest is parked", 30, quiet)
    application = wait_for("one of them waits for nothing else", 20, lambda: mill.sql(
        "SELECT c.subject_id FROM tasks c JOIN tasks k ON k.tenant_id = c.tenant_id AND k.subject_id = c.job_id AND k.kind = 3"
        " WHERE c.batch_id = %s AND c.kind = 1 AND c.stage = 5 AND k.state = 5 LIMIT 1", batch))[0][0]
    sentence = mill.run("why", str(application)).stdout
    assert "ceiling of the batch" in sentence, sentence
    time.sleep(2.5)
    seen.append(sum(spending(mill, batch)[:2]))
    assert max(seen) <= most, "overshoot"
    shown = client.ok(client.get(f"/batches/{batch}"))
    assert shown["budget"] == {"max_microusd": most, "spent_microusd": spending(mill, batch)[0], "reserved_microusd": 0}
    assert shown["cost_microusd"] == spending(mill, batch)[0]
    raised = client.ok(client.post(f"/batches/{batch}:budget", {"max_cost_microusd": most * 100}))
    assert raised["budget"]["max_microusd"] == most * 100
    assert good(client.batch_end(batch, 60)) == 60
    assert attempts(mill, batch) == 1
    settled(mill, batch)
    assert ledger(mill, batch)[0] == 60


def test_a_ceiling_is_checked(mill, user):
    client = mill.client()
    r = client.call("POST", "/batches", data=b"[]", params={"max_cost_microusd": "-1"}, headers={"Content-Type": "application/json"})
    assert r.status_code == 422 and "max_cost_microusd" in r.text
    batch = client.batch(lines(user, 2, 8900))["id"]
    client.batch_end(batch)
    for body in ({}, {"max_cost_microusd": -5}, {"max_cost_microusd": "1"}, {"other": 1}):
        assert client.post(f"/batches/{batch}:budget", body).status_code in (400, 422), body
    assert client.post("/batches/00000000-0000-7000-8000-00000000dead:budget", {"max_cost_microusd": 5}).status_code == 404
    assert client.post(f"/batches/{batch}:budget", {"max_cost_microusd": 5}).status_code == 409, "it has ended"


def test_redis_is_wiped_and_restarted_in_the_middle(mill, stub, user):
    client = mill.client()
    batch = busy(mill, stub, user, 60, 9000)
    redis.Redis(port=int(mill.stack.env["JOBMILL_REDIS_PORT"])).flushall()
    mill.stack.restart("redis")
    stub.set(hold=0)
    assert good(client.batch_end(batch)) == 60
    settled(mill, batch)
    page = stub.page()
    assert page["paid_twice"] == 0 and ledger(mill, batch)[0] == 60 == page["paid"]


def test_postgres_is_killed_in_the_middle(mill, stub, user):
    client = mill.client()
    batch = busy(mill, stub, user, 60, 9200)
    mill.stack.kill("postgres")
    stub.set(hold=0)
    mill.stack.start()
    assert good(client.batch_end(batch)) == 60
    settled(mill, batch)
    page = stub.page()
    assert ledger(mill, batch)[0] >= 60 and ledger(mill, batch)[0] <= page["paid"], page
    assert page["paid_twice"] <= 60, page
    print("bought twice:", page["paid_twice"], "counted:", spending(mill, batch)[3])


def test_what_it_cost(mill, stub, user):
    import json
    client = mill.client()
    batch = client.batch(lines(user, 25, 9500))["id"]
    client.batch_end(batch)
    settled(mill, batch)
    calls, tokens, cost = ledger(mill, batch)
    shown = client.ok(client.get(f"/batches/{batch}/cost"))
    assert shown["cost_microusd"] == cost and shown["calls"] == calls and shown["forecast_microusd"] == cost
    assert [(r["stage"], r["model"], r["calls"], r["prompt_tokens"], r["cost_microusd"]) for r in shown["items"]] == [
        ("embed", "text-embedding-3-small", calls, tokens, cost)]
    text = mill.run("cost", batch).stdout
    assert "text-embedding-3-small" in text and str(calls) in text
    assert json.loads(mill.run("cost", "--json", batch).stdout)["cost_microusd"] == cost
    assert mill.run("cost", "00000000-0000-7000-8000-00000000dead", check=False).returncode != 0


def test_an_estimate_before_anything_is_bought(mill, stub, user):
    client = mill.client()
    estimate = client.batch(lines(user, 20, 9600), status=200, validate_only="true")
    assert estimate["accepted"] == 20 and estimate["tokens"] > 0 and estimate["cost_microusd"] > 0
    assert stub.page()["calls"] == 0
    batch = client.batch(lines(user, 20, 9600))["id"]
    client.batch_end(batch)
    settled(mill, batch)
    cost = ledger(mill, batch)[2]
    assert cost / 3 <= estimate["cost_microusd"] <= cost * 3 + 50, (estimate, cost)
