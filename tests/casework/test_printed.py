"""A list of tasks as a workbook: what the page shows, in its order, real numbers and days, and never a part of it."""

import io
from datetime import datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from openpyxl.worksheet.worksheet import Worksheet

from bangfu.access.data import Denied
from bangfu.audit.models import Entry, EntryText
from bangfu.casework import printed as printing
from bangfu.casework.models import Task
from bangfu.casework.printed import print_tasks, said, task_rows
from bangfu.casework.selectors import NOBODY, STANDINGS, Wanted, all_tasks, tasks
from bangfu.casework.services.tallying import tally
from bangfu.casework.services.tasks import assign
from bangfu.documents.models import Issue
from bangfu.documents.press import press
from bangfu.documents.sample import sample
from bangfu.documents.services import Printed
from bangfu.kernel.errors import DomainError
from bangfu.kernel.words import Lang
from tests.casework.conftest import CHECK, Desk
from tests.organisation import NOW, TODAY

HEAD = 3


def made(desk: Desk, wanted: Wanted, who: str = "village", lang: Lang = "zh") -> Printed:
    with press((), Path("no-such-folder")) as machine:
        return print_tasks(desk.by(who), desk.actor(who), wanted, lang, machine)


def sheet_of(made: Printed) -> Worksheet:
    sheet = openpyxl.load_workbook(io.BytesIO(made.body)).active
    assert isinstance(sheet, Worksheet)
    return sheet


def rows_of(made: Printed) -> list[list[Any]]:
    return [[cell.value for cell in row] for row in sheet_of(made).iter_rows(min_row=HEAD + 1)][:-1]


def priced(desk: Desk, year: int, amount: int) -> None:
    """A task of an amount, about what a spreadsheet would take for a formula."""
    Task.objects.create(
        household_id=desk.household,
        kind="missing",
        about="=1+1",
        year=year,
        amount=amount,
        found_at=NOW,
        verdict=1,
        stands=True,
        state="open",
        unsettled=True,
        due_on=TODAY,
        place_id=desk.org.places["371102008201"],
    )
    tally([desk.org.places["371102008201"]])


def test_the_workbook_has_the_rows_of_the_list_in_its_order_with_real_numbers_days_and_sums(desk: Desk) -> None:
    priced(desk, 2016, 12_345)
    priced(desk, 2017, 678_900)
    wanted = Wanted(about="=1+1", money=True)
    listed = tasks(desk.actor(), wanted, None).page.object_list
    sheet = sheet_of(made(desk, wanted))
    assert [row.amount for row in listed] == [678_900, 12_345]
    assert [row[7] for row in rows_of(made(desk, wanted))] == [6789, 123.45]
    assert (sheet["H4"].number_format, sheet["G4"].value, sheet["F4"].value) == ("#,##0.00", 2017, "=1+1")
    assert (sheet["F4"].data_type, sheet["L4"].value) == ("s", datetime(2017, 12, 1))  # noqa: DTZ001
    assert (sheet["A6"].value, sheet["H6"].value) == ("合计", 6912.45)
    assert (sheet.freeze_panes, sheet.print_title_rows, sheet.page_setup.orientation) == ("A4", "$3:$3", "landscape")


def test_it_says_of_which_place_it_is_and_to_what_it_is_narrowed_in_either_language(desk: Desk) -> None:
    wanted = Wanted(kind="finding", about=CHECK, overdue=False)
    chinese, english = sheet_of(made(desk, wanted)), sheet_of(made(desk, wanted, lang="en"))
    assert chinese["A1"].value == "东一村任务清单"
    assert "共 1 行，筛选：状态：未办结；类别：疑点；" in str(chinese["A2"].value)
    assert "1 rows, filtered by State: not settled; Kind: finding; " in str(english["A2"].value)


def test_it_is_recorded_as_other_papers_are_with_what_it_was_narrowed_to(desk: Desk) -> None:
    wanted = Wanted(post=NOBODY)
    issue = Issue.objects.unscoped("test").get(pk=made(desk, wanted).issue)
    assert (issue.kind, issue.place_id, issue.household_id) == ("task_list", desk.org.places["371102008201"], None)
    entry = Entry.objects.get(act="documents.print")
    told = said(desk.actor(), wanted)
    assert EntryText.objects.get(pk=entry.pk).body["filter"] == [told.zh, told.en]
    assert told.zh == "状态：未办结；责任人：没有责任人"


def test_a_list_is_narrowed_as_on_the_page(desk: Desk) -> None:
    assign(desk.by("officer"), desk.actor("officer"), [desk.task().pk], desk.org.posts["village"], None)
    mine = rows_of(made(desk, Wanted(mine=True)))
    assert [(row[1], row[9], row[10]) for row in mine] == [("H1", "岗village", "人village")]
    nobodys = rows_of(made(desk, Wanted(post=NOBODY)))
    assert len(nobodys) == Task.objects.unscoped("test").filter(post=None).count() > 0
    assert rows_of(made(desk, Wanted(standing="settled"))) == []


def test_of_more_than_the_limit_there_is_none_and_of_as_many_there_is_all(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = Task.objects.unscoped("test").count()
    monkeypatch.setattr(printing, "MOST", there)
    assert len(rows_of(made(desk, Wanted()))) == there
    monkeypatch.setattr(printing, "MOST", there - 1)
    with pytest.raises(DomainError, match=r"^TOO_MANY_TASKS"):
        made(desk, Wanted())


@pytest.mark.parametrize("who", ["district", "auditor", "admin", "nobody"])
def test_who_prints_no_lists_prints_no_tasks(desk: Desk, who: str) -> None:
    with pytest.raises((Denied, DomainError)):
        made(desk, Wanted(place=desk.org.places["371102008201"]), who)
    assert not Issue.objects.unscoped("test").exists()


def test_a_place_outside_of_ones_area_is_refused(desk: Desk) -> None:
    with pytest.raises(Denied):
        made(desk, Wanted(place=desk.org.places["371102008202"]))


def test_who_has_several_areas_chooses_one(desk: Desk) -> None:
    desk.org.open("more", "village", "371102009201")
    desk.org.seat("village", "more")
    with pytest.raises(DomainError, match=r"^PLACE_NEEDED"):
        made(desk, Wanted())
    assert rows_of(made(desk, Wanted(place=desk.org.places["371102009201"]))) == []


def test_everything_that_a_list_can_be_narrowed_to_is_said(desk: Desk) -> None:
    actor, post = desk.actor("officer"), desk.org.posts["village"]
    every = [Wanted(standing=name) for name in STANDINGS]
    every += [Wanted(zero="funds"), Wanted(post=post), Wanted(household=1), Wanted(mine=True), Wanted(overdue=True)]
    told = [said(actor, wanted) for wanted in every]
    assert len({each.zh for each in told}) == len({each.en for each in told}) == len(every)
    assert (
        said(actor, Wanted(post=post, zero="funds")).en
        == "State: not settled; Zero-errors: funds; Responsible: 岗village"
    )
    assert said(actor, Wanted(post=999_999)).zh == "状态：未办结；责任人：一个岗位"


def test_the_sample_has_the_shape_of_the_rows(desk: Desk) -> None:
    (listed,) = {tuple(row) for row in task_rows(all_tasks(desk.actor(), Wanted(), 50) or [], "zh")}
    assert listed == tuple(sample()["rows"]["tasks"][0])
