-- A call costs three rows: its ask, the ask with its reply, its line in the ledger. Until here it was twice as many: the bill wrote the reply's row once more
-- (billed), and rows of the application and of the batch, whose lock all stages wait for.
--
--  - billed: the ledger has a line with the ask's usage_id. Nothing has to be written for that, and what is reserved for an ask is free as soon as that line is there.
--  - what an application or a batch has cost is what the ledger says; of a batch the sum is in spending already.
--  - replies stay in their row up to a page. Elsewhere they would be rows of 2 KB with index entries of their own.

ALTER TABLE model_asks ADD COLUMN usage_id uuid; -- state 2: of the call whose reply this is
ALTER TABLE model_asks SET (fillfactor = 10, toast_tuple_target = 8160); -- room beside an ask for its reply, so that the index needs no second entry

-- What nobody billed before the schema changed is free again; who reads such a reply still writes its line.
ALTER TABLE model_asks NO FORCE ROW LEVEL SECURITY;
ALTER TABLE spending NO FORCE ROW LEVEL SECURITY;
UPDATE spending s SET reserved_microusd = s.reserved_microusd - m.sum FROM (
    SELECT k.tenant_id, c.scope, c.id, c.day, sum(k.reserved_microusd)::bigint AS sum FROM model_asks k CROSS JOIN LATERAL (VALUES
        (1::smallint, k.tenant_id, 'epoch'::date), (2::smallint, k.tenant_id, k.reserved_day), (3::smallint, k.batch_id, 'epoch'::date)) AS c(scope, id, day)
    WHERE k.state = 2 AND NOT k.billed AND k.reserved_microusd <> 0 GROUP BY 1, 2, 3, 4) AS m
WHERE s.tenant_id = m.tenant_id AND s.scope = m.scope AND s.scope_id = m.id AND s.day = m.day;
UPDATE model_asks SET reserved_microusd = 0 WHERE state = 2 AND reserved_microusd <> 0;
ALTER TABLE model_asks FORCE ROW LEVEL SECURITY;
ALTER TABLE spending FORCE ROW LEVEL SECURITY;

ALTER TABLE model_asks DROP COLUMN billed;
ALTER TABLE applications DROP COLUMN cost_microusd;
ALTER TABLE batches DROP COLUMN cost_microusd;
DROP INDEX model_usage_batch;
CREATE INDEX model_usage_batch ON model_usage (batch_id, application_id);
GRANT SELECT (usage_id) ON model_usage TO jobmill_analyzer, jobmill_optimizer, jobmill_cover_letter, jobmill_embedding;
GRANT SELECT (tenant_id, usage_id) ON model_usage TO jobmill_dispatcher;

-- As in 0006, with a plan that is kept.
CREATE OR REPLACE FUNCTION jm_spending_move(p_tenants uuid[], p_batches uuid[], p_days date[], p_reserved bigint[], p_spent bigint[], p_calls bigint[], p_twice bigint[])
RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO spending AS s (tenant_id, scope, scope_id, day, spent_microusd, reserved_microusd, calls, bought_twice)
    SELECT x.t, c.scope, c.id, c.day, sum(x.spent), sum(x.reserved), sum(x.calls), sum(x.twice)
    FROM unnest(p_tenants, p_batches, p_days, p_reserved, p_spent, p_calls, p_twice) AS x(t, b, d, reserved, spent, calls, twice)
    CROSS JOIN LATERAL (VALUES (1::smallint, x.t, 'epoch'::date), (2::smallint, x.t, x.d), (3::smallint, x.b, 'epoch'::date)) AS c(scope, id, day)
    WHERE c.id IS NOT NULL GROUP BY x.t, c.scope, c.id, c.day ORDER BY x.t, c.scope, c.id, c.day
    ON CONFLICT (tenant_id, scope, scope_id, day) DO UPDATE SET spent_microusd = s.spent_microusd + excluded.spent_microusd,
        reserved_microusd = s.reserved_microusd + excluded.reserved_microusd, calls = s.calls + excluded.calls, bought_twice = s.bought_twice + excluded.bought_twice;
END $$;

