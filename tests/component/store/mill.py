"""The store's SQL functions as the processes call them: each with the role of the process that calls it in production."""
import hashlib
import secrets

import psycopg2

from support.db import new_id, rows, value

CHANGES = "what, tenant_id, subject_id, stage, state, batch_id, seq, priority, code, traceparent"
ACCEPTED, PUBLISH, EVENT, ADMITTED = 1, 2, 3, 4
ANALYZE, OPTIMIZE, LETTER, EMBED, JOIN = 1, 2, 3, 4, 5
ROLE = {ANALYZE: "analyzer", OPTIMIZE: "optimizer", LETTER: "cover_letter", EMBED: "embedding"}
APPLICATION, ANALYSIS, POSTING, PROFILE = 1, 2, 3, 4  # kinds
HAND_BACK, RETRY, FAIL = 1, 2, 3
VECTOR = "[" + ",".join(["1"] + ["0"] * 767) + "]"
VECTOR2 = "[" + ",".join((["1"] + ["0"] * 767) * 2) + "]"


class Change:
    def __init__(self, row):
        (self.what, self.tenant, self.subject, self.stage, self.state, self.batch, self.seq, self.priority, self.code, self.traceparent) = row


def changes(c, sql, *params):
    return [Change(r) for r in rows(c, f"SELECT {CHANGES} FROM " + sql, *params)]


def subjects(found, what):
    return [c.subject for c in found if c.what == what]


class Claim:
    def __init__(self, stage, worker, row):
        self.stage, self.worker = stage, worker
        (self.tenant, self.subject, self.kind, self.token, self.attempt, self.batch, self.job, self.profile) = row[:8]


class Tenant:
    def __init__(self, mill, name="tenant", weight=100):
        self.mill, self.id = mill, new_id()
        owner = mill.db.connect("owner", self.id)
        rows(owner, "INSERT INTO tenants (tenant_id, name, weight) VALUES (%s, %s, %s)", self.id, name, weight)
        self.gateway = mill.db.connect("gateway", self.id)
        self.user, self.profile = self.add_user()

    def add_user(self):
        user, profile = new_id(), new_id()
        rows(self.gateway, "INSERT INTO users (tenant_id, user_id, email_hash, sealed, key_wrapped, profile_id, revision) VALUES (%s, %s, %s, 's', 'k', %s, 1)",
             self.id, user, secrets.token_bytes(32), profile)
        rows(self.gateway, "INSERT INTO user_profiles (tenant_id, profile_id, user_id, revision, content_hash, sealed) VALUES (%s, %s, %s, 1, %s, 's')",
             self.id, profile, user, secrets.token_bytes(32))
        return user, profile

    def job(self, text=None):
        return value(self.gateway, "SELECT (jm_jobs_put(%s, %s::uuid[], %s::bytea[], ARRAY[1]::smallint[], ARRAY[''], ARRAY[''], %s))[1]",
                     self.id, [new_id()], [hashlib.sha256((text or new_id()).encode()).digest()], [text or "text"])

    def submit(self, job=None, user=None, release=True, priority=0, key=None, body=b"b"):
        """One application; returns (its id, changes)."""
        app, job = new_id(), job or self.job()
        self.gateway.autocommit = False
        try:
            r = rows(self.gateway, "SELECT replay, application_id FROM jm_submit(%s, %s, %s, %s, NULL, 1::smallint, '', '', '', '', '{}', %s::smallint, '', 'applications', %s, %s)",
                     self.id, app, user or self.user, job, priority, key, body if key else None)[0]
            out = changes(self.gateway, "jm_release(%s, %s::uuid[])", self.id, [app]) if release and not r[0] else []
            self.gateway.commit()
        except psycopg2.Error:
            self.gateway.rollback()
            raise
        finally:
            self.gateway.autocommit = True
        return r[1], out

    def batch(self, n, jobs=None, users=None, priority=1, finish=True):
        """A batch of n applications over the jobs in turn, received as one chunk; returns (its id, ids of the applications, the refused)."""
        batch = new_id()
        rows(self.gateway, "INSERT INTO batches (tenant_id, batch_id, state, priority, gateway_id, traceparent) VALUES (%s, %s, 1, %s, %s, '')",
             self.id, batch, priority, self.mill.gateway_id)
        jobs, users, apps = jobs or [self.job()], users or [self.user], [new_id() for _ in range(n)]
        self.gateway.autocommit = False
        try:
            rows(self.gateway, "SELECT jm_batch_open(%s, %s)", self.id, batch)
            refused = rows(self.gateway, "SELECT * FROM jm_batch_items(%s, %s, %s::smallint, '', %s, %s::bigint[], %s::uuid[], %s::uuid[], %s::uuid[], %s::bytea[], %s::smallint[],"
                           " %s, %s, %s, %s, %s, %s)", self.id, batch, priority, list(range(n)), [i * 100 for i in range(n)], apps, [users[i % len(users)] for i in range(n)],
                           [jobs[i % len(jobs)] for i in range(n)], [None] * n, [1] * n, [""] * n, [""] * n, [""] * n, [f"ref-{i}" for i in range(n)], ["{}"] * n, [4000] * n)
            self.gateway.commit()
        except psycopg2.Error:
            self.gateway.rollback()
            raise
        finally:
            self.gateway.autocommit = True
        if finish:
            self.finish(batch, n - len(refused), len(refused))
        return batch, apps, refused

    def finish(self, batch, accepted, rejected=0):
        rows(self.gateway, "UPDATE batches SET state = 2, n_accepted = %s, n_rejected = %s WHERE tenant_id = %s AND batch_id = %s", accepted, rejected, self.id, batch)

    def set_state(self, batch, state):
        rows(self.gateway, "UPDATE batches SET state = %s WHERE tenant_id = %s AND batch_id = %s", state, self.id, batch)


