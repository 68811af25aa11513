"""From the register to cases: the files of households, what their assessment says, and whom they turn to, some hundreds at a time."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from itertools import islice
from pathlib import Path

from bangfu.access.data import Actor
from bangfu.access.selectors import Answering, answering
from bangfu.documents.data import Case
from bangfu.engine.duck import open_engine
from bangfu.engine.homes import homes
from bangfu.engine.request import book_of
from bangfu.kernel.days import day_from_date
from bangfu.kernel.errors import DomainError
from bangfu.kernel.words import Lang, Text
from bangfu.places.selectors import PlaceRow, way_to
from bangfu.privacy.keys import KeyRing
from bangfu.registry.differences import differences
from bangfu.registry.dossiers import dossiers
from bangfu.registry.helping import helpers_of
from bangfu.registry.household_file import File, files, masked_numbers, whole_numbers
from bangfu.registry.snapshots import read_registry
from bangfu.rulebook.book import Book
from bangfu.rulebook.explain import Explainer, Explanation
from bangfu.rulebook.judge import Judge
from bangfu.rulebook.resolve import Rules, places_of, resolve

# So many that the queries of a chunk count for little, and so few that what is read of them fits beside everything else.
CHUNK = 200


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a paper is about: the day as of which facts are read, as far as known at a moment; the income year (None: the rules' own).

    `rules` are folders laid over the shipped rulebook; `whole_numbers`: ID numbers in full, which the caller has the right to and recorded.
    `dossier`, `differences`: what its dossier holds, and where the three that should agree do not, too; each takes another look at the register.
    """

    day: date
    known_at: datetime
    lang: Lang
    year: int | None = None
    rules: tuple[Path, ...] = ()
    whole_numbers: bool = False
    dossier: bool = False
    differences: bool = False


@dataclass(frozen=True, slots=True)
class Judged:
    """What the assessment says of a household, under which rules."""

    rules: Rules
    explanation: Explanation


def cases(actor: Actor, ring: KeyRing, households: Iterable[int], wanted: Wanted) -> Iterator[Case]:
    """The cases of those of these households that the actor sees, in the order given."""
    listed = iter(households)
    around = _Around(wanted.day)
    explainers = _Explainers(wanted)
    while some := list(islice(listed, CHUNK)):
        found = files(actor, some, wanted.day, wanted.known_at)
        judged = explainers.judged(list(found))
        helpers = helpers_of(list(found), wanted.day)
        kept = dossiers(actor, found, wanted.day, wanted.known_at) if wanted.dossier else {}
        differing = differences(actor, list(found), wanted.day, wanted.known_at) if wanted.differences and found else {}
        for household, file in found.items():
            said = judged.get(file.number)
            yield Case(
                file=file,
                way={row.level: row.name for row in around.way(_place(file))},
                village_code=around.way(_place(file))[-1].code,
                helpers=tuple(helpers[household]),
                leads=around.leads(_place(file)),
                numbers=(whole_numbers if wanted.whole_numbers else masked_numbers)(ring, file.members),
                year=wanted.year or (said.rules.days.income_year if said else wanted.day.year),
                lang=wanted.lang,
                rules=said.rules if said else None,
                explanation=said.explanation if said else None,
                dossier=kept.get(household),
                differences=differing.get(household),
                unjudged="" if said else explainers.why_not(wanted.lang),
            )


def _place(file: File) -> int:
    """Where it lived that day."""
    return int(str(file.facts["residence"].values["place"]))


class _Around:
    """What is the same for all households of a village: asked once."""

    def __init__(self, day: date) -> None:
        self._leads = cache(lambda place: tuple(answering("subdistrict", place, day)))
        self._way = cache(lambda place: tuple(way_to(place)))

    def leads(self, place: int) -> tuple[Answering, ...]:
        return self._leads(place)

    def way(self, place: int) -> tuple[PlaceRow, ...]:
        """The places it lies in, the topmost first, itself last."""
        return self._way(place)


class _Explainers:
    """The rulebook in force in each village, put into words once for all of its households."""

    def __init__(self, wanted: Wanted) -> None:
        self.wanted = wanted
        self.book: Book = book_of(wanted.rules)
        self._of: dict[tuple[str, ...], tuple[Rules, Explainer] | None] = {}
        self._why = Text("这一天没有可评估的资料。", "There was nothing to assess on that day.")

    def judged(self, households: Sequence[int]) -> dict[str, Judged]:
        """By the number of the household; none where no rules are in force."""
        if not households:
            return {}
        found = {}
        with open_engine(threads=1) as con:
            read_registry(con, self.wanted.day, households)
            for home in homes(con):
                said = self._in(str(home.facts["village_code"]))
                if said is not None:
                    rules, explainer = said
                    found[str(home.facts["household_id"])] = Judged(rules, explainer.explain(home))
        return found

    def why_not(self, lang: Lang) -> str:
        return self._why.say(lang)

    def _in(self, village: str) -> tuple[Rules, Explainer] | None:
        places = places_of(self.book, village)
        if places not in self._of:
            self._of[places] = self._resolved(places)
        return self._of[places]

    def _resolved(self, places: tuple[str, ...]) -> tuple[Rules, Explainer] | None:
        day = day_from_date(self.wanted.day)
        try:
            rules = resolve(self.book, as_of=day, income_year=self.wanted.year, places=places, settings={})
        except DomainError as problem:
            # No line of poverty is known for the year, say: papers tell what the register holds, and why there are no verdicts.
            self._why = problem.text
            return None
        return rules, Explainer(Judge(rules, self.wanted.lang))
