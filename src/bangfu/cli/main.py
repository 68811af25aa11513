"""The command `bangfu`: read the words, make one call, say what came of it. Every failure ends here, worded for people.

Exit codes: 0 done, 1 failure, 2 wrong usage, 3 the register was refused.
"""

import gc
import io
import itertools
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

from bangfu.cli import installation
from bangfu.cli.arguments import WrongUsage, parse
from bangfu.cli.screen import Screen
from bangfu.kernel.collecting import set_aside, uncollected
from bangfu.kernel.errors import DomainError, RegisterRefused, SettingRefused
from bangfu.kernel.words import Lang, Text

# Where a command's word is one of Python's, or two share a module.
MODULES = {"import": "imports", "restore": "backup", "whose": "export", "print": "papers"}
DONE, FAILED, WRONG_WORDS, REFUSED = 0, 1, 2, 3
# What to do about a refusal at a command line, where whoever refuses cannot know that it is said there.
ADVICE = {
    "NO_VALUE": Text(
        "在这里可用 --set 参数名=数值 指定，或用 --rules 加一个本地规则文件夹；日期用 --as-of、--income-year 改。",
        "Here --set NAME=VALUE gives one, --rules lays a local folder over the book; --as-of and --income-year are the days.",
    ),
}


def program() -> int:
    """`main` as a process of its own."""
    code = main()
    # To look through everything once more for what could go, before all of it goes, took a tenth of a small run.
    gc.disable()
    return code


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    _open_streams()
    lang: Lang = "en" if _wants_english(words) else "zh"
    screen = Screen(lang)
    try:
        return _run(words, screen)
    except (WrongUsage, SettingRefused) as wrong:
        screen.problem(wrong.say(lang))
        return WRONG_WORDS
    except RegisterRefused as refused:
        screen.faults(refused)
        return REFUSED
    except DomainError as problem:
        advice = ADVICE.get(problem.code)
        screen.problem("\n".join([problem.say(lang), *([advice.say(lang)] if advice else [])]))
        return FAILED
    except KeyboardInterrupt:
        screen.problem(Text("已中断；没有留下半个结果。", "Interrupted; no half result was left.").say(lang))
        return FAILED
    except BrokenPipeError:
        return FAILED
    except Exception as problem:  # the one place where a command ends
        if "--debug" in words:
            raise
        what = _what(problem)
        screen.problem(
            Text(f"没有完成：{what.zh}（加 --debug 看细节）", f"Not done: {what.en} (--debug shows more)").say(lang)
        )
        return FAILED
    finally:
        _let_go_of_output()


def _open_streams() -> None:
    """A stream that the caller closed leads nowhere; a letter that the terminal lacks is written as its number, and ends nothing."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, Path(os.devnull).open("w", encoding="utf-8"))  # noqa: SIM115  # stays open till the end
        elif isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _let_go_of_output() -> None:
    """Where nobody takes what is left to write, it goes nowhere: Python would complain of it once more on its way out."""
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _what(problem: Exception) -> Text:
    """A failure that nobody foresaw, in one line."""
    if isinstance(problem, OSError) and problem.errno is not None:
        why: Text = import_module("bangfu.engine.results.target").why_not(problem)
        where = "" if problem.filename is None else str(problem.filename)
        return Text(f"{where}：{why.zh}", f"{where}: {why.en}") if where else why
    said = f"{type(problem).__name__}: {(str(problem).splitlines() or [''])[0]}".removesuffix(": ")
    return Text(said, said)


def _wants_english(words: Sequence[str]) -> bool:
    return "--lang=en" in words or any(a == "--lang" and b == "en" for a, b in itertools.pairwise(words))


def _run(words: Sequence[str], screen: Screen) -> int:
    """Each command's module is imported when it is called, so that a small one starts fast."""
    given = parse(words)
    # What packages are made of stays: a fifth of the time that it took to load them went into looking whether it could go.
    with uncollected():
        if given.command in installation.COMMANDS or getattr(given, "from_registry", False):
            installation.open_installation(given)
        command = import_module(f"bangfu.cli.{MODULES.get(given.command, given.command)}")
    with set_aside():
        code = int(command.run(given, screen))
    # Not left to the interpreter's end, where a full disk would go without a word.
    sys.stdout.flush()
    return code
