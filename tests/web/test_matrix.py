"""The access matrix: every address × method × role × thing, against what `matrix.yaml` expects.

A new page needs a row there; a new model with a rule needs nothing here: its mutant is made of the rule. See CONTRIBUTING.md.
"""

import io
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.db import models, transaction
from django.db.models import Q
from django.test.client import ClientHandler
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone
from pytest_django import Settings

from bangfu.access.models import Account, Holding, Post, RecoveryCode, SecondFactor, Session
from bangfu.access.scope import ScopedManager
from bangfu.access.services.people import close_account
from bangfu.access.services.posts import close_post, hand_over, narrow_post, widen_post
from bangfu.audit.data import Act
from bangfu.audit.services import record
from bangfu.casework.models import Round
from bangfu.documents.models import Batch, BatchPaper, BatchUnprinted, Door, Issue
from bangfu.exports.models import Export
from bangfu.exports.models import State as ExportState
from bangfu.files.store import store
from bangfu.intake.models import State
from bangfu.kernel.listed import plain_yaml
from bangfu.places.models import Level, PlaceVersion
from bangfu.places.services import Described, add_place, change_place
from bangfu.policies.in_force import in_force
from bangfu.policies.models import Answer, Effect, Proposal, Trial
from bangfu.privacy.keys import KeyRing
from bangfu.privacy.models import Kind
from bangfu.privacy.services import seal_number
from bangfu.registry.listed import relist
from bangfu.registry.models import Assignment, Evidence, EvidenceFile, Household, How, LedgerLine, Person, Receipt
from bangfu.registry.services.acts import begin
from bangfu.registry.services.assignments import assign
from bangfu.reports.filters import keep_filter
from tests.assessments import assess, done_run
from tests.casework.things import new_rectification, new_round, new_submission, new_task
from tests.households import full_household, move
from tests.kept import kept
from tests.organisation import FIRST, TODAY, Organisation, founded
from tests.uploads import new_list, new_upload
from tests.web.conftest import session_token, signed_in, with_cookie

ROLES = ("anonymous", "disabled", "nobody", "district", "subdistrict", "village", "officer", "auditor", "admin")
THINGS = ("own", "sibling", "other", "deleted", "moved", "abroad")
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
# Answered outside of the desk's pages.
OUTSIDE = {"health"}
TO_COME = date(2999, 1, 1)


@dataclass(frozen=True)
class Cell:
    """`alike`: the matrix has one answer for all things."""

    url: str
    method: str
    role: str
    thing: str
    expected: str
    alike: bool


@dataclass
class World:
    """The cast with everything that the matrix asks about: ids of things by kind, in the order of THINGS. `unseen`: see `leaks`.

    One `handler` answers all, as a server does; a client of its own would set up every middleware anew for each cell.
    """

    org: Organisation
    things: dict[str, tuple[int, ...]]
    names: tuple[str, ...]
    tokens: dict[str, str] = field(default_factory=dict)
    sessions: dict[str, int] = field(default_factory=dict)
    unseen: dict[tuple[str, bool], list[str]] = field(default_factory=dict)
    handler: ClientHandler = field(default_factory=lambda: ClientHandler(enforce_csrf_checks=False))

    def of(self, kind: str) -> tuple[int, ...]:
        return self.things["household" if kind == "sign" else kind]


@cache
def rows() -> dict[str, dict[str, Any]]:
    listed = plain_yaml((Path(__file__).parent / "matrix.yaml").read_text(encoding="utf-8"))
    return {row["url"]: row for row in listed}


def routes() -> dict[str, URLPattern]:
    """Every address that the server answers, by name."""

    def walk(patterns: Iterable[URLPattern | URLResolver]) -> Iterator[URLPattern]:
        for pattern in patterns:
            if isinstance(pattern, URLResolver):
                yield from walk(pattern.url_patterns)
            else:
                yield pattern

    return {pattern.name or str(pattern.pattern): pattern for pattern in walk(get_resolver().url_patterns)}


