-- What the gateway asks of the store besides submitting: idempotency of small creations, the guard of an upload, cancelling, trying again, erasing.
-- Lock order as in 0002: tasks, then batches.

CREATE INDEX batches_bulk ON batches (tenant_id, batch_id) WHERE NOT single;
CREATE INDEX applications_ref ON applications (tenant_id, client_ref) WHERE client_ref <> '';

-- Takes an Idempotency-Key for a resource that is about to be made in the same transaction. NULL: it is ours now; else the resource that it made
-- before. Waits for a transaction that is just taking the same key.
CREATE FUNCTION jm_key_take(p_tenant uuid, p_route text, p_key bytea, p_body_hash bytea, p_resource uuid) RETURNS uuid LANGUAGE plpgsql AS $$
DECLARE v_old record;
BEGIN
    IF p_key IS NULL THEN
        RETURN NULL;
    END IF;
    INSERT INTO idempotency_keys (tenant_id, route, key_hash, body_hash, state, resource_id) VALUES (p_tenant, p_route, p_key, p_body_hash, 2, p_resource)
    ON CONFLICT DO NOTHING;
    IF FOUND THEN
        RETURN NULL;
    END IF;
    SELECT i.body_hash, i.resource_id INTO v_old FROM idempotency_keys i WHERE i.tenant_id = p_tenant AND i.route = p_route AND i.key_hash = p_key;
    IF v_old.body_hash IS DISTINCT FROM p_body_hash THEN
        RAISE EXCEPTION 'jobmill:idempotency-key-reused: the Idempotency-Key was used before with another body';
    END IF;
    RETURN v_old.resource_id;
END $$;

-- First statement of every chunk of an upload: the batch is still being received by this gateway, and stays so until the commit.
CREATE FUNCTION jm_batch_open(p_tenant uuid, p_batch uuid) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM 1 FROM batches b WHERE b.tenant_id = p_tenant AND b.batch_id = p_batch AND b.state = 1 FOR SHARE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'jobmill:unavailable: the upload was given up because its gateway was taken for lost; send it again';
    END IF;
END $$;

-- Cancels one application, waiting or live. Nothing for one that is cancelled already.
CREATE FUNCTION jm_app_cancel(p_tenant uuid, p_app uuid) RETURNS SETOF jm_row LANGUAGE plpgsql AS $$
DECLARE v record;
BEGIN
    SELECT a.state, a.batch_id, b.state AS batch_state INTO v FROM applications a
    JOIN batches b ON b.tenant_id = a.tenant_id AND b.batch_id = a.batch_id WHERE a.tenant_id = p_tenant AND a.application_id = p_app;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'jobmill:not-found: there is no such application';
    ELSIF v.state = 7 THEN
        RETURN;
    ELSIF v.state <> 1 THEN
        RAISE EXCEPTION 'jobmill:conflict: the application has ended, there is nothing to cancel';
    ELSIF v.batch_state = 1 THEN
        RAISE EXCEPTION 'jobmill:conflict: its batch is still being received';
    END IF;
    DELETE FROM backlog k WHERE k.tenant_id = p_tenant AND k.batch_id = v.batch_id AND k.application_id = p_app;
    IF FOUND THEN
        UPDATE applications a SET state = 7, code = 22, detail = 'cancelled', updated_at = now(), ended_at = now()
        WHERE a.tenant_id = p_tenant AND a.application_id = p_app;
        UPDATE batches b SET n_released = b.n_released + 1 WHERE b.tenant_id = p_tenant AND b.batch_id = v.batch_id;
        RETURN QUERY SELECT * FROM jm_events_append(ARRAY[p_tenant], ARRAY[v.batch_id], ARRAY[p_app], ARRAY[0::smallint], ARRAY[7::smallint], ARRAY[22::smallint]);
    ELSE
        RETURN QUERY SELECT * FROM jm_apps_end(ARRAY[p_tenant], ARRAY[p_app], ARRAY[7::smallint], ARRAY[22::smallint], ARRAY['cancelled']);
    END IF;
END $$;

