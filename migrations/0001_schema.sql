-- The whole schema. tenant_id leads every key; row-level security is forced on every tenant table; personal columns are sealed
-- (bytea named sealed or *_wrapped) before they reach Postgres. State numbers are those of proto/states.def.

DO $$
DECLARE r text;
BEGIN
    FOREACH r IN ARRAY ARRAY['jobmill_gateway', 'jobmill_dispatcher', 'jobmill_analyzer', 'jobmill_optimizer',
                             'jobmill_cover_letter', 'jobmill_embedding'] LOOP
        IF NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = r) THEN
            EXECUTE format('CREATE ROLE %I NOLOGIN', r);
        END IF;
    END LOOP;
END $$;

CREATE EXTENSION IF NOT EXISTS vector;

CREATE TABLE tenants (
    tenant_id  uuid PRIMARY KEY,
    name       text NOT NULL,
    weight     int NOT NULL DEFAULT 100 CHECK (weight BETWEEN 1 AND 10000),
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE api_keys (
    tenant_id  uuid NOT NULL REFERENCES tenants,
    key_id     uuid NOT NULL,
    key_hash   bytea NOT NULL UNIQUE,
    label      text NOT NULL,
    last4      text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz,
    revoked_at timestamptz,
    PRIMARY KEY (tenant_id, key_id)
);

CREATE TABLE users (
    tenant_id    uuid NOT NULL REFERENCES tenants,
    user_id      uuid NOT NULL,
    email_hash   bytea,
    sealed       bytea NOT NULL,
    key_wrapped  bytea,
    profile_id   uuid,
    revision     int NOT NULL DEFAULT 0,
    created_at   timestamptz NOT NULL DEFAULT now(),
    updated_at   timestamptz NOT NULL DEFAULT now(),
    erased_at    timestamptz,
    PRIMARY KEY (tenant_id, user_id)
);
CREATE UNIQUE INDEX users_email ON users (tenant_id, email_hash) WHERE email_hash IS NOT NULL;

CREATE TABLE user_profiles (
    tenant_id    uuid NOT NULL,
    profile_id   uuid NOT NULL,
    user_id      uuid NOT NULL,
    revision     int NOT NULL,
    content_hash bytea NOT NULL,
    sealed       bytea NOT NULL,
    created_at   timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, profile_id),
    UNIQUE (tenant_id, user_id, revision),
    FOREIGN KEY (tenant_id, user_id) REFERENCES users ON DELETE CASCADE
);

CREATE TABLE profile_vectors (
    tenant_id  uuid NOT NULL,
    profile_id uuid NOT NULL,
    skills     vector(768) NOT NULL,
    experience vector(768) NOT NULL,
    goals      vector(768) NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, profile_id),
    FOREIGN KEY (tenant_id, profile_id) REFERENCES user_profiles ON DELETE CASCADE
);

-- format: 1 text, 2 html, 3 json_ld (enum posting_format)
CREATE TABLE job_postings (
    tenant_id    uuid NOT NULL,
    job_id       uuid NOT NULL,
    content_hash bytea NOT NULL,
    format       smallint NOT NULL,
    title        text NOT NULL DEFAULT '',
    company      text NOT NULL DEFAULT '',
    body         text NOT NULL,
    created_at   timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, job_id),
    UNIQUE (tenant_id, content_hash)
);

CREATE TABLE posting_analyses (
    tenant_id  uuid NOT NULL,
    job_id     uuid NOT NULL,
    title      text NOT NULL DEFAULT '',
    company    text NOT NULL DEFAULT '',
    analysis   text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, job_id)
);

