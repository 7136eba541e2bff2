-- The functions of 0002 and 0006 that look up many rows by key, so that each row is found by its whole key whatever the planner believes.
--
-- A plan is made once and kept, and the tables of work are empty whenever the work is done: to a planner that believes so, reading all of tasks for each row
-- costs as little as a look-up, and after a vacuum in a quiet moment every claim and completion read all of it (a thousand times the pages). Three habits:
--  - a row to change is joined by `tenant_id = ANY (ARRAY[x])`: such a clause can be looked up in an index but not sorted by, so that the only other plan is a
--    sequential scan, which our connections forbid;
--  - what is only looked up stands in a LATERAL or a scalar subquery with LIMIT, OFFSET 0 or FOR UPDATE, which can be neither hashed nor turned around;
--  - no two indexes of such a table begin with the tenant: a look-up by key could be satisfied with the wrong one. Ids are unique over tenants, so that the
--    other indexes do without it; who looks by job names the tenant as (..) IS TRUE.
DROP INDEX tasks_job;
CREATE INDEX tasks_job ON tasks (job_id);
DROP INDEX applications_user;
DROP INDEX applications_batch;
CREATE INDEX applications_user ON applications (user_id);
CREATE INDEX applications_batch ON applications (batch_id, item_index);

CREATE OR REPLACE FUNCTION jm_events_append(p_tenants uuid[], p_batches uuid[], p_apps uuid[], p_stages smallint[], p_states smallint[], p_codes smallint[])
RETURNS SETOF jm_row LANGUAGE plpgsql AS $$
BEGIN
    IF coalesce(array_length(p_tenants, 1), 0) = 0 THEN
        RETURN;
    END IF;
    IF array_length(p_tenants, 1) > 1 THEN
        PERFORM 1 FROM (SELECT DISTINCT t, ba FROM unnest(p_tenants, p_batches) AS x(t, ba) ORDER BY ba) AS u CROSS JOIN LATERAL (
            SELECT 1 FROM batches b WHERE b.tenant_id = u.t AND b.batch_id = u.ba FOR NO KEY UPDATE) AS mine;
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
        FROM agg WHERE b.tenant_id = ANY (ARRAY[agg.t]) AND b.batch_id = agg.ba
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

CREATE OR REPLACE FUNCTION jm_apps_end(p_tenants uuid[], p_apps uuid[], p_states smallint[], p_codes smallint[], p_details text[])
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
        DELETE FROM tasks k USING u WHERE k.tenant_id = ANY (ARRAY[u.t]) AND k.subject_id = u.app AND k.kind = u.kind
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
        FROM gone g WHERE a.tenant_id = ANY (ARRAY[g.tenant_id]) AND a.application_id = g.subject_id
    )
    SELECT array_agg(tenant_id), array_agg(batch_id), array_agg(subject_id), array_agg(end_state), array_agg(end_code), array_agg(0::smallint)
    INTO v_t, v_b, v_a, v_s, v_c, v_z FROM gone;
    RETURN QUERY SELECT * FROM jm_events_append(v_t, v_b, v_a, v_z, v_s, v_c);
END $$;

CREATE OR REPLACE FUNCTION jm_claim(p_worker uuid, p_stage smallint, p_tenants uuid[], p_subjects uuid[])
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
    FROM c WHERE k.tenant_id = ANY (ARRAY[c.tenant_id]) AND k.subject_id = c.subject_id AND k.kind = c.kind
    RETURNING k.tenant_id, k.subject_id, k.kind, k.token, k.attempt, k.batch_id, k.job_id, k.profile_id, k.options, k.traceparent, k.released_at, k.priority;
END $$;

