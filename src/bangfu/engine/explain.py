"""Find one household in a register and explain it under the rules in force where it lives."""

from collections.abc import Callable
from dataclasses import dataclass

from bangfu.engine.assess import Request, book_of, open_engine
from bangfu.engine.homes import homes
from bangfu.engine.register import read_register
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
    book = book_of(request.rules)
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
        read_register(request.register, into=con, policies=book.policy_codes(), progress=progress)
        home = next(homes(con, household_id), None)
    finally:
        con.close()
    if home is None:
        raise DomainError(
            "NO_SUCH_HOUSEHOLD",
            Text(f"登记资料里没有户“{household_id}”。", f"The register has no household '{household_id}'."),
        )
    village = str(home.facts["village_code"])
    rules = resolve(
        book, as_of=request.as_of, income_year=request.income_year, places=places_of(book, village), settings=settings
    )
    found = Explainer(Judge(rules, lang)).explain(home, policy_id)
    names = {p.id: str(p.facts["name"]) for p in home.people if p.facts["name"]}
    return Explained(found, rules, village, names)
