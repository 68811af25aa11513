"""Reads of tasks: lists by any of the six cuts, one with its history, and what waits for somebody. Each starts from what the actor may see."""

from bisect import bisect
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import accumulate
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import F, Q, Sum, Value
from django.db.models.functions import Coalesce

from bangfu.access.data import Actor, NotThere
from bangfu.access.models import SEAT, Holding, Post
from bangfu.access.policy import may, may_open
from bangfu.access.roles import roles
from bangfu.assessment.household import Explained, asked_of, explained
from bangfu.audit.models import Entry
from bangfu.casework.kinds import kinds, money_kinds, policy_kinds, zero_errors
from bangfu.casework.models import GROWN, Tally, Task, TaskStep
from bangfu.casework.reported import villages_unsigned, waiting_for_review, waiting_for_village
from bangfu.casework.states import QUESTIONS, SETTLED, STATES, STEPS, UNDECIDING, UNSETTLED, State
from bangfu.engine.request import book_of
from bangfu.kernel.money import yuan_from_fen
from bangfu.kernel.schema import schema
from bangfu.kernel.words import Lang, Text
from bangfu.places.models import Below
from bangfu.places.selectors import places_named, places_within
from bangfu.places.spans import lasts
from bangfu.registry import dossiers
from bangfu.registry.bulk import chunked
from bangfu.registry.homes import home_of
from bangfu.registry.household_file import person_names
from bangfu.registry.missing_papers import missing_papers
from bangfu.registry.models import Household, Person
from bangfu.registry.rules import in_turn, seen_whole, sees_some_only
from bangfu.registry.selectors import household_rows
from bangfu.rulebook.explain import PolicySeen

A_PAGE = 50
# No more of a list are shown, nor are its households told apart.
MOST = 10_000
# Of more tasks than these, households are counted one by one only within a village.
MOST_BY_HOUSEHOLD = 100_000
OF_SEEN = "of tasks that the actor sees"
ANY, NOBODY = None, 0
# A post that the actor may not see.
ELSEWHERE = "—"
# What a list can be narrowed to, by name: the states, and the words.
STANDINGS: Mapping[str, tuple[tuple[str, ...], Text]] = {
    "unsettled": (UNSETTLED, Text("未办结", "not settled")),
    "questions": (QUESTIONS, Text("待核实", "questions")),
    "errors": ((State.ERROR,), Text("确认有误", "confirmed errors")),
    # Of these in particular those that are GROWN.
    "grown": (SETTLED, Text("办结后金额增加", "settled, of more money since")),
    "settled": (SETTLED, Text("已办结", "settled")),
    "all": (tuple(State), Text("全部", "all")),
}


@dataclass(frozen=True, slots=True)
class CutBy:
    """How tasks are counted one by one: how that is called, what each row is, and the column of tasks (or SEAT) that it goes by."""

    title: Text
    row: Text
    column: str


# The six "one by one" (C2.2.1), by name. Money is listed entry by entry, and not counted.
CUTS: Mapping[str, CutBy] = {
    "village": CutBy(Text("逐村", "By village"), Text("村", "Village"), "place"),
    "household": CutBy(Text("逐户", "By household"), Text("户", "Household"), "household"),
    "item": CutBy(Text("逐项", "By item"), Text("事项", "Item"), "about"),
    "policy": CutBy(Text("逐条", "By policy"), Text("政策", "Policy"), "about"),
    "post": CutBy(Text("逐人", "By responsible post"), Text("负责岗位", "Responsible post"), "seat"),
}


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a list is narrowed to. `place` holds what lies in it, too; `post` NOBODY: nobody's; `money`: of an amount, the largest first."""

    standing: str = "unsettled"
    kind: str = ""
    about: str = ""
    zero: str = ""
    place: int | None = ANY
    household: int | None = ANY
    post: int | None = ANY
    mine: bool = False
    overdue: bool = False
    money: bool = False


