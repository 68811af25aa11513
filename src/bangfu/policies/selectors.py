"""Reads of the room: the catalogue in force, who answers for its readings, and what is proposed and published."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.core.paginator import Page, Paginator

from bangfu.access.data import Actor, NotThere
from bangfu.access.models import SEAT, Post
from bangfu.access.policy import may_open
from bangfu.access.selectors import PostRow, posts_of
from bangfu.engine.request import book_of
from bangfu.kernel.words import Lang, Text
from bangfu.places.selectors import names_of_codes, places_named, places_within
from bangfu.policies.data import STANDINGS, stood_in_said
from bangfu.policies.in_force import InForce, in_force
from bangfu.policies.models import GOING, Answer, Effect, Kind, Proposal, State, Trial
from bangfu.policies.services.answering import ANSWERS
from bangfu.policies.services.proposing import is_past, publishable, value_said, what_past_changes
from bangfu.registry.selectors import HouseholdRow, household_rows
from bangfu.rulebook.catalogue import Catalogue, catalogue

A_PAGE = 50
OF_SEEN = "of proposals that the actor sees"
OF_HEIRS = "shown to those who see the post that answers now"


@dataclass(frozen=True, slots=True)
class Shown:
    """The catalogue of the rulebook in force; `places` are names by the codes that values name."""

    ruled: InForce
    catalogue: Catalogue
    publishable: frozenset[str]
    places: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class AnswerRow:
    """That a post answers for a reading since a moment."""

    post: PostRow
    at: datetime


@dataclass(frozen=True, slots=True)
class ProposalRow:
    """A proposal as pages show it. `mine`, `to_decide`, `to_withdraw`: what this actor may do about it now.

    `backdated`: it begins in the past, as it was proposed or by now while it waits. `past`: what signing it now changes of that; None for none.
    """

    id: int
    withdraws: int | None
    parameter: str
    label: str
    value: str
    when: str
    place: int
    place_name: str
    source: str
    reason: str
    backdated: bool
    past: Text | None
    standing: str
    standing_said: Text
    number: int | None
    proposer: str
    proposed_at: datetime
    decider: str
    decided_at: datetime | None
    refused_because: str
    mine: bool
    to_decide: bool
    to_withdraw: bool


@dataclass(frozen=True, slots=True)
class TrialRow:
    """What a proposal would change. `policies`: (name, households that gain, that lose, money a year before, after)."""

    id: int
    state: str
    run: int
    as_of: date
    finished_at: datetime | None
    progress: Text | None
    failure: Text | None
    digest: str
    ways: Mapping[str, int]
    policies: tuple[tuple[str, int, int, int, int], ...]
    stands: bool
    stood_in: Text | None

    @property
    def going(self) -> bool:
        return self.state in GOING

    @property
    def before(self) -> int:
        return sum(each[3] for each in self.policies)

    @property
    def after(self) -> int:
        return sum(each[4] for each in self.policies)


@dataclass(frozen=True, slots=True)
class EffectRow:
    """What would change of a household: policies as (name, verdict before, after, money a year before, after), and what else."""

    row: HouseholdRow
    way: str
    before: int
    after: int
    policies: tuple[tuple[str, str, str, int, int], ...]
    others: tuple[tuple[str, int | None, int | None], ...]

    @property
    def more(self) -> int:
        return self.after - self.before


def shown(lang: Lang) -> Shown:
    """What everybody may read who sees households."""
    ruled = in_force()
    made = _catalogue(ruled.layers, lang)
    codes = {value.place for parameter in made.parameters.values() for value in parameter.values}
    return Shown(ruled, made, frozenset(publishable(ruled.book)), names_of_codes(codes))


@lru_cache(maxsize=4)
def _catalogue(layers: tuple[Path, ...], lang: Lang) -> Catalogue:
    """Layers of other bytes lie elsewhere."""
    return catalogue(book_of(layers), lang)


def answers(actor: Actor) -> dict[str, list[AnswerRow]]:
    """By reading, who answers for it, the last one first; as far as the actor may see posts. One who was succeeded, by who sits there now."""
    rows = list(Answer.objects.unscoped(OF_HEIRS).order_by("-at", "-pk").values_list("reading", "at", SEAT))
    seats = posts_of(actor, {seat for _, _, seat in rows})
    found: dict[str, list[AnswerRow]] = {}
    for reading, at, seat in rows:
        if seat in seats:
            found.setdefault(reading, []).append(AnswerRow(seats[seat], at))
    return found


def posts_to_answer(actor: Actor) -> list[tuple[int, str]]:
    """The posts of the office that may answer for a reading, by unit and title."""
    found = Post.objects.seen_by(actor).filter(role=ANSWERS, closed_on=None).order_by("unit__name", "title", "pk")
    return [(pk, f"{unit} {title}") for pk, unit, title in found.values_list("pk", "unit__name", "title")]


def proposals(actor: Actor, lang: Lang, parameter: str | None, page: str | None) -> Page[Any]:
    """What was proposed, the latest first."""
    rows = Proposal.objects.seen_by(actor)
    if parameter is not None:
        rows = rows.filter(parameter=parameter)
    shown: Page[Any] = Paginator(rows.order_by("-proposed_at", "-pk"), A_PAGE).get_page(page)
    shown.object_list = _rows(actor, lang, shown.object_list)
    return shown


def waiting(actor: Actor, lang: Lang) -> list[ProposalRow]:
    """What waits for this actor's signature, the longest first."""
    if actor.account is None or not may_open(actor, "parameters.approve"):
        return []
    return [row for row in _rows(actor, lang, _undecided(actor).order_by("proposed_at", "pk")) if row.to_decide]