def cells(urls: Iterable[str]) -> Iterator[Cell]:
    for url in urls:
        row = rows()[url]
        for method in METHODS:
            for role in ROLES:
                answers = _of(row[method], role) if method in row else 405
                each = answers if isinstance(answers, list) else [answers] * len(THINGS)
                for thing, expected in zip(THINGS, each, strict=True):
                    yield Cell(url, method, role, thing, str(expected), not isinstance(answers, list))
                    if "thing" not in row or method not in row:
                        break


def telling(every: Iterable[Cell]) -> Iterator[Cell]:
    """A third of the cells, with every answer among them that some page, role or thing has to itself.

    A door refuses a method before it knows who asks; a role that gets one answer for all things, because it may not look at any, gets it before one is looked for.
    """
    for cell in every:
        asked_by = cell.expected != "405" or cell.role == "officer"
        looked_for = not (cell.alike and cell.expected in ("in", "403")) or cell.thing == "own"
        if asked_by and looked_for:
            yield cell


def _of(answers: Mapping[str, Any], role: str) -> Any:
    return answers[role] if role in answers else answers["else"]


@pytest.fixture
def world(db: None, ring: KeyRing) -> World:
    found = kept("matrix", new_world)
    # Sessions last for minutes only.
    found.tokens = {name: session_token(found.org.accounts[name]) for name in (*ROLES[1:], *found.names)}
    found.sessions = {name: _session(found.org.accounts[name]) for name in found.tokens}
    found.tokens["anonymous"] = ""
    return found


def new_world() -> World:
    org = founded()
    by, founder = org.by, org.founder
    for name in ("mate", "gone", "mover", "disabled"):
        org.add(name, "371102008201")
    for name in ("mate", "gone", "mover"):
        org.open(name, "village", "371102008201")
        org.seat(name, name)
    for name in ("gone",):
        hand_over(by, founder, org.posts[name], None, TODAY)
        close_account(by, founder, org.accounts[name])
        close_post(by, founder, org.posts[name], org.posts["mate"], TODAY)
    close_account(by, founder, org.accounts["disabled"])
    widen_post(by, founder, org.posts["mover"], org.places["371102009201"], FIRST)
    narrow_post(by, founder, org.posts["mover"], org.places["371102008201"], TODAY)
    # Somebody of the own village keeps another post elsewhere, which is nobody's business there.
    org.open("elsewhere", "village", "371102009201")
    org.seat("mate", "elsewhere", TODAY)
    secret = seal_number(org.by.ring, Kind.TOTP_SECRET, "JBSWY3DPEHPK3PXP")
    SecondFactor.objects.create(account_id=org.accounts["mate"], secret=secret, confirmed_at=org.by.at)
    RecoveryCode.objects.create(account_id=org.accounts["mate"], code_digest="x")
    names = ("mate", "sibling", "other", "gone", "mover", "stranger")
    things = {
        "account": tuple(org.accounts[name] for name in names),
        "post": tuple(org.posts[name] for name in names),
        "place": villages(org),
        "run": (done_run(org),) * len(THINGS),
        "unit": (org.unit,) * len(THINGS),
    }
    things["export"] = exports(org, things["place"])
    things["filter"] = filters(org)
    things |= {kind: make(org) for kind, make in MADE.items()}
    things["together"] = together(org, things["household"])
    things["batch"] = batches(org, things["household"])
    effects(things["proposal"][0], things["household"])
    answers(org, things["post"])
    return World(org, things, names)


def _session(account: int) -> int:
    return Session.objects.unscoped("test").get(account=account).pk