@dataclass(frozen=True, slots=True)
class TaskRow:
    """A task as lists show it. `post` is None where it is nobody's; `holder` who sits there now (empty: nobody).

    `grown_from`: of how much it was when it was settled, where it is of more now; None where it is not.
    """

    id: int
    household: int
    number: str
    head: str
    village: str
    person: str
    kind: Text
    about: Text
    year: int
    amount: int | None
    grown_from: int | None
    severity: str
    found_at: datetime
    state: str
    state_text: Text
    stands: bool
    post: int | None
    owner: str
    holder: str
    due_on: date
    overdue: bool


@dataclass(frozen=True, slots=True)
class TaskList:
    """A page of a list, and the sums of the whole list: `amount` in fen, `households` None where they are too many to be told apart.

    Of MOST tasks at most there are pages.
    """

    page: Page[TaskRow]
    tasks: int
    households: int | None
    overdue: int
    amount: int


@dataclass(frozen=True, slots=True)
class StepRow:
    """A step as it is told. `reason` is None where an erasure took it."""

    at: datetime
    entry: Entry
    what: Text
    state: Text
    owner: str
    due_on: date
    proof: str
    paper: int | None
    act: int | None
    reason: str | None


@dataclass(frozen=True, slots=True)
class TaskPage:
    """One task with all its steps, the latest first; `told` says in words what the assessment found, as it stands now.

    `verdict`: the one that it has now. `of_dossier`: it is settled in the dossier. `overtaken`: the assessment says something else since somebody decided.
    """

    row: TaskRow
    verdict: int
    told: tuple[str, ...]
    of_dossier: bool
    steps: tuple[StepRow, ...]
    overtaken: bool
    works: bool
    gives: bool


@dataclass(frozen=True, slots=True)
class CutRow:
    """What is not settled under one heading of a cut; `key` leads to its list (None: of nobody)."""

    key: int | str | None
    kind: str
    label: Text
    questions: int
    errors: int
    overdue: int
    amount: int


@dataclass(frozen=True, slots=True)
class Cut:
    """A page of a cut, and what it is counted `by`, which may be another than was asked for."""

    by: str
    page: Page[CutRow]


@dataclass(frozen=True, slots=True)
class _Day:
    """What of a list is due on a day: how many, how many of them too late, of how much money (fen)."""

    due_on: date
    tasks: int
    overdue: int
    amount: int


@dataclass(frozen=True, slots=True)
class Waiting:
    """That so many things wait for the actor, and the page that lists them: its name, and what its address asks for."""

    label: Text
    count: int
    page: str
    query: tuple[tuple[str, str], ...] = ()


def tasks(actor: Actor, wanted: Wanted, page: str | None) -> TaskList:
    """Tasks that the actor sees, the first due first; one page of them, the nearest there is, and the sums of all."""
    days = _by_day(actor, _counts(actor, wanted))
    number = sum(day.tasks for day in days)
    shown: Page[Any] = Paginator(range(min(number, MOST)), A_PAGE).get_page(page)
    many = number > MOST
    rows = _narrow(actor, _seen_in_turn(actor, wanted.place) if many else _seen(actor, wanted.place), wanted)
    households = rows.values("household").distinct().count() if not many else None
    shown.object_list = _rows(actor, _page_of(rows, wanted, days, shown) if days else ())
    return TaskList(shown, number, households, sum(day.overdue for day in days), sum(day.amount for day in days))


def all_tasks(actor: Actor, wanted: Wanted, most: int) -> list[TaskRow] | None:
    """All of a list, in its order; None where there are more than `most`."""
    if _sums(actor, _counts(actor, wanted))["tasks"] > most:
        return None
    found = list(_narrow(actor, _seen(actor, wanted.place), wanted).order_by(*_order(wanted)))
    return [row for some in chunked(found) for row in _rows(actor, some)]