def waiting_count(actor: Actor) -> int:
    """How many `waiting` lists, for whoever may sign."""
    signs = places_within(actor.places_for("parameters.approve"))
    return int(_undecided(actor).filter(place__in=signs).exclude(proposed_by=actor.account).count())


def _undecided(actor: Actor) -> Any:
    return Proposal.objects.seen_by(actor).filter(decided_at=None, taken_back_at=None)


def proposal(actor: Actor, lang: Lang, number: int) -> ProposalRow:
    """Raises NotThere."""
    found = _rows(actor, lang, Proposal.objects.seen_by(actor).filter(pk=number))
    if not found:
        raise NotThere
    return found[0]


def trial(actor: Actor, lang: Lang, number: int) -> TrialRow | None:
    """The last trial of a proposal; None where it was not tried."""
    found = Trial.objects.seen_by(actor).filter(proposal=number).order_by("-pk").first()
    if found is None:
        return None
    names = _catalogue(in_force().layers, lang).policies
    said = found.summary.get("policies", {})
    return TrialRow(
        found.pk,
        found.state,
        found.run,
        found.as_of,
        found.finished_at,
        Text(*found.progress) if found.progress else None,
        Text(*found.failure) if found.failure else None,
        found.digest,
        found.summary.get("ways", {}),
        tuple(
            (names[name].label if name in names else name, each["gain"], each["lose"], each["before"], each["after"])
            for name, each in said.items()
        ),
        found.state == State.DONE and found.base == in_force().digest,
        stood_in_said(**found.summary["stood_in"]) if "stood_in" in found.summary else None,
    )


def effects(actor: Actor, lang: Lang, number: int, way: str, page: str | None) -> Page[Any]:
    """The households that the last trial would change, as far as the actor sees them; `way` of WAYS, or all."""
    trials = Trial.objects.unscoped(OF_SEEN).filter(proposal=number).order_by("-pk").values("pk")[:1]
    rows = Effect.objects.seen_by(actor).filter(trial__in=list(trials.values_list("pk", flat=True)))
    if way:
        rows = rows.filter(way=way)
    shown: Page[Any] = Paginator(rows.order_by("household__number").select_related("household"), A_PAGE).get_page(page)
    listed = list(shown.object_list)
    named = {row.id: row for row in household_rows([each.household for each in listed])}
    policies = _catalogue(in_force().layers, lang).policies
    shown.object_list = [
        EffectRow(
            named[each.household_id],
            each.way,
            each.before,
            each.after,
            tuple(
                (policies[name].label if name in policies else name, was, would, before, after)
                for name, _, was, would, before, after in each.policies
            ),
            tuple((name, was, would) for name, was, would in each.others),
        )
        for each in listed
    ]
    return shown


def _rows(actor: Actor, lang: Lang, found: Any) -> list[ProposalRow]:
    listed: Sequence[Proposal] = list(found.select_related("proposed_by", "decided_by", "withdraws"))
    named = places_named({each.place_id for each in listed})
    gone = set(
        Proposal.objects.unscoped(OF_SEEN)
        .filter(signed=True, withdraws__in=[each.pk for each in listed])
        .values_list("withdraws", flat=True)
    )
    approves = set(places_within(actor.places_for("parameters.approve")))
    proposes = set(places_within(actor.places_for("parameters.propose")))
    parameters = _catalogue(in_force().layers, lang).parameters
    return [
        _row(
            each,
            parameters[each.parameter].label if each.parameter in parameters else each.parameter,
            _value_said(each, lang),
            _past(each, actor.day),
            named.get(each.place_id, each.code),
            _standing(each, gone),
            lang,
            mine=each.proposed_by_id == actor.account,
            approves=each.place_id in approves,
            proposes=each.place_id in proposes,
        )
        for each in listed
    ]


def _row(  # noqa: PLR0913  # what is known of it from elsewhere
    row: Proposal,
    label: str,
    value: str,
    past: Text | None,
    place: str,
    standing: str,
    lang: Lang,
    *,
    mine: bool,
    approves: bool,
    proposes: bool,
) -> ProposalRow:
    days = f"{row.from_day} – {row.until_day or '…'}"
    return ProposalRow(
        row.pk,
        row.withdraws_id,
        row.parameter,
        label,
        value,
        str(row.year) if row.year else days,
        row.place_id,
        place,
        Text(row.source_zh, row.source_en).say(lang),
        row.reason,
        row.backdated or past is not None,
        past,
        standing,
        STANDINGS[standing],
        row.number,
        row.proposed_by.name,
        row.proposed_at,
        row.decided_by.name if row.decided_by else "",
        row.decided_at,
        row.refused_because or "",
        mine,
        standing == "open" and approves and not mine,
        standing == "published" and proposes and row.kind == Kind.SET,
    )


def _past(row: Proposal, day: date) -> Text | None:
    """Of one that waits. It may have been proposed for a day that was still to come."""
    waits = row.decided_at is None and row.taken_back_at is None
    past = waits and is_past(row.from_day, row.year, day)
    return what_past_changes(row.from_day, row.year, day) if past else None


def _standing(row: Proposal, gone: set[int | None]) -> str:
    if row.taken_back_at is not None:
        return "taken_back"
    if row.signed is None:
        return "open"
    if not row.signed:
        return "refused"
    return "withdrawn" if row.pk in gone else "published"


def _value_said(row: Proposal, lang: Lang) -> str:
    """As people read it; of a withdrawal, what is withdrawn."""
    of = row.withdraws or row
    parameter = book_of(()).parameters.get(of.parameter)
    return of.value if parameter is None else value_said(parameter, of.value, lang)
