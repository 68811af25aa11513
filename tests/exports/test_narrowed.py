"""An export of what the list is filtered by: limits, approval, record and marks as ever, and the filter told in words wherever it is told of."""

from datetime import timedelta

import openpyxl
import pytest

from bangfu.audit.models import Entry, EntryText
from bangfu.exports import limits as limits_module
from bangfu.exports import narrowing
from bangfu.exports.limits import Limit
from bangfu.exports.models import Export, State
from bangfu.exports.services.deciding import approve
from bangfu.kernel.errors import DomainError
from bangfu.reports import measures
from tests.exports.conftest import AS_OF, Office, cells
from tests.exports.test_exports import refused, small
from tests.organisation import TODAY
from tests.registry.test_imports import changed

__all__ = ["small"]
POOR = "status=poor"
ZH, EN = "脱贫状态：未脱贫", "Status: poor"


def numbers(office: Office, export: int) -> list[str]:
    return [row[0] for row in cells(office.take(export), "户")[1:]]


def all_poor(office: Office) -> None:
    """The other household has become poor again."""
    office.desk.bring(changed("household", 1, status="poor", exited_on=""))


def test_the_file_has_the_households_of_the_filter_and_says_so(office: Office) -> None:
    export = office.ask(narrowed_to=POOR)
    assert office.make(export).rows == {"户": 1, "人": 2, "收支": 2, "已享受政策": 1}
    assert numbers(office, export) == ["H1"]
    about = {
        row[0]: row[1] for row in cells(office.folder / f"{office.row(export).code}.xlsx", "导出说明") if len(row) > 1
    }
    assert about["筛选 Filter"] == f"{ZH}\n{EN}"
    sheet = openpyxl.load_workbook(office.folder / f"{office.row(export).code}.xlsx")["导出说明"]
    (row,) = (cell.row for cell in sheet["A"] if cell.value == "筛选 Filter")
    assert sheet.row_dimensions[row].height == 2 * 18


def test_what_it_was_narrowed_to_stands_in_the_row_and_in_the_record_in_both_languages(office: Office) -> None:
    narrowed, whole = office.ask(narrowed_to=POOR), office.ask()
    assert (office.row(narrowed).narrowed_said, office.row(whole).narrowed_said) == ([ZH, EN], [])
    asked = Entry.objects.filter(act="exports.ask").order_by("pk")
    first, second = (EntryText.objects.get(pk=entry.pk).body for entry in asked)
    assert (first["filter"], first["households"]) == ([ZH, EN], 1)
    assert "filter" not in second


def test_the_size_that_counts_is_that_of_what_the_filter_finds(office: Office, small: None) -> None:
    assert office.row(office.ask(narrowed_to=POOR)).state == State.DUE
    assert office.row(office.ask()).state == State.ASKED


def test_the_file_is_of_what_the_filter_finds_when_it_is_made(office: Office) -> None:
    export = office.ask(narrowed_to="status=exited")
    office.desk.bring(changed("household", 1, status="poor", exited_on=""))
    assert office.make(export).stopped_for == "NOTHING_THERE"


def test_more_than_was_asked_for_is_not_made(office: Office) -> None:
    export = office.ask(narrowed_to=POOR)
    all_poor(office)
    assert office.make(export).stopped_for == "GROWN"


def test_nobody_agrees_to_more_than_they_have_read(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits_module, "by_role", lambda: {"subdistrict": Limit(2, 1, 0), "officer": Limit(2, 1, 0)})
    export = office.ask(narrowed_to=POOR)
    all_poor(office)
    with refused("GROWN_SINCE"):
        approve(office.by("officer"), office.actor("officer"), export)
    row = office.row(export)
    assert (row.state, row.households, row.persons, row.decided_by) == (State.ASKED, 2, 3, None)
    approve(office.by("officer"), office.actor("officer"), export)
    assert office.make(export).rows["户"] == 2
    assert office.acts() == ["exports.ask", "exports.grow", "exports.approve", "exports.make"]


def test_nobody_agrees_to_more_than_the_asker_may_have(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits_module, "by_role", lambda: {"subdistrict": Limit(1, 1, 0), "officer": Limit(9, 9, 0)})
    export = office.ask(narrowed_to=POOR)
    all_poor(office)
    with refused("TOO_MANY"):
        approve(office.by("officer"), office.actor("officer"), export)
    assert office.row(export).state == State.ASKED


def test_a_filter_that_finds_nobody_or_is_none_is_refused(office: Office) -> None:
    with refused("NOTHING_THERE"):
        office.ask(narrowed_to="cause=land")
    with refused("NOTHING_THERE"):
        office.ask(narrowed_to=POOR, day=AS_OF - timedelta(days=1))
    with refused("FILTER_GONE"):
        office.ask(narrowed_to="status=good")
    assert not Export.objects.unscoped("test").exists()


def test_a_filter_that_is_there_no_more_stops_what_was_asked_for(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    export = office.ask(narrowed_to="gaps=unassessed")
    left = {name: each for name, each in measures.measures().items() if name != "unassessed"}
    monkeypatch.setattr("bangfu.reports.exporting.measures", lambda: left)
    assert office.make(export).stopped_for == "FILTER_GONE"


def test_where_nobody_reads_filters_none_is_taken_for_everything(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(narrowing, "READERS", [])
    with pytest.raises(ValueError, match="unpack"):
        office.ask(narrowed_to=POOR)
    assert office.ask()


def test_the_same_is_made_when_a_job_that_was_killed_is_done_again(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    export = office.ask(narrowed_to=POOR, day=TODAY)
    with monkeypatch.context() as killed:
        killed.setattr("bangfu.exports.services.making._finish", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            office.make(export)
    assert office.make(export).state == State.MADE
    assert numbers(office, export) == ["H1"]


def test_a_refusal_of_the_register_is_told_as_one(office: Office) -> None:
    with pytest.raises(DomainError) as refusal:
        office.ask(narrowed_to="status=poor&gaps=none")
    assert refusal.value.text.en.startswith("The filter cannot be read")