def villages(org: Organisation) -> tuple[int, ...]:
    east, west = org.places["371102008"], org.places["371102009"]
    gone = add_place(org.by, Level.VILLAGE, Described("371102008291", "旧一村", east, FIRST))
    change_place(org.by, gone, Described("371102008291", "旧一村", east, TODAY, abolished=True))
    moved = add_place(org.by, Level.VILLAGE, Described("371102008292", "旧二村", east, FIRST))
    change_place(org.by, moved, Described("371102009292", "旧二村", west, TODAY))
    known = [org.places[code] for code in ("371102008201", "371102008202", "371102009201", "371103001201")]
    return (*known[:3], gone, moved, known[3])


def exports(org: Organisation, places: tuple[int, ...]) -> tuple[int, ...]:
    at = (places[0], places[1], places[2], places[0], places[4], places[5])
    askers = ("village", "sibling", "other", "village", "mover", "stranger")
    now = timezone.now()
    made = [
        Export.objects.create(
            code=f"BF-2222-222{number}",
            state=ExportState.ASKED,
            layout="contract",
            place_id=place,
            as_of=TODAY,
            full_numbers=False,
            reason="年度核对",
            asked_by_id=org.accounts[asker],
            asked_at=now,
            households=9,
            persons=99,
            needs_second=True,
            lasts_until=now + timedelta(days=1),
        )
        for number, (place, asker) in enumerate(zip(at, askers, strict=True), start=2)
    ]
    made[3].state, made[3].decided_at = ExportState.REMOVED, now
    made[3].save()
    return tuple(each.pk for each in made)


def filters(org: Organisation) -> tuple[int, ...]:
    """The first is the village helper's, the others somebody else's."""
    whose = ("village", "sibling", "other", "mate", "mate", "stranger")
    return tuple(keep_filter(org.actor(who), f"甲{n}", "status=poor") for n, who in enumerate(whose))


def households(org: Organisation) -> tuple[int, ...]:
    villages = ("371102008201", "371102008202", "371102009201", "371102008201", "371102008201", "371103001201")
    keepers = ("village", "sibling", "other", "village", "village", "stranger")
    made = [full_household(org, f"H{i}", *at) for i, at in enumerate(zip(villages, keepers, strict=True))]
    for at, post in ((0, "district"), (1, "mate"), (2, "mate"), (3, "mate"), (4, "mate")):
        assign(org.by, org.actor("officer"), made[at], org.posts[post], FIRST)
    assess(org, made)
    # As after the act that added it was undone.
    Household.objects.unscoped("test").filter(pk=made[3]).update(place=None)
    relist([made[3]])
    move(org, made[4], "371102009201")
    return tuple(made)


def together(org: Organisation, households: tuple[int, ...]) -> tuple[int, ...]:
    """Acts by which a post was assigned to each as to one of several, from a day on that is still to come: what helps them now stays as it is."""
    made = []
    with transaction.atomic():
        for each in households:
            act = begin(org.by, How.PROCEDURE, Act("registry.assign_together"))
            Assignment.objects.create(household_id=each, post_id=org.posts["village"], held_from=TO_COME, act=act)
            made.append(act.pk)
    return tuple(made)


def batches(org: Organisation, households: tuple[int, ...]) -> tuple[int, ...]:
    """Papers of many, each with one made: the first ordered by the village helper, the others by somebody else."""
    whose = [org.accounts["village"], *[org.accounts["mate"]] * 5]
    issues = [Issue.objects.unscoped("test").filter(household=each)[0] for each in households]
    stored = store(org.by.ring, io.BytesIO(b"a card"), 100).sha256
    made = []
    for account, issue in zip(whose, issues, strict=True):
        said = {"kind": "contact_card", "format": "pdf", "language": "zh", "state": "done", "wanted": 1, "done": 1}
        batch = Batch.objects.create(**said, account_id=account, at=org.by.at, place_id=issue.place_id, day=FIRST)
        paper = {"household_id": issue.household_id, "name": "甲.pdf", "file": stored}
        BatchPaper.objects.create(**paper, batch=batch, issue=issue)
        assert issue.household is not None
        BatchUnprinted.objects.create(batch=batch, household=issue.household, why=["", ""])
        made.append(batch.pk)
    return tuple(made)


