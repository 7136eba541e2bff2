"""What must hold after every commit: the books balance (I9), sequence numbers have no gaps, ends are single."""
import re

from support.db import ROOT, rows

# name, statement that must return no row
CHECKS = [
    ("accepted = waiting + live + ended, per batch",
     """SELECT b.batch_id, b.n_accepted, x.* FROM batches b CROSS JOIN LATERAL (SELECT
            (SELECT count(*) FROM backlog k WHERE k.tenant_id = b.tenant_id AND k.batch_id = b.batch_id) AS waiting,
            (SELECT count(*) FROM tasks k WHERE k.tenant_id = b.tenant_id AND k.batch_id = b.batch_id AND k.kind = 1) AS live) x
        WHERE b.state <> 1 AND b.n_accepted <> x.waiting + x.live + b.n_done + b.n_needs_review + b.n_failed + b.n_cancelled"""),
    ("counters = stored states of the applications",
     """SELECT b.batch_id FROM batches b LEFT JOIN applications a ON a.tenant_id = b.tenant_id AND a.batch_id = b.batch_id WHERE b.state <> 1
        GROUP BY b.tenant_id, b.batch_id HAVING count(a.*) <> b.n_accepted OR count(*) FILTER (WHERE a.state = 4) <> b.n_done OR count(*) FILTER (WHERE a.state = 5) <> b.n_needs_review
            OR count(*) FILTER (WHERE a.state = 6) <> b.n_failed OR count(*) FILTER (WHERE a.state = 7) <> b.n_cancelled"""),
    ("released = accepted - waiting",
     """SELECT b.batch_id, b.n_released FROM batches b WHERE b.state <> 1
        AND b.n_released <> b.n_accepted - (SELECT count(*) FROM backlog k WHERE k.tenant_id = b.tenant_id AND k.batch_id = b.batch_id)"""),
    ("an application is in exactly one place",
     """SELECT a.application_id, a.state FROM applications a JOIN batches b ON b.tenant_id = a.tenant_id AND b.batch_id = a.batch_id
        WHERE (a.state = 1)::int <> (SELECT count(*) FROM backlog k WHERE k.tenant_id = a.tenant_id AND k.batch_id = a.batch_id AND k.application_id = a.application_id)
            + (SELECT count(*) FROM tasks k WHERE k.tenant_id = a.tenant_id AND k.subject_id = a.application_id AND k.kind = 1)"""),
    ("sequence numbers from 1 without a gap",
     """SELECT b.batch_id, b.last_seq, count(e.*), min(e.seq), max(e.seq) FROM batches b LEFT JOIN events e ON e.tenant_id = b.tenant_id AND e.batch_id = b.batch_id
        GROUP BY b.tenant_id, b.batch_id HAVING count(e.*) <> b.last_seq OR (b.last_seq > 0 AND (min(e.seq) <> 1 OR max(e.seq) <> b.last_seq))"""),
    ("one end event for each end of an application",
     """SELECT a.application_id, a.state, count(e.*) FROM applications a LEFT JOIN events e ON e.tenant_id = a.tenant_id AND e.application_id = a.application_id AND e.stage = 0 AND e.state IN (4, 5, 6, 7)
            AND e.seq > coalesce((SELECT max(s.seq) FROM events s WHERE s.tenant_id = a.tenant_id AND s.batch_id = a.batch_id AND s.application_id = a.application_id AND s.stage = 0 AND s.state = 1), 0)
        GROUP BY a.tenant_id, a.application_id HAVING count(e.*) <> (a.state <> 1)::int OR (a.state <> 1 AND min(e.state) <> a.state)"""),
    ("a batch is ended when nothing of it is open, and says so last and once for each time",
     """SELECT b.batch_id, b.state FROM batches b WHERE b.state <> 1 AND b.n_accepted > 0 AND ((b.state = 5) <> (b.n_accepted = b.n_done + b.n_needs_review + b.n_failed + b.n_cancelled)
            OR (b.state = 5) <> (b.ended_at IS NOT NULL)
            OR (b.state = 5 AND NOT EXISTS (SELECT 1 FROM events e WHERE e.tenant_id = b.tenant_id AND e.batch_id = b.batch_id AND e.seq = b.last_seq AND e.application_id IS NULL AND e.state = 5)))"""),
    ("stage counters = stage events of what counts",
     """SELECT b.batch_id FROM batches b JOIN events e ON e.tenant_id = b.tenant_id AND e.batch_id = b.batch_id AND e.stage > 0 AND e.state = 6
            AND e.seq > coalesce((SELECT max(s.seq) FROM events s WHERE s.tenant_id = b.tenant_id AND s.batch_id = b.batch_id AND s.application_id = e.application_id AND s.stage = 0 AND s.state = 1), 0)
        GROUP BY b.tenant_id, b.batch_id HAVING count(*) FILTER (WHERE e.stage = 1) <> b.n_analyze OR count(*) FILTER (WHERE e.stage = 2) <> b.n_optimize
            OR count(*) FILTER (WHERE e.stage = 3) <> b.n_cover_letter OR count(*) FILTER (WHERE e.stage = 4) <> b.n_embed"""),
    ("what is done has its three documents, its score and its similarity",
     """SELECT a.application_id FROM applications a JOIN users u ON u.tenant_id = a.tenant_id AND u.user_id = a.user_id AND u.erased_at IS NULL WHERE a.state IN (4, 5) AND ((SELECT count(*) FROM documents d WHERE d.tenant_id = a.tenant_id AND d.application_id = a.application_id) <> 3
            OR a.score IS NULL OR a.similarity IS NULL)"""),
    ("a waiting chain waits for something that is there",
     """SELECT c.subject_id, c.stage FROM tasks c WHERE c.kind = 1 AND c.state = 1 AND NOT EXISTS (SELECT 1 FROM tasks k WHERE k.tenant_id = c.tenant_id
            AND ((c.stage = 1 AND k.kind = 2 AND k.subject_id = c.job_id) OR (c.stage = 5 AND (k.kind = 3 AND k.subject_id = c.job_id OR k.kind = 4 AND k.subject_id = c.profile_id))))"""),
    ("a running task has its worker", "SELECT subject_id FROM tasks WHERE state = 4 AND worker_id IS NULL"),
    ("a parked task has its time", "SELECT subject_id FROM tasks WHERE state = 5 AND not_before IS NULL"),
    ("what is parked is noted, and nothing else",
     """(SELECT tenant_id, subject_id, kind FROM tasks WHERE state = 5 EXCEPT SELECT tenant_id, subject_id, kind FROM tasks_parked)
        UNION ALL (SELECT tenant_id, subject_id, kind FROM tasks_parked EXCEPT SELECT tenant_id, subject_id, kind FROM tasks WHERE state = 5)"""),
    ("only live states", "SELECT subject_id FROM tasks WHERE state NOT BETWEEN 1 AND 5"),
]


