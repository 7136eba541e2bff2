-- Model providers: the journal of calls and replies, the ledger, ceilings.

-- One row per ask, by the hash of everything that goes into it (keyed, so that nobody can try texts against it). It is three things at once: the journal (a reply is
-- here before anybody reads it), the cache (the same ask again is answered from here) and the single flight (while state is 1 and its worker lives, nobody
-- else calls). state: 1 out, 2 answered. sealed: under the user's key, bound to owner_id, where the ask holds personal text; plain otherwise.
DROP TABLE model_replies;
CREATE TABLE model_asks (
    tenant_id          uuid NOT NULL,
    ask_hash           bytea NOT NULL,
    state              smallint NOT NULL,
    stage              smallint NOT NULL,
    worker_id          uuid NOT NULL,
    batch_id           uuid,
    taken_over         int NOT NULL DEFAULT 0,
    reserved_microusd  bigint NOT NULL DEFAULT 0,
    reserved_day       date,
    reply              bytea,
    billed             boolean NOT NULL DEFAULT false,
    asked_at           timestamptz NOT NULL DEFAULT now(),
    replied_at         timestamptz,
    PRIMARY KEY (tenant_id, ask_hash)
) WITH (fillfactor = 80);
ALTER TABLE model_asks ALTER COLUMN reply SET STORAGE EXTERNAL; -- sealed bytes, or packed ones
CREATE INDEX model_asks_age ON model_asks (asked_at);

ALTER TABLE model_usage
    ADD COLUMN application_id uuid, ADD COLUMN attempt int NOT NULL DEFAULT 1, ADD COLUMN cache_write_tokens int NOT NULL DEFAULT 0,
    ADD COLUMN reasoning_tokens int NOT NULL DEFAULT 0, ADD COLUMN price_version text NOT NULL DEFAULT '', ADD COLUMN outcome smallint NOT NULL DEFAULT 1,
    ADD COLUMN provider_id text NOT NULL DEFAULT '';
CREATE INDEX model_usage_batch ON model_usage (tenant_id, batch_id);

ALTER TABLE batches ADD COLUMN ceiling_microusd bigint NOT NULL DEFAULT 0; -- 0: no ceiling of its own

-- What was spent and what is out, where a ceiling may be: scope 1 the tenant, 2 the tenant's day (UTC), 3 a batch.
CREATE TABLE spending (
    tenant_id         uuid NOT NULL,
    scope             smallint NOT NULL,
    scope_id          uuid NOT NULL,
    day               date NOT NULL DEFAULT 'epoch',
    spent_microusd    bigint NOT NULL DEFAULT 0,
    reserved_microusd bigint NOT NULL DEFAULT 0,
    calls             bigint NOT NULL DEFAULT 0,
    bought_twice      bigint NOT NULL DEFAULT 0, -- at most: calls whose process was lost before the reply was in the journal
    PRIMARY KEY (tenant_id, scope, scope_id, day)
) WITH (fillfactor = 40);

