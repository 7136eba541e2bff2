-- What is parked: a small row each, kept by the database itself. Whoever asks for a batch wants to know how many of its applications are parked, and mostly
-- nothing is: that must be answered without reading every task that is in flight.
CREATE TABLE tasks_parked (
    tenant_id   uuid NOT NULL,
    subject_id  uuid NOT NULL,
    kind        smallint NOT NULL,
    PRIMARY KEY (tenant_id, subject_id, kind)
);
ALTER TABLE tasks_parked ENABLE ROW LEVEL SECURITY;
ALTER TABLE tasks_parked FORCE ROW LEVEL SECURITY;
CREATE POLICY one_tenant ON tasks_parked TO PUBLIC USING (tenant_id = (SELECT jm_tenant())) WITH CHECK (tenant_id = (SELECT jm_tenant()));
CREATE POLICY fleet ON tasks_parked TO jobmill_dispatcher, jobmill_analyzer, jobmill_optimizer, jobmill_cover_letter, jobmill_embedding USING (true) WITH CHECK (true);
GRANT SELECT, INSERT, DELETE ON tasks_parked TO jobmill_gateway, jobmill_dispatcher, jobmill_analyzer, jobmill_optimizer, jobmill_cover_letter, jobmill_embedding;

INSERT INTO tasks_parked SELECT tenant_id, subject_id, kind FROM tasks WHERE state = 5;

CREATE FUNCTION jm_parked_keep() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND NEW.state = 5 THEN
        INSERT INTO tasks_parked VALUES (NEW.tenant_id, NEW.subject_id, NEW.kind) ON CONFLICT DO NOTHING;
    ELSE
        DELETE FROM tasks_parked p WHERE p.tenant_id = OLD.tenant_id AND p.subject_id = OLD.subject_id AND p.kind = OLD.kind;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER tasks_park AFTER UPDATE OF state ON tasks
    FOR EACH ROW WHEN (OLD.state <> NEW.state AND (OLD.state = 5 OR NEW.state = 5)) EXECUTE FUNCTION jm_parked_keep();
CREATE TRIGGER tasks_unpark AFTER DELETE ON tasks FOR EACH ROW WHEN (OLD.state = 5) EXECUTE FUNCTION jm_parked_keep();