-- description || requirements: any weighting of the six pairs is one inner product with this vector; the two halves are its subvectors.
CREATE TABLE posting_vectors (
    tenant_id  uuid NOT NULL,
    job_id     uuid NOT NULL,
    both_parts vector(1536) NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, job_id)
);
ALTER TABLE posting_vectors ALTER COLUMN both_parts SET STORAGE PLAIN;
CREATE VIEW posting_parts WITH (security_barrier) AS
    SELECT tenant_id, job_id, subvector(both_parts, 1, 768)::vector(768) AS description,
           subvector(both_parts, 769, 768)::vector(768) AS requirements
    FROM posting_vectors;

-- A single application has a batch row of its own (single = true, batch_id = application_id): one rule for sequence numbers and counts.
CREATE TABLE batches (
    tenant_id      uuid NOT NULL,
    batch_id       uuid NOT NULL,
    single         boolean NOT NULL DEFAULT false,
    state          smallint NOT NULL,
    priority       smallint NOT NULL,
    gateway_id     uuid,
    last_seq       bigint NOT NULL DEFAULT 0,
    version        bigint NOT NULL DEFAULT 0,
    n_accepted     int NOT NULL DEFAULT 0,
    n_rejected     int NOT NULL DEFAULT 0,
    n_released     int NOT NULL DEFAULT 0,
    n_parked       int NOT NULL DEFAULT 0,
    n_done         int NOT NULL DEFAULT 0,
    n_needs_review int NOT NULL DEFAULT 0,
    n_failed       int NOT NULL DEFAULT 0,
    n_cancelled    int NOT NULL DEFAULT 0,
    n_analyze      int NOT NULL DEFAULT 0,
    n_optimize     int NOT NULL DEFAULT 0,
    n_cover_letter int NOT NULL DEFAULT 0,
    n_embed        int NOT NULL DEFAULT 0,
    cost_microusd  bigint NOT NULL DEFAULT 0,
    traceparent    text NOT NULL DEFAULT '',
    created_at     timestamptz NOT NULL DEFAULT now(),
    updated_at     timestamptz NOT NULL DEFAULT now(),
    ended_at       timestamptz,
    PRIMARY KEY (tenant_id, batch_id)
) WITH (fillfactor = 40);
-- Open batches are few and found by this index; state never changes while a batch runs, so counters stay heap-only.
CREATE INDEX batches_open ON batches (state) WHERE state <> 5;

CREATE TABLE batch_rejects (
    tenant_id   uuid NOT NULL,
    batch_id    uuid NOT NULL,
    item_index  int NOT NULL,
    byte_offset bigint NOT NULL,
    client_ref  text NOT NULL DEFAULT '',
    code        smallint NOT NULL,
    pointer     text NOT NULL DEFAULT '',
    detail      text NOT NULL,
    PRIMARY KEY (tenant_id, batch_id, item_index)
);

-- The stored state changes twice at most (accepted, then how it ended); running and parked are read from the live task.
CREATE TABLE applications (
    tenant_id      uuid NOT NULL,
    application_id uuid NOT NULL,
    batch_id       uuid NOT NULL,
    item_index     int NOT NULL,
    user_id        uuid NOT NULL,
    profile_id     uuid NOT NULL,
    job_id         uuid NOT NULL,
    client_ref     text NOT NULL DEFAULT '',
    options        text NOT NULL DEFAULT '{}',
    priority       smallint NOT NULL,
    state          smallint NOT NULL DEFAULT 1,
    score          smallint,
    similarity     real,
    code           smallint NOT NULL DEFAULT 0,
    detail         text NOT NULL DEFAULT '',
    cost_microusd  bigint NOT NULL DEFAULT 0,
    traceparent    text NOT NULL DEFAULT '',
    created_at     timestamptz NOT NULL DEFAULT now(),
    updated_at     timestamptz NOT NULL DEFAULT now(),
    ended_at       timestamptz,
    PRIMARY KEY (tenant_id, application_id)
) WITH (fillfactor = 70);
CREATE INDEX applications_batch ON applications (tenant_id, batch_id, item_index);
CREATE INDEX applications_user ON applications (tenant_id, user_id);