def task(actor: Actor, number: int, lang: Lang) -> TaskPage:
    """Raises NotThere."""
    seen = list(Task.objects.seen_by(actor).filter(pk=number))
    if not seen:
        raise NotThere
    (row,) = _rows(actor, seen)
    listed = list(
        TaskStep.objects.unscoped(OF_SEEN).filter(task=number).select_related("entry", "entry__text").order_by("-pk")
    )
    seats = _seats(actor, {step.post_id for step in listed if step.post_id is not None})
    decided = next((step for step in listed if step.what not in UNDECIDING), None)
    place = Household.objects.unscoped(OF_SEEN).values_list("place_id", flat=True).get(pk=row.household)
    return TaskPage(
        row,
        seen[0].verdict,
        tuple(_told(actor, seen[0], lang)),
        _is_of_dossier(seen[0]),
        tuple(_step(step, seats) for step in listed),
        decided is not None and row.stands and decided.verdict != seen[0].verdict,
        bool(may(actor, "tasks.work", place)),
        bool(may(actor, "tasks.assign", place)) and row.state in UNSETTLED,
    )


def cut(actor: Actor, by: str, place: int | None, page: str | None) -> Cut:
    """What is not settled, counted by one of CUTS, the most first. Raises NotThere for another.

    By household where there are very many: by village first, so that one can be chosen.
    """
    if by not in CUTS:
        raise NotThere
    wanted = Wanted(place=place)
    counts = _counts(actor, wanted)
    if by == "household":
        if _sums(actor, counts)["tasks"] > MOST_BY_HOUSEHOLD:
            return Cut("village", cut(actor, "village", place, page).page)
        counts = _each(_narrow(actor, _seen(actor, place), wanted))
    if by == "policy":
        counts = counts.filter(kind__in=policy_kinds())
    if by == "post":
        counts = counts.annotate(seat=SEAT)
    column = CUTS[by].column
    named = (column,) if by != "item" else ("kind", column)
    counted = (
        counts.order_by()
        .values(*named)
        .annotate(
            questions=Sum("number", filter=Q(state__in=QUESTIONS), default=0),
            errors=Sum("number", filter=Q(state=State.ERROR), default=0),
            overdue=Sum("number", filter=_overdue(actor), default=0),
            money=Sum("amount", default=0),
        )
        .order_by("-errors", "-questions", *named)
    )
    # Counted and read at once, but for households.
    shown: Page[Any] = Paginator(counted if by == "household" else list(counted), A_PAGE).get_page(page)
    listed = list(shown.object_list)
    labels = _labels(actor, by, [row[column] for row in listed])
    shown.object_list = [
        CutRow(
            row[column],
            row.get("kind", ""),
            labels.get(row[column]) or _about(row.get("kind", "policy" if by == "policy" else ""), row[column]),
            row["questions"],
            row["errors"],
            row["overdue"],
            row["money"],
        )
        for row in listed
    ]
    return Cut(by, shown)


def owners(actor: Actor) -> list[tuple[int, str]]:
    """Open posts that may work on tasks, of those that the actor may see, by title with who sits there."""
    able = [name for name, role in roles().items() if "tasks.work" in role.permissions]
    seen = Post.objects.seen_by(actor).filter(role__in=able, closed_on=None)
    listed = list(seen.order_by("title", "pk").values_list("pk", "title"))
    sitting = _holders(actor, {pk for pk, _ in listed})
    return [(pk, f"{title} {sitting[pk]}" if pk in sitting else title) for pk, title in listed]


def waiting(actor: Actor) -> list[Waiting]:
    """What waits for this actor, of what this room keeps; of some there may be none."""
    found = []
    if may_open(actor, "tasks.work"):
        mine = _sums(actor, _counts(actor, Wanted(mine=True)))
        found += [
            Waiting(Text("我的任务", "My tasks"), mine["tasks"], "web:tasks", query=(("mine", "on"),)),
            Waiting(
                Text("我的任务已超期", "My tasks that are overdue"),
                mine["overdue"],
                "web:tasks",
                query=(("mine", "on"), ("overdue", "on")),
            ),
        ]
        # Whoever settled it may sit elsewhere by now: everybody who may work on it is told.
        grown = _sums(actor, _counts(actor, Wanted(standing="grown")))["tasks"]
        label = Text("办结后金额又增加的任务", "Settled tasks that are of more money since")
        found.append(Waiting(label, grown, "web:tasks", query=(("standing", "grown"),)))
    if may_open(actor, "tasks.assign"):
        nobody = _sums(actor, _counts(actor, Wanted(post=NOBODY)))["tasks"]
        found.append(
            Waiting(Text("没有责任人的任务", "Tasks that are nobody's"), nobody, "web:tasks", query=(("post", "0"),))
        )
    if may_open(actor, "reviews.sign"):
        found += [
            Waiting(
                Text("被退回的上报", "Reports sent back"), waiting_for_village(actor, returned=True), "web:reviews"
            ),
            Waiting(Text("待确认的上报", "Reports to sign"), waiting_for_village(actor, returned=False), "web:reviews"),
        ]
    if may_open(actor, "reviews.review"):
        found += [
            Waiting(Text("待审核的上报", "Reports to review"), waiting_for_review(actor), "web:reviews"),
            Waiting(
                Text("还没有确认上报的村", "Villages that have not signed"), villages_unsigned(actor), "web:reviews"
            ),
        ]
    return found


