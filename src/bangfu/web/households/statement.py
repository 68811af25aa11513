"""The income statement of a household (脱贫明细账): its ledger year by year, and the figures that are made of one year."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date

from bangfu.assessment.household import Glance
from bangfu.kernel.schema import schema
from bangfu.kernel.words import Lang, Text
from bangfu.registry.household_file import File, LineRow
from bangfu.registry.services.ledger import sign_of
from bangfu.web.households.answers import who_of

# Lines of the statement, as the result has them.
LINES = (
    "wage",
    "business",
    "property",
    "transfer",
    "land_loss",
    "business_expense",
    "net_income",
    "net_income_per_capita",
    "pension",
    "rigid_education",
    "rigid_medical",
)
TOTALS = frozenset({"net_income", "net_income_per_capita"})


@dataclass(frozen=True, slots=True)
class YearShown:
    """A year of the ledger, its lines by the contract's groups with their sums, in fen."""

    year: int
    settled: date | None
    groups: tuple[tuple[Text, int, tuple[tuple[LineRow, str, str], ...]], ...]

    @property
    def sign(self) -> str:
        """Of the lines that are shown, for whoever settles the year by them."""
        return sign_of(line.id for _, _, lines in self.groups for line, _, _ in lines)


def years_of(found: File, lang: Lang) -> list[YearShown]:
    """The latest first; of each line its item and whose it is."""
    by_year: dict[int, dict[str, list[LineRow]]] = defaultdict(lambda: defaultdict(list))
    contract, names = schema(), who_of(found, lang)
    for line in found.ledger:
        by_year[line.year][contract.codes["item"][line.item].group].append(line)
    return [
        YearShown(
            year,
            found.settled.get(year),
            tuple(
                (
                    text,
                    sum(line.amount for line in lines[name]),
                    tuple(
                        (line, contract.label("item", line.item, lang), names.get(line.person or 0, ""))
                        for line in lines[name]
                    ),
                )
                for name, text in contract.item_groups.items()
                if name in lines
            ),
        )
        for year, lines in sorted(by_year.items(), reverse=True)
    ]


def statement_of(seen: Glance, lang: Lang) -> list[tuple[str, int | None, bool]]:
    """The figures of the income year; whether a line adds up others."""
    columns = schema().results["assessment"].columns
    return [(columns[name].label.say(lang), seen.figures[name], name in TOTALS) for name in LINES]