-- As in 0011, but that ceilings are looked at in sets: the rows of money are locked once, and what the asks of one call come to is added up here.
CREATE OR REPLACE FUNCTION jm_ask(p_worker uuid, p_stage smallint, p_tenants uuid[], p_hashes bytea[], p_batches uuid[], p_apps uuid[], p_estimates bigint[],
                       p_tenant_max bigint, p_day_max bigint, p_batch_max bigint, p_app_max bigint)
RETURNS TABLE (what smallint, reply bytea, billed boolean, scope smallint) LANGUAGE plpgsql AS $$
DECLARE v_n int := cardinality(p_tenants); v_what smallint[] := array_fill(3::smallint, ARRAY[v_n]); v_reply bytea[] := array_fill(NULL::bytea, ARRAY[v_n]);
        v_scope smallint[] := array_fill(0::smallint, ARRAY[v_n]); v_billed boolean[] := array_fill(false, ARRAY[v_n]); v_today date := (now() AT TIME ZONE 'UTC')::date; r record;
        v_over smallint; o_t uuid[]; o_h bytea[]; o_new uuid[]; o_b uuid[]; o_d date[]; o_r bigint[]; o_zero bigint[]; o_one bigint[]; v_mine int := 0;
        t_at int[]; b_at int[]; t_sum bigint[]; d_sum bigint[]; b_sum bigint[]; b_most bigint[]; a_sum bigint[];
        v_any boolean := p_tenant_max > 0 OR p_day_max > 0 OR p_batch_max > 0 OR p_app_max > 0
            OR EXISTS (SELECT 1 FROM (SELECT DISTINCT t, b FROM unnest(p_tenants, p_batches) AS x(t, b) WHERE b IS NOT NULL) AS x CROSS JOIN LATERAL (
                SELECT k.ceiling_microusd FROM batches k WHERE k.tenant_id = x.t AND k.batch_id = x.b OFFSET 0) AS m WHERE m.ceiling_microusd > 0);
