import os
import signal
import sys

import pytest

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from support import samples  # noqa: E402
from support.books import audit  # noqa: E402
from support.fleet import BIN, Fleet  # noqa: E402


def interrupted(*_):
    raise KeyboardInterrupt


def pytest_configure(config):
    config.addinivalue_line("markers", "slow: more than ten seconds")
    signal.signal(signal.SIGTERM, interrupted)  # fixtures end what they started


@pytest.fixture(scope="session")
def fleet():
    """One stack, two gateways on one port, two dispatchers, one worker of each kind."""
    if not os.path.exists(os.path.join(BIN, "jobmill-gateway")):
        pytest.skip(f"no binaries in {BIN}: make build")
    f = Fleet("e2e", gateways=2, dispatchers=2)
    try:
        yield f.start()
    finally:
        f.stop()


@pytest.fixture(scope="session")
def client(fleet):
    return fleet.client()


@pytest.fixture(scope="session")
def people(client):
    """The three people of samples/, as users; name -> id."""
    return {name: client.user(resume, name=resume["basics"]["name"]) for name, resume in samples.resumes().items()}


@pytest.fixture(scope="session")
def person(people):
    return sorted(people.values())[0]


@pytest.fixture
def books(fleet):
    """After the test the books must balance."""
    yield
    with_eye = fleet.stack.superuser()
    try:
        assert audit(with_eye) == []
    finally:
        with_eye.close()
