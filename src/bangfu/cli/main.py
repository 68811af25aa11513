"""The command `bangfu`: read the words, make one call, say what came of it. Every failure ends here, worded for people.

Exit codes: 0 done, 1 failure, 2 wrong usage, 3 the register was refused.
"""

import itertools
import os
import sys
from collections.abc import Sequence
from importlib import import_module

from bangfu.cli.arguments import WrongUsage, parse
from bangfu.cli.screen import Screen
from bangfu.kernel.errors import DomainError, RegisterRefused
from bangfu.kernel.words import Lang, Text

DONE, FAILED, WRONG_WORDS, REFUSED = 0, 1, 2, 3


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    lang: Lang = "en" if _wants_english(words) else "zh"
    screen = Screen(lang)
    try:
        return _run(words, screen)
    except WrongUsage as wrong:
        screen.problem(wrong.say(lang))
        return WRONG_WORDS
    except RegisterRefused as refused:
        screen.faults(refused)
        return REFUSED
    except DomainError as problem:
        screen.problem(problem.say(lang))
        return FAILED
    except KeyboardInterrupt:
        screen.problem(Text("已中断；没有留下半个结果。", "Interrupted; no half result was left.").say(lang))
        return FAILED
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    except Exception as problem:  # the one place where a command ends
        if "--debug" in words:
            raise
        kind, what = type(problem).__name__, (str(problem).splitlines() or [""])[0]
        screen.problem(
            Text(
                f"没有完成：{kind}：{what}（加 --debug 看细节）", f"Not done: {kind}: {what} (--debug shows more)"
            ).say(lang)
        )
        return FAILED


def _wants_english(words: Sequence[str]) -> bool:
    return "--lang=en" in words or any(a == "--lang" and b == "en" for a, b in itertools.pairwise(words))


def _run(words: Sequence[str], screen: Screen) -> int:
    """Each command's module is imported when it is called, so that a small one starts fast."""
    given = parse(words)
    command = import_module(f"bangfu.cli.{given.command}")
    return int(command.run(given, screen))