BEGIN
    -- in the order of the hashes, here and below, so that two workers never wait for each other
    FOR r IN
        WITH x AS (SELECT * FROM unnest(p_tenants, p_hashes, p_batches) WITH ORDINALITY AS u(t, h, b, ord) ORDER BY u.h),
        ins AS (INSERT INTO model_asks AS m (tenant_id, ask_hash, state, stage, worker_id, batch_id)
                SELECT x.t, x.h, 1, p_stage, p_worker, x.b FROM x ON CONFLICT DO NOTHING RETURNING m.tenant_id, m.ask_hash)
        SELECT x.ord::int AS ord FROM x JOIN ins ON ins.tenant_id = x.t AND ins.ask_hash = x.h
    LOOP
        v_what[r.ord] := 1;
        v_mine := v_mine + 1;
    END LOOP;
    IF v_mine < v_n THEN
        FOR r IN
            SELECT x.ord::int AS ord, m.*, (SELECT true FROM model_usage g WHERE g.tenant_id = m.tenant_id AND g.usage_id = m.usage_id LIMIT 1) IS NOT NULL AS billed
            FROM (SELECT * FROM unnest(p_tenants, p_hashes, v_what) WITH ORDINALITY AS u(t, h, w, ord) WHERE u.w = 3 ORDER BY u.h) AS x
            CROSS JOIN LATERAL (
                SELECT k.tenant_id, k.ask_hash, k.state, k.reply, k.usage_id, k.batch_id, k.reserved_microusd, k.reserved_day,
                       k.worker_id = p_worker OR NOT EXISTS (SELECT 1 FROM workers w WHERE w.worker_id = k.worker_id AND w.lost_at IS NULL) AS free
                FROM model_asks k WHERE k.tenant_id = x.t AND k.ask_hash = x.h FOR UPDATE) AS m
        LOOP
            IF r.state = 2 THEN
                v_what[r.ord] := 2;
                v_reply[r.ord] := r.reply;
                v_billed[r.ord] := r.billed;
            ELSIF r.free THEN
                v_what[r.ord] := 1;
                v_mine := v_mine + 1;
                o_t := o_t || r.tenant_id; o_h := o_h || r.ask_hash; o_new := o_new || p_batches[r.ord]; o_b := o_b || r.batch_id;
                o_d := o_d || coalesce(r.reserved_day, v_today); o_r := o_r || -r.reserved_microusd; o_zero := o_zero || 0::bigint; o_one := o_one || 1::bigint;
            END IF;
        END LOOP;
    END IF;
    IF o_t IS NOT NULL THEN -- taken over: in one go, for after a crash these are thousands
        UPDATE model_asks k SET worker_id = p_worker, taken_over = k.taken_over + 1, batch_id = o.b, reserved_microusd = 0, asked_at = now()
        FROM unnest(o_t, o_h, o_new) AS o(t, h, b) WHERE k.tenant_id = ANY (ARRAY[o.t]) AND k.ask_hash = o.h;
        PERFORM jm_spending_move(o_t, o_b, o_d, o_r, o_zero, o_zero, o_one);
    END IF;
    IF v_any AND v_mine > 0 THEN
        INSERT INTO spending (tenant_id, scope, scope_id, day) -- so that there is a row to lock
        SELECT DISTINCT x.t, c.scope, c.id, c.day FROM unnest(p_tenants, p_batches, v_what) AS x(t, b, w)
        CROSS JOIN LATERAL (VALUES (1::smallint, x.t, 'epoch'::date), (2::smallint, x.t, v_today), (3::smallint, x.b, 'epoch'::date)) AS c(scope, id, day)
        WHERE x.w = 1 AND c.id IS NOT NULL ORDER BY 1, 2, 3, 4 ON CONFLICT DO NOTHING;
        PERFORM 1 FROM (
            SELECT DISTINCT x.t, c.scope, c.id, c.day FROM unnest(p_tenants, p_batches, v_what) AS x(t, b, w)
            CROSS JOIN LATERAL (VALUES (1::smallint, x.t, 'epoch'::date), (2::smallint, x.t, v_today), (3::smallint, x.b, 'epoch'::date)) AS c(scope, id, day)
            WHERE x.w = 1 AND c.id IS NOT NULL ORDER BY 1, 2, 3, 4) AS u CROSS JOIN LATERAL (
            SELECT 1 FROM spending s WHERE s.tenant_id = u.t AND s.scope = u.scope AND s.scope_id = u.id AND s.day = u.day FOR NO KEY UPDATE) AS locked;
        -- each ask's place among the tenants and the batches, and what stands there; a new statement sees what committed before the lock
        SELECT array_agg(x.ta ORDER BY x.ord), array_agg(x.ba ORDER BY x.ord) INTO t_at, b_at
        FROM (SELECT ord, dense_rank() OVER (ORDER BY t)::int AS ta, dense_rank() OVER (ORDER BY t, b)::int AS ba
              FROM unnest(p_tenants, p_batches) WITH ORDINALITY AS u(t, b, ord)) AS x;
        SELECT array_agg(coalesce(a.sum, 0) ORDER BY x.t), array_agg(coalesce(d.sum, 0) ORDER BY x.t) INTO t_sum, d_sum
        FROM (SELECT DISTINCT t FROM unnest(p_tenants) AS u(t)) AS x
        LEFT JOIN LATERAL (SELECT s.spent_microusd + s.reserved_microusd AS sum FROM spending s
                           WHERE s.tenant_id = x.t AND s.scope = 1 AND s.scope_id = x.t AND s.day = 'epoch' LIMIT 1) AS a ON true
        LEFT JOIN LATERAL (SELECT s.spent_microusd + s.reserved_microusd AS sum FROM spending s
                           WHERE s.tenant_id = x.t AND s.scope = 2 AND s.scope_id = x.t AND s.day = v_today LIMIT 1) AS d ON true;
        SELECT array_agg(coalesce(s.sum, 0) ORDER BY x.t, x.b), array_agg(CASE WHEN x.b IS NULL THEN 0 WHEN coalesce(c.most, 0) > 0 AND p_batch_max > 0
               THEN least(c.most, p_batch_max) ELSE greatest(coalesce(c.most, 0), p_batch_max) END ORDER BY x.t, x.b) INTO b_sum, b_most
        FROM (SELECT DISTINCT t, b FROM unnest(p_tenants, p_batches) AS u(t, b)) AS x
        LEFT JOIN LATERAL (SELECT s.spent_microusd + s.reserved_microusd AS sum FROM spending s
                           WHERE s.tenant_id = x.t AND s.scope = 3 AND s.scope_id = x.b AND s.day = 'epoch' LIMIT 1) AS s ON true
        LEFT JOIN LATERAL (SELECT k.ceiling_microusd AS most FROM batches k WHERE k.tenant_id = x.t AND k.batch_id = x.b LIMIT 1) AS c ON true;
        IF p_app_max > 0 THEN
            SELECT array_agg((SELECT coalesce(sum(g.cost_microusd), 0) FROM model_usage g WHERE g.batch_id = x.b AND g.application_id = x.a)::bigint ORDER BY x.ord) INTO a_sum
            FROM unnest(p_batches, p_apps) WITH ORDINALITY AS x(b, a, ord);
        END IF;
        FOR i IN 1 .. v_n LOOP -- one after the other: what is reserved for one counts for the next
            CONTINUE WHEN v_what[i] <> 1;
            v_over := CASE WHEN p_tenant_max > 0 AND t_sum[t_at[i]] + p_estimates[i] > p_tenant_max THEN 1 WHEN p_day_max > 0 AND d_sum[t_at[i]] + p_estimates[i] > p_day_max THEN 2
                           WHEN b_most[b_at[i]] > 0 AND b_sum[b_at[i]] + p_estimates[i] > b_most[b_at[i]] THEN 3
                           WHEN p_app_max > 0 AND p_apps[i] IS NOT NULL AND a_sum[i] + p_estimates[i] > p_app_max THEN 4 END;
            IF v_over IS NULL THEN
                t_sum[t_at[i]] := t_sum[t_at[i]] + p_estimates[i];
                d_sum[t_at[i]] := d_sum[t_at[i]] + p_estimates[i];
                b_sum[b_at[i]] := b_sum[b_at[i]] + p_estimates[i];
            ELSE
                v_what[i] := 4;
                v_scope[i] := v_over;
            END IF;
        END LOOP;
        UPDATE model_asks k SET reserved_microusd = x.e, reserved_day = v_today FROM unnest(p_tenants, p_hashes, p_estimates, v_what) AS x(t, h, e, w)
        WHERE x.w = 1 AND k.tenant_id = ANY (ARRAY[x.t]) AND k.ask_hash = x.h;
        DELETE FROM model_asks k USING unnest(p_tenants, p_hashes, v_what) AS x(t, h, w) WHERE x.w = 4 AND k.tenant_id = ANY (ARRAY[x.t]) AND k.ask_hash = x.h;
        SELECT array_agg(x.t), array_agg(x.b), array_agg(v_today), array_agg(x.e), array_agg(0::bigint) INTO o_t, o_b, o_d, o_r, o_zero
        FROM unnest(p_tenants, p_batches, p_estimates, v_what) AS x(t, b, e, w) WHERE x.w = 1;
        IF o_t IS NOT NULL THEN
            PERFORM jm_spending_move(o_t, o_b, o_d, o_r, o_zero, o_zero, o_zero);
        END IF;
    END IF;
    RETURN QUERY SELECT x.w, x.rep, x.bi, x.sc FROM unnest(v_what, v_reply, v_billed, v_scope) WITH ORDINALITY AS x(w, rep, bi, sc, ord) ORDER BY x.ord;
