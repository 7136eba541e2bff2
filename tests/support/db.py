"""Postgres as the roles of the fleet see it: connections, and databases of a test's own."""
import os
import re
import secrets
import time
import uuid

import psycopg2
import psycopg2.extensions

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
ROLES = ["gateway", "dispatcher", "analyzer", "optimizer", "cover_letter", "embedding"]


class Server:
    """A Postgres server by its settings (DIR/env of infra/dev/stack.sh, or the environment)."""

    def __init__(self, env):
        self.host, self.port = env["JOBMILL_PG_HOST"], int(env["JOBMILL_PG_PORT"])
        with open(env["JOBMILL_PG_PASSWORD_FILE"], encoding="ascii") as f:
            self.password = f.read().strip()

    def connect(self, role, db="jobmill", **options):
        """Autocommit, as jobmill_<role>."""
        c = psycopg2.connect(host=self.host, port=self.port, dbname=db, user="jobmill_" + role, password=self.password,
                             options="-c lock_timeout=30s", **options)
        c.autocommit = True
        return c


def migrations():
    folder = os.path.join(ROOT, "migrations")
    for name in sorted(os.listdir(folder)):
        if re.fullmatch(r"\d{4}_[a-z0-9_]+\.sql", name):
            with open(os.path.join(folder, name), encoding="utf-8") as f:
                yield name, f.read()


class Database:
    """A fresh database with the schema of migrations/, dropped by drop()."""

    def __init__(self, server):
        self.server, self.name = server, "jobmill_test_" + secrets.token_hex(6)
        with server.connect("owner").cursor() as cur:
            cur.execute(f"CREATE DATABASE {self.name}")
        self.open = []
        owner = self.connect("owner")
        with owner.cursor() as cur:
            for _, sql in migrations():
                cur.execute(sql)

    def connect(self, role, tenant=None):
        c = self.server.connect(role, self.name)
        self.open.append(c)
        if tenant:
            rows(c, "SELECT set_config('jobmill.tenant_id', %s, false)", str(tenant))
        return c

    def drop(self):
        for c in self.open:
            c.close()
        with self.server.connect("owner").cursor() as cur:
            for _ in range(50):
                try:
                    cur.execute(f"DROP DATABASE IF EXISTS {self.name}")
                    return
                except psycopg2.Error:
                    time.sleep(0.1)


def rows(c, sql, *params):
    with c.cursor() as cur:
        cur.execute(sql, params or None)
        return cur.fetchall() if cur.description else []


def value(c, sql, *params):
    return rows(c, sql, *params)[0][0]


def new_id():
    """Version 7, as the programs make them."""
    b = bytearray(int(time.time() * 1000).to_bytes(6, "big") + secrets.token_bytes(10))
    b[6], b[8] = b[6] & 0x0F | 0x70, b[8] & 0x3F | 0x80
    return str(uuid.UUID(bytes=bytes(b)))