CREATE OR REPLACE FUNCTION jm_unclaim(p_worker uuid, p_stage smallint, p_tenants uuid[], p_subjects uuid[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    WITH c AS MATERIALIZED (
        SELECT mine.* FROM unnest(p_tenants, p_subjects) AS x(t, s) CROSS JOIN LATERAL (
            SELECT k.tenant_id, k.subject_id, k.kind FROM tasks k
            WHERE k.tenant_id = x.t AND k.subject_id = x.s AND k.stage = p_stage AND k.state = 4 AND k.worker_id = p_worker FOR UPDATE) AS mine
    )
    UPDATE tasks k SET state = 3, attempt = k.attempt - 1, token = k.token + 1, worker_id = NULL
    FROM c WHERE k.tenant_id = ANY (ARRAY[c.tenant_id]) AND k.subject_id = c.subject_id AND k.kind = c.kind;
END $$;

CREATE OR REPLACE FUNCTION jm_complete_analyze(p_worker uuid, p_tenants uuid[], p_subjects uuid[], p_tokens bigint[], p_titles text[], p_companies text[], p_analyses text[])
RETURNS SETOF jm_row LANGUAGE plpgsql AS $$
DECLARE v_t uuid[]; v_s uuid[]; a_t uuid[]; a_b uuid[]; a_s uuid[]; a_p smallint[]; a_tr text[]; a_one smallint[]; a_six smallint[]; a_zero smallint[];
BEGIN
    WITH u AS (
        SELECT x.*, mine.kind FROM unnest(p_tenants, p_subjects, p_tokens, p_titles, p_companies, p_analyses) AS x(t, s, tok, title, company, analysis)
        CROSS JOIN LATERAL (SELECT k.kind FROM tasks k WHERE k.tenant_id = x.t AND k.subject_id = x.s AND k.kind = 2 AND k.state = 4 AND k.token = x.tok
                            AND k.worker_id = p_worker FOR UPDATE) AS mine
    ), gone AS (
        DELETE FROM tasks k USING u WHERE k.tenant_id = ANY (ARRAY[u.t]) AND k.subject_id = u.s AND k.kind = u.kind
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
                WHERE (k.tenant_id = x.t) IS TRUE AND k.job_id = x.s AND k.kind = 1 AND k.state = 1 AND k.stage = 1 OFFSET 0) AS k
            ORDER BY k.subject_id) AS o CROSS JOIN LATERAL (
            SELECT k.tenant_id, k.subject_id, k.kind FROM tasks k
            WHERE k.tenant_id = o.t AND k.subject_id = o.s AND k.kind = o.kd AND k.state = 1 AND k.stage = 1 FOR UPDATE) AS mine
    ), adv AS (
        UPDATE tasks k SET flags = k.flags | 1, stage = 2, state = 3, attempt = 0, released_at = now()
        FROM c WHERE k.tenant_id = ANY (ARRAY[c.tenant_id]) AND k.subject_id = c.subject_id AND k.kind = c.kind
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

CREATE OR REPLACE FUNCTION jm_complete_optimize(p_worker uuid, p_tenants uuid[], p_subjects uuid[], p_tokens bigint[], p_resumes bytea[], p_scores bytea[],
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
        FROM u WHERE k.tenant_id = ANY (ARRAY[u.tenant_id]) AND k.subject_id = u.subject_id AND k.kind = u.kind
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

CREATE OR REPLACE FUNCTION jm_complete_letter(p_worker uuid, p_tenants uuid[], p_subjects uuid[], p_tokens bigint[], p_letters bytea[], p_review boolean[], p_codes smallint[])
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
        FROM u WHERE k.tenant_id = ANY (ARRAY[u.tenant_id]) AND k.subject_id = u.subject_id AND k.kind = u.kind
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

CREATE OR REPLACE FUNCTION jm_complete_embed(p_worker uuid, p_tenants uuid[], p_subjects uuid[], p_kinds smallint[], p_tokens bigint[],
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
        DELETE FROM tasks k USING u WHERE k.tenant_id = ANY (ARRAY[u.t]) AND k.subject_id = u.s AND k.kind = u.kd
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
            WHERE (k.tenant_id = x.t) IS TRUE AND k.job_id = x.s AND k.kind = 1 AND k.flags & 2 = 0 OFFSET 0) AS k
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
        UPDATE tasks k SET flags = k.flags | 2 FROM c WHERE k.tenant_id = ANY (ARRAY[c.tenant_id]) AND k.subject_id = c.subject_id AND k.kind = c.kind
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

CREATE OR REPLACE FUNCTION jm_admit(p_tenant uuid, p_limit int)
RETURNS SETOF jm_row LANGUAGE plpgsql AS $$
DECLARE v_apps uuid[]; v_cost bigint; v_held uuid[];
BEGIN
    -- what may not be admitted is named, because it is little: a join with the open batches, single ones and all, would cost their number for every row
    v_held := ARRAY(SELECT b.batch_id FROM batches b WHERE b.tenant_id = p_tenant AND b.state IN (1, 3, 4));
    WITH head AS (
        SELECT k.tenant_id, k.priority, k.position FROM backlog k
        WHERE k.tenant_id = p_tenant AND k.batch_id <> ALL (v_held) ORDER BY k.priority, k.position LIMIT p_limit FOR UPDATE OF k SKIP LOCKED
    ), taken AS (
        DELETE FROM backlog k USING head h WHERE k.tenant_id = ANY (ARRAY[h.tenant_id]) AND k.priority = h.priority AND k.position = h.position RETURNING k.application_id, k.cost
    )
    SELECT array_agg(application_id), sum(cost) INTO v_apps, v_cost FROM taken;
    IF v_apps IS NULL THEN
        RETURN;
    END IF;
    RETURN NEXT (4::smallint, p_tenant, NULL::uuid, 0::smallint, 0::smallint, NULL::uuid, v_cost, 0::smallint, least(array_length(v_apps, 1), 32767)::smallint, '')::jm_row;
    RETURN QUERY SELECT * FROM jm_release(p_tenant, v_apps);
END $$;

CREATE OR REPLACE FUNCTION jm_jobs_put(p_tenant uuid, p_ids uuid[], p_hashes bytea[], p_formats smallint[], p_titles text[], p_companies text[], p_bodies text[])
RETURNS uuid[] LANGUAGE plpgsql AS $$
DECLARE v uuid[];
BEGIN
    INSERT INTO job_postings (tenant_id, job_id, content_hash, format, title, company, body)
    SELECT DISTINCT ON (h) p_tenant, id, h, f, ti, co, bo FROM unnest(p_ids, p_hashes, p_formats, p_titles, p_companies, p_bodies) AS x(id, h, f, ti, co, bo)
    WHERE h IS NOT NULL ORDER BY h, id ON CONFLICT DO NOTHING;
    SELECT array_agg(j.job_id ORDER BY x.ord) INTO v FROM unnest(p_hashes) WITH ORDINALITY AS x(h, ord)
    LEFT JOIN LATERAL (SELECT p.job_id FROM job_postings p WHERE p.tenant_id = p_tenant AND p.content_hash = x.h LIMIT 1) AS j ON true;
    RETURN v;
END $$;

CREATE OR REPLACE FUNCTION jm_batch_items(p_tenant uuid, p_batch uuid, p_priority smallint, p_traceparent text,
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
        LEFT JOIN LATERAL (SELECT k.user_id, k.profile_id FROM users k WHERE k.tenant_id = p_tenant AND k.user_id = i.usr AND k.erased_at IS NULL LIMIT 1) AS u ON true
        LEFT JOIN LATERAL (SELECT p.job_id FROM job_postings p WHERE i.h IS NULL AND p.tenant_id = p_tenant AND p.job_id = i.job LIMIT 1) AS j ON true
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

CREATE OR REPLACE FUNCTION jm_release(p_tenant uuid, p_apps uuid[])
RETURNS SETOF jm_row LANGUAGE plpgsql AS $$
DECLARE v_kind smallint := 1; f_s uuid[]; f_k smallint[]; f_st smallint[]; f_p smallint[]; f_tr text[]; r_b uuid[];
        a_t uuid[]; a_b uuid[]; a_s uuid[]; a_st smallint[]; a_six smallint[]; a_zero smallint[]; b record;
BEGIN
    IF coalesce(array_length(p_apps, 1), 0) = 0 THEN
        RETURN;
    END IF;
    WITH need AS (
        SELECT a.job_id AS s, 2::smallint AS kind, 1::smallint AS stage, min(a.priority) AS priority, min(a.traceparent) AS tr, (array_agg(a.batch_id ORDER BY a.application_id))[1] AS batch_id FROM applications a
            WHERE a.tenant_id = p_tenant AND a.application_id = ANY (p_apps)
              AND (SELECT true FROM posting_analyses x WHERE x.tenant_id = p_tenant AND x.job_id = a.job_id LIMIT 1) IS NULL GROUP BY a.job_id
        UNION ALL
        SELECT a.job_id, 3, 4, min(a.priority), min(a.traceparent), (array_agg(a.batch_id ORDER BY a.application_id))[1] FROM applications a
            WHERE a.tenant_id = p_tenant AND a.application_id = ANY (p_apps)
              AND (SELECT true FROM posting_vectors x WHERE x.tenant_id = p_tenant AND x.job_id = a.job_id LIMIT 1) IS NULL GROUP BY a.job_id
        UNION ALL
        SELECT a.profile_id, 4, 4, min(a.priority), min(a.traceparent), (array_agg(a.batch_id ORDER BY a.application_id))[1] FROM applications a
            WHERE a.tenant_id = p_tenant AND a.application_id = ANY (p_apps)
              AND (SELECT true FROM profile_vectors x WHERE x.tenant_id = p_tenant AND x.profile_id = a.profile_id LIMIT 1) IS NULL GROUP BY a.profile_id
    ), ins AS (
        INSERT INTO tasks AS k (tenant_id, subject_id, kind, stage, state, priority, batch_id, job_id, profile_id, traceparent)
        SELECT p_tenant, s, kind, stage, 3, priority, batch_id, CASE WHEN kind < 4 THEN s END, CASE WHEN kind = 4 THEN s END, tr FROM need ORDER BY s, kind
        -- locks the row in any case, writes only what becomes more urgent: that goes to the other topic, too
        ON CONFLICT (tenant_id, subject_id, kind) DO UPDATE SET priority = excluded.priority WHERE k.priority > excluded.priority
        RETURNING k.subject_id, k.kind, k.stage, k.priority, k.traceparent, k.state
    )
    SELECT array_agg(subject_id), array_agg(kind), array_agg(stage), array_agg(priority), array_agg(traceparent) INTO f_s, f_k, f_st, f_p, f_tr
    FROM ins WHERE state = 3;
    IF f_s IS NOT NULL THEN -- what was made while the row above was waited for needs no task
        RETURN QUERY
        WITH have AS MATERIALIZED (
            SELECT x.s, x.kd FROM unnest(f_s, f_k) AS x(s, kd)
            WHERE CASE x.kd WHEN 2 THEN (SELECT true FROM posting_analyses v WHERE v.tenant_id = p_tenant AND v.job_id = x.s LIMIT 1)
                            WHEN 3 THEN (SELECT true FROM posting_vectors v WHERE v.tenant_id = p_tenant AND v.job_id = x.s LIMIT 1)
                            ELSE (SELECT true FROM profile_vectors v WHERE v.tenant_id = p_tenant AND v.profile_id = x.s LIMIT 1) END
        ), mine AS MATERIALIZED (
            SELECT k.* FROM have h CROSS JOIN LATERAL (SELECT o.tenant_id, o.subject_id, o.kind FROM tasks o
                WHERE o.tenant_id = p_tenant AND o.subject_id = h.s AND o.kind = h.kd AND o.state = 3 FOR UPDATE) AS k
        ), gone AS (
            DELETE FROM tasks k USING mine m WHERE k.tenant_id = ANY (ARRAY[m.tenant_id]) AND k.subject_id = m.subject_id AND k.kind = m.kind
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
            SELECT (SELECT true FROM posting_analyses x WHERE x.tenant_id = p_tenant AND x.job_id = a.job_id LIMIT 1) IS NOT NULL AS analyzed,
                   (SELECT true FROM posting_vectors x WHERE x.tenant_id = p_tenant AND x.job_id = a.job_id LIMIT 1) IS NOT NULL
                   AND (SELECT true FROM profile_vectors x WHERE x.tenant_id = p_tenant AND x.profile_id = a.profile_id LIMIT 1) IS NOT NULL AS embedded) r
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
