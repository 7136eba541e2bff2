"""What the dispatcher asks: admission, waking, leases, cancelling batches, abandoned uploads; and the batch as a whole."""
import threading

import psycopg2
import pytest
from mill import ADMITTED, ANALYZE, EVENT, LETTER, OPTIMIZE, Tenant, changes, subjects
from support.db import new_id, rows, value

DONE, CANCELLED = 4, 7


def test_admission_takes_the_head_in_order_interactive_first(mill, tenant):
    _, bulk, _ = tenant.batch(6)
    _, urgent, _ = tenant.batch(2, priority=0)
    out = mill.admit(tenant, 3)
    assert [(c.seq, c.code) for c in out if c.what == ADMITTED] == [(12000, 3)]
    live = [r[0] for r in rows(mill.dispatcher, "SELECT subject_id FROM tasks WHERE kind = 1")]
    assert sorted(live) == sorted(urgent + bulk[:1])
    mill.admit(tenant, 100)
    assert mill.admit(tenant, 100) == []
    mill.run()


def test_a_paused_batch_is_passed_over_and_resumes(mill, tenant):
    paused, apps, _ = tenant.batch(3)
    going, others, _ = tenant.batch(2)
    tenant.set_state(paused, 3)
    mill.admit(tenant, 100)
    assert sorted(r[0] for r in rows(mill.dispatcher, "SELECT subject_id FROM tasks WHERE kind = 1")) == sorted(others)
    mill.run()
    assert mill.batch_row(tenant, going)["state"] == 5 and mill.batch_row(tenant, paused)["state"] == 3
    tenant.set_state(paused, 2)
    mill.admit(tenant, 100)
    mill.run()
    assert mill.batch_row(tenant, paused)["state"] == 5


def test_admission_of_one_tenant_leaves_the_others(mill, tenant):
    other = Tenant(mill, "other")
    tenant.batch(3)
    other.batch(3)
    mill.admit(tenant, 100)
    assert value(mill.dispatcher, "SELECT count(*) FROM backlog WHERE tenant_id = %s", other.id) == 3
    assert value(mill.dispatcher, "SELECT count(*) FROM backlog WHERE tenant_id = %s", tenant.id) == 0


