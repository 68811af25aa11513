"""Find one household in a register and explain it under the rules in force where it lives."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import duckdb

from bangfu.engine.duck import open_engine
from bangfu.engine.homes import homes
from bangfu.engine.known_policies import refuse_unknown_in_snapshot
from bangfu.engine.register import read_register
from bangfu.engine.request import Request
from bangfu.engine.snapshot import Snapshot, attach, is_snapshot, open_snapshot
from bangfu.engine.snapshot.parts import find_parts
from bangfu.kernel.errors import DomainError
from bangfu.kernel.words import Lang, Text
from bangfu.rulebook.explain import Explainer, Explanation
from bangfu.rulebook.judge import Judge
from bangfu.rulebook.resolve import Rules, places_of, read_settings, resolve


@dataclass(frozen=True, slots=True)
class Explained:
    """An explanation with what a screen needs beside it: the rules it stands on, the village, and the persons' names by id."""

    explanation: Explanation
    rules: Rules
    village_code: str
    names: dict[str, str]


def explain_household(
    request: Request, household_id: str, policy_id: str, lang: Lang, progress: Callable[[Text], None]
) -> Explained:
    """Read the register and explain one household, one policy of it where `policy_id` is given. Raises DomainError."""
    book = request.book()
    if policy_id and (policy_id not in book.policies or not book.policies[policy_id].evaluated):
        raise DomainError(
            "NO_SUCH_POLICY",
            Text(
                f"规则库里没有可评估的政策“{policy_id}”；用 bangfu rulebook list 查看。",
                f"The rulebook evaluates no policy '{policy_id}'; see bangfu rulebook list.",
            ),
        )
    settings = read_settings(book, request.settings)
    con = open_engine()
    try:
        if is_snapshot(request.register):
            snapshot = open_snapshot(request.register)
            refuse_unknown_in_snapshot(snapshot, book)
            _show_household(con, snapshot, household_id)
        else:
            _refuse_several(request.register)
            read_register(request.register, into=con, policies=book.policy_codes(), progress=progress)
        home = next(homes(con, household_id), None)
    finally:
        con.close()
    if home is None:
        raise _no_such_household(household_id)
    village = str(home.facts["village_code"])
    rules = resolve(
        book, as_of=request.as_of, income_year=request.income_year, places=places_of(book, village), settings=settings
    )
    found = Explainer(Judge(rules, lang)).explain(home, policy_id)
    # A snapshot has no names.
    names = {p.id: str(p.facts["name"]) for p in home.people if p.facts.get("name")}
    return Explained(found, rules, village, names)


def _show_household(con: duckdb.DuckDBPyConnection, snapshot: Snapshot, household_id: str) -> None:
    """Show a household's rows alone: its number, found by its id, says which region they are in, and where. Raises DomainError."""
    regions = snapshot.regions_of(())
    number = None
    if regions:
        for region in regions:
            snapshot.check(region, ["household"])
        attach(con, snapshot, regions, check=False)
        number = con.execute("SELECT household_no FROM household WHERE household_id = ?", [household_id]).fetchone()
    if number is None:
        raise _no_such_household(household_id)
    (no,) = number
    here = [region for region in regions if region.first_household <= no <= region.last_household]
    attach(con, snapshot, here, households=(no, no))


def _refuse_several(register: Path) -> None:
    """Raises DomainError for a folder of registers: read as one, it would be refused for tables that it need not have."""
    names = [part.name for part in find_parts(register) if part.name]
    if names:
        raise DomainError(
            "SEVERAL_TO_EXPLAIN",
            Text(
                f"“{register}”是多份登记资料（{names[0]} 等 {len(names)} 份），explain 一次看一份。请给出其中一份，或先用 bangfu prepare 做成快照。",
                f"{register} holds several registers ({len(names)}, {names[0]} the first); explain looks into one. "
                "Give one of them, or make a snapshot of all with bangfu prepare first.",
            ),
        )


def _no_such_household(household_id: str) -> DomainError:
    return DomainError(
        "NO_SUCH_HOUSEHOLD",
        Text(f"登记资料里没有户“{household_id}”。", f"The register has no household '{household_id}'."),
    )
