"""What crosses the room's border: what is asked of the households, and what is answered."""

from dataclasses import dataclass, fields
from datetime import date

from bangfu.kernel.words import Text


@dataclass(frozen=True, slots=True)
class Asked:
    """Which households: all of these at once; "" and None ask for nothing. Stands in addresses, and so holds no word that somebody typed.

    `place`: all that lies in it. `helper`: a post. `policy` and `verdict`: what stands of a policy, of any where none is named; of a policy
    alone, that somebody is entitled to it. `gaps`: names of
    measures. `least` (included) and `below` (excluded): net income per head, in whole yuan.
    """

    place: int | None = None
    status: str = ""
    category: str = ""
    cause: str = ""
    helper: int | None = None
    policy: str = ""
    verdict: str = ""
    gaps: tuple[str, ...] = ()
    least: int | None = None
    below: int | None = None

    def pairs(self) -> list[tuple[str, str]]:
        """As an address holds it; nothing of what is not asked."""
        given = {each.name: getattr(self, each.name) for each in fields(self)}
        gaps = [("gaps", name) for name in given.pop("gaps")]
        return [(name, str(value)) for name, value in given.items() if value not in (None, "")] + gaps


@dataclass(frozen=True, slots=True)
class Totals:
    """Of all households that were found: how many, with how many people, and sums in fen; unknown amounts count as nothing, and are counted."""

    households: int
    persons: int
    net_income: int
    income_unknown: int
    due: int
    received: int
    missing: int


@dataclass(frozen=True, slots=True)
class Row:
    """A household as the list shows it. Amounts in fen; None: not known, or not assessed. `helpers`: who helps it, by name or, vacant, by title.

    `papers`: how many its dossier lacks; None: not counted yet.
    """

    id: int
    number: str
    head: str
    place_name: str
    members: int
    status: str
    category: str
    cause: str
    assessed: bool
    per_capita: int | None
    below_line: bool | None
    due: int
    received: int
    missing: int | None
    unknown: int
    asking: int
    findings: int
    papers: int | None
    helpers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Listing:
    """One page of what was found, and the sums of all of it."""

    rows: tuple[Row, ...]
    totals: Totals
    page: int
    pages: int


@dataclass(frozen=True, slots=True)
class Waiting:
    """A count that opens its list: what it is of, how many, money beside it (fen), what to do, and where the list is.

    `page` is the name of an address, `pairs` what it is asked with. `grave`: it is shown as a gap.
    """

    label: Text
    count: int
    page: str
    pairs: tuple[tuple[str, str], ...] = ()
    says: Text | None = None
    money: int | None = None
    grave: bool = False


@dataclass(frozen=True, slots=True)
class Measured:
    """How far a place has come. Counts are of households, but for policies: those of which something is surely due by now, and came in full.

    `missing` is fen. `deeper`: there are places in it.
    """

    place: int | None
    name: str
    deeper: bool
    households: int
    persons: int
    due_policies: int
    paid_policies: int
    exact: int
    below_line: int
    missing_households: int
    missing: int

    @property
    def coverage(self) -> str:
        return _share(self.paid_policies, self.due_policies)

    @property
    def exactness(self) -> str:
        return _share(self.exact, self.households)


@dataclass(frozen=True, slots=True)
class Located:
    """A place on a map: how far east and north of the map's corner, in metres. A place with others in it lies in their middle."""

    measured: Measured
    east: int
    north: int


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar of a chart, and what the list is asked with for the households behind it. `amount` is fen, or a count."""

    label: Text
    amount: int
    pairs: tuple[tuple[str, str], ...] | None = None


@dataclass(frozen=True, slots=True)
class Figures:
    """What is known of the households of a place, or of all that somebody sees. `as_of`: the day of the last assessment; `line`: fen.

    `income_unknown`: how many households the sums of `income` leave out. `way`: from the area of one's post to the place. `whole`: of all the
    places together. `map`: of those of which it is known where they lie, if there are two at least.
    """

    way: tuple[tuple[int, str], ...]
    as_of: date | None
    income_year: int | None
    line: int | None
    places: tuple[Measured, ...]
    whole: Measured
    income: tuple[Bar, ...]
    income_unknown: int
    causes: tuple[Bar, ...]
    spread: tuple[Bar, ...]
    map: tuple[Located, ...]


def _share(part: int, whole: int) -> str:
    """In per cent, cut off: 100 is said of all of them only."""
    return "—" if not whole else f"{part * 1000 // whole / 10:.1f}%"
