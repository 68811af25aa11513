"""Papers in the dossiers of the demo: small pictures that say what they stand for, some checked, some wrong, expired or missing."""

import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from itertools import cycle
from typing import Any

from PIL import Image, ImageDraw, ImageFont

from bangfu.access.models import Account, Holding
from bangfu.access.policy import actor_of
from bangfu.audit.data import By
from bangfu.registry.dossiers import Item, dossier, label_of
from bangfu.registry.models import Household
from bangfu.registry.services.dossiers import NewPaper, Opened, add_paper, check_paper, open_scans
from bangfu.registry.versions import WRITES

# An A6 page at 100 dots an inch: enough to be read, a few kilobytes.
SIZE, MARGIN = (413, 583), 28


@dataclass(frozen=True, slots=True)
class Hands:
    """Who adds the papers of a village, as the holder of its post, and who compares them."""

    adds: int
    checks: int


def hands_of(post: int, checks: str) -> Hands | None:
    """None where nobody sits at the post."""
    held = Holding.objects.unscoped(WRITES).filter(post=post, held_until=None).first()
    checker = Account.objects.unscoped(WRITES).get(login=checks)
    return Hands(held.account_id, checker.pk) if held is not None else None


def fill_dossier(
    by: By, hands: Hands, household: Household, said: Mapping[str, Any], opened: dict[str, Opened], *, whole: bool
) -> None:
    """Add what the rulebook requires of a household, each paper as `said["fates"]` has it in turn; `whole`: everything is there and right.

    What comes of a kind's picture is the same each time: it is put into `opened`, and taken from there.
    """
    adder, checker = actor_of(hands.adds, by.at), actor_of(hands.checks, by.at)
    items = dossier(adder, household.pk, adder.day, by.at, "zh").items
    fates: Iterator[Mapping[str, Any]] = cycle(said["fates"][:1] if whole else said["fates"])
    # Where it is not known whether a paper is required, it counts as lacking; a whole dossier has it.
    wanted = (each for each in items if each.required or (whole and each.required is None))
    for item, fate in zip(wanted, fates, strict=False):
        if fate["then"] == "missing":
            continue
        new = _paper(item, fate, said["kept_from"])
        if item.kind not in opened:
            opened[item.kind] = open_scans(by, adder, household.pk, new)
        paper = add_paper(by, adder, household.pk, new, said["source"], opened[item.kind])
        if fate["then"] != "unchecked":
            check_paper(by, checker, paper, right=fate["then"] == "right", why=fate.get("why", ""))


def _paper(item: Item, fate: Mapping[str, Any], kept_from: date) -> NewPaper:
    return NewPaper(
        item.kind,
        (scan(item.kind),),
        kept_from,
        item.person,
        expires_on=fate.get("expires_on"),
        pages=fate.get("pages"),
    )


@cache
def scan(kind: str) -> bytes:
    """A picture of a paper of a kind, the same everywhere: the font that comes with Pillow has no Chinese."""
    page = Image.new("L", SIZE, 250)
    draw = ImageDraw.Draw(page)
    draw.rectangle((MARGIN // 2, MARGIN // 2, SIZE[0] - MARGIN // 2, SIZE[1] - MARGIN // 2), outline=120, width=2)
    lines = ("DEMO", *_broken(label_of(kind).en), "", "of nobody who exists")
    for at, line in enumerate(lines):
        draw.text((MARGIN, MARGIN + at * 44), line, fill=40, font=ImageFont.load_default(size=28))
    kept = io.BytesIO()
    page.save(kept, "PNG")
    return kept.getvalue()


def _broken(text: str, width: int = 22) -> list[str]:
    lines = [""]
    for word in text.split():
        lines = [*lines[:-1], f"{lines[-1]} {word}".strip()] if len(lines[-1]) + len(word) < width else [*lines, word]
    return lines
