"""`bangfu print`: papers of one household, of each household of a place, or lists of a place; and samples of people who do not exist."""

import argparse
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import get_args

from django.conf import settings

from bangfu.access.data import Actor
from bangfu.access.policy import system_actor
from bangfu.audit.data import By
from bangfu.cli.screen import Screen
from bangfu.documents.papers import Format, Paper
from bangfu.documents.press import Press, press
from bangfu.documents.sample import sample_of
from bangfu.documents.services import Order, Unprinted, print_list, print_paper, print_papers
from bangfu.kernel.clock import office_day
from bangfu.kernel.days import date_from_day
from bangfu.kernel.errors import DomainError
from bangfu.kernel.words import Text
from bangfu.places.selectors import place_of_code
from bangfu.privacy.keys import load_ring
from bangfu.registry.selectors import household_of_number, households_in


def run(given: argparse.Namespace, screen: Screen) -> int:
    """Return 0, or 1 where some of many could not be printed; refusals are raised."""
    by = By("system:command", datetime.now(UTC), load_ring(settings.KEY_RING_FILE), given.reason or "命令行打印")
    actor = system_actor("command", "officer", office_day(by.at))
    with press([*settings.PAPERS_FOLDERS, *given.templates], settings.FONTS_FOLDER) as machine:
        if given.kind is None:
            screen.table(
                [
                    [each.id, each.label.say(screen.lang), " ".join(each.formats)]
                    for each in machine.shelf.papers.values()
                ]
            )
            return 0
        paper = machine.shelf.paper(given.kind)
        order = _order(given, paper, screen, actor.day)
        out = given.out or Path(f"{paper.id}.{order.format}")
        if given.preview:
            _write(out, sample_of(paper, order, machine))
        elif given.village is not None and paper.of == "household":
            return _each(by, actor, given, order, machine, screen)
        elif given.village is not None:
            _write(out, print_list(by, actor, _place(given.village, by, actor), order, machine).body)
        elif given.household is not None:
            found = household_of_number(actor, given.household)
            if found is None:
                raise DomainError(
                    "NO_SUCH_HOUSEHOLD",
                    Text(
                        f"在册资料里没有户“{given.household}”。",
                        f"The register holds no household '{given.household}'.",
                    ),
                )
            _write(out, print_paper(by, actor, found, order, machine).body)
        else:
            raise DomainError(
                "NO_SUBJECT",
                Text("请写明 --household、--village 或 --preview。", "Say --household, --village or --preview."),
            )
        screen.say(Text(f"已写到 {out}", f"Written to {out}"))
    return 0


def _order(given: argparse.Namespace, paper: Paper, screen: Screen, today: date) -> Order:
    return Order(
        kind=paper.id,
        day=date_from_day(given.as_of) if given.as_of else today,
        format=_format(given, paper),
        lang=screen.lang,
        year=given.year,
        whole_numbers=given.numbers,
        address=settings.ADDRESS + "/d/{}/",
        rules=tuple(given.rules),
    )


def _format(given: argparse.Namespace, paper: Paper) -> Format:
    """What was asked for, or what the file's name says; else the first that the paper is made in. Raises DomainError where they differ."""
    folder = given.village is not None and paper.of == "household"
    said = "" if given.out is None or folder else given.out.suffix.lower().removeprefix(".")
    named = next((each for each in get_args(Format) if each == said), None)
    if named is not None and given.format is not None and named != given.format:
        raise DomainError(
            "NAMED_OTHERWISE",
            Text(
                f"要的是 {given.format}，文件名却是 {given.out.name}。请改其中一个。",
                f"{given.format} was asked for, and the file is to be called {given.out.name}. Change one of them.",
            ),
        )
    format: Format = given.format or named or paper.formats[0]
    return format


def _each(by: By, actor: Actor, given: argparse.Namespace, order: Order, machine: Press, screen: Screen) -> int:
    """A paper of each household of a place, into a folder, by household number. With --resume, those that are there are left alone.

    Returns 1 where some could not be printed, each of which is told.
    """
    folder = given.out or Path(order.kind)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    place = _place(given.village, by, actor)
    there = {path.name.partition("_")[0] for path in folder.glob(f"*.{order.format}")} if given.resume else set()
    wanted = list(_not_there(actor, place, there))
    done, missing = 0, 0
    for printed in print_papers(by, actor, wanted, order, machine):
        if isinstance(printed, Unprinted):
            missing += 1
            told = printed.why.text
            said = Text(f"户 {printed.number} 没有打印：{told.zh}", f"Household {printed.number}: {told.en}")
            screen.problem(said.say(screen.lang))
            continue
        _write(folder / printed.name, printed.body)
        done += 1
        if done % 50 == 0:
            screen.progress(Text(f"已打印 {done} / {len(wanted)} 户", f"{done} of {len(wanted)} households printed"))
    screen.clear()
    screen.say(Text(f"已打印 {done} 户，写到 {folder}", f"{done} households printed, to {folder}"))
    if missing:
        screen.problem(
            Text(
                f"{missing} 户没有打印，见上。处理后加 --resume 再运行，只打印还没有的。",
                f"{missing} households were not printed, as told above. See to them, then run it again with --resume: only what is missing is printed.",
            ).say(screen.lang)
        )
    return 1 if missing else 0


def _not_there(actor: Actor, place: int, there: set[str]) -> Iterator[int]:
    for household, number in households_in(actor, place).items():
        if number not in there:
            yield household


def _place(code: str, by: By, actor: Actor) -> int:
    found = place_of_code(code, actor.day, by.at)
    if found is None:
        raise DomainError(
            "NO_SUCH_PLACE", Text(f"没有代码为 {code} 的区划。", f"There is no place with the code {code}.")
        )
    return found


def _write(path: Path, body: bytes) -> None:
    """Whole or not at all: an interruption leaves no half paper."""
    part = path.with_name(path.name + ".part")
    part.write_bytes(body)
    part.replace(path)
