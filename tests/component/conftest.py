import os
import sys

import pytest

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from support.db import Database, Server  # noqa: E402


@pytest.fixture(scope="session")
def server():
    if not os.environ.get("JOBMILL_PG_HOST"):
        pytest.skip("JOBMILL_PG_HOST is not set: no Postgres to test with (tests/run.sh component starts one)")
    return Server(os.environ)


@pytest.fixture
def db(server):
    d = Database(server)
    yield d
    d.drop()
