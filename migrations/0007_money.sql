-- Why something is parked, in words; tenants' weights for the limits of model providers.

ALTER TABLE tasks ADD COLUMN parked_why text NOT NULL DEFAULT '';

GRANT SELECT (tenant_id, weight) ON tenants TO jobmill_analyzer, jobmill_optimizer, jobmill_cover_letter, jobmill_embedding;

-- As in 0006, and what is parked keeps its reason in words.
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
            UPDATE tasks k SET state = 5, attempt = greatest(k.attempt - 1, 0), worker_id = NULL, code = r.code, parked_why = left(r.detail, 300), not_before = now() + make_interval(secs => r.delay_ms / 1000.0)
            WHERE k.tenant_id = r.tenant_id AND k.subject_id = r.subject_id AND k.kind = r.kind;
        ELSIF r.outcome = 2 AND r.attempt < p_attempts THEN
            UPDATE tasks k SET state = 5, worker_id = NULL, code = r.code, parked_why = left(r.detail, 300), not_before = now() + make_interval(secs => r.delay_ms / 1000.0)
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

-- As in 0006, and an ask of a lost process that nobody asked again counts as bought for nothing. Two short stretches of model_asks_age: what is older than
-- p_keep, and what is old enough for its process to be known as lost; between them lie answers, which are not looked at.
CREATE OR REPLACE FUNCTION jm_asks_sweep(p_keep interval, p_limit int) RETURNS int LANGUAGE plpgsql AS $$
DECLARE r record; n int := 0; v_today date := (now() AT TIME ZONE 'UTC')::date;
        v_from timestamptz[] := ARRAY['-infinity'::timestamptz, now() - interval '30 minutes']; v_to timestamptz[] := ARRAY[now() - p_keep, now() - interval '15 minutes'];
BEGIN
    FOR i IN 1 .. 2 LOOP
        FOR r IN
            DELETE FROM model_asks k USING (
                SELECT m.tenant_id, m.ask_hash FROM model_asks m WHERE m.asked_at >= v_from[i] AND m.asked_at < v_to[i] AND ((m.state = 2 AND i = 1)
                    OR (m.state = 1 AND NOT EXISTS (SELECT 1 FROM workers w WHERE w.worker_id = m.worker_id AND w.lost_at IS NULL)))
                ORDER BY m.asked_at LIMIT p_limit FOR UPDATE SKIP LOCKED) AS old
            WHERE k.tenant_id = old.tenant_id AND k.ask_hash = old.ask_hash RETURNING k.tenant_id, k.batch_id, k.state, k.reserved_microusd, k.reserved_day
        LOOP
            n := n + 1;
            IF r.state = 1 OR r.reserved_microusd <> 0 THEN
                PERFORM jm_spending_move(ARRAY[r.tenant_id], ARRAY[r.batch_id], ARRAY[coalesce(r.reserved_day, v_today)], ARRAY[-r.reserved_microusd], ARRAY[0::bigint],
                                         ARRAY[0::bigint], ARRAY[CASE WHEN r.state = 1 THEN 1 ELSE 0 END::bigint]);
            END IF;
        END LOOP;
    END LOOP;
    RETURN n;
END $$;
