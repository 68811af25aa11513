"""Numbers are looked at while an import is being written: at once on PostgreSQL; on SQLite, which has one writer, one is told to wait."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.urls import reverse

from bangfu.audit.models import Entry
from bangfu.registry.imports import apply, apply_import, workbench
from bangfu.registry.models import Household, Person
from bangfu.web.busy import AGAIN_S, is_busy, wait_little
from tests.households import full_household
from tests.organisation import Organisation, founded
from tests.registry.test_imports import TABLES, Desk
from tests.web.conftest import signed_in

PROMPT_S = 8


@pytest.fixture
def org(committed: None, ring: Any) -> Organisation:
    return founded(ring)


@contextmanager
def being_written(org: Organisation, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An import that stands in the middle of its transaction meanwhile, and then goes on."""
    in_the_middle, go_on = Event(), Event()
    lines = apply._write_lines

    def pausing(*given: Any) -> None:
        in_the_middle.set()
        go_on.wait(30)
        lines(*given)

    monkeypatch.setattr(apply, "_write_lines", pausing)
    desk = Desk(org, folder, "subdistrict")

    def run() -> None:
        try:
            with workbench() as con:
                apply_import(desk.by, desk.actor, desk.order(TABLES), con, progress=lambda _: None)
        finally:
            connection.close()

    writer = Thread(target=run)
    writer.start()
    assert in_the_middle.wait(30)
    try:
        yield
    finally:
        go_on.set()
        writer.join()


def reveal(org: Organisation, household: int) -> Any:
    client = signed_in(org.accounts["officer"])
    person = Person.objects.unscoped("test").filter(household=household).order_by("pk")[0].pk
    return lambda: client.post(reverse("web:member-reveal", args=[household, person]), {"reason": "核对证件"})


def test_a_number_is_revealed_or_refused_at_once_while_an_import_is_being_written(
    org: Organisation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask = reveal(org, full_household(org, "H9", "371102009201", "other"))
    wait_little(connection)
    status, revealed = {"postgresql": (200, 1), "sqlite": (503, 0)}[connection.vendor]
    with being_written(org, tmp_path, monkeypatch):
        began = time.monotonic()
        answer = ask()
        took = time.monotonic() - began
    assert answer.status_code == status
    assert took < PROMPT_S
    assert answer.headers.get("Retry-After") == {200: None, 503: str(AGAIN_S)}[status]
    assert Entry.objects.filter(act="privacy.reveal").count() == revealed
    # Afterwards everything goes on, and the import was not harmed.
    assert ask().status_code == 200
    assert Household.objects.unscoped("test").filter(number__in=["H1", "H2"]).count() == 2


def test_lists_are_read_while_an_import_is_being_written(
    org: Organisation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = signed_in(org.accounts["officer"])
    wait_little(connection)
    with being_written(org, tmp_path, monkeypatch):
        answer = client.get(reverse("web:households"))
    assert answer.status_code == 200
    assert ">H1<" not in answer.content.decode()


def test_only_another_s_write_is_a_reason_to_wait() -> None:
    assert is_busy(OperationalError("database is locked"))
    assert not is_busy(OperationalError("no such table: x"))
    assert not is_busy(ValueError("database is locked"))
