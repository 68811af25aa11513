"""The list of households as an export: what it is filtered by is kept there as an address holds it, and read and put into words here.

The place is the export's own, and stands beside it.
"""

from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import parse_qsl, urlencode

from bangfu.access.data import Actor
from bangfu.access.models import Post
from bangfu.engine.request import book_of
from bangfu.exports.data import stopped
from bangfu.exports.narrowing import Reader
from bangfu.kernel.schema import schema
from bangfu.kernel.words import Text
from bangfu.reports.data import Asked
from bangfu.reports.households import VERDICTS, rows_asked
from bangfu.reports.measures import measures
from bangfu.reports.words import LABELS, said_of

WHOLE = frozenset({"helper", "least", "below"})
LONGEST = 1_000
A_POST = Text("一个岗位", "a post")


@dataclass(frozen=True, slots=True)
class Offered:
    """The filter of a list, as an export may take it along: as it is kept, in words, and how many households it finds now."""

    kept: str
    said: Text
    households: int


def offered(actor: Actor, asked: Asked) -> Offered | None:
    """None where the list is narrowed by nothing but its place."""
    kept = urlencode(replace(asked, place=None).pairs())
    return Offered(kept, said(actor, kept), rows_asked(actor, asked).count()) if kept else None


def found(actor: Actor, place: int, kept: str) -> Any:
    """A query of the ids of the households that the list of a place finds. Raises DomainError (FILTER_GONE)."""
    return rows_asked(actor, replace(_read(kept), place=place)).values("household")


def said(actor: Actor, kept: str) -> Text:
    """Everything that is asked at once, in both languages. Raises DomainError (FILTER_GONE)."""
    asked = _read(kept)
    pairs = [(name, value) for name, value in asked.pairs() if name != "verdict" or not asked.policy]
    every = [_said(actor, asked, name, value) for name, value in pairs]
    return Text("；".join(each.zh for each in every), "; ".join(each.en for each in every))


def _said(actor: Actor, asked: Asked, name: str, value: str) -> Text:
    """One thing that is asked. A policy and its verdict are one."""
    match name:
        case "helper":
            title = Post.objects.seen_by(actor).filter(pk=int(value)).values_list("title", flat=True).first()
            text = Text(title, title) if title else A_POST
        case "policy":
            policy, verdict = said_of(name, value), said_of("verdict", asked.verdict)
            text = Text(f"{policy.zh}（{verdict.zh}）", f"{policy.en} ({verdict.en})")
        case "gaps" | "least" | "below":
            return said_of(name, value)
        case _:
            text = said_of(name, value)
    return Text(f"{LABELS[name].zh}：{text.zh}", f"{LABELS[name].en}: {text.en}")


def _read(kept: str) -> Asked:
    """What was kept. Raises DomainError for what asks for nothing that there is: it may have been so in an earlier version."""
    try:
        pairs = parse_qsl(kept[: LONGEST + 1])
        given = {name: int(value) if name in WHOLE else value for name, value in pairs if name != "gaps"}
        asked = Asked(**given, gaps=tuple(value for name, value in pairs if name == "gaps"))  # type: ignore[arg-type]
    except (TypeError, ValueError) as problem:
        raise stopped("FILTER_GONE") from problem
    known: dict[str, set[str | None]] = {name: {"", *schema().codes[name]} for name in ("status", "category", "cause")}
    known |= {"place": {None}, "policy": {"", *book_of(()).policies}, "verdict": {"", *VERDICTS}}
    known_gaps = set(asked.gaps) <= measures().keys()
    there = known_gaps and all(getattr(asked, name) in values for name, values in known.items())
    # Nothing that was kept is passed over.
    if not there or len(kept) > LONGEST or urlencode(asked.pairs()) != kept:
        raise stopped("FILTER_GONE")
    return asked


READER = Reader(found, said)
