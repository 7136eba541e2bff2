-- The set-based statements of the hot path. Each call is one transaction; many tasks to a call.
--
-- Lock order everywhere: tasks (in the order of the arrays, which callers sort by subject_id), then batches (by batch_id).
-- Arrays are joined to tasks by LATERAL ... FOR UPDATE: it cannot be turned around, so every element is one look-up by key, whatever the
-- statistics of a table that is full now and empty in a minute say; for the same reason the rows are then named by their whole key, with the kind as
-- a column: with kind = 1 written out, the index tasks_job would do, of which only the tenant fits. State numbers: proto/states.def.
-- Every function that changes tasks returns rows of one shape, so that the caller publishes what became ready and tells who watches:
--   what 1: accepted by the store (the attempt still owned the task)
--   what 2: publish this task (subject_id, stage, priority, traceparent)
--   what 3: an event (batch_id, seq, application_id = subject_id or NULL for the batch itself, stage, state, code)
--   what 4: applications were admitted: seq is their cost, code their number

CREATE TYPE jm_row AS (
    what smallint, tenant_id uuid, subject_id uuid, stage smallint, state smallint, batch_id uuid, seq bigint, priority smallint, code smallint, traceparent text
);

-- Appends events and moves the batch's counters in the same update; the batch that has nothing open any more ends here, exactly once,
-- because its row is locked.
CREATE FUNCTION jm_events_append(p_tenants uuid[], p_batches uuid[], p_apps uuid[], p_stages smallint[], p_states smallint[], p_codes smallint[])
RETURNS SETOF jm_row LANGUAGE plpgsql AS $$
BEGIN
    IF coalesce(array_length(p_tenants, 1), 0) = 0 THEN
        RETURN;
    END IF;
    IF array_length(p_tenants, 1) > 1 THEN
        PERFORM 1 FROM batches b
            WHERE (b.tenant_id, b.batch_id) IN (SELECT DISTINCT t, ba FROM unnest(p_tenants, p_batches) AS u(t, ba))
            ORDER BY b.batch_id FOR NO KEY UPDATE;
    END IF;
    RETURN QUERY
    WITH u AS (
        SELECT t, ba, app, st, state, code, row_number() OVER (PARTITION BY ba ORDER BY ord) AS rn
        FROM unnest(p_tenants, p_batches, p_apps, p_stages, p_states, p_codes) WITH ORDINALITY AS x(t, ba, app, st, state, code, ord)
    ), agg AS (
        SELECT t, ba, count(*)::int AS n,
            (count(*) FILTER (WHERE st = 1 AND state = 6))::int AS a, (count(*) FILTER (WHERE st = 2 AND state = 6))::int AS o,
            (count(*) FILTER (WHERE st = 3 AND state = 6))::int AS c, (count(*) FILTER (WHERE st = 4 AND state = 6))::int AS e,
            (count(*) FILTER (WHERE st = 0 AND state = 4))::int AS done, (count(*) FILTER (WHERE st = 0 AND state = 5))::int AS review,
            (count(*) FILTER (WHERE st = 0 AND state = 6))::int AS failed, (count(*) FILTER (WHERE st = 0 AND state = 7))::int AS cancelled
        FROM u GROUP BY t, ba
    ), upd AS (
        UPDATE batches b SET
            last_seq = b.last_seq + agg.n + CASE WHEN b.state NOT IN (1, 5) AND b.n_done + b.n_needs_review + b.n_failed + b.n_cancelled
                + agg.done + agg.review + agg.failed + agg.cancelled >= b.n_accepted THEN 1 ELSE 0 END,
            version = b.version + 1,
            n_analyze = b.n_analyze + agg.a, n_optimize = b.n_optimize + agg.o, n_cover_letter = b.n_cover_letter + agg.c, n_embed = b.n_embed + agg.e,
            n_done = b.n_done + agg.done, n_needs_review = b.n_needs_review + agg.review, n_failed = b.n_failed + agg.failed,
            n_cancelled = b.n_cancelled + agg.cancelled,
            state = CASE WHEN b.state NOT IN (1, 5) AND b.n_done + b.n_needs_review + b.n_failed + b.n_cancelled
                + agg.done + agg.review + agg.failed + agg.cancelled >= b.n_accepted THEN 5 ELSE b.state END,
            ended_at = CASE WHEN b.state NOT IN (1, 5) AND b.n_done + b.n_needs_review + b.n_failed + b.n_cancelled
                + agg.done + agg.review + agg.failed + agg.cancelled >= b.n_accepted THEN now() ELSE b.ended_at END,
            updated_at = now()
        FROM agg WHERE b.tenant_id = agg.t AND b.batch_id = agg.ba
        RETURNING b.tenant_id, b.batch_id, b.state, b.last_seq, agg.n
    ), rows AS (
        SELECT upd.tenant_id, upd.batch_id, upd.last_seq - upd.n - (CASE WHEN upd.state = 5 THEN 1 ELSE 0 END) + u.rn AS seq,
               u.app, u.st, u.state, u.code
        FROM u JOIN upd ON upd.tenant_id = u.t AND upd.batch_id = u.ba
        UNION ALL
        SELECT upd.tenant_id, upd.batch_id, upd.last_seq, NULL, 0::smallint, 5::smallint, 0::smallint FROM upd WHERE upd.state = 5
    ), ins AS (
        INSERT INTO events (tenant_id, batch_id, seq, application_id, stage, state, code)
        SELECT r.tenant_id, r.batch_id, r.seq, r.app, r.st, r.state, r.code FROM rows r
    )
    SELECT 3::smallint, r.tenant_id, r.app, r.st, r.state, r.batch_id, r.seq, 0::smallint, r.code, ''::text FROM rows r ORDER BY r.batch_id, r.seq;
END $$;