END $$;

-- As in 0006; the ask keeps whose reply it has.
DROP FUNCTION jm_reply(uuid[], bytea[], bytea[]);
CREATE FUNCTION jm_reply(p_tenants uuid[], p_hashes bytea[], p_usages uuid[], p_replies bytea[]) RETURNS int LANGUAGE plpgsql AS $$
DECLARE n int;
BEGIN
    WITH kept AS (
        -- opening does not wait for the disk: after a crash of the server the ask may be gone, its reply is kept all the same
        INSERT INTO model_asks AS m (tenant_id, ask_hash, state, stage, worker_id, usage_id, reply, replied_at)
        SELECT u.t, u.h, 2, 0, '00000000-0000-0000-0000-000000000000', u.g, u.r, now() FROM unnest(p_tenants, p_hashes, p_usages, p_replies) AS u(t, h, g, r) ORDER BY u.h
        ON CONFLICT (tenant_id, ask_hash) DO UPDATE SET state = 2, usage_id = excluded.usage_id, reply = excluded.reply, replied_at = now() WHERE m.state = 1
        RETURNING 1
    )
    SELECT count(*) INTO n FROM kept;
    RETURN n;
END $$;

-- The ledger, once per usage_id (which is in the reply, so that who reads a reply that nobody billed can). What was reserved for the ask is free with that.
CREATE OR REPLACE FUNCTION jm_bill(p_tenants uuid[], p_hashes bytea[], p_usages uuid[], p_stage smallint, p_subjects uuid[], p_apps uuid[], p_batches uuid[],
                        p_attempts int[], p_providers text[], p_models text[], p_provider_ids text[], p_prompt int[], p_completion int[], p_cached int[],
                        p_cache_write int[], p_reasoning int[], p_latency int[], p_costs bigint[], p_prices text[], p_outcomes smallint[])
