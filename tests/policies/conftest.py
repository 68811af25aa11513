"""Two officers at a desk: with nothing assessed yet, or with thirty households that were."""

from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from pytest_django import Settings

from bangfu.access.data import Actor
from bangfu.assessment import publishing
from bangfu.audit.data import By
from bangfu.kernel.words import Text
from bangfu.policies.data import NewValue
from bangfu.policies.in_force import in_force
from bangfu.policies.models import Proposal, State, Trial
from bangfu.policies.services import deciding
from tests.assessment.conftest import Office, committed, new_crowd, office, org, ring
from tests.kept import kept
from tests.organisation import TODAY, Organisation

__all__ = ["committed", "office", "org", "ring"]
SOURCE = Text("区残联2018年通知（举例）", "notice of the district, 2018 (an example)")
RATE = "disability_living_rate"
SINCE = date(2018, 1, 1)


@dataclass
class Desk:
    """Where parameters are proposed by one and signed by another."""

    office: Office

    def by(self, who: str = "officer", reason: str = "上级调标") -> By:
        account = self.office.org.accounts[who]
        return replace(self.office.by, actor=f"account:{account}", reason=reason)

    def actor(self, who: str = "officer", *, sure: bool = True) -> Actor:
        return self.office.org.actor(who, at=self.office.at, sure=sure)

    def new(self, **more: Any) -> NewValue:
        place = self.office.org.places[more.pop("place", "371102")]
        said: dict[str, Any] = {"parameter": RATE, "value": "100", "from_day": SINCE, "until_day": None, "year": None}
        return NewValue(**{**said, "place": place, "source": SOURCE, **more})

    def propose(self, proposer: str = "officer", /, **more: Any) -> int:
        return publishing.propose(self.by(proposer), self.actor(proposer), self.new(**more))

    def propose_withdrawal(self, published: int) -> int:
        return publishing.propose_withdrawal(self.by(), self.actor(), published)

    def sign(self, proposal: int, who: str = "second", seen: str = "") -> int:
        """As it was tried. Nothing is assessed."""
        return deciding.sign(self.by(who), self.actor(who), proposal, seen or trial(proposal).digest)

    def publish(self, proposal: int) -> Proposal:
        """As it was tried, over the register as it was assessed; which then is assessed anew."""
        publishing.publish(self.by("second"), self.actor("second"), proposal, trial(proposal).digest)
        return row(proposal)

    def published(self, **more: Any) -> Proposal:
        """Where nothing was assessed."""
        made = self.propose(**more)
        tried(made)
        self.sign(made)
        return row(made)


def row(proposal: int) -> Proposal:
    return Proposal.objects.unscoped("test").get(pk=proposal)


def trial(proposal: int) -> Trial:
    return Trial.objects.unscoped("test").filter(proposal=proposal).latest("pk")


def tried(proposal: int) -> None:
    """As after a trial over a register of nobody."""
    said = {"state": State.DONE, "run": 0, "as_of": TODAY, "base": in_force().digest, "digest": "d" * 64}
    at = row(proposal).proposed_at
    Trial.objects.create(proposal_id=proposal, asked_at=at, finished_at=at, **said)


def staffed(office: Office) -> Desk:
    for name in ("second", "third"):
        office.org.add(name)
        office.org.open(name, "officer", "371102")
        office.org.seat(name, name)
    return Desk(office)


@pytest.fixture
def desk(committed: None, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """Everything was assessed once."""
    # One region, since each is planned anew.
    monkeypatch.setattr("bangfu.assessment.services.runs.os.cpu_count", lambda: 1)
    settings.RUNS_FOLDER = tmp_path / "runs"
    return kept("desk", lambda: new_desk(tmp_path / "register"))


def new_desk(folder: Path) -> Desk:
    crowd = new_crowd(folder)
    crowd.run()
    return staffed(crowd)


@pytest.fixture
def plain(org: Organisation) -> Desk:
    """Nothing was assessed, so that nothing is tried."""
    return staffed(Office(org))


@pytest.fixture
def open_desk(office: Office) -> Desk:
    """The same, for several who come at once."""
    return staffed(office)
