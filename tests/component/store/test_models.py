"""The journal of model calls, the ledger and the ceilings: asks, replies, processes that are lost in between."""
import hashlib
import threading

import pytest

from mill import LETTER, OPTIMIZE, Tenant
from support.db import new_id, rows, value

CALL, REPLY, BUSY, OVER = 1, 2, 3, 4
TENANT, DAY, BATCH, APPLICATION = 1, 2, 3, 4


def hash_of(text):
    return hashlib.sha256(text.encode()).digest()


class Caller:
    """A worker process that asks and hears."""

    def __init__(self, mill, tenant, stage=OPTIMIZE, conn=None):
        self.mill, self.tenant, self.stage, self.id = mill, tenant, stage, new_id()
        self.conn = conn or mill.conns[stage]
        self.usages = {}  # of the last call for each text
        mill.beat(self.id, "optimizer")

    def ask(self, texts, batch=None, app=None, estimate=100, most=(0, 0, 0, 0)):
        n = len(texts)
        found = rows(self.conn, "SELECT what, reply, billed, scope FROM jm_ask(%s, %s::smallint, %s::uuid[], %s::bytea[], %s::uuid[], %s::uuid[], %s::bigint[], %s, %s, %s, %s)",
                     self.id, self.stage, [self.tenant.id] * n, [hash_of(t) for t in texts], [batch] * n, [app] * n, [estimate] * n, *most)
        self.billed = [b for _, _, b, _ in found]
        self.usages.update((t, new_id()) for t, f in zip(texts, found) if f[0] == CALL)
        return [(w, bytes(r) if r is not None else None, s) for w, r, _, s in found]

    def whats(self, texts, **how):
        return [w for w, _, _ in self.ask(texts, **how)]

    def reply(self, texts):
        n = len(texts)
        return value(self.conn, "SELECT jm_reply(%s::uuid[], %s::bytea[], %s::uuid[], %s::bytea[])", [self.tenant.id] * n, [hash_of(t) for t in texts],
                     [self.usages[t] for t in texts], [("reply to " + t).encode() for t in texts])

    def bill(self, texts, cost=70, batch=None, app=None, usage=None):
        n = len(texts)
        return value(self.conn, "SELECT jm_bill(%s::uuid[], %s::bytea[], %s::uuid[], %s::smallint, %s::uuid[], %s::uuid[], %s::uuid[], %s, %s, %s, %s, %s, %s, %s, %s,"
                     " %s, %s, %s::bigint[], %s, %s::smallint[])", [self.tenant.id] * n, [hash_of(t) for t in texts], usage or [self.usages[t] for t in texts],
                     self.stage, [app or new_id()] * n, [app] * n, [batch] * n, [1] * n, ["openai"] * n, ["gpt-4o"] * n, [""] * n, [1000] * n, [200] * n, [0] * n, [0] * n,
                     [0] * n, [900] * n, [cost] * n, ["2026-01"] * n, [1] * n)

    def hear(self, texts, **how):
        kept = self.reply(texts)
        self.bill(texts, **how)
        return kept

    def give_up(self, texts):
        rows(self.conn, "SELECT jm_unask(%s, %s::uuid[], %s::bytea[], %s::uuid[])", self.id, [self.tenant.id] * len(texts), [hash_of(t) for t in texts],
             [self.usages.get(t) for t in texts])

    def die(self):
        rows(self.mill.dispatcher, "UPDATE workers SET lost_at = now() WHERE worker_id = %s", self.id)

    def spending(self, scope, scope_id=None):
        found = rows(self.mill.eye, "SELECT spent_microusd, reserved_microusd, calls, bought_twice FROM spending WHERE tenant_id = %s AND scope = %s AND scope_id = %s",
                     self.tenant.id, scope, scope_id or self.tenant.id)
        return found[0] if found else (0, 0, 0, 0)


@pytest.fixture
def a(mill, tenant):
    return Caller(mill, tenant)


@pytest.fixture
def b(mill, tenant):
    return Caller(mill, tenant, LETTER)


def test_an_ask_is_called_once_and_answered_for_all(a, b):
    assert a.whats(["x", "y"]) == [CALL, CALL]
    assert b.whats(["y", "z"]) == [BUSY, CALL]
    assert a.hear(["x", "y"]) == 2
    assert b.ask(["y", "x"]) == [(REPLY, b"reply to y", 0), (REPLY, b"reply to x", 0)]
    assert a.spending(TENANT) == (140, 0, 2, 0)