RETURNS int LANGUAGE plpgsql AS $$
DECLARE v_today date := (now() AT TIME ZONE 'UTC')::date; n_u uuid[]; n_t uuid[]; n_b uuid[]; n_c bigint[]; n_d date[]; n_one bigint[]; n_zero bigint[];
        m_t uuid[]; m_b uuid[]; m_d date[]; m_r bigint[]; m_z bigint[];
BEGIN
    WITH ins AS (
        INSERT INTO model_usage AS k (tenant_id, usage_id, batch_id, subject_id, application_id, stage, attempt, provider, model, provider_id, prompt_tokens, completion_tokens,
                                 cached_tokens, cache_write_tokens, reasoning_tokens, latency_ms, cost_microusd, price_version, outcome)
        SELECT t, u, b, s, app, p_stage, att, pr, mo, pid, pt, ct, ca, cw, re, la, co, pv, oc
        FROM unnest(p_tenants, p_usages, p_batches, p_subjects, p_apps, p_attempts, p_providers, p_models, p_provider_ids, p_prompt, p_completion, p_cached,
                    p_cache_write, p_reasoning, p_latency, p_costs, p_prices, p_outcomes) AS x(t, u, b, s, app, att, pr, mo, pid, pt, ct, ca, cw, re, la, co, pv, oc)
        ORDER BY u ON CONFLICT DO NOTHING RETURNING k.tenant_id, k.usage_id, k.batch_id, k.cost_microusd
    )
    SELECT array_agg(usage_id), array_agg(tenant_id), array_agg(batch_id), array_agg(cost_microusd), array_agg(v_today), array_agg(1::bigint), array_agg(0::bigint)
    INTO n_u, n_t, n_b, n_c, n_d, n_one, n_zero FROM ins;
    IF n_u IS NULL THEN
        RETURN 0;
    END IF;
    SELECT array_agg(m.tenant_id), array_agg(m.batch_id), array_agg(m.reserved_day), array_agg(-m.reserved_microusd), array_agg(0::bigint) INTO m_t, m_b, m_d, m_r, m_z
    FROM unnest(p_tenants, p_hashes, p_usages) AS x(t, h, u) CROSS JOIN LATERAL (
        SELECT k.tenant_id, k.batch_id, k.usage_id, k.reserved_microusd, k.reserved_day FROM model_asks k WHERE k.tenant_id = x.t AND k.ask_hash = x.h OFFSET 0) AS m
    WHERE m.usage_id = x.u AND m.reserved_microusd <> 0 AND x.u = ANY (n_u);
    -- a reservation goes back to its own day; what was spent is of today
    PERFORM jm_spending_move(coalesce(m_t, '{}') || n_t, coalesce(m_b, '{}') || n_b, coalesce(m_d, '{}') || n_d, coalesce(m_r, '{}') || n_zero,
                             coalesce(m_z, '{}') || n_c, coalesce(m_z, '{}') || n_one, coalesce(m_z, '{}') || n_zero);
    RETURN cardinality(n_u);
END $$;