def proposals(org: Organisation) -> tuple[int, ...]:
    """Of the district, its subdistricts, and another district; the one that is `deleted` was taken back. Each was tried."""
    at = ("371102", "371102008", "371102009", "371102", "371102009201", "371103")
    said = {"kind": "set", "parameter": "disability_living_rate", "value": "100", "from_day": TODAY, "backdated": False}
    grounds = {"source_zh": "通知", "source_en": "notice", "reason": "上级调标"}
    made = [
        Proposal.objects.create(
            **said,
            **grounds,
            code=code,
            place_id=org.places[code],
            proposed_by_id=org.accounts["stranger" if code == "371103" else "sibling"],
            proposed_at=org.by.at,
            taken_back_at=org.by.at if number == 3 else None,
        )
        for number, code in enumerate(at)
    ]
    tried: dict[str, Any] = {"state": "done", "run": 1, "as_of": TODAY, "base": in_force().digest, "digest": "d" * 64}
    tried["summary"] = {"ways": {"gain": 1, "lose": 0, "other": 0}, "policies": {}}
    for each in made:
        Trial.objects.create(proposal=each, asked_at=org.by.at, finished_at=org.by.at, **tried)
    return tuple(each.pk for each in made)


def effects(proposal: int, households: tuple[int, ...]) -> None:
    """What its trial would change of each household."""
    trial = Trial.objects.unscoped("test").get(proposal=proposal)
    said = {"way": "gain", "before": 0, "after": 1, "policies": [], "others": []}
    Effect.objects.bulk_create(Effect(trial=trial, household_id=each, **said) for each in households)


def answers(org: Organisation, posts: tuple[int, ...]) -> None:
    """Each post answers for a reading."""
    with transaction.atomic():
        for post in posts:
            entry = record(org.by, Act("policies.let_answer", f"post:{post}"))
            Answer.objects.create(reading="dibao_or_wubao", post_id=post, at=org.by.at, entry_id=entry)


def uploads(org: Organisation, new: Callable[..., int] = new_upload) -> tuple[int, ...]:
    east, west = "371102008", "371102009"
    at = (
        ("subdistrict", east, State.PREVIEWED),
        ("officer", east, State.PREVIEWED),
        ("other", west, State.PREVIEWED),
        ("subdistrict", east, State.WITHDRAWN),
        # Whoever brought it sees it wherever it lies.
        ("subdistrict", west, State.PREVIEWED),
        ("stranger", "371103001", State.PREVIEWED),
    )
    return tuple(new(org, n, *each) for n, each in enumerate(at))


def payment_lists(org: Organisation) -> tuple[int, ...]:
    return uploads(org, new_list)


# Things that the rulebook names.
NAMED = {"policy": "dibao", "parameter": "disability_living_rate", "reading": "dibao_or_wubao"}


def tasks_of(org: Organisation) -> tuple[int, ...]:
    """A task of each household, decided on by somebody of its village."""
    made = Household.objects.unscoped("test").order_by("pk").values_list("pk", flat=True)
    return tuple(new_task(org, each) for each in (list(made) or households(org)))


def rounds(org: Organisation) -> tuple[int, ...]:
    return tuple(new_round(org, place) for place in known_villages(org))


def submissions(org: Organisation) -> tuple[int, ...]:
    names = ("mate", "sibling", "other", "gone", "mover", "stranger")
    made = zip(rounds(org), names, strict=True)
    return tuple(new_submission(org, round_, name) for round_, name in made)


def rectifications(org: Organisation) -> tuple[int, ...]:
    return tuple(new_rectification(org, place) for place in known_villages(org))


def known_villages(org: Organisation) -> tuple[int, ...]:
    """Those of `villages`, made before."""
    codes = ("371102008201", "371102008202", "371102009201", "371102008291", "371102009292", "371103001201")
    named = dict(PlaceVersion.objects.filter(code__in=codes).values_list("code", "place_id"))
    return tuple(named[code] for code in codes)


