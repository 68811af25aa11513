"""Rectification periods: each day's figures are worked out from the steps taken by its end, once, and on any later day the same."""

import io
from datetime import date, datetime, timedelta
from pathlib import Path

import openpyxl
import pytest
from django.db import IntegrityError, connection, transaction

from bangfu.access.data import Denied, NotThere
from bangfu.casework import protection as kept
from bangfu.casework.models import DayFigures, Rectification
from bangfu.casework.periods import days_left, period, periods, print_report, report_rows
from bangfu.casework.services.rectification import NewRectification, figures_at, open_rectification, write_days
from bangfu.casework.services.tasks import Grounds, confirm, finish
from bangfu.documents.press import press
from bangfu.documents.sample import sample
from bangfu.documents.services import Order, print_list
from bangfu.kernel.errors import DomainError
from bangfu.registry import protection
from tests.casework.conftest import RIGHT, Desk
from tests.organisation import NOW, TODAY

YESTERDAY, TOMORROW = TODAY - timedelta(1), TODAY + timedelta(1)


def later(days: int) -> datetime:
    return NOW + timedelta(days)


def opened(desk: Desk, place: str = "371102", who: str = "officer") -> int:
    new = NewRectification(desk.org.places[place], "两个月整改", YESTERDAY, TODAY, TODAY + timedelta(60))
    return open_rectification(desk.by(who), desk.actor(who), new)


def exits(row: DayFigures) -> tuple[int, int]:
    return row.exit_questions, row.exit_errors


def test_questions_and_errors_are_counted_as_they_stood_at_the_end_of_each_day(desk: Desk) -> None:
    number = opened(desk)
    desk.at = later(1)
    confirm(desk.by(), desk.actor(), desk.task().pk, "open")
    desk.at = later(2)
    finish(desk.by(), desk.actor(), desk.task().pk, "error", Grounds())
    assert write_days(later(4)) == 4
    rows = {row.day: exits(row) for row in DayFigures.objects.unscoped("test").filter(of=number)}
    days = [YESTERDAY, TODAY, TOMORROW, TODAY + timedelta(2), TODAY + timedelta(3)]
    assert [rows[day] for day in days] == [(0, 0), (1, 0), (0, 1), (0, 0), (0, 0)]


def test_a_day_is_written_once_and_only_when_it_is_over(desk: Desk) -> None:
    opened(desk)
    assert DayFigures.objects.unscoped("test").count() == 1
    assert (write_days(NOW), write_days(later(1)), write_days(later(1)), write_days(later(2))) == (0, 1, 0, 1)


def test_what_a_server_that_was_off_has_missed_is_written_as_it_would_have_been(desk: Desk) -> None:
    place = desk.org.places["371102"]
    desk.at = later(1)
    confirm(desk.by(), desk.actor(), desk.task().pk, "open")
    before = figures_at(place, TOMORROW)
    desk.at = later(9)
    desk.record(RIGHT)
    desk.sweep()
    assert figures_at(place, TOMORROW) == before
    assert figures_at(place, TODAY + timedelta(9))["exit_errors"] == 0


def test_days_after_the_end_are_not_written(desk: Desk) -> None:
    opened(desk)
    assert write_days(later(400)) == 61


def test_a_household_with_a_confirmed_error_is_not_exact_until_that_is_put_right(desk: Desk) -> None:
    place = desk.org.places["371102008201"]
    figures = [figures_at(place, TODAY)]
    confirm(desk.by(), desk.actor(), desk.task().pk, "open")
    figures.append(figures_at(place, TODAY))
    finish(desk.by(), desk.actor(), desk.task().pk, "error", Grounds())
    figures.append(figures_at(place, TODAY))
    assert [(each["households"], each["exact"]) for each in figures] == [(1, 1), (1, 0), (1, 1)]
    other = figures_at(desk.org.places["371102009"], TODAY)
    assert set(other.values()) == {0}


