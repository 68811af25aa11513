"""What the demo's households have beside what was imported: helpers with some gaps, telephones, needs, belongings, papers, and files that others send.

The one place where the content of the demo is made: what each household gets is a function in `_FILLS`; what it says is in demo.yaml.
Given out in turn by the households' numbers, so that the same register gets the same; filled once, and never twice.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from django.db import transaction

from bangfu.access.data import Actor
from bangfu.access.models import Post
from bangfu.access.policy import system_actor
from bangfu.access.services.people import Person, add_account
from bangfu.access.services.posts import NewPost, hand_over, open_post
from bangfu.audit.data import By
from bangfu.kernel.clock import office_day
from bangfu.kernel.errors import DomainError
from bangfu.kernel.listed import listed_in
from bangfu.kernel.words import Text
from bangfu.places.models import UnitKind
from bangfu.places.selectors import place_of_code
from bangfu.places.services import found_unit
from bangfu.registry.data import NewFacts
from bangfu.registry.demo_files import bring_in
from bangfu.registry.demo_papers import fill_dossier, hands_of
from bangfu.registry.facts import things
from bangfu.registry.models import Act, Household
from bangfu.registry.services.assignments import assign
from bangfu.registry.services.dossiers import Opened
from bangfu.registry.services.households import add_thing
from bangfu.registry.versions import WRITES

# Villages that one helper answers for; the last village of all gets nobody, as a gap to be found.
VILLAGES_A_HELPER = 8
# Every so-manieth household is left without a helper of its village, or without a liaison of the district.
NO_HELPER, NO_LIAISON = 11, 3
# One household in so many has the rest of the file filled in.
FILLED = 4
# One dossier in so many is complete, whole and right.
WHOLE = 4


@dataclass(frozen=True, slots=True)
class Filling:
    """Who fills, the posts that help (by village its helper's, and the liaisons'), and the village whose households have papers.

    `opened`: what came of the picture of each kind of paper, since to open one takes a process.
    """

    by: By
    officer: Actor
    helpers: Mapping[int, int]
    liaisons: Mapping[int, Sequence[int]]
    papers: int | None
    opened: dict[str, Opened] = field(default_factory=dict)


def fill_demo(by: By, register: Path | None = None) -> int:
    """Fill the demo's households, in one transaction; returns how many, 0 where it was done before. Raises DomainError without households.

    From the `register` that was imported, files are made as others send them; they are left beside it, in `files`.
    """
    day = office_day(by.at)
    with transaction.atomic():
        if Act.objects.filter(source=_said()["source"]).exists():
            return 0
        households = list(Household.objects.unscoped(WRITES).exclude(place=None).order_by("number"))
        if not households:
            raise DomainError(
                "NO_HOUSEHOLDS",
                Text("还没有户。请先导入演示资料。", "There are no households yet; import the demo register."),
            )
        villages = sorted({household.place_id for household in households if household.place_id is not None})
        admin = system_actor("demo", "admin", day)
        filling = Filling(
            by,
            system_actor("demo", "officer", day),
            _helpers(by, admin, villages),
            _liaisons(by, admin, villages),
            place_of_code(_said()["dossier"]["village"], day, by.at),
        )
        for at, household in enumerate(households):
            for fill in _FILLS:
                fill(filling, at, household)
        if register is not None:
            bring_in(by, filling.officer, register, register.parent / "files", _said()["files"])
        return len(households)


def _helpers(by: By, admin: Actor, villages: Sequence[int]) -> dict[int, int]:
    """A post for every village but the last that has none, with somebody in it; by village, the post."""
    found = _posts_of("village", villages)
    names = iter(_said()["helpers"])
    missing = [village for village in villages if village not in found][:-1]
    for number, (some, name) in enumerate(zip(_some(missing), names, strict=False), start=1):
        unit = found_unit(by, f"帮扶工作队第{number}组（演示）", UnitKind.WORK_TEAM)
        post = _seated(
            by,
            admin,
            NewPost("village", f"村级帮扶责任人（第{number}组）", unit, admin.day, tuple(some)),
            f"helper{number:02d}",
            name,
        )
        found |= dict.fromkeys(some, post)
    return found


def _some(villages: Sequence[int]) -> Iterable[Sequence[int]]:
    return (villages[at : at + VILLAGES_A_HELPER] for at in range(0, len(villages), VILLAGES_A_HELPER))


def _liaisons(by: By, admin: Actor, villages: Sequence[int]) -> dict[int, list[int]]:
    """By village, the post that has answered for it already, if there is one, and posts of other units."""
    found, made = _posts_of("district", villages), []
    for number, said in enumerate(_said()["liaisons"], start=1):
        unit = found_unit(by, said["unit"], UnitKind.HELPING_UNIT)
        new = NewPost("district", "区级联系责任人", unit, admin.day, tuple(villages))
        made.append(_seated(by, admin, new, f"liaison{number}", said["name"]))
    return {village: [*([found[village]] if village in found else []), *made] for village in villages}


def _seated(by: By, admin: Actor, new: NewPost, login: str, name: str) -> int:
    """A post with somebody in it, whose temporary password nobody is told: an administrator gives another."""
    account, _ = add_account(by, admin, Person(login, name, "13800000000", new.places[0]))
    post = open_post(by, admin, new)
    hand_over(by, admin, post, account, admin.day)
    return post


def _posts_of(role: str, villages: Sequence[int]) -> dict[int, int]:
    """By village, an open post of a role that answers for it."""
    rows = Post.objects.unscoped(WRITES).filter(role=role, closed_on=None, holdings__held_until=None)
    named = rows.filter(areas__place__in=villages, holdings__isnull=False)
    return dict(named.order_by("-pk").values_list("areas__place", "pk"))


def _assign(filling: Filling, at: int, household: Household) -> None:
    since = _said()["since"]
    post = filling.helpers.get(household.place_id or 0)
    if post is not None and at % NO_HELPER:
        assign(filling.by, filling.officer, household.pk, post, since)
    liaisons = filling.liaisons.get(household.place_id or 0)
    if liaisons and at % NO_LIAISON:
        assign(filling.by, filling.officer, household.pk, liaisons[at // NO_LIAISON % len(liaisons)], since)


def _things(filling: Filling, at: int, household: Household) -> None:
    """One of each kind that a household has several of."""
    if at % FILLED:
        return
    said = _said()
    for kind in things().values():
        if kind.several:
            choices = said[kind.name]
            facts = NewFacts(kind.name, 0, choices[at // FILLED % len(choices)], said["noted"])
            add_thing(filling.by, filling.officer, household.pk, facts, said["source"])


def _papers(filling: Filling, at: int, household: Household) -> None:
    """In one village only, since opening scans takes time; of every so-manieth household the dossier is as it should be."""
    post = filling.helpers.get(household.place_id or 0)
    if household.place_id != filling.papers or post is None:
        return
    said = _said()
    hands = hands_of(post, said["dossier"]["checked_by"])
    if hands is not None:
        whole = at % WHOLE == WHOLE - 1
        fill_dossier(
            filling.by, hands, household, {**said["dossier"], "source": said["source"]}, filling.opened, whole=whole
        )


_FILLS: tuple[Callable[[Filling, int, Household], None], ...] = (_assign, _things, _papers)


@cache
def _said() -> Any:
    return listed_in("bangfu.registry", "demo.yaml")
