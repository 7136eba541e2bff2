"""Random histories: whatever happens in whatever order, after every step the books balance (I9) and a stale attempt writes nothing (I3)."""
import random
import threading

import psycopg2
import pytest
from support.books import audit
from mill import ANALYZE, EMBED, FAIL, HAND_BACK, LETTER, OPTIMIZE, RETRY, Tenant
from support.db import new_id, rows, value

STAGES = [ANALYZE, OPTIMIZE, LETTER, EMBED]


class World:
    """What may happen, each with its weight. Claims are remembered for good: old ones are tried again at random."""

    def __init__(self, mill, seed):
        self.mill, self.random = mill, random.Random(seed)
        self.tenants = [Tenant(mill, "a"), Tenant(mill, "b")]
        self.jobs = {t: [t.job() for _ in range(3)] for t in self.tenants}
        self.users = {t: [t.user, t.add_user()[0]] for t in self.tenants}
        self.batches, self.apps, self.open, self.stale = [], [], [], []
        self.steps = [(4, self.submit), (2, self.batch), (3, self.admit), (14, self.claim), (14, self.complete), (5, self.settle), (4, self.wake), (2, self.expire), (3, self.sweep),
                      (1, self.cancel_batch), (2, self.cancel_app), (1, self.pause), (2, self.retry), (1, self.redrive), (4, self.try_stale)]

    def step(self):
        weights, steps = zip(*self.steps)
        f = self.random.choices(steps, weights)[0]
        f()
        return f.__name__

    def pick(self, of):
        return self.random.choice(of) if of else None

    def tenant(self):
        return self.random.choice(self.tenants)

    def submit(self):
        t = self.tenant()
        app, _ = t.submit(self.pick(self.jobs[t] + [t.job()]), self.pick(self.users[t]), priority=self.random.randrange(2))
        self.apps.append((t, app))

    def batch(self):
        t = self.tenant()
        try:
            batch, apps, _ = t.batch(self.random.randrange(1, 8), jobs=self.jobs[t] + [t.job()], users=self.users[t])
        except psycopg2.Error as e:
            assert "jobmill:unavailable" in str(e), "its gateway was taken for lost, the upload is given up as a whole"
            return
        self.batches.append((t, batch))
        self.apps += [(t, a) for a in apps]

    def admit(self):
        self.mill.admit(self.tenant(), self.random.randrange(1, 8))

    def claim(self):
        stage = self.random.choice(STAGES)
        refs = self.mill.dispatched(stage)
        self.random.shuffle(refs)
        worker = new_id()
        self.mill.beat(worker, age_s=self.random.choice([0, 0, 0, 10]))
        claims = self.mill.claim(stage, refs[:self.random.randrange(1, 6)], worker)
        if claims:
            self.open.append(claims)

    def take(self):
        if not self.open:
            return []
        claims = self.open.pop(self.random.randrange(len(self.open)))
        self.stale.append(claims)
        return claims

    def complete(self):
        self.mill.complete(self.take(), review=self.random.random() < 0.1)

    def settle(self):
        self.mill.settle(self.take(), self.random.choice([HAND_BACK, RETRY, RETRY, FAIL]), delay_ms=self.random.choice([0, 10_000_000]), attempts=3)

    def wake(self):
        self.mill.wake(unclaimed_ms=self.random.choice([3000, -1000]), deadline_ms=self.random.choice([600000, 600000, -1000]), limit=self.random.choice([2, 1000]))
        if self.random.random() < 0.3:
            rows(self.mill.dispatcher, "UPDATE tasks SET not_before = now() WHERE state = 5")

    def expire(self):
        self.mill.expire()

    def sweep(self):
        self.mill.sweep(self.random.choice([2, 100]))

    def cancel_batch(self):
        b = self.pick(self.batches)
        if b:
            rows(b[0].gateway, "UPDATE batches SET state = 4 WHERE batch_id = %s AND NOT single AND state IN (2, 3)", b[1])

    def pause(self):
        b = self.pick(self.batches)
        if b:
            rows(b[0].gateway, "UPDATE batches SET state = 5 - state WHERE batch_id = %s AND NOT single AND state IN (2, 3)", b[1])

    def politely(self, sql, t, *params):
        try:
            rows(t.gateway, sql, t.id, *params)
        except psycopg2.Error as e:
            assert "jobmill:conflict" in str(e) or "jobmill:not-found" in str(e), e

    def cancel_app(self):
        a = self.pick(self.apps)
        if a:
            self.politely("SELECT * FROM jm_app_cancel(%s, %s)", *a)

    def retry(self):
        a = self.pick(self.apps)
        if a:
            self.politely("SELECT * FROM jm_app_retry(%s, %s)", *a)

    def redrive(self):
        b = self.pick(self.batches)
        if b:
            self.politely("SELECT * FROM jm_redrive(%s, %s, 3)", *b)

    def try_stale(self):
        claims = self.pick(self.stale)
        if claims:
            assert self.mill.complete(claims) == [], "an attempt wrote twice"
            assert self.mill.settle(claims, self.random.choice([HAND_BACK, RETRY, FAIL])) == []

    def finish(self):
        """Lets everything end: nothing may be stuck."""
        for t, b in self.batches:
            rows(t.gateway, "UPDATE batches SET state = 2 WHERE batch_id = %s AND state = 3", b)
        for _ in range(60):
            rows(self.mill.dispatcher, "UPDATE tasks SET not_before = now() WHERE state = 5")
            self.mill.wake(deadline_ms=-1000)
            for t in self.tenants:
                self.mill.admit(t, 100)
            self.mill.sweep()
            self.mill.run()
            if not rows(self.mill.dispatcher, "SELECT 1 FROM tasks UNION ALL SELECT 1 FROM backlog"):
                return
        raise AssertionError("stuck: tasks %s, backlog by state of the batch %s" % (
            rows(self.mill.dispatcher, "SELECT kind, stage, state, count(*) FROM tasks GROUP BY 1, 2, 3"),
            rows(self.mill.dispatcher, "SELECT b.state, b.n_accepted, count(*) FROM backlog k JOIN batches b USING (tenant_id, batch_id) GROUP BY 1, 2")))