def test_the_page_shows_the_baseline_the_days_and_today_as_far_as_it_is(desk: Desk) -> None:
    number = opened(desk)
    write_days(later(1))
    found = period(desk.org.actor("officer", at=later(1)), number)
    assert found.baseline is not None
    assert (found.baseline.day, [(each.day, each.live) for each in found.days]) == (
        YESTERDAY,
        [(TODAY, False), (TOMORROW, True)],
    )
    assert found.days[0].rises == (10_000, None, None)
    # Nobody had been assessed by the end of the baseline.
    assert (found.baseline.questions, found.baseline.errors) == ((None,) * 3, (None,) * 3)
    assert found.days[0].questions == (1, 1, 0)
    assert [days_left(found.row, day) for day in (YESTERDAY, TODAY, found.row.ends, found.row.ends + timedelta(1))] == [
        61,
        61,
        1,
        0,
    ]


def test_a_period_is_set_by_the_district_office_and_seen_by_those_of_its_place(desk: Desk) -> None:
    with pytest.raises(Denied):
        opened(desk, "371102008", "subdistrict")
    with pytest.raises(Denied):
        opened(desk, "371103001")
    number = opened(desk)
    assert [row.id for row in periods(desk.actor("village"), None)] == [number]
    with pytest.raises(NotThere):
        period(desk.actor("stranger"), number)


@pytest.mark.parametrize(
    ("title", "baseline", "starts", "ends"),
    [
        ("", YESTERDAY, TODAY, TOMORROW),
        ("  ", YESTERDAY, TODAY, TOMORROW),
        ("整改", TODAY, TODAY, TOMORROW),
        ("整改", YESTERDAY, TOMORROW, TODAY),
        ("整改", TOMORROW, TODAY + timedelta(2), TODAY + timedelta(9)),
        ("整改", YESTERDAY, TODAY, TODAY + timedelta(400)),
    ],
)
def test_days_have_to_be_in_order(desk: Desk, title: str, baseline: date, starts: date, ends: date) -> None:
    new = NewRectification(desk.org.places["371102"], title, baseline, starts, ends)
    with pytest.raises(DomainError):
        open_rectification(desk.by("officer"), desk.actor("officer"), new)
    assert not Rectification.objects.unscoped("test").exists()


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE casework_dayfigures SET day = '2020-01-01'",
        "DELETE FROM casework_dayfigures",
        "UPDATE casework_rectification SET ends = '2020-01-01'",
    ],
)
def test_no_days_figures_are_changed(desk: Desk, sql: str) -> None:
    opened(desk)
    with pytest.raises(IntegrityError, match=protection.MESSAGE), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql)
    assert set(protection.installed(connection, kept.ROOM)) != set()


def test_the_report_of_a_period_is_a_workbook_of_its_days(desk: Desk) -> None:
    number = opened(desk)
    write_days(later(1))
    with press((), Path("no-such-folder")) as machine:
        printed = print_report(desk.by("officer"), desk.actor("officer"), number, "zh", machine)
        with pytest.raises(NotThere):
            print_report(desk.by("stranger"), desk.actor("stranger"), number, "zh", machine)
        order = Order("rectification_report", TODAY, "xlsx")
        with pytest.raises(DomainError) as elsewhere:
            print_list(desk.by("officer"), desk.actor("officer"), desk.org.places["371102"], order, machine)
    assert elsewhere.value.code == "PRINTED_ELSEWHERE"
    sheet = openpyxl.load_workbook(io.BytesIO(printed.body)).active
    assert sheet is not None
    rows = [[cell.value for cell in row] for row in sheet.iter_rows(min_row=4)]
    assert [row[:3] for row in rows] == [
        ["两个月整改", datetime(2017, 11, 30), "基准"],  # noqa: DTZ001
        ["两个月整改", datetime(2017, 12, 1), None],  # noqa: DTZ001
    ]
    assert rows[1][5:7] == [1, 0]
    (given,) = {tuple(row) for row in report_rows(period(desk.actor("officer"), number), "zh")}
    assert given == tuple(sample()["rows"]["rectification"][0])