class Mill:
    def __init__(self, db):
        self.db, self.gateway_id, self.dispatcher_id = db, new_id(), new_id()
        self.owner = db.connect("owner")
        self.dispatcher = db.connect("dispatcher")
        self.conns = {s: db.connect(r) for s, r in ROLE.items()}
        self.beat(self.gateway_id, "gateway")

    def beat(self, worker, kind="analyzer", age_s=0):
        rows(self.dispatcher, "INSERT INTO workers (worker_id, kind, instance, version, pid, heartbeat_at) VALUES (%s, %s, %s, '0', 1, now() - make_interval(secs => %s)) "
             "ON CONFLICT (worker_id) DO UPDATE SET heartbeat_at = excluded.heartbeat_at", worker, kind, kind + "-1", age_s)

    def admit(self, tenant, limit):
        return changes(self.dispatcher, "jm_admit(%s, %s)", tenant.id, limit)

    def claim(self, stage, refs, worker=None, conn=None):
        worker = worker or new_id()
        if not refs:
            return []
        found = rows(conn or self.conns[stage], "SELECT tenant_id, subject_id, kind, token, attempt, batch_id, job_id, profile_id FROM jm_claim(%s, %s::smallint, %s::uuid[], %s::uuid[])",
                     worker, stage, *map(list, zip(*sorted(((r[0], r[1]) for r in refs), key=lambda r: r[1]))))
        return [Claim(stage, worker, r) for r in found]

    def complete(self, claims, review=False, conn=None):
        """Claims of one stage and one worker."""
        if not claims:
            return []
        stage, worker = claims[0].stage, claims[0].worker
        n, c = len(claims), conn or self.conns[stage]
        who = (worker, [x.tenant for x in claims], [x.subject for x in claims])
        tokens = [x.token for x in claims]
        if stage == ANALYZE:
            return changes(c, "jm_complete_analyze(%s, %s::uuid[], %s::uuid[], %s::bigint[], %s, %s, %s)", *who, tokens, ["t"] * n, ["c"] * n, ["{}"] * n)
        if stage == OPTIMIZE:
            return changes(c, "jm_complete_optimize(%s, %s::uuid[], %s::uuid[], %s::bigint[], %s::bytea[], %s::bytea[], %s::smallint[], %s::boolean[])",
                           *who, tokens, [b"r"] * n, [b"s"] * n, [70] * n, [review] * n)
        if stage == LETTER:
            return changes(c, "jm_complete_letter(%s, %s::uuid[], %s::uuid[], %s::bigint[], %s::bytea[], %s::boolean[], %s::smallint[])",
                           *who, tokens, [b"l"] * n, [review] * n, [31] * n)
        profile = [x.kind == PROFILE for x in claims]
        one = [VECTOR if p else None for p in profile]
        return changes(c, "jm_complete_embed(%s, %s::uuid[], %s::uuid[], %s::smallint[], %s::bigint[], %s::vector[], %s::vector[], %s::vector[], %s::vector[])",
                       *who, [x.kind for x in claims], tokens, [None if p else VECTOR2 for p in profile], one, one, one)

    def settle(self, claims, outcome, delay_ms=0, code=19, attempts=5, conn=None):
        if not claims:
            return []
        n = len(claims)
        return changes(conn or self.conns[claims[0].stage],
                       "jm_settle(%s, %s::uuid[], %s::uuid[], %s::smallint[], %s::bigint[], %s::smallint[], %s::int[], %s::smallint[], %s, %s)",
                       claims[0].worker, [x.tenant for x in claims], [x.subject for x in claims], [x.kind for x in claims], [x.token for x in claims],
                       [outcome] * n, [delay_ms] * n, [code] * n, ["because"] * n, attempts)

    def wake(self, unclaimed_ms=3000, deadline_ms=600000, limit=1000):
        return rows(self.dispatcher, "SELECT reason, tenant_id, subject_id, stage, attempt FROM jm_wake(%s, %s, %s)", unclaimed_ms, deadline_ms, limit)

    def expire(self, lease_ms=1500):
        self.beat(self.dispatcher_id, "dispatcher")
        return rows(self.dispatcher, "SELECT kind, instance, tenant_id, subject_id, stage, attempt FROM jm_expire(%s)", lease_ms)

    def sweep(self, limit=100):
        return changes(self.dispatcher, "jm_sweep_batches(%s)", limit)

    def dispatched(self, stage, tenant=None):
        """What Kafka would hold: released tasks of a stage."""
        return rows(self.dispatcher, "SELECT tenant_id, subject_id FROM tasks WHERE stage = %s AND state = 3 AND (%s IS NULL OR tenant_id = %s::uuid) ORDER BY subject_id",
                    stage, tenant and tenant.id, tenant and tenant.id)

    def step(self, stage, review=False):
        return self.complete(self.claim(stage, self.dispatched(stage)), review)

    def run(self, review=False):
        """Everything that is released, to its end."""
        for _ in range(20):
            if not any(self.step(s, review) for s in (ANALYZE, OPTIMIZE, EMBED, LETTER)):
                return

    def task(self, subject, kind=APPLICATION):
        found = rows(self.dispatcher, "SELECT stage, state, attempt, token, flags, worker_id FROM tasks WHERE subject_id = %s AND kind = %s", subject, kind)
        return found[0] if found else None

    def app(self, tenant, app):
        return rows(tenant.gateway, "SELECT state, score, similarity, code FROM applications WHERE application_id = %s", app)[0]

    def batch_row(self, tenant, batch):
        names = "state last_seq n_accepted n_released n_done n_needs_review n_failed n_cancelled n_analyze n_optimize n_cover_letter n_embed".split()
        return dict(zip(names, rows(tenant.gateway, f"SELECT {', '.join(names)} FROM batches WHERE batch_id = %s", batch)[0]))
