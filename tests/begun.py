"""What the tests of a file begin with: its `BEGIN` makes it in a district, once in each process; from then on both are laid down (kept.py).

A fixture of the file asks for `begun` and gives what was made; `org` is then the district in which that lies.
"""

from dataclasses import dataclass
from typing import Generic, TypeVar, cast

import pytest

from bangfu.privacy.keys import KeyRing
from tests.kept import kept
from tests.organisation import Organisation, founded

T = TypeVar("T")


@dataclass
class Begun(Generic[T]):
    """A district, and what was made in it."""

    org: Organisation
    made: T


@pytest.fixture
def begun(request: pytest.FixtureRequest, db: None, ring: KeyRing) -> Begun[object]:
    def begin() -> Begun[object]:
        org = founded(ring)
        return Begun(org, request.module.BEGIN(org))

    return kept(request.module.__name__, begin)


def district(request: pytest.FixtureRequest, ring: KeyRing) -> Organisation:
    """The one in which what a test begins with lies, or an empty one."""
    if "begun" in request.fixturenames:
        return cast("Begun[object]", request.getfixturevalue("begun")).org
    return founded(ring)
