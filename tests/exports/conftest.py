"""A register with two villages brought in as a file, and people who export of it; a minute passes with each act."""

from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from python_calamine import CalamineWorkbook

from bangfu.access.data import Actor
from bangfu.audit.data import By
from bangfu.audit.models import Entry
from bangfu.exports.data import NewExport
from bangfu.exports.models import Export
from bangfu.exports.services.asking import ask
from bangfu.exports.services.making import make
from bangfu.exports.services.taking import take
from bangfu.privacy.keys import KeyRing
from tests.audit.conftest import committed, ring
from tests.kept import kept
from tests.organisation import NOW, Organisation, founded
from tests.registry.test_imports import TABLES, Desk

__all__ = ["committed", "ring"]

AS_OF = date(2017, 3, 31)


@dataclass
class Office:
    """Who asks for exports, decides on them and takes them; `folder` is where files are put that were taken."""

    org: Organisation
    folder: Path
    desk: Desk
    at: datetime = field(default=NOW)

    def by(self, who: str = "subdistrict", reason: str = "年度核对") -> By:
        self.at += timedelta(minutes=1)
        account = self.org.accounts[who]
        return replace(self.org.by, at=self.at, actor=f"account:{account}", reason=reason)

    def actor(self, who: str = "subdistrict", *, sure: bool = True) -> Actor:
        return self.org.actor(who, at=self.at, sure=sure)

    def ask(self, who: str = "subdistrict", place: str = "371102008", day: date = AS_OF, **more: Any) -> int:
        reason = more.pop("reason", "年度核对")
        new = NewExport(more.pop("layout", "contract"), self.org.places[place], day, **more)
        return ask(self.by(who, reason), self.actor(who), new)

    def make(self, export: int) -> Export:
        make(self.by(), export)
        return self.row(export)

    def row(self, export: int) -> Export:
        return Export.objects.unscoped("test").get(pk=export)

    def take(self, export: int, who: str = "subdistrict") -> Path:
        """The file, where whoever took it put it."""
        taken = take(self.by(who), self.actor(who), export)
        path = self.folder / taken.name
        with taken.file as file:
            path.write_bytes(file.read())
        assert path.stat().st_size == taken.size
        return path

    def taken(self, who: str = "subdistrict", **more: Any) -> Path:
        """A file that was asked for, made and taken."""
        export = self.ask(who, **more)
        self.make(export)
        return self.take(export, who)

    def acts(self) -> list[str]:
        return list(Entry.objects.filter(act__startswith="exports.").order_by("pk").values_list("act", flat=True))


@pytest.fixture(autouse=True)
def store(tmp_path: Path, settings: Any) -> None:
    settings.FILES_FOLDER = tmp_path / "files"


@pytest.fixture(autouse=True)
def waiting_jobs(settings: Any) -> None:
    """Jobs wait: a test makes what it wants made."""
    settings.TASKS = {"default": {"BACKEND": "django_tasks.backends.dummy.DummyBackend"}}


@pytest.fixture
def org(db: None, ring: KeyRing) -> Organisation:
    return founded(ring)


@pytest.fixture
def bare(org: Organisation, tmp_path: Path) -> Office:
    """Without a register; with a second officer, who agrees to what the first asks for."""
    return staffed(org, tmp_path)


@pytest.fixture
def office(db: None, tmp_path: Path) -> Office:
    made = kept("exports", lambda: filled(tmp_path))
    made.folder = made.desk.folder = tmp_path
    return made


def filled(folder: Path) -> Office:
    office = staffed(founded(), folder)
    office.desk.bring(TABLES)
    return office


def staffed(org: Organisation, folder: Path) -> Office:
    org.add("second")
    org.open("second", "officer", "371102")
    org.seat("second", "second")
    return Office(org, folder, Desk(org, folder, "subdistrict"))


def cells(path: Path, sheet: str) -> list[list[Any]]:
    rows: list[list[Any]] = CalamineWorkbook.from_path(str(path)).get_sheet_by_name(sheet).to_python()
    return rows