def test_a_reply_survives_the_process_that_asked(a, b):
    a.ask(["x"])
    a.hear(["x"])
    a.die()
    assert b.ask(["x"]) == [(REPLY, b"reply to x", 0)]
    assert b.spending(TENANT)[3] == 0


def test_what_a_lost_process_asked_is_asked_again_and_counted(a, b):
    assert a.whats(["x", "y"]) == [CALL, CALL]
    assert b.whats(["x"]) == [BUSY]
    a.die()
    assert b.whats(["x"]) == [CALL]
    assert b.spending(TENANT) == (0, 0, 0, 1)
    # the first call's reply comes late all the same: it was paid, and one reply stays
    assert a.hear(["x"]) == 1
    assert b.hear(["x"]) == 0
    assert b.spending(TENANT) == (140, 0, 2, 1)


def test_many_asks_of_a_lost_process_are_taken_over_at_once(a, b, mill, tenant):
    texts = [f"x{i}" for i in range(200)]
    batch, other = new_id(), new_id()
    assert a.whats(texts[:100], batch=batch, most=(100_000, 0, 0, 0)) == [CALL] * 100
    assert a.whats(texts[100:], batch=other) == [CALL] * 100
    a.reply(texts[90:110])
    a.die()
    assert b.whats(texts, batch=other, most=(100_000, 0, 0, 0)) == [CALL] * 90 + [REPLY] * 20 + [CALL] * 90
    assert b.spending(TENANT) == (0, 180 * 100 + 10 * 100, 0, 180), "ten replies still wait for their bill"
    assert b.spending(BATCH, batch) == (0, 1000, 0, 90) and b.spending(BATCH, other) == (0, 18_000, 0, 90)
    assert rows(mill.conns[OPTIMIZE], "SELECT count(*)::int, sum(taken_over)::int FROM model_asks WHERE worker_id = %s AND batch_id = %s", b.id, other) == [(180, 180)]


def test_a_call_that_failed_unpaid_leaves_nothing(a, b):
    a.ask(["x"], most=(1000, 0, 0, 0))
    a.give_up(["x"])
    assert a.spending(TENANT) == (0, 0, 0, 0)
    assert b.whats(["x"]) == [CALL]


def test_giving_up_takes_nothing_from_others(a, b):
    a.ask(["x"])
    b.give_up(["x"])
    assert b.whats(["x"]) == [BUSY]


def test_a_reply_that_nobody_billed_is_billed_by_who_reads_it(a, b):
    a.ask(["x"], most=(1000, 0, 0, 0))
    usage = [a.usages["x"]]
    a.reply(["x"])
    a.die()
    assert b.spending(TENANT) == (0, 100, 0, 0)
    assert b.ask(["x"]) == [(REPLY, b"reply to x", 0)] and b.billed == [False]
    assert b.bill(["x"], usage=usage) == 1
    assert a.bill(["x"], usage=usage) == 0  # not so lost after all
    assert b.spending(TENANT) == (70, 0, 1, 0)
    assert b.ask(["x"]) == [(REPLY, b"reply to x", 0)] and b.billed == [True]


def test_a_reply_is_kept_although_the_server_forgot_the_ask(a, b, mill):
    a.ask(["x"])
    rows(mill.eye, "DELETE FROM model_asks")  # what a crash does to a commit that did not wait for the disk
    assert a.reply(["x"]) == 1
    assert b.ask(["x"]) == [(REPLY, b"reply to x", 0)] and b.billed == [False]


def test_the_same_bill_twice_counts_once(a, mill):
    a.ask(["x"])
    a.hear(["x"])
    assert a.bill(["x"]) == 0
    assert value(mill.eye, "SELECT count(*) FROM model_usage") == 1
    assert a.spending(TENANT) == (70, 0, 1, 0)


def test_a_kept_reply_that_is_no_answer_is_paid_and_goes(a, b):
    most = (1000, 0, 0, 0)
    a.ask(["x", "y"], most=most)
    a.reply(["x", "y"])
    a.bill(["x"])  # what it said is known to have been paid for; of y not even that
    a.give_up(["x", "y"])
    assert a.spending(TENANT) == (70, 0, 1, 0)
    assert b.whats(["x", "y"], most=most) == [CALL, CALL]
    b.hear(["x"])
    a.give_up(["x"])  # late: another call's reply is not its matter
    assert a.ask(["x"]) == [(REPLY, b"reply to x", 0)] and a.billed == [True]
    assert a.spending(TENANT) == (140, 100, 2, 0)


