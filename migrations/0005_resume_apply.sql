-- The résumé that a person chose: which operations of the generated one are taken. It stands beside the generated one in `documents`, which neither a
-- choice nor a later attempt changes, and stays when the application is tried again: the last good one is never lost. revision counts the choices.

CREATE TABLE resume_choices (
    tenant_id      uuid NOT NULL,
    application_id uuid NOT NULL,
    revision       int NOT NULL,
    sealed         bytea NOT NULL,
    created_at     timestamptz NOT NULL DEFAULT now(),
    updated_at     timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, application_id)
);
ALTER TABLE resume_choices ALTER COLUMN sealed SET STORAGE EXTERNAL;
ALTER TABLE resume_choices ENABLE ROW LEVEL SECURITY;
ALTER TABLE resume_choices FORCE ROW LEVEL SECURITY;
CREATE POLICY one_tenant ON resume_choices TO PUBLIC USING (tenant_id = (SELECT jm_tenant())) WITH CHECK (tenant_id = (SELECT jm_tenant()));
GRANT SELECT, INSERT, UPDATE, DELETE ON resume_choices TO jobmill_gateway;

-- Stores a choice in place of the one with revision p_revision (0: there is none). 1: stored, 2: the Idempotency-Key had stored one before.
-- Raises conflict when another one was stored meanwhile; the key is then free again.
CREATE FUNCTION jm_resume_choose(p_tenant uuid, p_app uuid, p_revision int, p_sealed bytea, p_key bytea, p_body_hash bytea) RETURNS smallint LANGUAGE plpgsql AS $$
BEGIN
    PERFORM 1 FROM applications a JOIN users u ON u.tenant_id = a.tenant_id AND u.user_id = a.user_id
    WHERE a.tenant_id = p_tenant AND a.application_id = p_app AND u.erased_at IS NULL FOR SHARE OF u; -- an erasure at the same time comes before or after
    IF NOT FOUND THEN
        RAISE EXCEPTION 'jobmill:gone: the user was erased, and the documents with the user';
    END IF;
    IF jm_key_take(p_tenant, 'resume:apply', p_key, p_body_hash, p_app) IS NOT NULL THEN
        RETURN 2;
    END IF;
    IF p_revision = 0 THEN
        INSERT INTO resume_choices (tenant_id, application_id, revision, sealed) VALUES (p_tenant, p_app, 1, p_sealed) ON CONFLICT DO NOTHING;
    ELSE
        UPDATE resume_choices c SET revision = c.revision + 1, sealed = p_sealed, updated_at = now()
        WHERE c.tenant_id = p_tenant AND c.application_id = p_app AND c.revision = p_revision;
    END IF;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'jobmill:conflict: the résumé was changed at the same time';
    END IF;
    RETURN 1;
END $$;

-- What is erased with the user (jm_user_erase): the key is gone by then, the rows go too.
CREATE FUNCTION jm_resume_choices_erase() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM resume_choices c USING applications a
    WHERE a.tenant_id = NEW.tenant_id AND a.user_id = NEW.user_id AND c.tenant_id = NEW.tenant_id AND c.application_id = a.application_id;
    RETURN NULL;
END $$;
CREATE TRIGGER resume_choices_erase AFTER UPDATE OF erased_at ON users
    FOR EACH ROW WHEN (OLD.erased_at IS NULL AND NEW.erased_at IS NOT NULL) EXECUTE FUNCTION jm_resume_choices_erase();