-- The ask is free again: after a call that was not paid for (refused, never arrived), and after one whose kept reply is no answer (p_usages says which).
DROP FUNCTION jm_unask(uuid, uuid[], bytea[]);
CREATE FUNCTION jm_unask(p_worker uuid, p_tenants uuid[], p_hashes bytea[], p_usages uuid[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE m_t uuid[]; m_b uuid[]; m_d date[]; m_r bigint[]; m_z bigint[];
BEGIN
    WITH x AS MATERIALIZED (
        SELECT m.* FROM (SELECT * FROM unnest(p_tenants, p_hashes, p_usages) AS u(t, h, g) ORDER BY u.h) AS u CROSS JOIN LATERAL (
            SELECT k.tenant_id, k.ask_hash FROM model_asks k WHERE k.tenant_id = u.t AND k.ask_hash = u.h
            AND ((k.state = 1 AND k.worker_id = p_worker) OR (k.state = 2 AND k.usage_id = u.g)) FOR UPDATE) AS m
    ), gone AS (
        DELETE FROM model_asks k USING x WHERE k.tenant_id = ANY (ARRAY[x.tenant_id]) AND k.ask_hash = x.ask_hash
        RETURNING k.tenant_id, k.usage_id, k.batch_id, k.reserved_day, k.reserved_microusd
    )
    SELECT array_agg(tenant_id), array_agg(batch_id), array_agg(reserved_day), array_agg(-reserved_microusd), array_agg(0::bigint)
    INTO m_t, m_b, m_d, m_r, m_z FROM gone
    WHERE reserved_microusd <> 0 AND (SELECT true FROM model_usage g WHERE g.tenant_id = gone.tenant_id AND g.usage_id = gone.usage_id LIMIT 1) IS NULL;
    IF m_t IS NOT NULL THEN
        PERFORM jm_spending_move(m_t, m_b, m_d, m_r, m_z, m_z, m_z);
    END IF;
END $$;

-- As in 0007; a reply that nobody billed gives back what was reserved for it.
CREATE OR REPLACE FUNCTION jm_asks_sweep(p_keep interval, p_limit int) RETURNS int LANGUAGE plpgsql AS $$
DECLARE n int := 0; v_n int; v_today date := (now() AT TIME ZONE 'UTC')::date; m_t uuid[]; m_b uuid[]; m_d date[]; m_r bigint[]; m_z bigint[]; m_w bigint[];
        v_from timestamptz[] := ARRAY['-infinity'::timestamptz, now() - interval '30 minutes']; v_to timestamptz[] := ARRAY[now() - p_keep, now() - interval '15 minutes'];
BEGIN
    FOR i IN 1 .. 2 LOOP
        WITH gone AS (
            DELETE FROM model_asks k USING (
                SELECT m.tenant_id, m.ask_hash FROM model_asks m WHERE m.asked_at >= v_from[i] AND m.asked_at < v_to[i] AND ((m.state = 2 AND i = 1)
                    OR (m.state = 1 AND NOT EXISTS (SELECT 1 FROM workers w WHERE w.worker_id = m.worker_id AND w.lost_at IS NULL)))
                ORDER BY m.asked_at LIMIT p_limit FOR UPDATE SKIP LOCKED) AS old
            WHERE k.tenant_id = old.tenant_id AND k.ask_hash = old.ask_hash RETURNING k.tenant_id, k.batch_id, k.usage_id, k.state, k.reserved_microusd, k.reserved_day
        ), owed AS (
            SELECT * FROM gone WHERE state = 1
                OR (reserved_microusd <> 0 AND (SELECT true FROM model_usage g WHERE g.tenant_id = gone.tenant_id AND g.usage_id = gone.usage_id LIMIT 1) IS NULL)
        )
        SELECT (SELECT count(*) FROM gone), array_agg(tenant_id), array_agg(batch_id), array_agg(coalesce(reserved_day, v_today)), array_agg(-reserved_microusd), array_agg(0::bigint),
               array_agg(CASE WHEN state = 1 THEN 1 ELSE 0 END::bigint)
        INTO v_n, m_t, m_b, m_d, m_r, m_z, m_w FROM owed;
        n := n + v_n;
        IF m_t IS NOT NULL THEN
            PERFORM jm_spending_move(m_t, m_b, m_d, m_r, m_z, m_z, m_w);
        END IF;
    END LOOP;
    RETURN n;
END $$;