# Things that are made of the organisation alone.
MADE: dict[str, Callable[[Organisation], tuple[int, ...]]] = {
    "household": households,
    "upload": uploads,
    "payment list": payment_lists,
    "proposal": proposals,
    "task": tasks_of,
    "round": rounds,
    "submission": submissions,
    "rectification": rectifications,
}


def address(world: World, cell: Cell) -> str:
    """Of a cell; `own` among the sessions is the one that asks."""
    kind = rows()[cell.url].get("thing")
    at = THINGS.index(cell.thing)
    if kind is None:
        return reverse(f"web:{cell.url}", args=below(cell.url, 0))
    if kind == "session":
        whose = cell.role if at == 0 else world.names[at]
        return reverse(f"web:{cell.url}", args=[world.sessions.get(whose, 1)])
    if kind in NAMED:
        return reverse(f"web:{cell.url}", args=[NAMED[kind], *below(cell.url, 0)])
    thing = world.of(kind)[at]
    if kind == "sign":
        return reverse(f"web:{cell.url}", args=[Door.objects.unscoped("test").get(household=thing).sign])
    return reverse(f"web:{cell.url}", args=[thing, *below(cell.url, thing)])


def below(url: str, household: int) -> list[object]:
    """What an address names beside its household: something that is the household's own."""
    lines = LedgerLine.objects.unscoped("test").filter(household=household)
    receipts = Receipt.objects.unscoped("test").filter(household=household, stands=True)
    persons = Person.objects.unscoped("test").filter(household=household)
    helpers = Assignment.objects.unscoped("test").filter(household=household)
    papers = Evidence.objects.unscoped("test").filter(household=household)
    named: dict[str, Callable[[], list[object]]] = {
        "policy-households": lambda: ["due"],
        "facts-change": lambda: ["housing", household],
        "facts-history": lambda: ["housing", household],
        "helper-end": lambda: [helpers.values_list("pk", flat=True).first() or 0],
        "helper-withdraw": lambda: [helpers.values_list("pk", flat=True).first() or 0],
        "assign-together": lambda: ["village"],
        "thing-add": lambda: ["asset"],
        "procedure": lambda: ["death"],
        "line-withdraw": lambda: [lines[0].pk],
        "line-correct": lambda: [lines[0].pk],
        "receipt-correct": lambda: [receipts[0].pk],
        "receipt-withdraw": lambda: [receipts[0].pk],
        "ledger-year": lambda: [2016],
        "year-settle": lambda: [2015],
        "year-reopen": lambda: [2016],
        "act-undo": lambda: [lines[0].act_id],
        "paper-check": lambda: [papers[0].pk],
        "paper-withdraw": lambda: [papers[0].pk],
        "scan": lambda: [EvidenceFile.objects.unscoped("test").get(evidence=papers[0]).pk],
        "tasks-cut": lambda: ["village"],
        "task-step": lambda: ["confirm"],
        "report-sign": lambda: [Round.objects.unscoped("test").get(pk=household).place_id],
        "member-reveal": lambda: [persons.order_by("pk")[0].pk],
    }
    return named[url]() if url in named else []


def asked(world: World, cell: Cell) -> Any:
    """One answer, of which nothing stays."""
    with transaction.atomic():
        # As the test's own transaction is: what asks for the outermost one is let run.
        transaction.get_connection().atomic_blocks[-1]._from_testcase = True
        client = with_cookie(world.tokens[cell.role])
        client.handler = world.handler
        answer = client.generic(cell.method, address(world, cell))
        transaction.set_rollback(True)
    return answer


def met(answer: Any, method: str) -> str:
    """What an answer was, in the matrix's words."""
    if answer.status_code == 302:
        return "in" if answer["Location"].startswith(reverse("web:sign-in")) else "done"
    if answer.status_code == 401:
        return "in"
    shown = answer.status_code == 200 and method == "POST" and not answer.streaming
    if shown and b'<form method="post" novalidate' in answer.content:
        return "form"
    return str(answer.status_code)