-- Failed applications as if they had just been accepted: no result, no document; the batch's counters go back, an event (stage 0, accepted) says so.
-- Stage counts go back by what the application's run since the last such event had added.
CREATE FUNCTION jm_apps_reset(p_tenant uuid, p_apps uuid[]) RETURNS SETOF jm_row LANGUAGE plpgsql AS $$
DECLARE v_apps uuid[]; v_t uuid[]; v_b uuid[]; v_zero smallint[]; v_one smallint[]; b record;
BEGIN
    WITH c AS (
        SELECT a.application_id FROM applications a WHERE a.tenant_id = p_tenant AND a.application_id = ANY (p_apps) AND a.state = 6
        ORDER BY a.application_id FOR UPDATE
    ), upd AS (
        UPDATE applications a SET state = 1, code = 0, detail = '', score = NULL, similarity = NULL, updated_at = now(), ended_at = NULL
        FROM c WHERE a.tenant_id = p_tenant AND a.application_id = c.application_id RETURNING a.application_id, a.batch_id
    )
    SELECT array_agg(application_id), array_agg(batch_id), array_agg(p_tenant), array_agg(0::smallint), array_agg(1::smallint)
    INTO v_apps, v_b, v_t, v_zero, v_one FROM upd;
    IF v_apps IS NULL THEN
        RETURN;
    END IF;
    DELETE FROM documents d WHERE d.tenant_id = p_tenant AND d.application_id = ANY (v_apps);
    FOR b IN
        SELECT x.ba, count(DISTINCT x.app)::int AS n, (count(e.seq) FILTER (WHERE e.stage = 1))::int AS a, (count(e.seq) FILTER (WHERE e.stage = 2))::int AS o,
               (count(e.seq) FILTER (WHERE e.stage = 3))::int AS c, (count(e.seq) FILTER (WHERE e.stage = 4))::int AS e
        FROM unnest(v_apps, v_b) AS x(app, ba)
        LEFT JOIN events e ON e.tenant_id = p_tenant AND e.application_id = x.app AND e.stage > 0 AND e.state = 6
            AND e.seq > coalesce((SELECT max(s.seq) FROM events s WHERE s.tenant_id = p_tenant AND s.application_id = x.app AND s.stage = 0 AND s.state = 1), 0)
        GROUP BY x.ba ORDER BY x.ba
    LOOP
        UPDATE batches t SET n_failed = t.n_failed - b.n, n_released = t.n_released - b.n, n_analyze = t.n_analyze - b.a, n_optimize = t.n_optimize - b.o,
            n_cover_letter = t.n_cover_letter - b.c, n_embed = t.n_embed - b.e, state = CASE WHEN t.state = 5 THEN 2 ELSE t.state END, ended_at = NULL
        WHERE t.tenant_id = p_tenant AND t.batch_id = b.ba;
    END LOOP;
    RETURN QUERY SELECT * FROM jm_events_append(v_t, v_b, v_apps, v_zero, v_one, v_zero);
END $$;

CREATE FUNCTION jm_app_retry(p_tenant uuid, p_app uuid) RETURNS SETOF jm_row LANGUAGE plpgsql AS $$
DECLARE v record;
BEGIN
    SELECT a.state, b.state AS batch_state, u.erased_at INTO v FROM applications a
    JOIN batches b ON b.tenant_id = a.tenant_id AND b.batch_id = a.batch_id
    JOIN users u ON u.tenant_id = a.tenant_id AND u.user_id = a.user_id
    WHERE a.tenant_id = p_tenant AND a.application_id = p_app FOR UPDATE OF a;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'jobmill:not-found: there is no such application';
    ELSIF v.state <> 6 THEN
        RAISE EXCEPTION 'jobmill:conflict: only a failed application can be tried again';
    ELSIF v.batch_state = 4 THEN
        RAISE EXCEPTION 'jobmill:conflict: its batch is being cancelled';
    ELSIF v.erased_at IS NOT NULL THEN
        RAISE EXCEPTION 'jobmill:gone: the user of the application was erased';
    END IF;
    RETURN QUERY SELECT * FROM jm_apps_reset(p_tenant, ARRAY[p_app]);
    RETURN QUERY SELECT * FROM jm_release(p_tenant, ARRAY[p_app]);
END $$;