-- kind: 1 résumé, 2 cover letter, 3 score
CREATE TABLE documents (
    tenant_id      uuid NOT NULL,
    application_id uuid NOT NULL,
    kind           smallint NOT NULL,
    sealed         bytea NOT NULL,
    created_at     timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, application_id, kind)
);
ALTER TABLE documents ALTER COLUMN sealed SET STORAGE EXTERNAL;
ALTER TABLE user_profiles ALTER COLUMN sealed SET STORAGE EXTERNAL;

-- Accepted applications that wait for admission; a row leaves when it is admitted. Taken from the head, per tenant.
CREATE TABLE backlog (
    tenant_id      uuid NOT NULL,
    priority       smallint NOT NULL,
    position       bigint GENERATED ALWAYS AS IDENTITY,
    application_id uuid NOT NULL,
    batch_id       uuid NOT NULL,
    cost           int NOT NULL,
    PRIMARY KEY (tenant_id, priority, position)
);
CREATE INDEX backlog_batch ON backlog (tenant_id, batch_id);

-- Live tasks only, updated in place: no index on anything that changes, so that updates stay heap-only.
-- kind: 1 the chain of one application (stage moves on in place), 2 analysis of a posting, 3 embedding of a posting, 4 embedding of a profile.
-- subject_id: application, posting, posting, profile. token grows with every claim: writes of an older attempt find nothing (I3).
-- It starts at the clock, so that a row made again for the same subject never meets the tokens of its predecessor.
-- flags: 1 the posting is analysed, 2 the embeddings are there, 4 a document needs review.
-- stage 5 (join): the letter is done, the embeddings are not there yet.
CREATE TABLE tasks (
    tenant_id   uuid NOT NULL,
    subject_id  uuid NOT NULL,
    kind        smallint NOT NULL,
    stage       smallint NOT NULL,
    state       smallint NOT NULL,
    priority    smallint NOT NULL,
    flags       smallint NOT NULL DEFAULT 0,
    attempt     int NOT NULL DEFAULT 0,
    token       bigint NOT NULL DEFAULT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint,
    worker_id   uuid,
    batch_id    uuid,
    job_id      uuid,
    profile_id  uuid,
    score       smallint,
    code        smallint NOT NULL DEFAULT 0,
    options     text NOT NULL DEFAULT '',
    traceparent text NOT NULL DEFAULT '',
    not_before  timestamptz,
    released_at timestamptz NOT NULL DEFAULT now(),
    claimed_at  timestamptz,
    created_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, subject_id, kind)
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.0, autovacuum_vacuum_threshold = 5000, autovacuum_vacuum_cost_delay = 0);
-- job first and no predicate: no other look-up can be mistaken for one by this index
CREATE INDEX tasks_job ON tasks (job_id, tenant_id);

CREATE TABLE task_history (
    tenant_id   uuid NOT NULL,
    subject_id  uuid NOT NULL,
    kind        smallint NOT NULL,
    stage       smallint NOT NULL,
    state       smallint NOT NULL,
    attempt     int NOT NULL,
    token       bigint NOT NULL,
    worker_id   uuid,
    code        smallint NOT NULL DEFAULT 0,
    created_at  timestamptz NOT NULL,
    claimed_at  timestamptz,
    ended_at    timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX task_history_subject ON task_history (tenant_id, subject_id);

-- stage 0: the application itself; application_id NULL: the batch itself.
CREATE TABLE events (
    tenant_id      uuid NOT NULL,
    batch_id       uuid NOT NULL,
    seq            bigint NOT NULL,
    application_id uuid,
    stage          smallint NOT NULL,
    state          smallint NOT NULL,
    code           smallint NOT NULL DEFAULT 0,
    at             timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, batch_id, seq)
);
CREATE INDEX events_application ON events (tenant_id, application_id, seq);

