"""`bangfu rulebook`: check the book, list it, show a rule as an officer reads it, run its worked cases."""

import argparse

from bangfu.cli.screen import Screen
from bangfu.engine.cases import load_cases, run_cases
from bangfu.engine.request import book_of
from bangfu.kernel.errors import DomainError
from bangfu.kernel.words import Text
from bangfu.rulebook.kept import shipped_rules
from bangfu.rulebook.pages import list_lines, readings_page, rule_lines


def run(given: argparse.Namespace, screen: Screen) -> int:
    """Return 0, or 1 where a case fails; refusals are raised."""
    book = book_of(given.rules)
    match given.act:
        case "check":
            n = len(book.policies), len(book.parameters), len(book.checks), len(book.evidence)
            screen.say(
                Text(
                    f"规则库 {book.id} {book.version} 无误：政策 {n[0]} 项，参数 {n[1]} 个，核查 {n[2]} 项，档案资料 {n[3]} 种。",
                    f"Rulebook {book.id} {book.version} holds together: {n[0]} policies, {n[1]} parameters, {n[2]} checks, {n[3]} kinds of evidence.",
                )
            )
        case "list":
            screen.table(list_lines(book, screen.lang), indent="")
        case "show":
            for line in rule_lines(book, given.id, screen.lang):
                screen.say(line)
        case "readings":
            screen.say(readings_page(book))
        case "test":
            return _test(given, screen)
    return 0


def _test(given: argparse.Namespace, screen: Screen) -> int:
    # Local numbers are meant to differ from the shipped ones: a layer answers for its own cases.
    book = book_of(given.rules)
    folders = [(folder, f"{folder.name}/") for folder in given.rules] or [(shipped_rules(), "rules/")]
    cases = [case for folder, name in folders for case in load_cases(folder, name)]
    if given.only:
        cases = [case for case in cases if case.about in given.only]
        if not cases:
            raise DomainError(
                "NO_CASES",
                Text(f"没有“{'、'.join(given.only)}”的算例。", f"There are no cases of {', '.join(given.only)}."),
            )
    failures = run_cases(book, cases)
    for failure in failures:
        screen.problem(f"{failure.case.where}  {failure.case.name.say(screen.lang)}: {failure.text.say(screen.lang)}")
    failed = len({id(f.case) for f in failures})
    screen.say(
        Text(
            f"算例 {len(cases)} 个，通过 {len(cases) - failed} 个，不符 {failed} 个。",
            f"{len(cases)} cases: {len(cases) - failed} passed, {failed} failed.",
        )
    )
    return 1 if failures else 0