def wrong(world: World, asking: Iterable[Cell]) -> list[str]:
    """The cells whose answer is another than expected, and pages that say what the role may not see, or give an id twice."""
    found = []
    for cell in asking:
        answer, of_cell = asked(world, cell), f"{cell.method} {cell.url} {cell.thing} as {cell.role}"
        text = b"".join(answer).decode(errors="replace")
        came = met(answer, cell.method)
        if came != cell.expected:
            found.append(f"{of_cell}: {came}, not {cell.expected}")
        found += [f"{of_cell}: says {word}" for word in leaks(world, cell, text)]
        found += [f"{of_cell}: has the id {each} twice" for each in ids_given_twice(text)]
    return found


def ids_given_twice(text: str) -> list[str]:
    """Of a page: a label would lead to the first of them alone."""
    given = Counter(re.findall(r'\sid="([^"]+)"', text))
    return sorted(each for each, times in given.items() if times > 1)


def leaks(world: World, cell: Cell, text: str) -> list[str]:
    """Names of people and titles of posts on a page whose reader may not see them."""
    if cell.url == "door":  # who holds a paper is told whom to call
        return []
    # Who held a post before is part of the post.
    key = cell.role, cell.url in ("post", "post-hand-over")
    if key not in world.unseen:
        world.unseen[key] = sorted(unseen(world, *key))
    return [word for word in world.unseen[key] if word in text and re.search(rf"{word}\b", text)]


def unseen(world: World, role: str, of_past: bool) -> set[str]:
    if role in ("anonymous", "disabled"):
        return {f"人{name}" for name in world.org.accounts}
    actor = world.org.actor(role, at=timezone.now())
    people = Account.objects.unscoped("test").exclude(pk__in=Account.objects.seen_by(actor))
    posts = Post.objects.unscoped("test").exclude(pk__in=Post.objects.seen_by(actor))
    titles = set(posts.values_list("title", flat=True))
    return titles if of_past else titles | set(people.values_list("name", flat=True))


@pytest.mark.parametrize("url", sorted(rows()))
def test_every_page_answers_each_as_the_matrix_expects(world: World, url: str) -> None:
    assert wrong(world, telling(cells([url]))) == []


@pytest.mark.long
@pytest.mark.parametrize("url", sorted(rows()))
def test_every_cell_answers_as_the_matrix_expects(world: World, url: str) -> None:
    assert wrong(world, cells([url])) == []


def test_each_page_comes_for_somebody_who_may_see_it(world: World) -> None:
    """What of the cells depends on the database: that it understands what the pages ask of it."""
    shown = {c.url: c for c in cells(rows()) if (c.method, c.expected) == ("GET", "200")}
    assert wrong(world, shown.values()) == []
    assert len(shown) > len(rows()) / 2


@pytest.mark.parametrize("url", sorted(url for url, row in rows().items() if "fields" in row))
def test_a_page_shows_each_role_the_fields_that_it_may_see(world: World, url: str) -> None:
    shown, expected = fields(world, url)
    assert shown == expected


def fields(world: World, url: str) -> tuple[dict[str, list[str]], dict[str, list[str]]]:
    """By role, what stands on the first thing's page that the role may see, and what should."""
    shown: dict[str, list[str]] = {}
    expected: dict[str, list[str]] = {}
    for cell in cells([url]):
        if cell.method == "GET" and cell.expected == "200" and cell.role not in shown:
            found = re.findall(r'data-field="([a-z_-]+)"', asked(world, cell).content.decode())
            shown[cell.role] = sorted(set(found))
            expected[cell.role] = sorted(_of(rows()[url]["fields"], cell.role).split())
    return shown, expected


def test_every_address_has_a_row_and_every_row_an_address() -> None:
    assert set(routes()) - OUTSIDE == set(rows())