def audit(conn):
    """conn sees every row. Returns what does not hold, as text."""
    found = []
    for name, sql in CHECKS:
        bad = rows(conn, sql)
        if bad:
            found.append(f"{name}: {len(bad)} rows, first {bad[0]}")
    return found


def superuser_view(db):
    """A connection that sees all rows: the owner, after row-level security no longer binds the owner in this database."""
    owner = db.connect("owner")
    rows(owner, "DO $$ DECLARE t regclass; BEGIN FOR t IN SELECT oid FROM pg_class WHERE relforcerowsecurity LOOP EXECUTE format('ALTER TABLE %s NO FORCE ROW LEVEL SECURITY', t); END LOOP; END $$")
    return owner


def legal_moves():
    numbers, moves = {}, set()
    with open(ROOT + "/proto/states.def", encoding="utf-8") as f:
        text = f.read()
    for name, number in re.findall(r"^TASK_STATE\((\w+), (\d+)", text, re.M):
        numbers[name] = int(number)
    for a, b in re.findall(r"^TASK_MOVE\((\w+), (\w+),", text, re.M):
        moves.add((numbers[a], numbers[b]))
    return moves


def watch_moves(owner):
    """From here on every change of a task's state is written to task_moves: what it was, what it became (ended: as the history says)."""
    rows(owner, """
        CREATE TABLE task_moves (was smallint, became smallint, kind smallint, stage smallint);
        CREATE FUNCTION note_move() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN
            INSERT INTO task_moves VALUES (OLD.state, NEW.state, OLD.kind, OLD.stage); RETURN NULL; END $$;
        CREATE TRIGGER note_move AFTER UPDATE ON tasks FOR EACH ROW WHEN (OLD.state <> NEW.state) EXECUTE FUNCTION note_move();
        CREATE TABLE task_ends (subject_id uuid, kind smallint, was smallint);
        CREATE FUNCTION note_end() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN
            INSERT INTO task_ends VALUES (OLD.subject_id, OLD.kind, OLD.state); RETURN NULL; END $$;
        CREATE TRIGGER note_end AFTER DELETE ON tasks FOR EACH ROW EXECUTE FUNCTION note_end();
        CREATE FUNCTION note_history() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN
            INSERT INTO task_moves SELECT e.was, NEW.state, NEW.kind, NEW.stage FROM task_ends e WHERE e.subject_id = NEW.subject_id AND e.kind = NEW.kind;
            DELETE FROM task_ends e WHERE e.subject_id = NEW.subject_id AND e.kind = NEW.kind; RETURN NULL; END $$;
        CREATE CONSTRAINT TRIGGER note_history AFTER INSERT ON task_history DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION note_history();
    """)


def illegal_moves(owner):
    legal = legal_moves()
    return [(a, b, k, s, n) for a, b, k, s, n in rows(owner, "SELECT was, became, kind, stage, count(*) FROM task_moves GROUP BY 1, 2, 3, 4") if (a, b) not in legal]
