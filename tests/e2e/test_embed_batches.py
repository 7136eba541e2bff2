"""Embeddings of several tasks in one request (the stub answers): how few there are, whose money it is, and that what one of them is refused for is not the others' matter."""
import contextlib
import copy
import signal

import pytest
import redis
from support import samples
from support.books import audit
from support.fleet import Fleet, terminate, wait_for
from support.models import fresh_lines as lines, good
from support.stub import Stub

POISON = "zq-refuse-me"


@pytest.fixture(scope="module")
def stub():
    s = Stub("latency=5")
    try:
        yield s
    finally:
        s.stop()


@pytest.fixture(scope="module")
def mill(stub):
    f = Fleet("embed-batches", env=stub.env(JOBMILL_LLM_EMBED_INPUTS="48", JOBMILL_LLM_OPENAI_REQUESTS_PER_MINUTE="60000", JOBMILL_LLM_OPENAI_TOKENS_PER_MINUTE="600000000"), workers="embedding=2")
    try:
        yield f.start()
    finally:
        f.stop()


@pytest.fixture(scope="module")
def user(mill):
    """Its profile's embeddings are there."""
    client = mill.client()
    made = client.user(next(iter(samples.resumes().values())))
    client.batch_end(client.batch(lines(made, 1, 1))["id"])
    return made


@pytest.fixture(autouse=True)
def clean(mill, stub):
    stub.heal()
    stub.set(poison="")
    mill.all_up(60)
    stub.reset()
    yield
    stub.heal()
    mill.all_up(60)
    with contextlib.closing(mill.stack.superuser()) as eye:
        assert audit(eye) == []


def ledger(mill, batch):
    """(rows, rows that are an answer, tokens, cost)"""
    return mill.sql("SELECT count(*)::int, count(*) FILTER (WHERE outcome = 1)::int, coalesce(sum(prompt_tokens), 0)::int, coalesce(sum(cost_microusd), 0)::int"
                    " FROM model_usage WHERE batch_id = %s", batch)[0]


def settled(mill, batch):
    wait_for("nothing is open", 20, lambda: mill.sql_value(
        "SELECT (SELECT count(*) FROM model_asks WHERE batch_id = %s AND state <> 2) + (SELECT coalesce(sum(reserved_microusd), 0) FROM spending WHERE scope = 3 AND scope_id = %s)",
        batch, batch) == 0)


def spent(mill, batch):
    return mill.sql("SELECT spent_microusd, bought_twice FROM spending WHERE scope = 3 AND scope_id = %s", batch)[0]


def limit(mill):
    """What the fleet's limit has counted: tokens (reserved, used, given back)."""
    found = redis.Redis(port=int(mill.stack.env["JOBMILL_REDIS_PORT"])).hgetall("jobmill:limit:openai/text-embedding-3-small")
    return tuple(int(float(found.get(k, 0))) for k in (b"s_res", b"s_used", b"s_ref"))


def test_many_at_once_are_few_requests_and_the_ledger_is_the_providers_count(mill, stub, user):
    client = mill.client()
    stub.set(latency="150")
    before = wait_for("what was before is counted", 10, lambda: (lambda x: x if x[0] == x[1] + x[2] else None)(limit(mill)))
    batch = client.batch(lines(user, 240, 1000))["id"]
    end = client.batch_end(batch)
    assert good(end) == 240
    settled(mill, batch)
    page = stub.page()
    rows, answers, tokens, cost = ledger(mill, batch)
    print(f"{page['paid']} requests, {page['embedding_inputs_max']} texts in the largest")
    assert page["embedding_inputs"] == 480 and page["paid"] <= 240 / 4, page
    assert rows == answers == 240, "a row for each task"
    assert tokens == page["embedding_tokens"]
    # 20,000 micro-dollars for a million tokens; each request's cost is a whole number, and all of it is somebody's
    assert tokens * 0.02 <= cost <= tokens * 0.02 + page["paid"]
    assert end["cost_microusd"] == cost == spent(mill, batch)[0]
    wait_for("the limit has it all back", 10, lambda: limit(mill)[0] == sum(limit(mill)[1:]))
    assert limit(mill)[1] - before[1] == tokens, "each token once"
    seen = [mill.metrics(p) for p in mill.processes("embedding")]
    assert sum(m.get("jobmill_model_embed_request_inputs_sum", 0) for m in seen) >= 480
    wait = sum(m.get("jobmill_model_embed_gather_seconds_sum", 0) for m in seen), sum(m.get("jobmill_model_embed_gather_seconds_count", 0) for m in seen)
    print(f"waited for others: {wait[0] * 1000 / wait[1]:.1f} ms on average")


