import os
import sys

import pytest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from support.books import audit, illegal_moves, superuser_view, watch_moves  # noqa: E402
from mill import Mill, Tenant  # noqa: E402


@pytest.fixture
def mill(db):
    """The store's functions on a fresh database. At the end of every test the books must balance and every move must be legal."""
    eye = superuser_view(db)
    watch_moves(eye)
    m = Mill(db)
    m.eye = eye
    yield m
    assert audit(eye) == []
    assert illegal_moves(eye) == [], "(from, to, kind, stage, times): not in proto/states.def"


@pytest.fixture
def tenant(mill):
    return Tenant(mill)