def label_of(kind: str, about: str) -> Text:
    """What a task is about: a check's or a policy's label; its id where the rulebook has it no more."""
    return _about(kind, about)


def _narrow(actor: Actor, rows: Any, wanted: Wanted) -> Any:
    """Those of some tasks, or of their tallies, that are wanted."""
    states = STANDINGS[wanted.standing][0]
    rows = rows.filter(state__in=states)
    if set(states) <= set(UNSETTLED):
        rows = rows.filter(unsettled=True)
    if wanted.standing == "grown":
        rows = rows.filter(GROWN if rows.model is Task else Q(grown=True))
    given = {"kind": wanted.kind, "about": wanted.about, "household": wanted.household}
    rows = rows.filter(**{name: value for name, value in given.items() if value})
    if wanted.zero:
        zero = zero_errors()[wanted.zero]
        # Not as one OR of both, for which SQLite looks each up apart.
        rows = rows.filter(~Q(kind="finding") | Q(about__in=zero.checks), kind__in=(*zero.kinds, "finding"))
    if wanted.post is not ANY:
        theirs = Q(post=wanted.post) | Q(post__succeeded_by=wanted.post)
        rows = rows.filter(theirs if wanted.post else Q(post=None))
    if wanted.mine:
        rows = rows.filter(post__in=actor.posts)
    if wanted.overdue:
        rows = rows.filter(_overdue(actor))
    return rows.filter(kind__in=money_kinds()) if wanted.money else rows


def _order(wanted: Wanted) -> tuple[Any, ...]:
    return (F("amount").desc(nulls_last=True), "pk") if wanted.money else ("due_on", "pk")


def _seen(actor: Actor, place: int | None) -> Any:
    """The tasks of a place, or (ANY) all, that the actor sees. Of a place in the actor's area the place alone is asked: SQLite would go by the area."""
    if place is ANY:
        return Task.objects.seen_by(actor)
    within = Q(place__in=places_within([place]))
    areas = seen_whole(actor)
    if not sees_some_only(actor) and Below.objects.filter(place=place, within__in=areas).exists():
        return Task.objects.unscoped("all that lies in a place of the actor's area is in it").filter(within)
    return Task.objects.seen_by(actor).filter(within)


def _seen_in_turn(actor: Actor, place: int | None) -> Any:
    """The same of very many tasks, to be looked at by their deadlines: of a whole district SQLite would else gather all, and sort them for a page."""
    rows = in_turn(Task, actor)
    return rows if place is ANY else rows.filter(place__in=places_within([place]))


def _counts(actor: Actor, wanted: Wanted) -> Any:
    """What a list is counted by, each row for a `number` of tasks: the tallies of villages, where all of a village is wanted and seen."""
    if sees_some_only(actor) or wanted.household is not ANY:
        return _each(_narrow(actor, _seen(actor, wanted.place), wanted))
    rows = Tally.objects.seen_by(actor)
    rows = rows if wanted.place is ANY else rows.filter(place__in=places_within([wanted.place]))
    return _narrow(actor, rows, wanted)


def _each(tasks: Any) -> Any:
    return tasks.annotate(number=Value(1))


def _sums(actor: Actor, counts: Any) -> dict[str, int]:
    found: dict[str, int] = counts.order_by().aggregate(**_summed(actor))
    return found


