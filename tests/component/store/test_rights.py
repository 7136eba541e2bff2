"""Who may see and do what: row-level security for the gateway, grants for every kind of worker; and the migrations themselves."""
import psycopg2
import pytest
from mill import Mill, Tenant
from support.db import ROLES, migrations, rows, value

TENANT_TABLES = """tenants api_keys users user_profiles profile_vectors job_postings posting_analyses posting_vectors batches batch_rejects applications documents
    backlog tasks task_history events model_asks model_usage spending company_intelligence webhooks idempotency_keys resume_choices tasks_parked""".split()


def all_tables(owner):
    return [r[0] for r in rows(owner, "SELECT c.relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'tenant_id' WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace")]


def denied(conn, sql, *params):
    with pytest.raises(psycopg2.errors.InsufficientPrivilege):
        rows(conn, sql, *params)


@pytest.fixture
def two(db):
    """Two tenants with everything; a Mill that is not audited."""
    m = Mill(db)
    a, b = Tenant(m, "a"), Tenant(m, "b")
    for t in (a, b):
        t.submit()
    m.run()
    for t in (a, b):
        t.submit()
        t.batch(3, users=[t.user, "00000000-0000-7000-8000-00000000dead"])
        rows(t.gateway, "INSERT INTO idempotency_keys (tenant_id, route, key_hash, state) VALUES (%s, 'r', 'h', 2)", t.id)
        rows(t.gateway, "INSERT INTO resume_choices (tenant_id, application_id, revision, sealed) VALUES (%s, gen_random_uuid(), 1, 's')", t.id)
        rows(t.gateway, "INSERT INTO tasks_parked VALUES (%s, gen_random_uuid(), 1)", t.id)
        owner = db.connect("owner", t.id)
        rows(owner, "INSERT INTO api_keys (tenant_id, key_id, key_hash, label, last4) VALUES (%s, gen_random_uuid(), %s, 'l', 'abcd')", t.id, t.id.encode())
        rows(owner, "INSERT INTO webhooks (tenant_id, webhook_id, url, secret_sealed) VALUES (%s, gen_random_uuid(), 'u', 's')", t.id)
        rows(owner, "INSERT INTO company_intelligence (tenant_id, company) VALUES (%s, 'c')", t.id)
        rows(owner, "INSERT INTO model_usage (tenant_id, usage_id, subject_id, stage, provider, model, prompt_tokens, completion_tokens, latency_ms, cost_microusd) VALUES (%s, gen_random_uuid(), gen_random_uuid(), 1, 'p', 'm', 1, 1, 1, 1)", t.id)
        rows(owner, "INSERT INTO model_asks (tenant_id, ask_hash, state, stage, worker_id) VALUES (%s, 'h', 1, 1, gen_random_uuid())", t.id)
        rows(owner, "INSERT INTO spending (tenant_id, scope, scope_id) VALUES (%s, 1, %s)", t.id, t.id)
    return m, a, b


def test_every_table_of_tenants_is_under_row_level_security(db):
    owner = db.connect("owner")
    assert sorted(all_tables(owner)) == sorted(TENANT_TABLES), "a table with tenant_id that this test does not know"
    assert rows(owner, "SELECT relname FROM pg_class WHERE relname = ANY (%s) AND NOT (relrowsecurity AND relforcerowsecurity)", TENANT_TABLES) == []
    for role in ROLES:
        assert rows(owner, "SELECT 1 FROM pg_roles WHERE rolname = %s AND (rolsuper OR rolbypassrls OR rolcreaterole OR rolcreatedb)", "jobmill_" + role) == []


def test_the_gateway_without_a_tenant_sees_nothing_anywhere(two, db):
    blind = db.connect("gateway")
    granted = 0
    for table in TENANT_TABLES:
        try:
            assert value(blind, f"SELECT count(*) FROM {table}") == 0, table
            granted += 1
        except psycopg2.errors.InsufficientPrivilege:
            pass
    assert granted >= 18
    assert value(blind, "SELECT count(*) FROM posting_parts") == 0, "a view is no way around"


def test_the_gateway_sees_one_tenant_only(two, db):
    m, a, b = two
    for table in TENANT_TABLES:
        try:
            seen = rows(a.gateway, f"SELECT DISTINCT tenant_id::text FROM {table}")
        except psycopg2.errors.InsufficientPrivilege:
            continue
        assert seen == [(a.id,)], table
    assert rows(a.gateway, "SELECT DISTINCT tenant_id::text FROM posting_parts") == [(a.id,)]
    assert rows(a.gateway, "UPDATE users SET updated_at = now() WHERE tenant_id = %s RETURNING 1", b.id) == []
    assert rows(a.gateway, "DELETE FROM applications WHERE tenant_id = %s RETURNING 1", b.id) == []
    denied(a.gateway, "INSERT INTO users (tenant_id, user_id, sealed) VALUES (%s, gen_random_uuid(), 's')", b.id)
    for call in ("jm_app_cancel(%s, (SELECT application_id FROM applications LIMIT 1))", "jm_redrive(%s, (SELECT batch_id FROM batches WHERE NOT single LIMIT 1), 5)"):
        with pytest.raises(psycopg2.Error, match="not-found"):
            rows(a.gateway, "SELECT * FROM " + call, b.id)
    denied(a.gateway, "SELECT * FROM api_keys")