def test_several_dispatchers_admit_nothing_twice(mill, tenant):
    """Only one is active, but for a moment after a lost connection two may believe it."""
    tenant.batch(60, jobs=[tenant.job() for _ in range(4)])
    admitted = []

    def run(conn):
        for _ in range(5):
            admitted.extend(changes(conn, "jm_admit(%s, 5)", tenant.id))

    threads = [threading.Thread(target=run, args=(mill.db.connect("dispatcher"),)) for _ in range(3)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert sum(c.code for c in admitted if c.what == ADMITTED) == value(mill.dispatcher, "SELECT count(*) FROM tasks WHERE kind = 1")
    mill.admit(tenant, 100)
    mill.run()


def test_waking(mill, tenant):
    app, _ = tenant.submit()
    assert mill.wake() == []
    assert {r[0] for r in mill.wake(unclaimed_ms=-1000)} == {3} and len(mill.wake(unclaimed_ms=-1000)) == 3
    claims = mill.claim(ANALYZE, mill.dispatched(ANALYZE))
    assert mill.wake() == []
    late = mill.wake(deadline_ms=-1000)
    assert [(r[0], r[2]) for r in late] == [(4, claims[0].subject)]
    assert len(mill.wake(unclaimed_ms=-1000, limit=2)) == 2
    mill.run()
    assert mill.app(tenant, app)[0] == DONE


def test_a_lost_worker_s_tasks_are_released_at_once(mill, tenant):
    dead, alive = new_id(), new_id()
    mill.beat(dead, age_s=10)
    mill.beat(alive)
    for _ in range(4):
        tenant.submit()
    refs = mill.dispatched(ANALYZE)
    lost = mill.claim(ANALYZE, refs[:3], dead)
    kept = mill.claim(ANALYZE, refs[3:], alive)
    out = mill.expire()
    assert [(r[0], r[1]) for r in out if r[0]] == [("analyzer", "analyzer-1")]
    assert sorted(r[3] for r in out if r[3]) == sorted(c.subject for c in lost)
    assert mill.complete(lost) == [], "it comes back: too late"
    assert mill.complete(kept) != []
    assert mill.expire() == []
    renewed = rows(mill.dispatcher, "INSERT INTO workers AS w (worker_id, kind, instance, version, pid) VALUES (%s, 'analyzer', 'analyzer-1', '0', 1)"
                   " ON CONFLICT (worker_id) DO UPDATE SET heartbeat_at = now() WHERE w.lost_at IS NULL RETURNING 1", dead)
    assert renewed == [], "its row stays lost: it has to take a new id"
    again = mill.claim(ANALYZE, mill.dispatched(ANALYZE))
    assert {c.attempt for c in again} == {2} and min(c.token for c in again) >= min(c.token for c in lost) + 2
    mill.complete(again)
    mill.run()


def test_nobody_is_lost_when_all_are_late(mill, tenant):
    """Postgres stood still, or the machine: no heartbeat came through, and everybody still works."""
    worker = new_id()
    tenant.submit()
    claims = mill.claim(ANALYZE, mill.dispatched(ANALYZE), worker)
    for w in (worker, mill.gateway_id):
        mill.beat(w, age_s=30)
    assert rows(mill.dispatcher, "SELECT * FROM jm_expire(1500)") == []
    assert mill.complete(claims) != []
    mill.run()


def test_cancelling_a_batch_ends_everything_of_it_once(mill, tenant):
    batch, apps, _ = tenant.batch(30, jobs=[tenant.job() for _ in range(3)])
    mill.admit(tenant, 12)
    mill.step(ANALYZE)
    mill.complete(mill.claim(OPTIMIZE, mill.dispatched(OPTIMIZE)[:6]))
    running = mill.claim(LETTER, mill.dispatched(LETTER)[:3])
    tenant.set_state(batch, 4)
    for _ in range(10):
        mill.sweep(limit=5)
    b = mill.batch_row(tenant, batch)
    assert (b["state"], b["n_cancelled"], b["n_released"]) == (5, 30, 30)
    assert mill.complete(running) == []
    assert mill.sweep() == []
    assert value(mill.dispatcher, "SELECT count(*) FROM events WHERE batch_id = %s AND stage = 0 AND application_id IS NULL", batch) == 1


def test_an_upload_whose_gateway_was_lost_leaves_nothing(mill, tenant):
    batch, apps, _ = tenant.batch(5, finish=False)
    rows(tenant.gateway, "INSERT INTO idempotency_keys (tenant_id, route, key_hash, state, gateway_id, resource_id) VALUES (%s, 'batches', 'k', 1, %s, %s)", tenant.id, mill.gateway_id, batch)
    assert mill.admit(tenant, 10) == [], "nothing of it is released while it is being received"
    mill.sweep()
    assert len(rows(tenant.gateway, "SELECT 1 FROM applications")) == 5, "its gateway lives"
    mill.beat(mill.gateway_id, "gateway", age_s=60)
    assert [r[:2] for r in mill.expire()] == [("gateway", "gateway-1")]
    mill.sweep()
    for table in ("batches", "applications", "backlog", "idempotency_keys", "batch_rejects"):
        assert rows(tenant.gateway, f"SELECT 1 FROM {table}") == [], table
    with pytest.raises(psycopg2.Error, match="unavailable"):
        rows(tenant.gateway, "SELECT jm_batch_open(%s, %s)", tenant.id, batch)


def test_items_that_cannot_be_taken_are_refused_with_their_place(mill, tenant):
    nobody, empty = new_id(), new_id()
    rows(tenant.gateway, "INSERT INTO users (tenant_id, user_id, sealed, key_wrapped) VALUES (%s, %s, 's', 'k')", tenant.id, empty)
    other = Tenant(mill, "other")
    job = tenant.job()
    batch, apps, refused = tenant.batch(6, jobs=[job, job, other.job(), job, job, new_id()], users=[tenant.user, nobody, tenant.user, empty, other.user, tenant.user])
    assert [(r[0], r[2]) for r in refused] == [(1, "/user_id"), (2, "/job_id"), (3, "/user_id"), (4, "/user_id"), (5, "/job_id")]
    assert rows(tenant.gateway, "SELECT item_index, byte_offset FROM batch_rejects ORDER BY 1") == [(i, i * 100) for i in range(1, 6)]
    assert value(tenant.gateway, "SELECT count(*) FROM applications") == 1
    mill.admit(tenant, 10)
    mill.run()
    assert mill.batch_row(tenant, batch)["state"] == 5


def test_redrive_puts_the_failed_ones_back(mill, tenant):
    batch, apps, _ = tenant.batch(6)
    mill.admit(tenant, 10)
    mill.step(ANALYZE)
    mill.settle(mill.claim(OPTIMIZE, mill.dispatched(OPTIMIZE)[:4]), 3)
    mill.run()
    assert mill.batch_row(tenant, batch)["n_failed"] == 4
    assert len(rows(tenant.gateway, "SELECT * FROM jm_redrive(%s, %s, 3)", tenant.id, batch)) == 3
    assert mill.batch_row(tenant, batch)["state"] == 2
    rows(tenant.gateway, "SELECT * FROM jm_redrive(%s, %s, 3)", tenant.id, batch)
    assert rows(tenant.gateway, "SELECT * FROM jm_redrive(%s, %s, 3)", tenant.id, batch) == []
    mill.admit(tenant, 10)
    mill.run()
    b = mill.batch_row(tenant, batch)
    assert (b["state"], b["n_done"], b["n_failed"]) == (5, 6, 0)


def test_a_batch_closes_exactly_once_under_concurrent_completions(mill, tenant):
    batch, apps, _ = tenant.batch(64, jobs=[tenant.job() for _ in range(8)])
    mill.admit(tenant, 100)
    mill.step(ANALYZE)
    mill.step(4)
    mill.step(OPTIMIZE)
    refs = mill.dispatched(LETTER)
    parts = [mill.claim(LETTER, refs[i::8]) for i in range(8)]
    conns = [mill.db.connect("cover_letter") for _ in parts]
    seen, problems, start = [], [], threading.Barrier(8)

    def run(conn, claims):
        try:
            start.wait()
            for i in range(0, len(claims), 2):
                seen.extend(mill.complete(claims[i:i + 2], conn=conn))
        except Exception as e:  # noqa: BLE001
            problems.append(e)

    threads = [threading.Thread(target=run, args=a) for a in zip(conns, parts)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert problems == []
    ends = [c for c in seen if c.what == EVENT and c.subject is None]
    assert len(ends) == 1 and ends[0].seq == max(c.seq for c in seen if c.what == EVENT)
    assert len([c for c in seen if c.what == EVENT and c.stage == 0 and c.subject]) == 64
    assert mill.batch_row(tenant, batch)["state"] == 5
    assert len(set(subjects(seen, EVENT))) == 65
