"""The rulebook in force: the shipped one, and over it a layer of the parameters that were published.

The layer is written from the database, under the digest of its own bytes: whoever writes it writes the same, and what a process has read of
it once stays right. Publications are numbered; the layer after any of them can be written again.
"""

import hashlib
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

import yaml
from django.conf import settings

from bangfu.engine.request import book_of, digest_of_book
from bangfu.policies.models import Kind, Proposal
from bangfu.rulebook.book import Book

LAYER = "published"
FOR_ALL = "what was published is everybody's rulebook"


@dataclass(frozen=True, slots=True)
class InForce:
    """`number`: of the last publication in it, 0 where there is none. `layers`: folders over the shipped book; none where nothing published stands."""

    number: int
    layers: tuple[Path, ...]

    @property
    def book(self) -> Book:
        return book_of(self.layers)

    @property
    def digest(self) -> str:
        return digest_of_book(self.book)

    @property
    def version(self) -> str:
        """As runs and papers name it: of the shipped book, and the publication."""
        return f"{self.book.version}+{self.number}" if self.number else self.book.version


@dataclass(frozen=True, slots=True)
class Span:
    """A published value as the layer has it. `number` is that of its publication, None while it is not signed."""

    value: str
    from_day: date | None
    until_day: date | None
    year: int | None
    source: Mapping[str, str]
    number: int | None


def in_force(number: int | None = None) -> InForce:
    """The rulebook as of now, or (`number`) as it was after a publication. One query."""
    rows = _signed(number)
    return InForce(max((row.number or 0 for row in rows), default=0), _layers(standing(rows)))


def in_force_of(version: str) -> InForce:
    """The rulebook of a version that a run names."""
    return in_force(number_in(version))


def number_in(version: str) -> int:
    """Of the last publication in a version."""
    number = version.partition("+")[2]
    return int(number) if number.isdigit() else 0


def with_proposals(*proposals: Proposal) -> InForce:
    """The rulebook as it would be, were these signed now."""
    rows = _signed(None)
    last = max((row.number or 0 for row in rows), default=0)
    return InForce(last + 1, _layers(standing([*rows, *proposals])))


def standing(rows: Iterable[Proposal]) -> dict[tuple[str, str], list[Span]]:
    """By parameter and place, what of these publications stands, in their order.

    One that was withdrawn counts as never made. A later one ends an earlier one that has no end; whatever else does not fit together the
    rulebook's own checker refuses.
    """
    listed = list(rows)
    withdrawn = {row.withdraws_id for row in listed if row.kind == Kind.WITHDRAW}
    found: dict[tuple[str, str], list[Span]] = {}
    for row in listed:
        if row.kind == Kind.WITHDRAW or row.pk in withdrawn:
            continue
        source = {"zh": row.source_zh, "en": row.source_en}
        new = Span(row.value, row.from_day, row.until_day, row.year, source, row.number)
        key = row.parameter, row.code
        found[key] = [*(_until(before, new) for before in found.get(key, ())), new]
    return found


def _until(before: Span, new: Span) -> Span:
    if before.until_day is None and before.from_day and new.from_day and before.from_day < new.from_day:
        return replace(before, until_day=new.from_day - timedelta(1))
    return before


def layer_text(spans: Mapping[tuple[str, str], Iterable[Span]], yes_no: Iterable[str]) -> str:
    """The layer's file. `yes_no`: the parameters whose values are yes or no."""
    entries: dict[str, list[dict[str, Any]]] = {}
    for (parameter, place), here in sorted(spans.items()):
        entries.setdefault(parameter, [])
        for span in sorted(here, key=lambda each: (each.year or 0, each.from_day or date.min)):
            value: object = span.value == "yes" if parameter in set(yes_no) else span.value
            said = {"value": value, "year": span.year, "from": span.from_day, "until": span.until_day}
            entries[parameter].append(
                {name: each for name, each in said.items() if each is not None}
                | {"place": place, "source": dict(span.source)}
            )
    listed = [{"id": parameter, "values": values} for parameter, values in entries.items()]
    return yaml.safe_dump(listed, allow_unicode=True, sort_keys=False)


def _signed(number: int | None) -> list[Proposal]:
    rows = Proposal.objects.unscoped(FOR_ALL).filter(signed=True).order_by("number")
    return list(rows if number is None else rows.filter(number__lte=number))


def _layers(spans: Mapping[tuple[str, str], list[Span]]) -> tuple[Path, ...]:
    if not spans:
        return ()
    shipped = book_of(()).parameters.values()
    return (_written(layer_text(spans, [each.id for each in shipped if each.unit == "yes_no"])),)


def _written(text: str) -> Path:
    body = text.encode()
    layer = Path(settings.RULES_FOLDER) / hashlib.sha256(body).hexdigest()[:32] / LAYER
    file = layer / "parameters" / "published.yaml"
    if not file.is_file() or file.read_bytes() != body:
        file.parent.mkdir(parents=True, exist_ok=True)
        with NamedTemporaryFile(dir=layer.parent, delete=False) as beside:
            beside.write(body)
            beside.flush()
            os.fsync(beside.fileno())
        Path(beside.name).replace(file)
    return layer