def test_the_key_look_up_is_the_only_way_before_a_tenant_is_known(two, db):
    m, a, b = two
    blind = db.connect("gateway")
    assert rows(blind, "SELECT tenant_id::text FROM jm_api_key_find(%s)", a.id.encode()) == [(a.id,)]
    assert rows(blind, "SELECT * FROM jm_api_key_find(%s)", b"nothing") == []
    owner = db.connect("owner", a.id)
    rows(owner, "UPDATE api_keys SET revoked_at = now()")
    assert rows(blind, "SELECT * FROM jm_api_key_find(%s)", a.id.encode()) == []
    owner = db.connect("owner", b.id)
    rows(owner, "UPDATE api_keys SET expires_at = now() - interval '1 second'")
    assert rows(blind, "SELECT * FROM jm_api_key_find(%s)", b.id.encode()) == []
    for role in ROLES[1:]:
        denied(db.connect(role), "SELECT * FROM jm_api_key_find('x')")


def test_an_analyzer_cannot_read_a_person(two, db):
    c = db.connect("analyzer")
    for table in ("user_profiles", "users", "documents", "model_usage", "api_keys", "idempotency_keys", "webhooks", "backlog"):
        denied(c, f"SELECT * FROM {table}")
    for column in ("applications.client_ref", "model_usage.model"):
        denied(c, f"SELECT {column} FROM {column.split('.')[0]}")
    assert value(c, "SELECT count(*) FROM job_postings") > 0


def test_grants_of_every_kind(two, db):
    can, cannot = [], []
    for role in ROLES[1:]:
        c = db.connect(role)
        for table in ("documents", "users", "user_profiles", "job_postings", "posting_analyses", "api_keys", "idempotency_keys", "model_usage"):
            try:
                rows(c, f"SELECT 1 FROM {table} LIMIT 1")
                can.append((role, table))
            except psycopg2.errors.InsufficientPrivilege:
                cannot.append((role, table))
    assert set(can) == {("dispatcher", "posting_analyses"), ("dispatcher", "idempotency_keys"), ("analyzer", "job_postings"), ("analyzer", "posting_analyses"),
                        ("optimizer", "user_profiles"), ("optimizer", "posting_analyses"), ("cover_letter", "user_profiles"),
                        ("cover_letter", "posting_analyses"), ("embedding", "user_profiles"), ("embedding", "job_postings"), ("optimizer", "users"), ("cover_letter", "users"),
                        ("embedding", "users")} | {(r, "model_usage") for r in ("dispatcher", "analyzer", "optimizer", "cover_letter", "embedding")}


def test_no_worker_changes_what_is_not_its_own(two, db):
    for role in ROLES[1:]:
        c = db.connect(role)
        for table in ("users", "user_profiles", "job_postings", "documents", "posting_analyses", "posting_vectors", "profile_vectors", "tenants", "api_keys"):
            denied(c, f"DELETE FROM {table}")
        for sql in ("UPDATE users SET sealed = ''", "UPDATE user_profiles SET sealed = ''", "UPDATE documents SET sealed = ''", "UPDATE job_postings SET body = ''", "CREATE TABLE t (a int)", "ALTER TABLE tasks DISABLE ROW LEVEL SECURITY"):
            denied(c, sql)
        if role != "embedding":
            denied(c, "INSERT INTO posting_vectors (tenant_id, job_id, both_parts) SELECT tenant_id, gen_random_uuid(), both_parts FROM posting_vectors")
        if role not in ("optimizer", "cover_letter"):
            denied(c, "INSERT INTO documents (tenant_id, application_id, kind, sealed) VALUES (gen_random_uuid(), gen_random_uuid(), 1, '')")


def test_migrations_are_numbered_without_gaps_and_end_in_one_piece(server):
    names = [n for n, _ in migrations()]
    assert [int(n[:4]) for n in names] == list(range(1, len(names) + 1))


def test_migrations_fail_as_a_whole(db):
    """A migration that breaks in its middle leaves nothing behind: each runs in one transaction."""
    owner = db.connect("owner")
    with pytest.raises(psycopg2.Error):
        rows(owner, "CREATE TABLE half (a int); SELECT 1 / 0")
    assert rows(owner, "SELECT to_regclass('half')") == [(None,)]