def test_an_unbilled_reply_that_is_swept_gives_its_reservation_back(a, mill):
    most = (1000, 0, 0, 0)
    a.ask(["x", "y", "z"], most=most)
    a.reply(["x", "y"])
    a.bill(["x"])
    assert a.spending(TENANT) == (70, 200, 1, 0)
    rows(mill.eye, "UPDATE model_asks SET asked_at = now() - interval '8 days' WHERE state = 2")
    assert value(mill.dispatcher, "SELECT jm_asks_sweep('7 days', 100)") == 2
    assert a.spending(TENANT) == (70, 100, 1, 0), "z is still out"


def test_ceilings_of_several_tenants_and_batches_in_one_call(a, mill, tenant):
    batch, _, _ = tenant.batch(1)
    other, _, _ = tenant.batch(1)
    rows(mill.eye, "UPDATE batches SET ceiling_microusd = 250 WHERE batch_id = %s", batch)
    texts = [f"t{i}" for i in range(8)]
    found = rows(a.conn, "SELECT what, scope FROM jm_ask(%s, %s::smallint, %s::uuid[], %s::bytea[], %s::uuid[], %s::uuid[], %s::bigint[], 0, 600, 0, 0)",
                 a.id, a.stage, [tenant.id] * 8, [hash_of(t) for t in texts], [batch, other] * 3 + [None, None], [None] * 8, [100] * 8)
    assert found == [(CALL, 0), (CALL, 0), (CALL, 0), (CALL, 0), (OVER, BATCH), (CALL, 0), (CALL, 0), (OVER, DAY)]
    assert a.spending(BATCH, batch) == (0, 200, 0, 0) and a.spending(BATCH, other) == (0, 300, 0, 0) and a.spending(DAY) == (0, 600, 0, 0)
    assert rows(a.conn, "SELECT count(*)::int FROM model_asks") == [(6,)], "what may not be called leaves nothing"


def test_costs_reach_application_and_batch(a, mill, tenant):
    batch, apps, _ = tenant.batch(2)
    a.ask(["x"], batch=batch, app=apps[0])
    a.hear(["x"], cost=123, batch=batch, app=apps[0])
    assert value(mill.eye, "SELECT sum(cost_microusd) FROM model_usage WHERE batch_id = %s AND application_id = %s", batch, apps[0]) == 123
    assert a.spending(BATCH, batch) == (123, 0, 1, 0)
    assert a.spending(DAY) == (123, 0, 1, 0)
    assert rows(mill.eye, "SELECT sum(cost_microusd), min(application_id::text) FROM model_usage") == [(123, apps[0])]


@pytest.mark.parametrize("scope", [TENANT, DAY, BATCH])
def test_a_ceiling_is_never_passed(a, tenant, scope):
    batch, apps, _ = tenant.batch(1)
    most = tuple(350 if s == scope else 0 for s in (TENANT, DAY, BATCH)) + (0,)
    texts = [f"t{i}" for i in range(6)]
    assert a.ask(texts, batch=batch, most=most) == [(CALL, None, 0)] * 3 + [(OVER, None, scope)] * 3
    a.hear(texts[:2], cost=50, batch=batch)  # cheaper than feared: 100 spent, 100 reserved
    assert a.whats(texts[3:], batch=batch, most=most) == [CALL, OVER, OVER]
    a.hear(texts[2:4], cost=100, batch=batch)
    assert a.whats(texts[4:], batch=batch, most=most) == [OVER, OVER]
    assert a.spending(scope, batch if scope == BATCH else None) == (300, 0, 4, 0)


def test_a_batch_may_have_a_lower_ceiling_of_its_own(a, mill, tenant):
    batch, _, _ = tenant.batch(1)
    other, _, _ = tenant.batch(1)
    rows(mill.eye, "UPDATE batches SET ceiling_microusd = 150 WHERE batch_id = %s", batch)
    assert a.whats(["a", "b"], batch=batch, most=(0, 0, 1000, 0)) == [CALL, OVER]
    assert a.whats(["c", "d"], batch=other, most=(0, 0, 1000, 0)) == [CALL, CALL]
    assert a.whats(["e"], batch=batch) == [OVER]


def test_an_application_has_a_ceiling(a, tenant):
    batch, apps, _ = tenant.batch(1)
    a.ask(["x"], app=apps[0], batch=batch, most=(0, 0, 0, 150))
    a.hear(["x"], cost=90, app=apps[0], batch=batch)
    assert a.ask(["y"], app=apps[0], batch=batch, most=(0, 0, 0, 150)) == [(OVER, None, APPLICATION)]
    assert a.whats(["y"], app=apps[0], batch=batch, estimate=60, most=(0, 0, 0, 150)) == [CALL]