-- Ends applications whose chain rows are given: moves them to history, writes the result, tells the batch. State: 4 done, 5 needs review, 6 failed, 7 cancelled.
CREATE FUNCTION jm_apps_end(p_tenants uuid[], p_apps uuid[], p_states smallint[], p_codes smallint[], p_details text[])
RETURNS SETOF jm_row LANGUAGE plpgsql AS $$
DECLARE v_t uuid[]; v_b uuid[]; v_a uuid[]; v_s smallint[]; v_c smallint[]; v_z smallint[];
BEGIN
    IF coalesce(array_length(p_tenants, 1), 0) = 0 THEN
        RETURN;
    END IF;
    WITH u AS MATERIALIZED (
        SELECT x.*, 1::smallint AS kind FROM unnest(p_tenants, p_apps, p_states, p_codes, p_details) AS x(t, app, state, code, detail)
        ORDER BY x.app -- the lock order; callers give them as they find them
    ), gone AS (
        DELETE FROM tasks k USING u WHERE k.tenant_id = u.t AND k.subject_id = u.app AND k.kind = u.kind
        RETURNING k.*, u.state AS end_state, u.code AS end_code, u.detail
    ), hist AS (
        INSERT INTO task_history (tenant_id, subject_id, kind, stage, state, attempt, token, worker_id, code, created_at, claimed_at)
        SELECT tenant_id, subject_id, kind, stage, CASE end_state WHEN 4 THEN 6 WHEN 5 THEN 9 WHEN 6 THEN 7 ELSE 8 END, attempt, token, worker_id,
               end_code, created_at, claimed_at FROM gone
    ), app AS (
        UPDATE applications a SET state = g.end_state, code = g.end_code, detail = g.detail, score = g.score,
            similarity = (SELECT (-0.40 * (pv.skills <#> subvector(jv.both_parts, 1, 768)) - 0.25 * (pv.goals <#> subvector(jv.both_parts, 1, 768))
                                  - 0.35 * (pv.experience <#> subvector(jv.both_parts, 769, 768)))::real
                          FROM posting_vectors jv, profile_vectors pv
                          WHERE jv.tenant_id = g.tenant_id AND jv.job_id = g.job_id AND pv.tenant_id = g.tenant_id AND pv.profile_id = g.profile_id),
            updated_at = now(), ended_at = now()
        FROM gone g WHERE a.tenant_id = g.tenant_id AND a.application_id = g.subject_id
    )
    SELECT array_agg(tenant_id), array_agg(batch_id), array_agg(subject_id), array_agg(end_state), array_agg(end_code), array_agg(0::smallint)
    INTO v_t, v_b, v_a, v_s, v_c, v_z FROM gone;
    RETURN QUERY SELECT * FROM jm_events_append(v_t, v_b, v_a, v_z, v_s, v_c);
END $$;

-- Leases dispatched tasks of one stage to a worker: new attempt, new token. Tasks that ended, moved on or are leased already are not returned.
-- Pausing a batch stops its admission, not what was admitted.
CREATE FUNCTION jm_claim(p_worker uuid, p_stage smallint, p_tenants uuid[], p_subjects uuid[])
RETURNS TABLE (tenant_id uuid, subject_id uuid, kind smallint, token bigint, attempt int, batch_id uuid, job_id uuid, profile_id uuid,
               options text, traceparent text, released_at timestamptz, priority smallint)
LANGUAGE plpgsql AS $$
BEGIN
    RETURN QUERY
    WITH c AS MATERIALIZED (
        SELECT mine.* FROM unnest(p_tenants, p_subjects) AS x(t, s) CROSS JOIN LATERAL (
            SELECT k.tenant_id, k.subject_id, k.kind FROM tasks k
            WHERE k.tenant_id = x.t AND k.subject_id = x.s AND k.stage = p_stage AND k.state = 3 FOR UPDATE) AS mine
    )
    UPDATE tasks k SET state = 4, worker_id = p_worker, attempt = k.attempt + 1, token = k.token + 1, claimed_at = now()
    FROM c WHERE k.tenant_id = c.tenant_id AND k.subject_id = c.subject_id AND k.kind = c.kind
    RETURNING k.tenant_id, k.subject_id, k.kind, k.token, k.attempt, k.batch_id, k.job_id, k.profile_id, k.options, k.traceparent, k.released_at, k.priority;
END $$;

-- The answer to a claim was lost: what the claim may have leased is free again. The caller names only tasks that it does not work on.
CREATE FUNCTION jm_unclaim(p_worker uuid, p_stage smallint, p_tenants uuid[], p_subjects uuid[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    WITH c AS MATERIALIZED (
        SELECT mine.* FROM unnest(p_tenants, p_subjects) AS x(t, s) CROSS JOIN LATERAL (
            SELECT k.tenant_id, k.subject_id, k.kind FROM tasks k
            WHERE k.tenant_id = x.t AND k.subject_id = x.s AND k.stage = p_stage AND k.state = 4 AND k.worker_id = p_worker FOR UPDATE) AS mine
    )
    UPDATE tasks k SET state = 3, attempt = k.attempt - 1, token = k.token + 1, worker_id = NULL
    FROM c WHERE k.tenant_id = c.tenant_id AND k.subject_id = c.subject_id AND k.kind = c.kind;
END $$;

-- Analyses are there: store them, let the waiting chains go on.
CREATE FUNCTION jm_complete_analyze(p_worker uuid, p_tenants uuid[], p_subjects uuid[], p_tokens bigint[], p_titles text[], p_companies text[], p_analyses text[])
RETURNS SETOF jm_row LANGUAGE plpgsql AS $$
DECLARE v_t uuid[]; v_s uuid[]; a_t uuid[]; a_b uuid[]; a_s uuid[]; a_p smallint[]; a_tr text[]; a_one smallint[]; a_six smallint[]; a_zero smallint[];
BEGIN
    WITH u AS (
        SELECT x.*, mine.kind FROM unnest(p_tenants, p_subjects, p_tokens, p_titles, p_companies, p_analyses) AS x(t, s, tok, title, company, analysis)
        CROSS JOIN LATERAL (SELECT k.kind FROM tasks k WHERE k.tenant_id = x.t AND k.subject_id = x.s AND k.kind = 2 AND k.state = 4 AND k.token = x.tok
                            AND k.worker_id = p_worker FOR UPDATE) AS mine
    ), gone AS (
        DELETE FROM tasks k USING u WHERE k.tenant_id = u.t AND k.subject_id = u.s AND k.kind = u.kind
        RETURNING k.*, u.title, u.company, u.analysis
    ), ins AS (
        INSERT INTO posting_analyses (tenant_id, job_id, title, company, analysis)
        SELECT tenant_id, subject_id, title, company, analysis FROM gone ON CONFLICT DO NOTHING
    ), hist AS (
        INSERT INTO task_history (tenant_id, subject_id, kind, stage, state, attempt, token, worker_id, created_at, claimed_at)
        SELECT tenant_id, subject_id, kind, stage, 6, attempt, token, worker_id, created_at, claimed_at FROM gone
    )
    SELECT array_agg(tenant_id), array_agg(subject_id) INTO v_t, v_s FROM gone;
    IF v_t IS NULL THEN
        RETURN;
    END IF;
    RETURN QUERY SELECT 1::smallint, t, s, 1::smallint, 6::smallint, NULL::uuid, 0::bigint, 0::smallint, 0::smallint, ''::text FROM unnest(v_t, v_s) AS x(t, s);
    WITH c AS MATERIALIZED (
        SELECT mine.* FROM (
            SELECT k.tenant_id AS t, k.subject_id AS s, 1::smallint AS kd FROM unnest(v_t, v_s) AS x(t, s) CROSS JOIN LATERAL (
                SELECT k.tenant_id, k.subject_id FROM tasks k
                WHERE k.tenant_id = x.t AND k.job_id = x.s AND k.kind = 1 AND k.state = 1 AND k.stage = 1 OFFSET 0) AS k
            ORDER BY k.subject_id) AS o CROSS JOIN LATERAL (
            SELECT k.tenant_id, k.subject_id, k.kind FROM tasks k
            WHERE k.tenant_id = o.t AND k.subject_id = o.s AND k.kind = o.kd AND k.state = 1 AND k.stage = 1 FOR UPDATE) AS mine
    ), adv AS (
        UPDATE tasks k SET flags = k.flags | 1, stage = 2, state = 3, attempt = 0, released_at = now()
        FROM c WHERE k.tenant_id = c.tenant_id AND k.subject_id = c.subject_id AND k.kind = c.kind
        RETURNING k.tenant_id, k.batch_id, k.subject_id, k.priority, k.traceparent
    )
    SELECT array_agg(tenant_id), array_agg(batch_id), array_agg(subject_id), array_agg(priority), array_agg(traceparent),
           array_agg(1::smallint), array_agg(6::smallint), array_agg(0::smallint)
    INTO a_t, a_b, a_s, a_p, a_tr, a_one, a_six, a_zero FROM adv;
    IF a_t IS NULL THEN
        RETURN;
    END IF;
    RETURN QUERY SELECT 2::smallint, t, s, 2::smallint, 3::smallint, b, 0::bigint, p, 0::smallint, tr FROM unnest(a_t, a_s, a_b, a_p, a_tr) AS x(t, s, b, p, tr);
    RETURN QUERY SELECT * FROM jm_events_append(a_t, a_b, a_s, a_one, a_six, a_zero);
END $$;

-- Résumé and score are written: the letter is next.
CREATE FUNCTION jm_complete_optimize(p_worker uuid, p_tenants uuid[], p_subjects uuid[], p_tokens bigint[], p_resumes bytea[], p_scores bytea[],
                                     p_overall smallint[], p_review boolean[])
RETURNS SETOF jm_row LANGUAGE plpgsql AS $$
DECLARE a_t uuid[]; a_b uuid[]; a_s uuid[]; a_p smallint[]; a_tr text[]; a_two smallint[]; a_six smallint[]; a_zero smallint[];
BEGIN
    WITH u AS (
        SELECT mine.*, x.resume, x.score, x.overall, x.review FROM (
            SELECT *, 1::smallint AS kd FROM unnest(p_tenants, p_subjects, p_tokens, p_resumes, p_scores, p_overall, p_review)
                AS x(t, s, tok, resume, score, overall, review) OFFSET 0) AS x
        CROSS JOIN LATERAL (SELECT k.tenant_id, k.subject_id, k.kind FROM tasks k
                            WHERE k.tenant_id = x.t AND k.subject_id = x.s AND k.kind = x.kd AND k.stage = 2 AND k.state = 4 AND k.token = x.tok
                            AND k.worker_id = p_worker FOR UPDATE) AS mine
    ), adv AS (
        UPDATE tasks k SET stage = 3, state = 3, attempt = 0, score = u.overall, flags = k.flags | CASE WHEN u.review THEN 4 ELSE 0 END,
            released_at = now(), worker_id = NULL
        FROM u WHERE k.tenant_id = u.tenant_id AND k.subject_id = u.subject_id AND k.kind = u.kind
        RETURNING k.tenant_id, k.batch_id, k.subject_id, k.priority, k.traceparent, u.resume, u.score AS score_doc
    ), docs AS (
        INSERT INTO documents (tenant_id, application_id, kind, sealed)
        SELECT tenant_id, subject_id, 1, resume FROM adv UNION ALL SELECT tenant_id, subject_id, 3, score_doc FROM adv
        ON CONFLICT DO NOTHING
    )
    SELECT array_agg(tenant_id), array_agg(batch_id), array_agg(subject_id), array_agg(priority), array_agg(traceparent),
           array_agg(2::smallint), array_agg(6::smallint), array_agg(0::smallint)
    INTO a_t, a_b, a_s, a_p, a_tr, a_two, a_six, a_zero FROM adv;
    IF a_t IS NULL THEN
        RETURN;
    END IF;
    RETURN QUERY SELECT 1::smallint, t, s, 2::smallint, 6::smallint, NULL::uuid, 0::bigint, 0::smallint, 0::smallint, ''::text FROM unnest(a_t, a_s) AS x(t, s);
    RETURN QUERY SELECT 2::smallint, t, s, 3::smallint, 3::smallint, b, 0::bigint, p, 0::smallint, tr FROM unnest(a_t, a_s, a_b, a_p, a_tr) AS x(t, s, b, p, tr);
    RETURN QUERY SELECT * FROM jm_events_append(a_t, a_b, a_s, a_two, a_six, a_zero);
END $$;

-- The letter is written: finalize when the embeddings are there, join them later otherwise.
CREATE FUNCTION jm_complete_letter(p_worker uuid, p_tenants uuid[], p_subjects uuid[], p_tokens bigint[], p_letters bytea[], p_review boolean[], p_codes smallint[])
RETURNS SETOF jm_row LANGUAGE plpgsql AS $$
DECLARE a_t uuid[]; a_b uuid[]; a_s uuid[]; a_f smallint[]; a_c smallint[]; a_three smallint[]; a_six smallint[]; a_zero smallint[];
        e_t uuid[]; e_s uuid[]; e_st smallint[]; e_c smallint[]; e_d text[];
BEGIN
    WITH u AS (
        SELECT mine.*, x.letter, x.review, x.code FROM (
            SELECT *, 1::smallint AS kd FROM unnest(p_tenants, p_subjects, p_tokens, p_letters, p_review, p_codes)
                AS x(t, s, tok, letter, review, code) OFFSET 0) AS x
        CROSS JOIN LATERAL (SELECT k.tenant_id, k.subject_id, k.kind FROM tasks k
                            WHERE k.tenant_id = x.t AND k.subject_id = x.s AND k.kind = x.kd AND k.stage = 3 AND k.state = 4 AND k.token = x.tok
                            AND k.worker_id = p_worker FOR UPDATE) AS mine
    ), adv AS (
        UPDATE tasks k SET stage = 5, state = 1, attempt = 0, flags = k.flags | CASE WHEN u.review THEN 4 ELSE 0 END,
            code = CASE WHEN u.review THEN u.code ELSE k.code END
        FROM u WHERE k.tenant_id = u.tenant_id AND k.subject_id = u.subject_id AND k.kind = u.kind
        RETURNING k.tenant_id, k.batch_id, k.subject_id, k.flags, k.code, u.letter
    ), docs AS (
        INSERT INTO documents (tenant_id, application_id, kind, sealed)
        SELECT tenant_id, subject_id, 2, letter FROM adv WHERE letter IS NOT NULL ON CONFLICT DO NOTHING
    )
    SELECT array_agg(tenant_id), array_agg(batch_id), array_agg(subject_id), array_agg(flags), array_agg(code),
           array_agg(3::smallint), array_agg(6::smallint), array_agg(0::smallint)
    INTO a_t, a_b, a_s, a_f, a_c, a_three, a_six, a_zero FROM adv;
    IF a_t IS NULL THEN
        RETURN;
    END IF;
    RETURN QUERY SELECT 1::smallint, t, s, 3::smallint, 6::smallint, NULL::uuid, 0::bigint, 0::smallint, 0::smallint, ''::text FROM unnest(a_t, a_s) AS x(t, s);
    RETURN QUERY SELECT * FROM jm_events_append(a_t, a_b, a_s, a_three, a_six, a_zero);
    SELECT array_agg(t), array_agg(s), array_agg((CASE WHEN f & 4 = 4 THEN 5 ELSE 4 END)::smallint), array_agg(c), array_agg(''::text)
    INTO e_t, e_s, e_st, e_c, e_d FROM unnest(a_t, a_s, a_f, a_c) AS x(t, s, f, c) WHERE f & 2 = 2;
    RETURN QUERY SELECT * FROM jm_apps_end(e_t, e_s, e_st, e_c, e_d);
END $$;

-- Embeddings of postings (kind 3) and profiles (kind 4). Chains that see both marked get their event; those that only waited for them end.
CREATE FUNCTION jm_complete_embed(p_worker uuid, p_tenants uuid[], p_subjects uuid[], p_kinds smallint[], p_tokens bigint[],
                                  p_both vector[], p_skills vector[], p_experience vector[], p_goals vector[])
RETURNS SETOF jm_row LANGUAGE plpgsql AS $$
DECLARE v_t uuid[]; v_s uuid[]; v_k smallint[]; a_t uuid[]; a_b uuid[]; a_s uuid[]; a_four smallint[]; a_six smallint[]; a_zero smallint[]; a_st smallint[]; a_f smallint[]; a_c smallint[];
        c_t uuid[]; c_s uuid[]; c_j uuid[]; c_p uuid[]; e_t uuid[]; e_s uuid[]; e_st smallint[]; e_c smallint[]; e_d text[];
BEGIN
    WITH u AS (
        SELECT x.* FROM unnest(p_tenants, p_subjects, p_kinds, p_tokens, p_both, p_skills, p_experience, p_goals)
             AS x(t, s, kd, tok, both_parts, skills, experience, goals)
        CROSS JOIN LATERAL (SELECT 1 FROM tasks k WHERE k.tenant_id = x.t AND k.subject_id = x.s AND k.kind = x.kd AND k.state = 4 AND k.token = x.tok
                            AND k.worker_id = p_worker FOR UPDATE) AS mine
    ), gone AS (
        DELETE FROM tasks k USING u WHERE k.tenant_id = u.t AND k.subject_id = u.s AND k.kind = u.kd
        RETURNING k.*, u.both_parts, u.skills, u.experience, u.goals
    ), post AS (
        INSERT INTO posting_vectors (tenant_id, job_id, both_parts) SELECT tenant_id, subject_id, both_parts FROM gone WHERE kind = 3 ON CONFLICT DO NOTHING
    ), prof AS (
        INSERT INTO profile_vectors (tenant_id, profile_id, skills, experience, goals)
        SELECT tenant_id, subject_id, skills, experience, goals FROM gone WHERE kind = 4 ON CONFLICT DO NOTHING
    ), hist AS (
        INSERT INTO task_history (tenant_id, subject_id, kind, stage, state, attempt, token, worker_id, created_at, claimed_at)
        SELECT tenant_id, subject_id, kind, stage, 6, attempt, token, worker_id, created_at, claimed_at FROM gone
    )
    SELECT array_agg(tenant_id), array_agg(subject_id), array_agg(kind) INTO v_t, v_s, v_k FROM gone;
    IF v_t IS NULL THEN
        RETURN;
    END IF;
    RETURN QUERY SELECT 1::smallint, t, s, 4::smallint, 6::smallint, NULL::uuid, 0::bigint, 0::smallint, 0::smallint, ''::text FROM unnest(v_t, v_s) AS x(t, s);
    -- First every chain that may be concerned is locked, and only in the next statement, with a new snapshot, it is looked whether both vectors are
    -- there: of two completions that run at the same time (posting here, profile there) neither sees the other's vectors, but the second waits for
    -- the chain and then does. Profiles are few: their chains are found by one scan; postings by key.
    WITH cand AS MATERIALIZED (
        SELECT k.tenant_id AS t, k.subject_id AS s FROM unnest(v_t, v_s, v_k) AS x(t, s, kd) CROSS JOIN LATERAL (
            SELECT k.tenant_id, k.subject_id FROM tasks k
            WHERE k.tenant_id = x.t AND k.job_id = x.s AND k.kind = 1 AND k.flags & 2 = 0 OFFSET 0) AS k
        WHERE x.kd = 3
        UNION
        SELECT k.tenant_id, k.subject_id FROM tasks k
        WHERE k.tenant_id = ANY (ARRAY(SELECT DISTINCT x.t FROM unnest(v_t, v_k) AS x(t, kd) WHERE x.kd = 4))
          AND k.profile_id = ANY (ARRAY(SELECT x.s FROM unnest(v_s, v_k) AS x(s, kd) WHERE x.kd = 4)) AND k.kind = 1 AND k.flags & 2 = 0
    ), locked AS MATERIALIZED (
        SELECT mine.* FROM (SELECT t, s, 1::smallint AS kd FROM cand ORDER BY s) AS o CROSS JOIN LATERAL (
            SELECT k.tenant_id, k.subject_id, k.job_id, k.profile_id FROM tasks k
            WHERE k.tenant_id = o.t AND k.subject_id = o.s AND k.kind = o.kd AND k.flags & 2 = 0 FOR UPDATE) AS mine
    )
    SELECT array_agg(tenant_id), array_agg(subject_id), array_agg(job_id), array_agg(profile_id) INTO c_t, c_s, c_j, c_p FROM locked;
    IF c_t IS NULL THEN
        RETURN;
    END IF;
    WITH c AS MATERIALIZED (
        SELECT x.t AS tenant_id, x.s AS subject_id, 1::smallint AS kind FROM unnest(c_t, c_s, c_j, c_p) AS x(t, s, j, p)
        WHERE (SELECT true FROM posting_vectors v WHERE v.tenant_id = x.t AND v.job_id = x.j)
          AND (SELECT true FROM profile_vectors v WHERE v.tenant_id = x.t AND v.profile_id = x.p)
    ), adv AS (
        UPDATE tasks k SET flags = k.flags | 2 FROM c WHERE k.tenant_id = c.tenant_id AND k.subject_id = c.subject_id AND k.kind = c.kind
        RETURNING k.tenant_id, k.batch_id, k.subject_id, k.stage, k.flags, k.code
    )
    SELECT array_agg(tenant_id), array_agg(batch_id), array_agg(subject_id), array_agg(stage), array_agg(flags), array_agg(code),
           array_agg(4::smallint), array_agg(6::smallint), array_agg(0::smallint)
    INTO a_t, a_b, a_s, a_st, a_f, a_c, a_four, a_six, a_zero FROM adv;
    IF a_t IS NULL THEN
        RETURN;
    END IF;
    RETURN QUERY SELECT * FROM jm_events_append(a_t, a_b, a_s, a_four, a_six, a_zero);
    SELECT array_agg(t), array_agg(s), array_agg((CASE WHEN f & 4 = 4 THEN 5 ELSE 4 END)::smallint), array_agg(c), array_agg(''::text)
    INTO e_t, e_s, e_st, e_c, e_d FROM unnest(a_t, a_s, a_st, a_f, a_c) AS x(t, s, st, f, c) WHERE st = 5;
    RETURN QUERY SELECT * FROM jm_apps_end(e_t, e_s, e_st, e_c, e_d);
END $$;

-- Attempts that did not complete. Outcome: 1 hand back (not counted), 2 retry after delay_ms, 3 fail for good. A retry beyond p_attempts fails.
-- A posting or profile that fails ends every live application that depends on it.
CREATE FUNCTION jm_settle(p_worker uuid, p_tenants uuid[], p_subjects uuid[], p_kinds smallint[], p_tokens bigint[], p_outcomes smallint[],
                          p_delays int[], p_codes smallint[], p_details text[], p_attempts int)
RETURNS SETOF jm_row LANGUAGE plpgsql AS $$
DECLARE e_t uuid[]; e_s uuid[]; e_st smallint[]; e_c smallint[]; e_d text[]; r record;
BEGIN
    FOR r IN
        SELECT mine.*, x.outcome, x.delay_ms, x.code, x.detail
        FROM unnest(p_tenants, p_subjects, p_kinds, p_tokens, p_outcomes, p_delays, p_codes, p_details) AS x(t, s, kind, tok, outcome, delay_ms, code, detail)
        CROSS JOIN LATERAL (SELECT k.tenant_id, k.subject_id, k.kind, k.stage, k.attempt, k.batch_id, k.token, k.created_at, k.claimed_at FROM tasks k
                            WHERE k.tenant_id = x.t AND k.subject_id = x.s AND k.kind = x.kind AND k.state = 4 AND k.token = x.tok
                            AND k.worker_id = p_worker FOR UPDATE) AS mine
    LOOP
        RETURN NEXT (1::smallint, r.tenant_id, r.subject_id, r.stage, 0::smallint, NULL::uuid, 0::bigint, 0::smallint, 0::smallint, '')::jm_row;
        IF r.outcome = 1 THEN
            UPDATE tasks k SET state = 2, attempt = greatest(k.attempt - 1, 0), worker_id = NULL
            WHERE k.tenant_id = r.tenant_id AND k.subject_id = r.subject_id AND k.kind = r.kind;
        ELSIF r.outcome = 2 AND r.attempt < p_attempts THEN
            UPDATE tasks k SET state = 5, worker_id = NULL, code = r.code, not_before = now() + make_interval(secs => r.delay_ms / 1000.0)
            WHERE k.tenant_id = r.tenant_id AND k.subject_id = r.subject_id AND k.kind = r.kind;
        ELSIF r.kind = 1 THEN
            e_t := e_t || r.tenant_id; e_s := e_s || r.subject_id; e_st := e_st || 6::smallint; e_c := e_c || r.code; e_d := e_d || r.detail;
        ELSE
            DELETE FROM tasks k WHERE k.tenant_id = r.tenant_id AND k.subject_id = r.subject_id AND k.kind = r.kind;
            INSERT INTO task_history (tenant_id, subject_id, kind, stage, state, attempt, token, worker_id, code, created_at, claimed_at)
            VALUES (r.tenant_id, r.subject_id, r.kind, r.stage, 7, r.attempt, r.token, p_worker, r.code, r.created_at, r.claimed_at);
            SELECT e_t || coalesce(array_agg(k.tenant_id), '{}'), e_s || coalesce(array_agg(k.subject_id), '{}'), e_st || coalesce(array_agg(6::smallint), '{}'),
                   e_c || coalesce(array_agg(r.code), '{}'), e_d || coalesce(array_agg(r.detail), '{}')
            INTO e_t, e_s, e_st, e_c, e_d FROM tasks k
            WHERE k.tenant_id = r.tenant_id AND k.kind = 1 AND (CASE r.kind WHEN 4 THEN k.profile_id ELSE k.job_id END) = r.subject_id;
        END IF;
    END LOOP;
    RETURN QUERY SELECT * FROM jm_apps_end(e_t, e_s, e_st, e_c, e_d);
END $$;

-- Releases accepted applications: makes their chain rows and, where they are missing, the tasks of their posting and profile. The rows of shared tasks are
-- locked first, and only then it is looked whether their results are there: a completion that runs at the same time either sees the chain
-- rows made here or has committed before the look.
CREATE FUNCTION jm_release(p_tenant uuid, p_apps uuid[])
RETURNS SETOF jm_row LANGUAGE plpgsql AS $$
DECLARE v_kind smallint := 1; f_s uuid[]; f_k smallint[]; f_st smallint[]; f_p smallint[]; f_tr text[]; r_b uuid[];
        a_t uuid[]; a_b uuid[]; a_s uuid[]; a_st smallint[]; a_six smallint[]; a_zero smallint[]; b record;
BEGIN
    IF coalesce(array_length(p_apps, 1), 0) = 0 THEN
        RETURN;
    END IF;
    WITH need AS (
        SELECT a.job_id AS s, 2::smallint AS kind, 1::smallint AS stage, min(a.priority) AS priority, min(a.traceparent) AS tr FROM applications a
            WHERE a.tenant_id = p_tenant AND a.application_id = ANY (p_apps)
              AND NOT EXISTS (SELECT 1 FROM posting_analyses x WHERE x.tenant_id = p_tenant AND x.job_id = a.job_id) GROUP BY a.job_id
        UNION ALL
        SELECT a.job_id, 3, 4, min(a.priority), min(a.traceparent) FROM applications a
            WHERE a.tenant_id = p_tenant AND a.application_id = ANY (p_apps)
              AND NOT EXISTS (SELECT 1 FROM posting_vectors x WHERE x.tenant_id = p_tenant AND x.job_id = a.job_id) GROUP BY a.job_id
        UNION ALL
        SELECT a.profile_id, 4, 4, min(a.priority), min(a.traceparent) FROM applications a
            WHERE a.tenant_id = p_tenant AND a.application_id = ANY (p_apps)
              AND NOT EXISTS (SELECT 1 FROM profile_vectors x WHERE x.tenant_id = p_tenant AND x.profile_id = a.profile_id) GROUP BY a.profile_id
    ), ins AS (
        INSERT INTO tasks AS k (tenant_id, subject_id, kind, stage, state, priority, job_id, profile_id, traceparent)
        SELECT p_tenant, s, kind, stage, 3, priority, CASE WHEN kind < 4 THEN s END, CASE WHEN kind = 4 THEN s END, tr FROM need ORDER BY s, kind
        -- locks the row in any case, writes only what becomes more urgent: that goes to the other topic, too
        ON CONFLICT (tenant_id, subject_id, kind) DO UPDATE SET priority = excluded.priority WHERE k.priority > excluded.priority
        RETURNING k.subject_id, k.kind, k.stage, k.priority, k.traceparent, k.state
    )
    SELECT array_agg(subject_id), array_agg(kind), array_agg(stage), array_agg(priority), array_agg(traceparent) INTO f_s, f_k, f_st, f_p, f_tr
    FROM ins WHERE state = 3;
    IF f_s IS NOT NULL THEN -- what was made while the row above was waited for needs no task
        RETURN QUERY
        WITH gone AS (
            DELETE FROM tasks k USING unnest(f_s, f_k) AS x(s, kd) WHERE k.tenant_id = p_tenant AND k.subject_id = x.s AND k.kind = x.kd AND k.state = 3
                AND CASE x.kd WHEN 2 THEN EXISTS (SELECT 1 FROM posting_analyses v WHERE v.tenant_id = p_tenant AND v.job_id = x.s)
                              WHEN 3 THEN EXISTS (SELECT 1 FROM posting_vectors v WHERE v.tenant_id = p_tenant AND v.job_id = x.s)
                              ELSE EXISTS (SELECT 1 FROM profile_vectors v WHERE v.tenant_id = p_tenant AND v.profile_id = x.s) END
            RETURNING k.subject_id, k.kind
        )
        SELECT 2::smallint, p_tenant, x.s, x.st, 3::smallint, NULL::uuid, 0::bigint, x.p, 0::smallint, x.tr
        FROM unnest(f_s, f_k, f_st, f_p, f_tr) AS x(s, kd, st, p, tr)
        WHERE NOT EXISTS (SELECT 1 FROM gone g WHERE g.subject_id = x.s AND g.kind = x.kd);
    END IF;
    -- a new statement, a new snapshot: what committed while the rows above were locked is seen
    WITH ins AS (
        INSERT INTO tasks AS k (tenant_id, subject_id, kind, stage, state, priority, flags, batch_id, job_id, profile_id, options, traceparent)
        SELECT p_tenant, a.application_id, 1, CASE WHEN r.analyzed THEN 2 ELSE 1 END, CASE WHEN r.analyzed THEN 3 ELSE 1 END, a.priority,
               (CASE WHEN r.analyzed THEN 1 ELSE 0 END) | (CASE WHEN r.embedded THEN 2 ELSE 0 END), a.batch_id, a.job_id, a.profile_id, a.options, a.traceparent
        FROM applications a CROSS JOIN LATERAL (
            SELECT EXISTS (SELECT 1 FROM posting_analyses x WHERE x.tenant_id = p_tenant AND x.job_id = a.job_id) AS analyzed,
                   EXISTS (SELECT 1 FROM posting_vectors x WHERE x.tenant_id = p_tenant AND x.job_id = a.job_id)
                   AND EXISTS (SELECT 1 FROM profile_vectors x WHERE x.tenant_id = p_tenant AND x.profile_id = a.profile_id) AS embedded) r
        WHERE a.tenant_id = p_tenant AND a.application_id = ANY (p_apps) AND a.state = 1
        ORDER BY a.application_id ON CONFLICT DO NOTHING
        RETURNING k.batch_id, k.subject_id, k.flags
    ), ev AS (
        SELECT batch_id, subject_id, 1::smallint AS st FROM ins WHERE flags & 1 = 1
        UNION ALL SELECT batch_id, subject_id, 4::smallint FROM ins WHERE flags & 2 = 2
    )
    SELECT array_agg(p_tenant), array_agg(batch_id), array_agg(subject_id), array_agg(st), array_agg(6::smallint), array_agg(0::smallint),
           (SELECT array_agg(i.batch_id) FROM ins i)
    INTO a_t, a_b, a_s, a_st, a_six, a_zero, r_b FROM ev;
    RETURN QUERY SELECT 2::smallint, p_tenant, k.subject_id, 2::smallint, 3::smallint, k.batch_id, 0::bigint, k.priority, 0::smallint, k.traceparent
        FROM tasks k WHERE k.tenant_id = p_tenant AND k.subject_id = ANY (p_apps) AND k.kind = v_kind AND k.stage = 2 AND k.state = 3;
    -- counted are those released here: a group that Postgres got twice releases nothing the second time
    FOR b IN SELECT x.batch_id, count(*)::int AS n FROM unnest(r_b) AS x(batch_id) GROUP BY x.batch_id ORDER BY x.batch_id LOOP
        UPDATE batches t SET n_released = t.n_released + b.n, version = t.version + 1 WHERE t.tenant_id = p_tenant AND t.batch_id = b.batch_id;
    END LOOP;
    RETURN QUERY SELECT * FROM jm_events_append(a_t, a_b, a_s, a_st, a_six, a_zero);
END $$;

-- Takes up to p_limit applications from the head of a tenant's backlog (interactive first, then in order; not from paused batches) and releases them.
CREATE FUNCTION jm_admit(p_tenant uuid, p_limit int)
RETURNS SETOF jm_row LANGUAGE plpgsql AS $$
DECLARE v_apps uuid[]; v_cost bigint; v_held uuid[];
BEGIN
    -- what may not be admitted is named, because it is little: a join with the open batches, single ones and all, would cost their number for every row
    v_held := ARRAY(SELECT b.batch_id FROM batches b WHERE b.tenant_id = p_tenant AND b.state IN (1, 3, 4));
    WITH head AS (
        SELECT k.tenant_id, k.priority, k.position FROM backlog k
        WHERE k.tenant_id = p_tenant AND k.batch_id <> ALL (v_held) ORDER BY k.priority, k.position LIMIT p_limit FOR UPDATE OF k SKIP LOCKED
    ), taken AS (
        DELETE FROM backlog k USING head h WHERE k.tenant_id = h.tenant_id AND k.priority = h.priority AND k.position = h.position RETURNING k.application_id, k.cost
    )
    SELECT array_agg(application_id), sum(cost) INTO v_apps, v_cost FROM taken;
    IF v_apps IS NULL THEN
        RETURN;
    END IF;
    RETURN NEXT (4::smallint, p_tenant, NULL::uuid, 0::smallint, 0::smallint, NULL::uuid, v_cost, 0::smallint, least(array_length(v_apps, 1), 32767)::smallint, '')::jm_row;
    RETURN QUERY SELECT * FROM jm_release(p_tenant, v_apps);
END $$;

-- Everything of the dispatcher that publishes again: ready, parked and due, released but unclaimed, running beyond the deadline.
-- Unclaimed means lost, not late: Kafka is in order, so a message is lost when others of its stage and priority that were released p_unclaimed_ms after it
-- are running, or when nothing of them runs at all. A long queue is not published again; yet what waited twenty times as long is, whatever the others do.
CREATE FUNCTION jm_wake(p_unclaimed_ms int, p_deadline_ms int, p_limit int)
RETURNS TABLE (reason smallint, tenant_id uuid, subject_id uuid, stage smallint, priority smallint, attempt int, traceparent text)
LANGUAGE plpgsql AS $$
BEGIN
    RETURN QUERY
    WITH front AS MATERIALIZED (
        SELECT k.stage, k.priority, max(k.released_at) AS at FROM tasks k WHERE k.state = 4 GROUP BY 1, 2
    ), due AS (
        SELECT k.tenant_id, k.subject_id, k.kind,
               (CASE k.state WHEN 2 THEN 1 WHEN 5 THEN 2 WHEN 3 THEN 3 ELSE 4 END)::smallint AS reason
        FROM tasks k
        WHERE k.state = 2 OR (k.state = 5 AND k.not_before <= now())
           OR (k.state = 3 AND k.released_at < now() - make_interval(secs => p_unclaimed_ms / 1000.0)
               AND (k.released_at < coalesce((SELECT f.at FROM front f WHERE f.stage = k.stage AND f.priority = k.priority), now())
                        - make_interval(secs => p_unclaimed_ms / 1000.0)
                    OR k.released_at < now() - make_interval(secs => p_unclaimed_ms / 50.0)))
           OR (k.state = 4 AND k.claimed_at < now() - make_interval(secs => p_deadline_ms / 1000.0))
        ORDER BY k.subject_id LIMIT p_limit FOR UPDATE OF k SKIP LOCKED
    )
    UPDATE tasks k SET state = 3, released_at = now(), worker_id = NULL, token = k.token + CASE WHEN k.state = 4 THEN 1 ELSE 0 END
    FROM due WHERE k.tenant_id = due.tenant_id AND k.subject_id = due.subject_id AND k.kind = due.kind
    RETURNING due.reason, k.tenant_id, k.subject_id, k.stage, k.priority, k.attempt, k.traceparent;
END $$;

-- Processes whose row is too old are lost: their running tasks are released again at once. Too old against the freshest row, not against the clock:
-- when Postgres itself stood still, everybody is late and nobody is lost. Released is also what nobody alive has leased: a process that was frozen may
-- still claim under its lost id before its next heartbeat tells it.
CREATE FUNCTION jm_expire(p_lease_ms int)
RETURNS TABLE (kind text, instance text, tenant_id uuid, subject_id uuid, stage smallint, priority smallint, attempt int, traceparent text)
LANGUAGE plpgsql AS $$
DECLARE v_lost uuid[]; v_alive uuid[];
BEGIN
    WITH lost AS (
        UPDATE workers w SET lost_at = now() WHERE w.lost_at IS NULL
            AND w.heartbeat_at < (SELECT max(f.heartbeat_at) FROM workers f WHERE f.lost_at IS NULL) - make_interval(secs => p_lease_ms / 1000.0)
        RETURNING w.worker_id
    ) SELECT array_agg(worker_id) INTO v_lost FROM lost;
    v_lost := coalesce(v_lost, '{}');
    v_alive := ARRAY(SELECT w.worker_id FROM workers w WHERE w.lost_at IS NULL);
    RETURN QUERY SELECT w.kind, w.instance, NULL::uuid, NULL::uuid, 0::smallint, 0::smallint, 0, ''::text FROM workers w WHERE w.worker_id = ANY (v_lost);
    RETURN QUERY
    WITH c AS (
        SELECT k.tenant_id, k.subject_id, k.kind FROM tasks k WHERE k.state = 4 AND k.worker_id <> ALL (v_alive)
            AND (k.worker_id = ANY (v_lost) OR k.claimed_at < now() - make_interval(secs => p_lease_ms / 1000.0)) ORDER BY k.subject_id FOR UPDATE OF k
    )
    UPDATE tasks k SET state = 3, token = k.token + 1, worker_id = NULL, released_at = now()
    FROM c WHERE k.tenant_id = c.tenant_id AND k.subject_id = c.subject_id AND k.kind = c.kind
    RETURNING ''::text, ''::text, k.tenant_id, k.subject_id, k.stage, k.priority, k.attempt, k.traceparent;
    DELETE FROM workers w WHERE w.lost_at < now() - interval '10 minutes';
END $$;

-- Ends live and waiting applications of batches that are being cancelled, p_limit at a time; and clears away uploads whose gateway was lost.
CREATE FUNCTION jm_sweep_batches(p_limit int)
RETURNS SETOF jm_row LANGUAGE plpgsql AS $$
DECLARE b record; v_apps uuid[]; v_t uuid[]; v_s smallint[]; v_c smallint[]; v_d text[]; v_b uuid[]; v_z smallint[];
BEGIN
    FOR b IN SELECT x.tenant_id, x.batch_id FROM batches x WHERE x.state = 4 AND NOT x.single ORDER BY x.batch_id LIMIT 16 LOOP
        SELECT array_agg(k.tenant_id), array_agg(k.subject_id), array_agg(7::smallint), array_agg(22::smallint), array_agg('cancelled'::text)
        INTO v_t, v_apps, v_s, v_c, v_d FROM tasks k WHERE k.tenant_id = b.tenant_id AND k.batch_id = b.batch_id AND k.kind = 1;
        RETURN QUERY SELECT * FROM jm_apps_end(v_t, v_apps, v_s, v_c, v_d);
        WITH head AS (
            SELECT k.tenant_id, k.priority, k.position FROM backlog k WHERE k.tenant_id = b.tenant_id AND k.batch_id = b.batch_id LIMIT p_limit FOR UPDATE SKIP LOCKED
        ), taken AS (
            DELETE FROM backlog k USING head h WHERE k.tenant_id = h.tenant_id AND k.priority = h.priority AND k.position = h.position RETURNING k.tenant_id, k.application_id
        ), upd AS (
            UPDATE applications a SET state = 7, code = 22, detail = 'cancelled', updated_at = now(), ended_at = now()
            FROM taken t WHERE a.tenant_id = t.tenant_id AND a.application_id = t.application_id RETURNING a.application_id
        )
        SELECT array_agg(b.tenant_id), array_agg(b.batch_id), array_agg(application_id), array_agg(0::smallint), array_agg(7::smallint), array_agg(22::smallint)
        INTO v_t, v_b, v_apps, v_z, v_s, v_c FROM upd;
        IF v_t IS NOT NULL THEN
            UPDATE batches x SET n_released = x.n_released + array_length(v_t, 1) WHERE x.tenant_id = b.tenant_id AND x.batch_id = b.batch_id;
            RETURN QUERY SELECT * FROM jm_events_append(v_t, v_b, v_apps, v_z, v_s, v_c);
        END IF;
    END LOOP;
    FOR b IN SELECT x.tenant_id, x.batch_id FROM batches x WHERE x.state = 1 AND NOT x.single
             AND NOT EXISTS (SELECT 1 FROM workers w WHERE w.worker_id = x.gateway_id AND w.lost_at IS NULL) LIMIT 4 LOOP
        PERFORM jm_batch_abort(b.tenant_id, b.batch_id);
    END LOOP;
END $$;

-- An upload that never finished leaves nothing: no application of it was released. The key of the request is free again.
CREATE FUNCTION jm_batch_abort(p_tenant uuid, p_batch uuid) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM batches WHERE tenant_id = p_tenant AND batch_id = p_batch AND state = 1;
    IF FOUND THEN
        DELETE FROM backlog WHERE tenant_id = p_tenant AND batch_id = p_batch;
        DELETE FROM applications WHERE tenant_id = p_tenant AND batch_id = p_batch;
        DELETE FROM batch_rejects WHERE tenant_id = p_tenant AND batch_id = p_batch;
        DELETE FROM idempotency_keys WHERE tenant_id = p_tenant AND resource_id = p_batch AND state = 1;
    END IF;
END $$;

-- Finds or stores postings by content. Returns one id per input row, in order.
CREATE FUNCTION jm_jobs_put(p_tenant uuid, p_ids uuid[], p_hashes bytea[], p_formats smallint[], p_titles text[], p_companies text[], p_bodies text[])
RETURNS uuid[] LANGUAGE plpgsql AS $$
DECLARE v uuid[];
BEGIN
    INSERT INTO job_postings (tenant_id, job_id, content_hash, format, title, company, body)
    SELECT DISTINCT ON (h) p_tenant, id, h, f, ti, co, bo FROM unnest(p_ids, p_hashes, p_formats, p_titles, p_companies, p_bodies) AS x(id, h, f, ti, co, bo)
    WHERE h IS NOT NULL ORDER BY h, id ON CONFLICT DO NOTHING;
    SELECT array_agg(j.job_id ORDER BY x.ord) INTO v FROM unnest(p_hashes) WITH ORDINALITY AS x(h, ord)
    LEFT JOIN job_postings j ON j.tenant_id = p_tenant AND j.content_hash = x.h;
    RETURN v;
END $$;

-- Stores a chunk of an upload. Items name a posting by id or bring it (hash not NULL). Returns the refused ones: no such user, no profile, no such posting.
CREATE FUNCTION jm_batch_items(p_tenant uuid, p_batch uuid, p_priority smallint, p_traceparent text,
    p_index int[], p_offsets bigint[], p_apps uuid[], p_users uuid[], p_jobs uuid[], p_hashes bytea[], p_formats smallint[], p_titles text[],
    p_companies text[], p_bodies text[], p_refs text[], p_options text[], p_costs int[])
RETURNS TABLE (item_index int, code smallint, pointer text, detail text) LANGUAGE plpgsql AS $$
DECLARE v_jobs uuid[];
BEGIN
    v_jobs := jm_jobs_put(p_tenant, p_jobs, p_hashes, p_formats, p_titles, p_companies, p_bodies);
    RETURN QUERY
    WITH x AS (
        SELECT i.idx, i.off, i.app, i.usr, i.ref, i.opt, i.cost, u.user_id AS found_user, u.profile_id,
               CASE WHEN i.h IS NOT NULL THEN i.vjob ELSE j.job_id END AS job
        FROM unnest(p_index, p_offsets, p_apps, p_users, p_jobs, p_hashes, v_jobs, p_refs, p_options, p_costs) AS i(idx, off, app, usr, job, h, vjob, ref, opt, cost)
        LEFT JOIN users u ON u.tenant_id = p_tenant AND u.user_id = i.usr AND u.erased_at IS NULL
        LEFT JOIN job_postings j ON i.h IS NULL AND j.tenant_id = p_tenant AND j.job_id = i.job
    ), good AS (
        INSERT INTO applications (tenant_id, application_id, batch_id, item_index, user_id, profile_id, job_id, client_ref, options, priority, traceparent)
        SELECT p_tenant, app, p_batch, idx, usr, profile_id, job, ref, opt, p_priority, p_traceparent FROM x WHERE profile_id IS NOT NULL AND job IS NOT NULL
    ), queued AS (
        INSERT INTO backlog (tenant_id, priority, application_id, batch_id, cost)
        SELECT p_tenant, p_priority, app, p_batch, cost FROM x WHERE profile_id IS NOT NULL AND job IS NOT NULL ORDER BY idx
    ), bad AS (
        SELECT idx, off, ref, 1::smallint AS code,
               CASE WHEN found_user IS NULL OR profile_id IS NULL THEN '/user_id' ELSE '/job_id' END AS pointer,
               CASE WHEN found_user IS NULL THEN 'there is no such user' WHEN profile_id IS NULL THEN 'the user has no profile yet'
                    ELSE 'there is no such job' END AS detail
        FROM x WHERE profile_id IS NULL OR job IS NULL
    ), kept AS (
        INSERT INTO batch_rejects (tenant_id, batch_id, item_index, byte_offset, client_ref, code, pointer, detail)
        SELECT p_tenant, p_batch, idx, off, ref, bad.code, bad.pointer, bad.detail FROM bad
    )
    SELECT bad.idx, bad.code, bad.pointer, bad.detail FROM bad ORDER BY bad.idx;
END $$;

-- One application: idempotency, posting, application. The caller releases it in the same transaction (jm_release; nothing to do on a replay, when
-- p_app was not used). p_key NULL: no Idempotency-Key. A replay returns the application that the key made.
CREATE FUNCTION jm_submit(p_tenant uuid, p_app uuid, p_user uuid, p_job uuid, p_hash bytea, p_format smallint, p_title text, p_company text, p_body text,
    p_ref text, p_options text, p_priority smallint, p_traceparent text, p_route text, p_key bytea, p_body_hash bytea)
RETURNS TABLE (replay boolean, application_id uuid, job_id uuid, profile_id uuid, created_at timestamptz) LANGUAGE plpgsql AS $$
DECLARE v_job uuid; v_profile uuid; v_user uuid; v_old record;
BEGIN
    IF p_key IS NOT NULL THEN
        INSERT INTO idempotency_keys (tenant_id, route, key_hash, body_hash, state, resource_id) VALUES (p_tenant, p_route, p_key, p_body_hash, 2, p_app)
        ON CONFLICT DO NOTHING;
        IF NOT FOUND THEN
            SELECT i.body_hash, i.resource_id INTO v_old FROM idempotency_keys i WHERE i.tenant_id = p_tenant AND i.route = p_route AND i.key_hash = p_key;
            IF v_old.body_hash IS DISTINCT FROM p_body_hash THEN
                RAISE EXCEPTION 'jobmill:idempotency-key-reused: the Idempotency-Key was used before with another body';
            END IF;
            RETURN QUERY SELECT true, a.application_id, a.job_id, a.profile_id, a.created_at FROM applications a
                WHERE a.tenant_id = p_tenant AND a.application_id = v_old.resource_id;
            RETURN;
        END IF;
    END IF;
    SELECT u.user_id, u.profile_id INTO v_user, v_profile FROM users u WHERE u.tenant_id = p_tenant AND u.user_id = p_user AND u.erased_at IS NULL;
    IF v_user IS NULL THEN
        RAISE EXCEPTION 'jobmill:invalid: /user_id: there is no such user';
    ELSIF v_profile IS NULL THEN
        RAISE EXCEPTION 'jobmill:invalid: /user_id: the user has no profile yet';
    END IF;
    IF p_hash IS NULL THEN
        SELECT j.job_id INTO v_job FROM job_postings j WHERE j.tenant_id = p_tenant AND j.job_id = p_job;
        IF v_job IS NULL THEN
            RAISE EXCEPTION 'jobmill:invalid: /job_id: there is no such job';
        END IF;
    ELSE
        v_job := (jm_jobs_put(p_tenant, ARRAY[p_job], ARRAY[p_hash], ARRAY[p_format], ARRAY[p_title], ARRAY[p_company], ARRAY[p_body]))[1];
    END IF;
    INSERT INTO batches (tenant_id, batch_id, single, state, priority, n_accepted, traceparent) VALUES (p_tenant, p_app, true, 2, p_priority, 1, p_traceparent);
    INSERT INTO applications (tenant_id, application_id, batch_id, item_index, user_id, profile_id, job_id, client_ref, options, priority, traceparent)
    VALUES (p_tenant, p_app, p_app, 0, p_user, v_profile, v_job, p_ref, p_options, p_priority, p_traceparent);
    RETURN QUERY SELECT false, p_app, v_job, v_profile, now();
END $$;