def test_one_that_is_refused_fails_by_itself(mill, stub, user):
    client = mill.client()
    stub.set(latency="100", poison=POISON)
    jobs = lines(user, 120, 2000)
    for i in (17, 80):
        jobs[i]["job"] = {"text": "Data Engineer\n\nBrightwater, Leeds\n\nRequirements\n\n- You must have 4 years of experience with Python\n"
                                  f"- SQL is required\n\nReference {POISON}-{i}. We build pipelines for water companies and care for them."}
    batch = client.batch(jobs)["id"]
    end = client.batch_end(batch)
    assert end["counts"]["failed"] == 2 and good(end) == 118, end["counts"]
    failed = mill.sql("SELECT detail FROM applications WHERE batch_id = %s AND state = 6", batch)
    assert all("refused" in d for (d,) in failed), failed
    settled(mill, batch)
    page = stub.page()
    rows, answers, tokens, _ = ledger(mill, batch)
    assert rows == answers == 118 and tokens == page["embedding_tokens"]
    assert page["embedding_inputs"] == 236 and page["paid"] + page["status_400"] < 118, page
    assert sum(mill.metrics(p).get("jobmill_model_embed_splits_total", 0) for p in mill.processes("embedding")) > 0
    assert mill.sql_value("SELECT max(h.attempt) FROM task_history h JOIN applications a ON a.tenant_id = h.tenant_id AND h.subject_id = a.job_id WHERE a.batch_id = %s AND h.kind = 3", batch) == 1


def test_an_answer_with_one_missing_costs_and_everybody_gets_his(mill, stub, user):
    client = mill.client()
    stub.set(latency="100", script="wrong_count,wrong_count,ok,wrong_count")
    batch = client.batch(lines(user, 120, 3000))["id"]
    assert good(client.batch_end(batch)) == 120
    settled(mill, batch)
    page = stub.page()
    rows, answers, tokens, cost = ledger(mill, batch)
    assert answers == 120 and rows > 120, "what was paid for nothing is in the ledger, too"
    assert tokens == page["embedding_tokens"] and cost == spent(mill, batch)[0]


@pytest.mark.parametrize("fault", ["server", "rate_limit", "reset"])
def test_a_provider_that_fails_now_and_then(mill, stub, user, fault):
    client = mill.client()
    stub.set(latency="uniform:5-60", **{"fault_" + fault: 0.15})
    batch = client.batch(lines(user, 120, 4000 + 200 * ["server", "rate_limit", "reset"].index(fault)))["id"]
    end = client.batch_end(batch, 120)
    assert good(end) == 120, mill.sql("SELECT code, detail, count(*) FROM applications WHERE batch_id = %s AND state = 6 GROUP BY 1, 2", batch)
    settled(mill, batch)
    page = stub.page()
    rows, answers, tokens, _ = ledger(mill, batch)
    assert rows == answers == 120 and tokens == page["embedding_tokens"]
    assert page["while_held"] <= page["calls"] // 10, "who is told to wait, waits (a process that stood still meanwhile may hear late)"


def test_a_killed_worker_costs_at_most_what_was_out(mill, stub, user):
    client = mill.client()
    stub.set(latency="uniform:5-6000")
    workers = mill.processes("embedding")
    batch = client.batch(lines(user, 200, 5000))["id"]
    counts = "SELECT count(*) FILTER (WHERE state = 2), count(*) FILTER (WHERE state = 1) FROM model_asks WHERE batch_id = %s"
    wait_for("some are answered, some are out", 30, lambda: min(mill.sql(counts, batch)[0]) > 10 and stub.page()["in_flight"] > 0, 0.02)
    pid = mill.sql("SELECT w.pid FROM model_asks k JOIN workers w USING (worker_id) WHERE k.state = 1 AND k.batch_id = %s GROUP BY 1 ORDER BY count(*) DESC LIMIT 1", batch)[0][0]
    terminate(next(p for p in workers if p.pid == pid))
    stub.set(latency="5")
    assert good(client.batch_end(batch, 120)) == 200
    settled(mill, batch)
    page = stub.page()
    rows, answers, tokens, cost = ledger(mill, batch)
    money, twice = spent(mill, batch)
    assert rows == answers == 200 and cost == money
    assert 0 < twice <= 190
    assert page["embedding_inputs"] <= 400 + 2 * twice, "what was in the journal was not asked again"
    assert tokens <= page["embedding_tokens"]


