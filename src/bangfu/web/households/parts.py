"""The parts of a household's file: a page each, so that each loads little, with a tab that leads to it."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from bangfu.kernel.words import Text
from bangfu.registry.facts import groups, groups_of
from bangfu.registry.household_file import LEDGER, RECEIPTS


@dataclass(frozen=True, slots=True)
class Part:
    """`url`: the name of its address; `reads`: what of the file it shows, as `selectors.file` takes it."""

    url: str
    label: Text
    reads: tuple[str, ...] = ()


# What stands over every part.
HEAD = ("registration", "phone")
OVERVIEW, MEMBERS, INCOME, GUARANTEES, POLICIES, DOSSIER, NEEDS, LIVING, HISTORY = PARTS = (
    Part("household", Text("概况", "Overview")),
    Part(
        "household-members",
        Text("家庭成员", "Members"),
        (*(group.name for group in groups_of("person")), "kin", "phone"),
    ),
    Part("household-income", Text("收支明细账", "Income statement"), (LEDGER,)),
    Part("household-guarantees", Text("保障", "Guarantees")),
    Part("household-policies", Text("政策", "Policies"), (RECEIPTS,)),
    Part("dossier", Text("档案袋", "Dossier")),
    Part("household-needs", Text("需求和愿望", "Needs"), ("need",)),
    Part(
        "household-living",
        Text("生活条件", "Living"),
        ("residence", "registration", "daily_life", "housing", "land", "asset", "production"),
    ),
    Part("household-history", Text("历次登记", "History")),
)


@cache
def fields_of_columns() -> Mapping[str, tuple[str, str]]:
    """The group and the fact under which a column of the contract is filled in; what is read from a number leads to the number."""
    found = {}
    for group in groups().values():
        for field in group.fields.values():
            if field.derived:
                found[field.name] = (group.name, "id_number")
            elif field.column and not field.procedure:
                found[field.column] = (group.name, field.name)
    return found


def part_of(group: str) -> Part:
    """Where a group of facts is shown."""
    return next(part for part in PARTS if group in part.reads)