@pytest.mark.parametrize("seed", range(4))
def test_random_histories(mill, seed):
    world, trail = World(mill, seed), []
    for i in range(220):
        trail.append(world.step())
        found = audit(mill.eye)
        assert found == [], f"seed {seed}, step {i}: {trail[-5:]}"
    world.finish()
    assert audit(mill.eye) == []
    assert value(mill.eye, "SELECT count(*) FROM batches WHERE state <> 5 AND n_accepted > 0") == 0


def test_random_histories_of_several_at_once(mill):
    """The same from four threads; only the state between and after is judged. Deadlocks are retried as the programs do."""
    problems, deadlocks, worlds = [], [], [World(mill_of_thread(mill), seed) for seed in range(100, 104)]

    def run(world):
        for _ in range(150):
            try:
                world.step()
            except psycopg2.errors.DeadlockDetected as e:
                deadlocks.append(str(e))
            except Exception as e:  # noqa: BLE001
                problems.append(repr(e))
                return

    threads = [threading.Thread(target=run, args=(w,)) for w in worlds]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert problems == []
    assert len(deadlocks) <= 2, "lock order: tasks by subject, then batches by id"
    if deadlocks:
        print(deadlocks)
    assert audit(mill.eye) == []
    worlds[0].tenants = [t for w in worlds for t in w.tenants]
    worlds[0].batches = [b for w in worlds for b in w.batches]
    worlds[0].finish()
    assert audit(mill.eye) == []


def mill_of_thread(mill):
    from mill import Mill
    m = Mill(mill.db)
    m.eye = mill.eye
    return m


def test_hot_updates(mill, tenant):
    """tasks is updated in place: its updates stay heap-only, and the table stays small."""
    jobs = [tenant.job() for _ in range(20)]
    sizes = []
    for _ in range(12):
        batch, _, _ = tenant.batch(400, jobs=jobs)
        mill.admit(tenant, 400)
        mill.run()
        sizes.append(value(mill.eye, "SELECT pg_relation_size('tasks')"))
        rows(mill.eye, "VACUUM tasks")
    rows(mill.eye, "SELECT pg_stat_force_next_flush()") if value(mill.eye, "SHOW server_version_num") >= "150000" else None
    # every session reports what it counted when it has been idle for a while, at the latest after ten seconds
    upd, hot = 0, 0
    for _ in range(100):
        upd, hot = rows(mill.eye, "SELECT n_tup_upd, n_tup_hot_upd FROM pg_stat_user_tables WHERE relname = 'tasks'")[0]
        if upd >= 12 * 400 * 4:
            break
        threading.Event().wait(0.2)
    assert upd >= 12 * 400 * 3, "enough of them to judge"
    assert hot / upd > 0.9, f"{hot} of {upd} updates were heap-only"
    assert sizes[-1] <= 3 * sizes[1], "bytes of the table after each round"