def _by_day(actor: Actor, counts: Any) -> list[_Day]:
    """The sums of a list by the day on which tasks are due, the first day first."""
    days = counts.order_by().values("due_on").annotate(**_summed(actor, "sum_")).order_by("due_on")
    return [_Day(day["due_on"], day["sum_tasks"], day["sum_overdue"], day["sum_amount"]) for day in days]


def _summed(actor: Actor, prefix: str = "") -> dict[str, Any]:
    return {
        f"{prefix}tasks": Sum("number", default=0),
        f"{prefix}overdue": Sum("number", filter=_overdue(actor), default=0),
        f"{prefix}amount": Sum("amount", default=0),
    }


def _page_of(rows: Any, wanted: Wanted, days: Sequence[_Day], shown: Page[Any]) -> Any:
    """The rows of a page. Where they go by their deadline, those of its own days alone are looked at: the sums tell which they are."""
    start, stop = shown.start_index() - 1, shown.end_index()
    if wanted.money:
        return rows.order_by(*_order(wanted))[start:stop]
    ends = list(accumulate(day.tasks for day in days))
    first, last = bisect(ends, start), bisect(ends, stop - 1)
    before = ends[first - 1] if first else 0
    of_days = rows.filter(due_on__gte=days[first].due_on, due_on__lte=days[last].due_on)
    return of_days.order_by(*_order(wanted))[start - before : stop - before]


def _overdue(actor: Actor) -> Q:
    return Q(state__in=UNSETTLED, due_on__lt=actor.day)


def _rows(actor: Actor, found: Iterable[Task]) -> list[TaskRow]:
    """Eleven queries, however many there are."""
    listed = list(found)
    grown = Task.objects.unscoped(OF_SEEN).filter(GROWN, pk__in=[row.pk for row in listed])
    grown_from = {pk: before or 0 for pk, before in grown.values_list("pk", "decided_amount")}
    households = Household.objects.unscoped(OF_SEEN).filter(pk__in={row.household_id for row in listed})
    homes = {row.id: row for row in household_rows(households)}
    whom = {row.person_id for row in listed if row.person_id is not None}
    names = person_names(whom)
    posts = {row.post_id for row in listed if row.post_id is not None}
    seats = _seats(actor, posts)
    return [
        TaskRow(
            row.pk,
            row.household_id,
            homes[row.household_id].number,
            homes[row.household_id].head,
            homes[row.household_id].place_name,
            names.get(row.person_id or 0, ""),
            kinds()[row.kind].text,
            _about(row.kind, row.about),
            row.year,
            row.amount,
            grown_from.get(row.pk),
            row.severity,
            row.found_at,
            row.state,
            STATES[row.state],
            row.stands,
            row.post_id,
            *seats.get(row.post_id or 0, ("", "")),
            row.due_on,
            row.state in UNSETTLED and row.due_on < actor.day,
        )
        for row in listed
    ]


def _seats(actor: Actor, posts: set[int]) -> dict[int, tuple[str, str]]:
    """What these posts are called and who sits there now, as far as the actor may see; of a closed one the post that took over."""
    now = dict(Post.objects.unscoped(OF_SEEN).filter(pk__in=posts).values_list("pk", Coalesce("succeeded_by", "pk")))
    titles = dict(Post.objects.seen_by(actor).filter(pk__in=now.values()).values_list("pk", "title"))
    sitting = _holders(actor, set(now.values()))
    return {pk: (titles.get(heir, ELSEWHERE), sitting.get(heir, "")) for pk, heir in now.items()}


def _holders(actor: Actor, posts: set[int]) -> dict[int, str]:
    """Who sits on these posts now, as far as the actor may see."""
    held = Holding.objects.seen_by(actor).filter(lasts(actor.day), post__in=posts).select_related("account")
    return {each.post_id: each.account.name for each in held}


def _about(kind: str, about: str) -> Text:
    book = book_of(())
    if kind == "finding" and about in book.checks:
        return book.checks[about].label
    if about in book.policies:
        return book.policies[about].label
    return Text(about, about) if about else kinds()[kind].text