-- Puts up to p_limit failed applications of a batch back in its backlog. Nothing comes back when none is left.
CREATE FUNCTION jm_redrive(p_tenant uuid, p_batch uuid, p_limit int) RETURNS SETOF jm_row LANGUAGE plpgsql AS $$
DECLARE v_state smallint; v_apps uuid[];
BEGIN
    SELECT b.state INTO v_state FROM batches b WHERE b.tenant_id = p_tenant AND b.batch_id = p_batch AND NOT b.single;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'jobmill:not-found: there is no such batch';
    ELSIF v_state IN (1, 4) THEN
        RAISE EXCEPTION 'jobmill:conflict: the batch is being received or cancelled';
    END IF;
    SELECT array_agg(x.application_id) INTO v_apps FROM (
        SELECT a.application_id FROM applications a JOIN users u ON u.tenant_id = a.tenant_id AND u.user_id = a.user_id AND u.erased_at IS NULL
        WHERE a.tenant_id = p_tenant AND a.batch_id = p_batch AND a.state = 6 ORDER BY a.item_index LIMIT p_limit FOR UPDATE OF a SKIP LOCKED) x;
    IF v_apps IS NULL THEN
        RETURN;
    END IF;
    RETURN QUERY SELECT * FROM jm_apps_reset(p_tenant, v_apps);
    INSERT INTO backlog (tenant_id, priority, application_id, batch_id, cost)
    SELECT p_tenant, a.priority, a.application_id, a.batch_id, 4000 FROM applications a
    WHERE a.tenant_id = p_tenant AND a.application_id = ANY (v_apps) AND a.state = 1 ORDER BY a.item_index;
END $$;

-- Erases a user: the key is destroyed, so every sealed text of the user is lost wherever it lies; then the rows go. What waits and what lives is
-- cancelled; the backlog first, because taking its rows waits for an admission under way, whose tasks are then seen.
CREATE FUNCTION jm_user_erase(p_tenant uuid, p_user uuid) RETURNS SETOF jm_row LANGUAGE plpgsql AS $$
DECLARE v_apps uuid[]; v_t uuid[]; v_s smallint[]; v_c smallint[]; v_d text[]; v_b uuid[]; v_z smallint[]; v_waiting uuid[]; b record;
BEGIN
    UPDATE users u SET key_wrapped = NULL, sealed = '', email_hash = NULL, profile_id = NULL, erased_at = now(), updated_at = now()
    WHERE u.tenant_id = p_tenant AND u.user_id = p_user AND u.erased_at IS NULL;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'jobmill:not-found: there is no such user';
    END IF;
    WITH taken AS (
        DELETE FROM backlog k USING applications a WHERE a.tenant_id = p_tenant AND a.user_id = p_user AND a.state = 1
            AND k.tenant_id = p_tenant AND k.batch_id = a.batch_id AND k.application_id = a.application_id RETURNING k.application_id
    ) SELECT array_agg(application_id) INTO v_waiting FROM taken;
    SELECT array_agg(a.application_id), array_agg(a.tenant_id), array_agg(7::smallint), array_agg(22::smallint), array_agg('the user was erased'::text)
    INTO v_apps, v_t, v_s, v_c, v_d FROM applications a WHERE a.tenant_id = p_tenant AND a.user_id = p_user AND a.state = 1;
    RETURN QUERY SELECT * FROM jm_apps_end(v_t, v_apps, v_s, v_c, v_d);
    WITH upd AS (
        UPDATE applications a SET state = 7, code = 22, detail = 'the user was erased', updated_at = now(), ended_at = now()
        WHERE a.tenant_id = p_tenant AND a.application_id = ANY (v_waiting) RETURNING a.application_id, a.batch_id
    )
    SELECT array_agg(p_tenant), array_agg(batch_id), array_agg(application_id), array_agg(0::smallint), array_agg(7::smallint), array_agg(22::smallint)
    INTO v_t, v_b, v_apps, v_z, v_s, v_c FROM upd;
    FOR b IN SELECT x.ba, count(*)::int AS n FROM unnest(v_b) AS x(ba) GROUP BY x.ba ORDER BY x.ba LOOP
        UPDATE batches t SET n_released = t.n_released + b.n WHERE t.tenant_id = p_tenant AND t.batch_id = b.ba;
    END LOOP;
    RETURN QUERY SELECT * FROM jm_events_append(v_t, v_b, v_apps, v_z, v_s, v_c);
    DELETE FROM tasks k USING user_profiles p WHERE p.tenant_id = p_tenant AND p.user_id = p_user AND k.tenant_id = p_tenant
        AND k.subject_id = p.profile_id AND k.kind = 4;
    DELETE FROM documents d USING applications a WHERE a.tenant_id = p_tenant AND a.user_id = p_user AND d.tenant_id = p_tenant AND d.application_id = a.application_id;
    DELETE FROM user_profiles p WHERE p.tenant_id = p_tenant AND p.user_id = p_user;
END $$;