def test_reservations_of_a_lost_process_come_back(a, b, mill):
    most = (250, 0, 0, 0)
    assert a.whats(["x", "y", "z"], most=most) == [CALL, CALL, OVER]
    a.die()
    assert b.whats(["x", "z"], most=most) == [CALL, OVER]
    assert b.spending(TENANT) == (0, 200, 0, 1)
    rows(mill.eye, "UPDATE model_asks SET asked_at = now() - interval '20 minutes'")
    assert value(mill.dispatcher, "SELECT jm_asks_sweep('7 days', 100)") == 1  # y; x belongs to the living
    assert b.spending(TENANT) == (0, 100, 0, 2), "what was lost and nobody asked again counts, too"
    assert b.whats(["z"], most=most) == [CALL]


def test_old_replies_are_swept(a, mill):
    a.ask(["x", "y"])
    a.hear(["x", "y"])
    rows(mill.eye, "UPDATE model_asks SET asked_at = now() - interval '8 days' WHERE ask_hash = %s", hash_of("x"))
    assert value(mill.dispatcher, "SELECT jm_asks_sweep('7 days', 100)") == 1
    assert a.whats(["x", "y"]) == [CALL, REPLY]


def test_lost_asks_are_swept_in_the_end_whatever_their_age(a, mill):
    a.ask(["x"])
    a.die()
    rows(mill.eye, "UPDATE model_asks SET asked_at = now() - interval '5 hours'")
    assert value(mill.dispatcher, "SELECT jm_asks_sweep('7 days', 100)") == 0  # asked again it is taken over all the same
    rows(mill.eye, "UPDATE model_asks SET asked_at = now() - interval '8 days'")
    assert value(mill.dispatcher, "SELECT jm_asks_sweep('7 days', 100)") == 1
    assert a.spending(TENANT) == (0, 0, 0, 1)


def test_workers_may_read_the_weight_of_tenants_and_nothing_else_of_them(a, mill):
    import psycopg2
    for conn in mill.conns.values():
        assert rows(conn, "SELECT weight FROM tenants WHERE tenant_id = %s", a.tenant.id) == [(100,)]
        with pytest.raises(psycopg2.errors.InsufficientPrivilege):
            rows(conn, "SELECT name FROM tenants")


def test_tenants_share_nothing(a, mill):
    other = Caller(mill, Tenant(mill))
    a.ask(["x"])
    a.hear(["x"])
    assert other.whats(["x"]) == [CALL]
    assert rows(other.tenant.gateway, "SELECT count(*) FROM spending") == [(0,)]
    assert rows(a.tenant.gateway, "SELECT count(*) > 0 FROM spending") == [(True,)]


def test_a_thousand_askers_one_call(mill, tenant):
    """Many processes at once, the same asks in different orders: each is called by exactly one, nobody waits for ever."""
    texts = [f"t{i}" for i in range(40)]
    callers = [Caller(mill, tenant, conn=mill.db.connect("optimizer")) for _ in range(6)]
    found = [None] * len(callers)

    def run(k):
        mine = texts[k:] + texts[:k]
        got = dict(zip(mine, callers[k].whats(mine, most=(10 ** 9, 0, 0, 0))))
        found[k] = got

    threads = [threading.Thread(target=run, args=(k,)) for k in range(len(callers))]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    for text in texts:
        assert sorted(f[text] for f in found) == [CALL] + [BUSY] * (len(callers) - 1)
    assert callers[0].spending(TENANT) == (0, 4000, 0, 0)


def test_parking_costs_no_attempt(mill, tenant):
    app, _ = tenant.submit()
    chain = rows(mill.eye, "SELECT tenant_id, subject_id FROM tasks WHERE kind = 2")
    from mill import ANALYZE
    claims = mill.claim(ANALYZE, chain)
    c = claims[0]
    rows(mill.conns[ANALYZE], "SELECT * FROM jm_settle(%s, %s::uuid[], %s::uuid[], %s::smallint[], %s::bigint[], %s::smallint[], %s, %s::smallint[], %s, 5)",
         c.worker, [c.tenant], [c.subject], [c.kind], [c.token], [4], [60000], [30], ["over the ceiling"])
    assert rows(mill.eye, "SELECT state, attempt, code, parked_why, not_before > now() FROM tasks WHERE kind = 2") == [(5, 0, 30, "over the ceiling", True)]
    assert rows(mill.eye, "SELECT count(*) FROM tasks WHERE kind = 2 AND batch_id = %s", app) == [(1,)]