def test_sigterm_buys_nothing_twice(mill, stub, user):
    client = mill.client()
    stub.set(hold=1)
    batch = client.batch(lines(user, 150, 6000))["id"]
    wait_for("requests are out", 30, lambda: stub.page()["in_flight"] >= 2)
    victim = mill.processes("embedding")[0]
    terminate(victim, signal.SIGTERM)
    stub.set(hold=0)
    wait_for("it ends", 20, lambda: not victim.alive())
    assert good(client.batch_end(batch)) == 150
    settled(mill, batch)
    page = stub.page()
    rows, answers, tokens, _ = ledger(mill, batch)
    assert page["aborted"] == 0 and page["embedding_inputs"] == 300, page
    assert rows == answers == 150 and tokens == page["embedding_tokens"] and spent(mill, batch)[1] == 0


def test_the_same_texts_are_bought_once_and_parts_are_read_again(mill, stub, user):
    client = mill.client()
    stub.set(latency="100")
    jobs = [x["job"] for x in lines(user, 20, 7000)]
    batch = client.batch([{"user_id": user, "job": jobs[i % 20], "client_ref": str(i)} for i in range(200)])["id"]
    assert good(client.batch_end(batch)) == 200
    settled(mill, batch)
    page = stub.page()
    assert page["embedding_inputs"] == 40 and ledger(mill, batch)[0] == 20
    vectors = "SELECT job_id, both_parts::text FROM posting_vectors v WHERE EXISTS (SELECT 1 FROM applications a WHERE a.batch_id = %s AND a.tenant_id = v.tenant_id AND a.job_id = v.job_id) ORDER BY 1"
    before = mill.sql(vectors, batch)
    mill.sql("WITH gone AS (DELETE FROM posting_vectors v USING applications a WHERE a.batch_id = %s AND v.tenant_id = a.tenant_id AND v.job_id = a.job_id RETURNING 1) SELECT count(*) FROM gone", batch)
    again = client.batch([{"user_id": user, "job": j} for j in jobs])["id"]
    assert good(client.batch_end(again)) == 20
    assert stub.page()["paid"] == page["paid"] and ledger(mill, again)[0] == 0
    assert mill.sql(vectors, again) == before, "each its own part"


def test_a_part_is_what_the_provider_says_to_it_alone(mill, stub, user):
    client = mill.client()
    stub.set(latency="100")
    jobs = [x["job"] for x in lines(user, 40, 9000)]
    batch = client.batch([{"user_id": user, "job": j} for j in jobs])["id"]
    assert good(client.batch_end(batch)) == 40 and stub.page()["paid"] < 10
    settled(mill, batch)
    vectors = "SELECT both_parts::text FROM posting_vectors v JOIN applications a ON a.tenant_id = v.tenant_id AND a.job_id = v.job_id WHERE a.batch_id = %s ORDER BY a.item_index"
    together = mill.sql(vectors, batch)
    mill.sql("WITH gone AS (DELETE FROM posting_vectors v USING applications a WHERE a.batch_id = %s AND v.tenant_id = a.tenant_id AND v.job_id = a.job_id RETURNING 1) SELECT count(*) FROM gone", batch)
    mill.sql("WITH gone AS (DELETE FROM model_asks WHERE batch_id = %s RETURNING 1) SELECT count(*) FROM gone", batch)
    stub.set(latency="0")
    stub.reset()
    for i in range(0, 40, 5):
        one = client.batch([{"user_id": user, "job": jobs[i]}])["id"]
        client.batch_end(one)
        assert mill.sql(vectors, one) == [together[i]]
    page = stub.page()
    assert (page["paid"], page["embedding_inputs_max"]) == (8, 2), "who comes alone goes alone"


