"""Reads of rectification periods: each day's figures, and how they stand now, against the baseline."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.core.paginator import Page, Paginator

from bangfu.access.data import Actor, NotThere
from bangfu.audit.data import By
from bangfu.casework.kinds import zero_errors
from bangfu.casework.models import DayFigures, Rectification
from bangfu.casework.services.rectification import figures_at
from bangfu.documents.press import Press
from bangfu.documents.services import Order, Printed, print_rows
from bangfu.kernel.words import Lang, Text
from bangfu.places.selectors import places_named

A_PAGE = 20
BASELINE, NOW = Text("基准", "baseline"), Text("至今", "so far")
OF_SEEN = "of a period that the actor sees"
# 三个明显提高: by name, label, what is counted, and of what.
RISES: Mapping[str, tuple[Text, str, str]] = {
    "exactness": (Text("精准度", "Exactness"), "exact", "households"),
    "recognition": (Text("认同度", "Recognition"), "agreed", "asked"),
    "satisfaction": (Text("满意度", "Satisfaction"), "satisfied", "asked"),
}


@dataclass(frozen=True, slots=True)
class PeriodRow:
    id: int
    place: int
    place_name: str
    title: str
    baseline: date
    starts: date
    ends: date


@dataclass(frozen=True, slots=True)
class DayRow:
    """A day: of each zero-error, questions and confirmed errors not settled; of each rise a share in hundredths of a percent (None: not known).

    Of a day by whose end no household had been assessed nothing is known: that none was asked about is not that all was well.
    `live`: as it stands now, the day not being over.
    """

    day: date
    questions: tuple[int | None, ...]
    errors: tuple[int | None, ...]
    rises: tuple[int | None, ...]
    live: bool = False


@dataclass(frozen=True, slots=True)
class PeriodPage:
    """A period and its days, the baseline first; `baseline` is None until that day is over. `zeros` and `rises` are the columns' labels."""

    row: PeriodRow
    zeros: tuple[Text, ...]
    rises: tuple[Text, ...]
    baseline: DayRow | None
    days: tuple[DayRow, ...]


def periods(actor: Actor, page: str | None) -> Page[PeriodRow]:
    """Periods that touch the actor's area, the latest first."""
    shown: Page[Any] = Paginator(Rectification.objects.seen_by(actor).order_by("-pk"), A_PAGE).get_page(page)
    shown.object_list = _rows(shown.object_list)
    return shown


def period(actor: Actor, number: int) -> PeriodPage:
    """Raises NotThere."""
    found = Rectification.objects.seen_by(actor).filter(pk=number)
    rows = _rows(found)
    if not rows:
        raise NotThere
    (row,) = rows
    days = DayFigures.objects.unscoped(OF_SEEN).filter(of=number).order_by("day")
    written = [_day(each.day, {name: getattr(each, name) for name in _NAMES}) for each in days]
    baseline = next((each for each in written if each.day == row.baseline), None)
    shown = [each for each in written if each.day >= row.starts]
    if row.starts <= actor.day <= row.ends and all(each.day < actor.day for each in shown):
        shown.append(_day(actor.day, figures_at(row.place, actor.day), live=True))
    zeros = tuple(zero.text for zero in zero_errors().values())
    return PeriodPage(row, zeros, tuple(label for label, _, _ in RISES.values()), baseline, tuple(shown))


def print_report(by: By, actor: Actor, number: int, lang: Lang, press: Press) -> Printed:
    """Issue the report of a period as a workbook, its days one after the other. Raises NotThere, Denied."""
    found = period(actor, number)
    order = Order("rectification_report", actor.day, "xlsx", lang)
    return print_rows(by, actor, found.row.place, order, press, report_rows(found, lang))


def report_rows(found: PeriodPage, lang: Lang) -> list[dict[str, Any]]:
    """period, day (ISO), mark, of each zero-error questions and errors, and the rises in ten-thousandths of a percent; None: not known."""
    marked = [(found.baseline, BASELINE)] if found.baseline else []
    marked += [(each, NOW if each.live else Text("", "")) for each in found.days]
    return [
        {
            "period": found.row.title,
            "day": each.day.isoformat(),
            "mark": mark.say(lang),
            **{
                name: {"questions": questions, "errors": errors}
                for name, questions, errors in zip(zero_errors(), each.questions, each.errors, strict=True)
            },
            **{name: None if rise is None else rise * 100 for name, rise in zip(RISES, each.rises, strict=True)},
        }
        for each, mark in marked
    ]


def days_left(row: PeriodRow, today: date) -> int:
    """How many days a period goes on, today included; 0 when it is over."""
    return max(0, (row.ends - max(today, row.starts)) // timedelta(1) + 1)


_NAMES = tuple(field.name for field in DayFigures._meta.fields if field.name not in ("id", "of", "day"))


def _rows(found: Any) -> list[PeriodRow]:
    listed = list(found)
    named = places_named({each.place_id for each in listed})
    return [
        PeriodRow(
            each.pk, each.place_id, named.get(each.place_id, ""), each.title, each.baseline, each.starts, each.ends
        )
        for each in listed
    ]


def _day(day: date, figures: Mapping[str, int | None], *, live: bool = False) -> DayRow:
    known = figures if figures["households"] else {}
    return DayRow(
        day,
        tuple(known.get(f"{name}_questions") for name in zero_errors()),
        tuple(known.get(f"{name}_errors") for name in zero_errors()),
        tuple(_share(figures.get(part), figures.get(whole)) for _, part, whole in RISES.values()),
        live,
    )


def _share(part: int | None, whole: int | None) -> int | None:
    return part * 10_000 // whole if part is not None and whole else None