CREATE TABLE model_replies (
    tenant_id  uuid NOT NULL,
    subject_id uuid NOT NULL,
    stage      smallint NOT NULL,
    ask_hash   bytea NOT NULL,
    sealed     bytea NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, subject_id, stage, ask_hash)
);

CREATE TABLE model_usage (
    tenant_id         uuid NOT NULL,
    usage_id          uuid NOT NULL,
    batch_id          uuid,
    subject_id        uuid NOT NULL,
    stage             smallint NOT NULL,
    provider          text NOT NULL,
    model             text NOT NULL,
    prompt_tokens     int NOT NULL,
    completion_tokens int NOT NULL,
    cached_tokens     int NOT NULL DEFAULT 0,
    latency_ms        int NOT NULL,
    cost_microusd     bigint NOT NULL,
    created_at        timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, usage_id)
);

CREATE TABLE company_intelligence (
    tenant_id  uuid NOT NULL,
    company    text NOT NULL,
    postings   int NOT NULL DEFAULT 0,
    facts      text NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, company)
);

CREATE TABLE webhooks (
    tenant_id     uuid NOT NULL REFERENCES tenants,
    webhook_id    uuid NOT NULL,
    url           text NOT NULL,
    secret_sealed bytea NOT NULL,
    created_at    timestamptz NOT NULL DEFAULT now(),
    disabled_at   timestamptz,
    PRIMARY KEY (tenant_id, webhook_id)
);

-- state: 1 in progress (owned by gateway_id), 2 finished: the answer is in sealed
CREATE TABLE idempotency_keys (
    tenant_id   uuid NOT NULL,
    route       text NOT NULL,
    key_hash    bytea NOT NULL,
    body_hash   bytea,
    state       smallint NOT NULL,
    gateway_id  uuid,
    resource_id uuid,
    status      smallint,
    sealed      bytea,
    created_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, route, key_hash)
);

-- One row per process of the fleet; not tenant data. kind: gateway, dispatcher, analyzer, optimizer, cover-letter, embedding.
CREATE TABLE workers (
    worker_id    uuid PRIMARY KEY,
    kind         text NOT NULL,
    instance     text NOT NULL,
    address      text NOT NULL DEFAULT '',
    ops_port     int NOT NULL DEFAULT 0,
    version      text NOT NULL,
    pid          int NOT NULL,
    in_flight    int NOT NULL DEFAULT 0,
    concurrency  int NOT NULL DEFAULT 0,
    done         bigint NOT NULL DEFAULT 0,
    started_at   timestamptz NOT NULL DEFAULT now(),
    heartbeat_at timestamptz NOT NULL DEFAULT now(),
    lost_at      timestamptz
) WITH (fillfactor = 30);

-- Row-level security: one tenant per transaction, nothing without one; fleet roles batch over tenants and pass by policy.
CREATE FUNCTION jm_tenant() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE AS
$$ SELECT nullif(current_setting('jobmill.tenant_id', true), '')::uuid $$;