def test_tenants_do_not_share_a_request(mill, stub, user):
    other, key = mill.tenant("embed-other")
    client, guest = mill.client(), mill.client(key)
    visitor = guest.user(next(iter(samples.resumes().values())))
    guest.batch_end(guest.batch(lines(visitor, 1, 9500))["id"])
    stub.set(latency="150")
    stub.reset()
    batches = [client.batch(lines(user, 60, 9600))["id"], guest.batch(lines(visitor, 60, 9600))["id"]]
    assert good(client.batch_end(batches[0])) == 60 and good(guest.batch_end(batches[1])) == 60
    for b in batches:
        settled(mill, b)
    page = stub.page()
    assert page["embedding_inputs"] == 240 and page["embedding_inputs_max"] <= 120, "the same texts, bought by each"
    found = [ledger(mill, b) for b in batches]
    assert [f[0] for f in found] == [60, 60] and sum(f[2] for f in found) == page["embedding_tokens"]


def test_people_share_a_request_and_no_key(mill, stub, user):
    """Profiles: their replies are kept under the key of each."""
    client = mill.client()
    resume = next(iter(samples.resumes().values()))
    people = []
    for i in range(24):
        one = copy.deepcopy(resume)
        one["basics"]["email"] = f"person{i}@example.org"
        one["basics"]["summary"] = f"{one['basics'].get('summary', '')} Person number {i} of a kind."
        one["x_goals"] = [f"To lead a team of {i + 3} people"]
        people.append(client.user(one))
    job = lines(user, 1, 8000)[0]["job"]
    stub.set(latency="100")
    batch = client.batch([{"user_id": p, "job": job} for p in people])["id"]
    assert good(client.batch_end(batch)) == 24
    settled(mill, batch)
    page = stub.page()
    rows, answers, tokens, _ = ledger(mill, batch)
    assert rows == answers == 25 and page["embedding_inputs"] == 24 * 3 + 2 and tokens == page["embedding_tokens"]
    assert page["paid"] <= 12, page
    sealed = mill.sql("SELECT get_byte(reply, 0) & 1, count(*)::int FROM model_asks WHERE batch_id = %s GROUP BY 1 ORDER BY 1", batch)
    assert sealed == [(0, 1), (1, 24)], "the posting's in the clear, the people's sealed"
    mill.sql("WITH gone AS (DELETE FROM profile_vectors v USING applications a WHERE a.batch_id = %s AND v.tenant_id = a.tenant_id AND v.profile_id = a.profile_id RETURNING 1) SELECT count(*) FROM gone", batch)
    again = client.batch([{"user_id": p, "job": lines(user, 1, 8001)[0]["job"]} for p in people])["id"]
    assert good(client.batch_end(again)) == 24
    assert stub.page()["embedding_inputs"] == page["embedding_inputs"] + 2, "only the new posting is bought"


def test_who_was_thought_lost_harms_nobody(mill, stub, user):
    """A process that sleeps too long: others do its work, and what it had out is cut when it wakes."""
    client = mill.client()
    stub.set(hold=1)
    workers = mill.processes("embedding")
    batch = client.batch(lines(user, 150, 10000))["id"]
    wait_for("requests are out", 30, lambda: stub.page()["in_flight"] >= 2)
    pid = mill.sql("SELECT w.pid FROM model_asks k JOIN workers w USING (worker_id) WHERE k.state = 1 AND k.batch_id = %s GROUP BY 1 ORDER BY count(*) DESC LIMIT 1", batch)[0][0]
    victim = next(p for p in workers if p.pid == pid)
    victim.signal(signal.SIGSTOP)
    try:
        wait_for("it is given up", 30, lambda: mill.sql_value("SELECT coalesce(sum(taken_over), 0) FROM model_asks WHERE batch_id = %s", batch) > 0)
    finally:
        victim.signal(signal.SIGCONT)
    stub.set(hold=0)
    assert good(client.batch_end(batch, 120)) == 150
    settled(mill, batch)
    rows, answers, _, cost = ledger(mill, batch)
    assert rows == answers >= 150 and cost == spent(mill, batch)[0]
    after = client.batch(lines(user, 20, 10500))["id"]
    assert good(client.batch_end(after)) == 20
    assert victim.alive()
