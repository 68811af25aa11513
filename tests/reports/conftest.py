"""The crowd of the assessment's tests, with helpers for some: the liaison's live in several villages."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from bangfu.access.data import Actor
from bangfu.privacy.keys import KeyRing
from bangfu.registry.services.assignments import assign
from bangfu.reports.data import Asked
from bangfu.reports.households import listing
from tests.assessment.conftest import Office, committed, households, new_crowd, office, org, ring
from tests.assessments import assess, done_run
from tests.kept import kept
from tests.organisation import FIRST, NOW

__all__ = ["committed", "office", "org", "ring"]
ROLES = ("district", "subdistrict", "village", "sibling", "other", "officer", "auditor")


@dataclass
class Lists:
    """Lists as the cast sees them."""

    office: Office

    def actor(self, role: str) -> Actor:
        return self.office.org.actor(role, at=NOW)

    @property
    def ring(self) -> KeyRing:
        return self.office.by.ring

    def ids(self, role: str, asked: Asked, sought: str = "") -> set[int]:
        """All pages of a list."""
        first = listing(self.actor(role), asked, sought, self.ring, 1)
        pages = [listing(self.actor(role), asked, sought, self.ring, n) for n in range(1, first.pages + 1)]
        found = [row.id for page in pages for row in page.rows]
        assert len(found) == len(set(found)) == first.totals.households
        return set(found)


@pytest.fixture
def lists(db: None, tmp_path: Path) -> Lists:
    """Assessed, as after edits; every second household with a village helper, every third with the liaison."""
    return kept("lists", lambda: new_lists(tmp_path / "register"))


def new_lists(folder: Path) -> Lists:
    crowd = new_crowd(folder)
    org, every = crowd.org, households()
    done_run(org)
    assess(org, every)
    for post, some in (("village", every[::2]), ("district", every[::3])):
        for household in some:
            assign(crowd.by, org.actor("officer"), household, org.posts[post], FIRST)
    return Lists(crowd)