def test_an_address_without_a_row_would_be_noticed(settings: Settings) -> None:
    settings.ROOT_URLCONF = "tests.web.more_urls"
    assert set(routes()) - OUTSIDE - set(rows()) == {"not-in-the-matrix"}


def test_every_view_has_a_door() -> None:
    for name, pattern in routes().items():
        assert name in OUTSIDE or hasattr(pattern.callback, "door"), name


def test_a_foreign_thing_and_a_missing_one_get_the_same_bytes(world: World) -> None:
    client = with_cookie(world.tokens["village"])
    foreign = reverse("web:person", args=[world.org.accounts["other"]])
    answers = [client.get(path) for path in (foreign, reverse("web:person", args=[9_999_999]), "/no/such/page/")]
    assert [answer.status_code for answer in answers] == [404] * 3
    assert len({answer.content.replace(answer["X-Incident"].encode(), b"") for answer in answers}) == 1


@pytest.mark.parametrize(("url", "role"), [("person-add", "admin"), ("post-hand-over", "admin"), ("record", "auditor")])
def test_without_a_second_factor_one_is_sent_to_give_it(world: World, url: str, role: str) -> None:
    client = signed_in(world.org.accounts[role], sure=False)
    args = [world.things["post"][0]] if url == "post-hand-over" else []
    answer = client.get(reverse(f"web:{url}", args=args))
    assert answer["Location"].startswith(reverse("web:code"))


def scoped_models() -> list[type[models.Model]]:
    return [model for model in apps.get_models() if isinstance(model._default_manager, ScopedManager)]


def rows_wrong(world: World, model: type[models.Model]) -> list[str]:
    """The rows of a model that a role sees and should not, or should and does not."""
    expected = row_rules()[model.__name__]
    found = []
    for role in ROLES[2:]:
        actor = world.org.actor(role)
        for thing, key, seen in zip(THINGS, world.of(expected["thing"]), _of(expected, role), strict=True):
            of_thing = model.objects.seen_by(actor).filter(**{expected["by"]: key})  # type: ignore[attr-defined]
            if of_thing.exists() is not (seen == "y"):
                found.append(f"{model.__name__} {thing} as {role}")
    return found


@cache
def row_rules() -> dict[str, dict[str, str]]:
    listed: dict[str, dict[str, str]] = plain_yaml((Path(__file__).parent / "rows.yaml").read_text(encoding="utf-8"))
    return listed


def test_every_model_with_a_rule_has_its_rows() -> None:
    assert {model.__name__ for model in scoped_models()} == set(row_rules())


@pytest.mark.parametrize(
    "room", ["access", "assessment", "casework", "documents", "exports", "intake", "policies", "registry", "reports"]
)
def test_each_role_sees_the_rows_it_should_and_a_mutant_without_the_scope_is_caught(
    world: World, room: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    models_of_room = [model for model in scoped_models() if model._meta.app_label == room]
    for model in models_of_room:
        assert rows_wrong(world, model) == []
        monkeypatch.setattr(model, "rule", staticmethod(lambda actor: Q()))
        assert rows_wrong(world, model) != [], model.__name__
        monkeypatch.undo()


def test_no_room_is_left_out_of_that() -> None:
    assert {model._meta.app_label for model in scoped_models()} == {
        "access",
        "assessment",
        "casework",
        "documents",
        "exports",
        "intake",
        "policies",
        "registry",
        "reports",
    }


@pytest.mark.parametrize(
    ("model", "url"),
    [(Account, "person"), (Post, "post"), (Holding, "person"), (Session, "me-session-end"), (SecondFactor, "me")],
)
def test_the_pages_too_show_that_a_scope_is_gone(
    world: World, model: type[models.Model], url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(model, "rule", staticmethod(lambda actor: Q()))
    shown, expected = fields(world, url) if "fields" in rows()[url] else ({}, {})
    assert shown != expected or wrong(world, cells([url]))