DO $$
DECLARE t text;
BEGIN
    FOREACH t IN ARRAY ARRAY['model_asks', 'spending'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', t);
        EXECUTE format('CREATE POLICY one_tenant ON %I TO PUBLIC USING (tenant_id = (SELECT jm_tenant())) WITH CHECK (tenant_id = (SELECT jm_tenant()))', t);
        EXECUTE format('CREATE POLICY fleet ON %I TO jobmill_dispatcher, jobmill_analyzer, jobmill_optimizer, jobmill_cover_letter, jobmill_embedding USING (true) WITH CHECK (true)', t);
    END LOOP;
END $$;
GRANT SELECT, INSERT, UPDATE, DELETE ON model_asks, spending TO jobmill_dispatcher, jobmill_analyzer, jobmill_optimizer, jobmill_cover_letter, jobmill_embedding;
GRANT INSERT, SELECT (tenant_id, batch_id, application_id, cost_microusd) ON model_usage TO jobmill_analyzer, jobmill_optimizer, jobmill_cover_letter, jobmill_embedding;
GRANT SELECT (batch_id, cost_microusd), UPDATE (cost_microusd) ON applications TO jobmill_analyzer, jobmill_optimizer, jobmill_cover_letter, jobmill_embedding;
GRANT SELECT ON spending TO jobmill_gateway;

-- Lock order from here on: tasks, model_usage, applications, batches, model_asks, spending.

-- Moves what is reserved and spent of the scopes of a set of calls, one row update a scope. Rows are taken in one order.
CREATE FUNCTION jm_spending_move(p_tenants uuid[], p_batches uuid[], p_days date[], p_reserved bigint[], p_spent bigint[], p_calls bigint[], p_twice bigint[])
RETURNS void LANGUAGE sql AS $$
    INSERT INTO spending AS s (tenant_id, scope, scope_id, day, spent_microusd, reserved_microusd, calls, bought_twice)
    SELECT t, scope, id, day, sum(spent), sum(reserved), sum(calls), sum(twice) FROM (
        SELECT t, 1::smallint AS scope, t AS id, 'epoch'::date AS day, reserved, spent, calls, twice
            FROM unnest(p_tenants, p_reserved, p_spent, p_calls, p_twice) AS x(t, reserved, spent, calls, twice)
        UNION ALL
        SELECT t, 2, t, d, reserved, spent, calls, twice FROM unnest(p_tenants, p_days, p_reserved, p_spent, p_calls, p_twice) AS x(t, d, reserved, spent, calls, twice)
        UNION ALL
        SELECT t, 3, b, 'epoch', reserved, spent, calls, twice FROM unnest(p_tenants, p_batches, p_reserved, p_spent, p_calls, p_twice) AS x(t, b, reserved, spent, calls, twice)
            WHERE b IS NOT NULL) AS m
    GROUP BY t, scope, id, day ORDER BY t, scope, id, day
    ON CONFLICT (tenant_id, scope, scope_id, day) DO UPDATE SET spent_microusd = s.spent_microusd + excluded.spent_microusd,
        reserved_microusd = s.reserved_microusd + excluded.reserved_microusd, calls = s.calls + excluded.calls, bought_twice = s.bought_twice + excluded.bought_twice
$$;

-- Before a call. Says for each ask (in order) what to do: 1 call; 2 the reply is here; 3 somebody else is calling; 4 over a ceiling (scope says which: 1 tenant,
-- 2 day, 3 batch, 4 application). No ask twice in one call. p_estimates: the most that the call may cost. The ceilings hold for every tenant; a batch may
-- have a lower one of its own; 0: none. An ask whose process was lost is taken over: it may be bought twice, and that is counted.
CREATE FUNCTION jm_ask(p_worker uuid, p_stage smallint, p_tenants uuid[], p_hashes bytea[], p_batches uuid[], p_apps uuid[], p_estimates bigint[],
                       p_tenant_max bigint, p_day_max bigint, p_batch_max bigint, p_app_max bigint)
RETURNS TABLE (what smallint, reply bytea, billed boolean, scope smallint) LANGUAGE plpgsql AS $$
DECLARE v_n int := cardinality(p_tenants); v_what smallint[] := array_fill(3::smallint, ARRAY[v_n]); v_reply bytea[] := array_fill(NULL::bytea, ARRAY[v_n]);
        v_scope smallint[] := array_fill(0::smallint, ARRAY[v_n]); v_billed boolean[] := array_fill(false, ARRAY[v_n]); v_today date := (now() AT TIME ZONE 'UTC')::date; r record;
        v_ceiling bigint; v_spent bigint; v_over smallint;
        v_any boolean := p_tenant_max > 0 OR p_day_max > 0 OR p_batch_max > 0 OR p_app_max > 0
            OR EXISTS (SELECT 1 FROM batches b WHERE (b.tenant_id, b.batch_id) IN (SELECT DISTINCT * FROM unnest(p_tenants, p_batches)) AND b.ceiling_microusd > 0);
BEGIN
    -- in the order of the hashes, here and below, so that two workers never wait for each other
    FOR r IN
        WITH x AS (SELECT * FROM unnest(p_tenants, p_hashes, p_batches) WITH ORDINALITY AS u(t, h, b, ord) ORDER BY u.h),
        ins AS (INSERT INTO model_asks AS m (tenant_id, ask_hash, state, stage, worker_id, batch_id)
                SELECT x.t, x.h, 1, p_stage, p_worker, x.b FROM x ON CONFLICT DO NOTHING RETURNING m.tenant_id, m.ask_hash)
        SELECT x.ord::int AS ord FROM x JOIN ins ON ins.tenant_id = x.t AND ins.ask_hash = x.h
    LOOP
        v_what[r.ord] := 1;
    END LOOP;
    FOR r IN
        SELECT x.ord::int AS ord, m.* FROM (SELECT * FROM unnest(p_tenants, p_hashes, v_what) WITH ORDINALITY AS u(t, h, w, ord) WHERE u.w = 3 ORDER BY u.h) AS x
        CROSS JOIN LATERAL (
            SELECT k.tenant_id, k.ask_hash, k.state, k.reply, k.billed, k.batch_id, k.reserved_microusd, k.reserved_day,
                   k.worker_id = p_worker OR NOT EXISTS (SELECT 1 FROM workers w WHERE w.worker_id = k.worker_id AND w.lost_at IS NULL) AS free
            FROM model_asks k WHERE k.tenant_id = x.t AND k.ask_hash = x.h FOR UPDATE) AS m
    LOOP
        IF r.state = 2 THEN
            v_what[r.ord] := 2;
            v_reply[r.ord] := r.reply;
            v_billed[r.ord] := r.billed;
        ELSIF r.free THEN
            v_what[r.ord] := 1;
            PERFORM jm_spending_move(ARRAY[r.tenant_id], ARRAY[r.batch_id], ARRAY[coalesce(r.reserved_day, v_today)], ARRAY[-r.reserved_microusd], ARRAY[0::bigint], ARRAY[0::bigint], ARRAY[1::bigint]);
            UPDATE model_asks k SET worker_id = p_worker, taken_over = k.taken_over + 1, batch_id = p_batches[r.ord], reserved_microusd = 0, asked_at = now()
            WHERE k.tenant_id = r.tenant_id AND k.ask_hash = r.ask_hash;
        END IF;
    END LOOP;
    IF v_any THEN -- one ask after the other: what is reserved for one counts for the next
        FOR i IN 1 .. v_n LOOP
            CONTINUE WHEN v_what[i] <> 1;
            PERFORM 1 FROM spending s WHERE s.tenant_id = p_tenants[i] AND (s.scope, s.scope_id, s.day) IN
                ((1::smallint, p_tenants[i], 'epoch'::date), (2::smallint, p_tenants[i], v_today), (3::smallint, p_batches[i], 'epoch'::date))
                ORDER BY s.tenant_id, s.scope, s.scope_id, s.day FOR UPDATE;
            SELECT b.ceiling_microusd INTO v_ceiling FROM batches b WHERE b.tenant_id = p_tenants[i] AND b.batch_id = p_batches[i];
            v_ceiling := CASE WHEN coalesce(v_ceiling, 0) > 0 AND p_batch_max > 0 THEN least(v_ceiling, p_batch_max) ELSE greatest(coalesce(v_ceiling, 0), p_batch_max) END;
            SELECT min(c.scope) INTO v_over FROM (VALUES (1::smallint, p_tenants[i], 'epoch'::date, p_tenant_max), (2::smallint, p_tenants[i], v_today, p_day_max),
                                                         (3::smallint, p_batches[i], 'epoch'::date, v_ceiling)) AS c(scope, id, day, most)
                LEFT JOIN spending s ON s.tenant_id = p_tenants[i] AND s.scope = c.scope AND s.scope_id = c.id AND s.day = c.day
                WHERE c.most > 0 AND coalesce(s.spent_microusd + s.reserved_microusd, 0) + p_estimates[i] > c.most;
            IF v_over IS NULL AND p_app_max > 0 AND p_apps[i] IS NOT NULL THEN
                SELECT a.cost_microusd INTO v_spent FROM applications a WHERE a.tenant_id = p_tenants[i] AND a.application_id = p_apps[i];
                v_over := CASE WHEN coalesce(v_spent, 0) + p_estimates[i] > p_app_max THEN 4 END;
            END IF;
            IF v_over IS NULL THEN
                PERFORM jm_spending_move(ARRAY[p_tenants[i]], ARRAY[p_batches[i]], ARRAY[v_today], ARRAY[p_estimates[i]], ARRAY[0::bigint], ARRAY[0::bigint], ARRAY[0::bigint]);
                UPDATE model_asks k SET reserved_microusd = p_estimates[i], reserved_day = v_today WHERE k.tenant_id = p_tenants[i] AND k.ask_hash = p_hashes[i];
            ELSE
                v_what[i] := 4;
                v_scope[i] := v_over;
                DELETE FROM model_asks k WHERE k.tenant_id = p_tenants[i] AND k.ask_hash = p_hashes[i];
            END IF;
        END LOOP;
    END IF;
    RETURN QUERY SELECT x.w, x.rep, x.bi, x.sc FROM unnest(v_what, v_reply, v_billed, v_scope) WITH ORDINALITY AS x(w, rep, bi, sc, ord) ORDER BY x.ord;
END $$;

-- A reply is durable before anybody reads it. The first one stays; a second one (of a process that was thought lost) is not kept, but billed all the same.
-- Returns how many were kept.
CREATE FUNCTION jm_reply(p_tenants uuid[], p_hashes bytea[], p_replies bytea[]) RETURNS int LANGUAGE sql AS $$
    WITH kept AS (
        -- opening does not wait for the disk: after a crash of the server the ask may be gone, its reply is kept all the same
        INSERT INTO model_asks AS m (tenant_id, ask_hash, state, stage, worker_id, reply, replied_at)
        SELECT u.t, u.h, 2, 0, '00000000-0000-0000-0000-000000000000', u.r, now() FROM unnest(p_tenants, p_hashes, p_replies) AS u(t, h, r) ORDER BY u.h
        ON CONFLICT (tenant_id, ask_hash) DO UPDATE SET state = 2, reply = excluded.reply, replied_at = now() WHERE m.state = 1
        RETURNING 1
    )
    SELECT count(*)::int FROM kept
$$;

-- The ledger, once per usage_id (which is in the reply, so that who reads a reply that nobody billed can). What was reserved for the ask is free again.
CREATE FUNCTION jm_bill(p_tenants uuid[], p_hashes bytea[], p_usages uuid[], p_stage smallint, p_subjects uuid[], p_apps uuid[], p_batches uuid[],
                        p_attempts int[], p_providers text[], p_models text[], p_provider_ids text[], p_prompt int[], p_completion int[], p_cached int[],
                        p_cache_write int[], p_reasoning int[], p_latency int[], p_costs bigint[], p_prices text[], p_outcomes smallint[])
RETURNS int LANGUAGE plpgsql AS $$
DECLARE v_today date := (now() AT TIME ZONE 'UTC')::date; n_t uuid[]; n_b uuid[]; n_a uuid[]; n_c bigint[]; n_d date[]; n_one bigint[]; n_zero bigint[];
        m_t uuid[]; m_b uuid[]; m_d date[]; m_r bigint[]; m_z bigint[];
BEGIN
    WITH ins AS (
        INSERT INTO model_usage AS k (tenant_id, usage_id, batch_id, subject_id, application_id, stage, attempt, provider, model, provider_id, prompt_tokens, completion_tokens,
                                 cached_tokens, cache_write_tokens, reasoning_tokens, latency_ms, cost_microusd, price_version, outcome)
        SELECT t, u, b, s, app, p_stage, att, pr, mo, pid, pt, ct, ca, cw, re, la, co, pv, oc
        FROM unnest(p_tenants, p_usages, p_batches, p_subjects, p_apps, p_attempts, p_providers, p_models, p_provider_ids, p_prompt, p_completion, p_cached,
                    p_cache_write, p_reasoning, p_latency, p_costs, p_prices, p_outcomes) AS x(t, u, b, s, app, att, pr, mo, pid, pt, ct, ca, cw, re, la, co, pv, oc)
        ORDER BY u ON CONFLICT DO NOTHING RETURNING k.tenant_id, k.batch_id, k.application_id, k.cost_microusd
    )
    SELECT array_agg(tenant_id), array_agg(batch_id), array_agg(application_id), array_agg(cost_microusd), array_agg(v_today), array_agg(1::bigint), array_agg(0::bigint)
    INTO n_t, n_b, n_a, n_c, n_d, n_one, n_zero FROM ins;
    IF n_t IS NOT NULL THEN
        WITH c AS (SELECT t, app, sum(co)::bigint AS cost FROM unnest(n_t, n_a, n_c) AS x(t, app, co) WHERE app IS NOT NULL AND co > 0 GROUP BY t, app),
        l AS MATERIALIZED (SELECT a.tenant_id, a.application_id, c.cost FROM (SELECT * FROM c ORDER BY app) AS c CROSS JOIN LATERAL (
            SELECT k.tenant_id, k.application_id FROM applications k WHERE k.tenant_id = c.t AND k.application_id = c.app FOR UPDATE) AS a)
        UPDATE applications a SET cost_microusd = a.cost_microusd + l.cost FROM l WHERE a.tenant_id = l.tenant_id AND a.application_id = l.application_id;
        WITH c AS (SELECT t, b, sum(co)::bigint AS cost FROM unnest(n_t, n_b, n_c) AS x(t, b, co) WHERE b IS NOT NULL AND co > 0 GROUP BY t, b),
        l AS MATERIALIZED (SELECT a.tenant_id, a.batch_id, c.cost FROM (SELECT * FROM c ORDER BY b) AS c CROSS JOIN LATERAL (
            SELECT k.tenant_id, k.batch_id FROM batches k WHERE k.tenant_id = c.t AND k.batch_id = c.b FOR UPDATE) AS a)
        UPDATE batches a SET cost_microusd = a.cost_microusd + l.cost, version = a.version + 1, updated_at = now() FROM l
        WHERE a.tenant_id = l.tenant_id AND a.batch_id = l.batch_id;
    END IF;
    WITH x AS MATERIALIZED (
        SELECT m.* FROM (SELECT DISTINCT t, h FROM unnest(p_tenants, p_hashes) AS u(t, h) ORDER BY h) AS u CROSS JOIN LATERAL (
            SELECT k.tenant_id, k.ask_hash, k.batch_id, k.reserved_microusd, k.reserved_day FROM model_asks k
            WHERE k.tenant_id = u.t AND k.ask_hash = u.h AND k.state = 2 AND NOT k.billed FOR UPDATE) AS m
    ), done AS (
        UPDATE model_asks k SET billed = true, reserved_microusd = 0 FROM x WHERE k.tenant_id = x.tenant_id AND k.ask_hash = x.ask_hash
    )
    SELECT array_agg(tenant_id), array_agg(batch_id), array_agg(reserved_day), array_agg(-reserved_microusd), array_agg(0::bigint)
    INTO m_t, m_b, m_d, m_r, m_z FROM x WHERE reserved_microusd <> 0;
    IF n_t IS NOT NULL OR m_t IS NOT NULL THEN -- a reservation goes back to its own day; what was spent is of today
        PERFORM jm_spending_move(coalesce(m_t, '{}') || coalesce(n_t, '{}'), coalesce(m_b, '{}') || coalesce(n_b, '{}'), coalesce(m_d, '{}') || coalesce(n_d, '{}'),
                                 coalesce(m_r, '{}') || coalesce(n_zero, '{}'), coalesce(m_z, '{}') || coalesce(n_c, '{}'),
                                 coalesce(m_z, '{}') || coalesce(n_one, '{}'), coalesce(m_z, '{}') || coalesce(n_zero, '{}'));
    END IF;
    RETURN cardinality(coalesce(n_t, '{}'));
END $$;

-- After a call that was not paid for (refused, never arrived, an error in the shape of an answer): the ask is free again.
CREATE FUNCTION jm_unask(p_worker uuid, p_tenants uuid[], p_hashes bytea[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE m_t uuid[]; m_b uuid[]; m_d date[]; m_r bigint[]; m_z bigint[];
BEGIN
    WITH x AS MATERIALIZED (
        SELECT m.* FROM (SELECT * FROM unnest(p_tenants, p_hashes) AS u(t, h) ORDER BY u.h) AS u CROSS JOIN LATERAL (
            SELECT k.tenant_id, k.ask_hash FROM model_asks k WHERE k.tenant_id = u.t AND k.ask_hash = u.h AND ((k.state = 1 AND k.worker_id = p_worker) OR (k.state = 2 AND NOT k.billed)) FOR UPDATE) AS m
    ), gone AS (
        DELETE FROM model_asks k USING x WHERE k.tenant_id = x.tenant_id AND k.ask_hash = x.ask_hash RETURNING k.tenant_id, k.batch_id, k.reserved_day, k.reserved_microusd
    )
    SELECT array_agg(tenant_id), array_agg(batch_id), array_agg(reserved_day), array_agg(-reserved_microusd), array_agg(0::bigint)
    INTO m_t, m_b, m_d, m_r, m_z FROM gone WHERE reserved_microusd <> 0;
    IF m_t IS NOT NULL THEN
        PERFORM jm_spending_move(m_t, m_b, m_d, m_r, m_z, m_z, m_z);
    END IF;
END $$;

-- Asks of processes that are lost and that nobody asked again, and replies that are too old to answer anybody: p_limit at a time. The former are counted as
-- possibly paid for nothing. Returns their number.
CREATE FUNCTION jm_asks_sweep(p_keep interval, p_limit int) RETURNS int LANGUAGE plpgsql AS $$
DECLARE r record; n int := 0;
BEGIN
    FOR r IN
        DELETE FROM model_asks k USING (
            SELECT m.tenant_id, m.ask_hash FROM model_asks m WHERE (m.state = 2 AND m.asked_at < now() - p_keep)
                OR (m.state = 1 AND m.asked_at < now() - interval '15 minutes'
                    AND NOT EXISTS (SELECT 1 FROM workers w WHERE w.worker_id = m.worker_id AND w.lost_at IS NULL))
            ORDER BY m.asked_at LIMIT p_limit FOR UPDATE SKIP LOCKED) AS old
        WHERE k.tenant_id = old.tenant_id AND k.ask_hash = old.ask_hash RETURNING k.tenant_id, k.batch_id, k.state, k.reserved_microusd, k.reserved_day
    LOOP
        n := n + 1;
        IF r.state = 1 AND r.reserved_microusd <> 0 THEN
            PERFORM jm_spending_move(ARRAY[r.tenant_id], ARRAY[r.batch_id], ARRAY[r.reserved_day], ARRAY[-r.reserved_microusd], ARRAY[0::bigint], ARRAY[0::bigint], ARRAY[0::bigint]);
        END IF;
    END LOOP;
    RETURN n;
END $$;

-- As in 0002, with outcome 4: parked until a time for a reason that is nobody's failure (a limit, a ceiling, a key): the attempt does not count.
CREATE OR REPLACE FUNCTION jm_settle(p_worker uuid, p_tenants uuid[], p_subjects uuid[], p_kinds smallint[], p_tokens bigint[], p_outcomes smallint[],
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
        ELSIF r.outcome = 4 THEN
            UPDATE tasks k SET state = 5, attempt = greatest(k.attempt - 1, 0), worker_id = NULL, code = r.code, not_before = now() + make_interval(secs => r.delay_ms / 1000.0)
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

-- As in 0002, and the shared tasks carry the batch that brought them: the ledger needs somebody to write their calls to.
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
              AND NOT EXISTS (SELECT 1 FROM posting_analyses x WHERE x.tenant_id = p_tenant AND x.job_id = a.job_id) GROUP BY a.job_id
        UNION ALL
        SELECT a.job_id, 3, 4, min(a.priority), min(a.traceparent), (array_agg(a.batch_id ORDER BY a.application_id))[1] FROM applications a
            WHERE a.tenant_id = p_tenant AND a.application_id = ANY (p_apps)
              AND NOT EXISTS (SELECT 1 FROM posting_vectors x WHERE x.tenant_id = p_tenant AND x.job_id = a.job_id) GROUP BY a.job_id
        UNION ALL
        SELECT a.profile_id, 4, 4, min(a.priority), min(a.traceparent), (array_agg(a.batch_id ORDER BY a.application_id))[1] FROM applications a
            WHERE a.tenant_id = p_tenant AND a.application_id = ANY (p_apps)
              AND NOT EXISTS (SELECT 1 FROM profile_vectors x WHERE x.tenant_id = p_tenant AND x.profile_id = a.profile_id) GROUP BY a.profile_id
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
