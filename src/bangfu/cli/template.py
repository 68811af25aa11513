"""`bangfu template`: an empty workbook that `assess` reads back."""

import argparse

from bangfu.cli.screen import Screen
from bangfu.engine.request import book_of
from bangfu.engine.template import write_template
from bangfu.kernel.words import Text


def run(given: argparse.Namespace, screen: Screen) -> int:
    """Return 0; refusals are raised."""
    write_template(given.path, policies=book_of(given.rules).policy_codes(), lang=screen.lang, force=given.force)
    screen.say(Text(f"已写出空白工作簿 {given.path}", f"Wrote the empty workbook {given.path}"))
    return 0