DO $$
DECLARE t text;
BEGIN
    FOREACH t IN ARRAY ARRAY['tenants', 'api_keys', 'users', 'user_profiles', 'profile_vectors', 'job_postings', 'posting_analyses',
        'posting_vectors', 'batches', 'batch_rejects', 'applications', 'documents', 'backlog', 'tasks', 'task_history', 'events', 'model_replies',
        'model_usage', 'company_intelligence', 'webhooks', 'idempotency_keys'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', t);
        EXECUTE format('CREATE POLICY one_tenant ON %I TO PUBLIC USING (tenant_id = (SELECT jm_tenant())) WITH CHECK (tenant_id = (SELECT jm_tenant()))', t);
        EXECUTE format('CREATE POLICY fleet ON %I TO jobmill_dispatcher, jobmill_analyzer, jobmill_optimizer, jobmill_cover_letter, jobmill_embedding USING (true) WITH CHECK (true)', t);
    END LOOP;
END $$;

-- The one look-up before a tenant is known: by the hash of the key.
CREATE FUNCTION jm_api_key_find(p_hash bytea) RETURNS TABLE (tenant_id uuid, key_id uuid)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    RETURN QUERY SELECT k.tenant_id, k.key_id FROM api_keys k
        WHERE k.key_hash = p_hash AND k.revoked_at IS NULL AND (k.expires_at IS NULL OR k.expires_at > now());
END $$;
REVOKE ALL ON FUNCTION jm_api_key_find(bytea) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION jm_api_key_find(bytea) TO jobmill_gateway;
-- The function runs as the owner, who is bound by the policies too and has no tenant there.
CREATE POLICY key_lookup ON api_keys FOR SELECT TO CURRENT_USER USING (true);

-- Grants: just what each kind needs. An analyzer cannot read a résumé.
GRANT USAGE ON SCHEMA public TO jobmill_gateway, jobmill_dispatcher, jobmill_analyzer, jobmill_optimizer, jobmill_cover_letter, jobmill_embedding;
GRANT SELECT, INSERT, UPDATE, DELETE ON users, user_profiles, profile_vectors, job_postings, batches, batch_rejects, applications, documents, backlog,
    tasks, task_history, events, idempotency_keys TO jobmill_gateway;
GRANT SELECT ON tenants, posting_analyses, posting_vectors, posting_parts, model_usage, company_intelligence, webhooks TO jobmill_gateway;
GRANT SELECT, INSERT, UPDATE, DELETE ON workers TO jobmill_gateway, jobmill_dispatcher, jobmill_analyzer, jobmill_optimizer, jobmill_cover_letter, jobmill_embedding;
GRANT SELECT ON tenants, posting_analyses, posting_vectors, profile_vectors TO jobmill_dispatcher;
GRANT SELECT, INSERT, UPDATE, DELETE ON batches, batch_rejects, backlog, tasks, task_history, events TO jobmill_dispatcher;
GRANT SELECT (tenant_id, application_id, batch_id, item_index, user_id, profile_id, job_id, options, priority, state, traceparent), UPDATE, DELETE ON applications TO jobmill_dispatcher;
GRANT SELECT, DELETE ON idempotency_keys TO jobmill_dispatcher;
GRANT SELECT, UPDATE, DELETE ON tasks TO jobmill_analyzer, jobmill_optimizer, jobmill_cover_letter, jobmill_embedding;
GRANT SELECT, UPDATE ON batches TO jobmill_analyzer, jobmill_optimizer, jobmill_cover_letter, jobmill_embedding;
GRANT INSERT, SELECT ON events, task_history TO jobmill_analyzer, jobmill_optimizer, jobmill_cover_letter, jobmill_embedding;
GRANT SELECT ON posting_vectors, profile_vectors TO jobmill_analyzer, jobmill_optimizer, jobmill_cover_letter;
GRANT SELECT (tenant_id, application_id, state), UPDATE (state, score, similarity, code, detail, updated_at, ended_at) ON applications
    TO jobmill_analyzer, jobmill_optimizer, jobmill_cover_letter, jobmill_embedding;
GRANT SELECT ON job_postings TO jobmill_analyzer, jobmill_embedding;
GRANT SELECT, INSERT ON posting_analyses TO jobmill_analyzer;
GRANT SELECT ON posting_analyses TO jobmill_optimizer, jobmill_cover_letter;
GRANT SELECT ON user_profiles TO jobmill_optimizer, jobmill_cover_letter, jobmill_embedding;
GRANT SELECT (tenant_id, user_id, key_wrapped) ON users TO jobmill_optimizer, jobmill_cover_letter, jobmill_embedding;
GRANT INSERT ON documents TO jobmill_optimizer, jobmill_cover_letter;
GRANT SELECT, INSERT ON posting_vectors, profile_vectors TO jobmill_embedding;