def _labels(actor: Actor, by: str, keys: list[Any]) -> dict[Any, Text]:
    """By what the rows of a cut are called, where that is no check and no policy."""
    match by:
        case "village":
            return {place: Text(name, name) for place, name in places_named(keys).items()}
        case "household":
            rows = household_rows(Household.objects.unscoped(OF_SEEN).filter(pk__in=keys))
            said = {row.id: f"{row.head or row.number}（{row.place_name}）" for row in rows}
            return {pk: Text(name, name) for pk, name in said.items()}
        case "post":
            seats = _seats(actor, {key for key in keys if key is not None})
            named = {pk: f"{title} {holder}".strip() for pk, (title, holder) in seats.items()}
            return {pk: Text(name, name) for pk, name in named.items()} | {None: Text("没有责任人", "nobody's")}
        case _:
            return {}


def _is_of_dossier(row: Task) -> bool:
    return kinds()[row.kind].source == "dossier"


def _told(actor: Actor, row: Task, lang: Lang) -> list[str]:
    """What the assessment says of it now, in words; nothing where it no longer asks."""
    if row.stands and _is_of_dossier(row):
        return _missing(row.household_id, actor.day, lang)
    found = explained(actor, row.household_id, lang) if row.stands else None
    if found is None:
        return []
    number = row.person.number if row.person is not None else None
    if row.kind == "finding":
        mine = (each for each in found.told.findings if (each["check_id"], each["person_id"]) == (row.about, number))
        return [str(each["message"]) for each in mine]
    if kinds()[row.kind].together:
        return _asked(found, lang)
    of_it = (
        each for each in found.told.policies if (each.row["policy_id"], each.row["person_id"]) == (row.about, number)
    )
    return [said for each in of_it for said in _policy_told(each, lang)]


def _policy_told(seen: PolicySeen, lang: Lang) -> Iterable[str]:
    """Verdict and comparison, the sums behind what is due, and the conditions that fail or are not known."""
    yield schema().label("verdict", seen.row["verdict"], lang)
    if seen.row["reconciliation"]:
        yield schema().label("reconciliation", seen.row["reconciliation"], lang)
    yield from seen.sums
    yield from (condition.label for condition in seen.conditions if condition.held is not True)


def _missing(household: int, day: date, lang: Lang) -> list[str]:
    """The papers that its dossier lacks, each with whose it is."""
    wanted = missing_papers(household, day, home_of(household, day))
    named = [each.person for each in wanted if each.person is not None]
    persons = dict(Person.objects.unscoped(OF_SEEN).filter(number__in=named).values_list("number", "pk"))
    names = person_names(persons.values())
    whom = {number: names.get(person, "") for number, person in persons.items()}
    return [_of_whom(whom.get(each.person or "", ""), dossiers.label_of(each.kind).say(lang), lang) for each in wanted]


def _of_whom(who: str, said: str, lang: Lang) -> str:
    return f"{who}{Text('：', ': ').say(lang)}{said}" if who else said


def _asked(found: Explained, lang: Lang) -> list[str]:
    """The few questions whose answer decides most, each with whom it is about and the money that may hang on it."""
    told = []
    for asked in asked_of(found, person_names(found.persons.values())):
        money = yuan_from_fen(asked.money, grouped=True)
        hangs = Text(f"（每年相差可达 {money} 元）", f" (up to {money} yuan a year hang on it)").say(lang)
        told.append(_of_whom(asked.who, f"{asked.label}{hangs if asked.money else ''}", lang))
    return told


def _step(step: TaskStep, seats: Mapping[int, tuple[str, str]]) -> StepRow:
    text = getattr(step.entry, "text", None)
    by_person = step.entry.actor.startswith("account:")
    reason = str(text.body.get("reason", "")) if text is not None else None if by_person else ""
    return StepRow(
        step.at,
        step.entry,
        STEPS[step.what],
        STATES[step.state],
        seats.get(step.post_id or 0, ("", ""))[0],
        step.due_on,
        step.proof,
        step.paper_id,
        step.act_id,
        reason,
    )
