"""How every command ends: exit codes, plain messages in the language asked for, nothing but the result where nobody looks."""

import io
import os
import subprocess
import sys
from pathlib import Path

import pytest

from bangfu.cli.main import main
from bangfu.kernel.words import Text
from tests.cli.cast import AS_OF, HAN, Bangfu
from tests.engine.register.paper import small, with_cell, write_csv

ASSESS = ("assess", "register", "--as-of", AS_OF)

# What does not fit, and a word of the complaint that names it.
WRONG_USAGES = [
    ((), "COMMAND"),
    (("improve",), "improve"),
    (("--frobnicate",), "COMMAND"),
    (("assess",), "--as-of"),
    (("assess", "register", "--from-registry", "--as-of", AS_OF), "REGISTER"),
    (("assess", "register", "--store", "--as-of", AS_OF), "--store"),
    (("assess", "--from-registry", "--store", "--as-of", AS_OF, "--out", "out"), "--out"),
    (("assess", "--from-registry", "--store", "--as-of", AS_OF, "--tables", "finding"), "--tables"),
    (("assess", "--from-registry", "--store", "--as-of", AS_OF, "--engine", "spark"), "--engine"),
    (("assess", "--from-registry", "--store", "--as-of", AS_OF, "--marked", "m.xlsx"), "--marked"),
    (("export", "--place", "37", "--as-of", AS_OF, "--reason", "x", "--out", "x.csv"), "x.csv"),
    (("import", "register"), "--as-of"),
    (("import", "--as-of", AS_OF), "FILE"),
    (("assess", "register"), "--as-of"),
    (("assess", "--as-of", AS_OF), "REGISTER"),
    ((*ASSESS, "more"), "more"),
    ((*ASSESS, "--frobnicate"), "--frobnicate"),
    (("assess", "register", "--as", AS_OF), "--as"),
    (("assess", "register", "--as-of", "2017-02-29"), "2017-02-29"),
    (("assess", "register", "--as-of", "20171231"), "20171231"),
    (("assess", "register", "--as-of", "31/12/2017"), "31/12/2017"),
    (("assess", "register", "--as-of", ""), "--as-of"),
    (("assess", "register", "--as-of"), "--as-of"),
    ((*ASSESS, "--income-year", "1989"), "1989"),
    ((*ASSESS, "--income-year", "2101"), "2101"),
    ((*ASSESS, "--income-year", "17a"), "17a"),
    ((*ASSESS, "--income-year", "²"), "²"),
    ((*ASSESS, "--income-year", "-2017"), "2017"),
    ((*ASSESS, "--set", "poverty_line"), "poverty_line"),
    ((*ASSESS, "--set", "=3402"), "=3402"),
    ((*ASSESS, "--set"), "--set"),
    ((*ASSESS, "--format", "pdf"), "pdf"),
    ((*ASSESS, "--lang", "fr"), "fr"),
    ((*ASSESS, "--rules"), "--rules"),
    (("explain", "register"), "--household"),
    (("explain", "--household", "A1"), "REGISTER"),
    (("explain", "register", "--household", "A1", "--as-of", "yesterday"), "yesterday"),
    (("explain", "register", "--household", "A1", "--out", "x"), "--out"),
    (("rulebook",), "check|list|show|test|readings"),
    (("rulebook", "improve"), "improve"),
    (("rulebook", "show"), "ID"),
    (("rulebook", "check", "more"), "more"),
    (("template",), "PATH.xlsx"),
    (("synth", "--out", "x"), "--households"),
    (("synth", "--households", "10"), "--out"),
    (("synth", "--households", "0", "--out", "x"), "0"),
    (("synth", "--households", "²", "--out", "x"), "²"),
    (("synth", "--households", "-5", "--out", "x"), "5"),
    (("synth", "--households", "ten", "--out", "x"), "ten"),
    (("synth", "--households", "10", "--demo", "--out", "x"), "--demo"),
    (("synth", "--demo", "--format", "parquet", "--out", "x"), "--format"),
    (("synth", "--demo", "--seed", "5", "--out", "x"), "--seed"),
    (("synth", "--households", "10", "--seed", "one", "--out", "x"), "one"),
    (("synth", "--households", "10", "--gaps", "1.5", "--out", "x"), "1.5"),
    (("synth", "--households", "10", "--errors", "nan", "--out", "x"), "nan"),
    (("synth", "--households", "10", "--year", "1066", "--out", "x"), "1066"),
    (("synth", "--households", "10", "--mean-size", "three", "--out", "x"), "three"),
    (("synth", "--households", "10", "--mean-size", "99", "--out", "x"), "1.69"),
    (("synth", "--households", "10", "--year", "1990", "--out", "x"), "2000"),
    (("synth", "--households", "10", "--gaps", "1", "--out", "x"), "0.3"),
    (("synth", "--households", "10", "--errors", "0.26", "--out", "x"), "0.25"),
    (("synth", "--households", "999999999", "--out", "x"), "999999999"),
    (("synth", "--households", "10", "--ledger-years", "3", "--out", "x"), "3"),
    (("synth", "--households", "10", "--resume", "--out", "x"), "--resume"),
    (("synth", "--households", "10", "--workers", "2", "--out", "x"), "--workers"),
    (("synth", "--households", "10", "--regions", "--workers", "0", "--out", "x"), "0"),
    (("synth", "--demo", "--regions", "--out", "x"), "--regions"),
    (("synth", "--demo", "--mean-size", "3", "--out", "x"), "--mean-size"),
    (("serve", "--port", "0"), "0"),
    (("serve", "--port", "65536"), "65536"),
    (("serve", "--port", "８０００"), "８０００"),
    (("serve", "--workers", "0"), "0"),
    (("serve", "--debug=yes"), "--debug"),
    (("serve", "--behind-proxy", "--certificate", "x"), "--certificate"),
    (("server",), "setup|found|demo|keys|files"),
    (("server", "files"), "check|sweep"),
    (("server", "keys"), "create|show|rotate|retire"),
    (("server", "keys", "show", "--reason", "x"), "--reason"),
    (("audit",), "verify|checkpoint"),
    (("audit", "verify", "x"), "x"),
]


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize(("words", "named"), WRONG_USAGES, ids=lambda x: " ".join(x) if isinstance(x, tuple) else "")
def test_words_that_do_not_fit_end_in_2_and_a_usage_line(
    bangfu: Bangfu, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], named: str, lang: str
) -> None:
    monkeypatch.chdir(tmp_path)
    # Last where it can be: an option without its value would take the next word.
    said = bangfu(*words, f"--lang={lang}") if words and words[-1] != "fr" else bangfu(*words)
    assert said.code == 2
    assert said.out == ""
    first, *rest = said.err.splitlines()
    assert named in first
    assert any(line.startswith(("用法：bangfu", "Usage: bangfu")) for line in rest)
    assert "--help" in rest[-1]
    assert "Traceback" not in said.err
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("words", "named"), WRONG_USAGES[7:], ids=lambda x: " ".join(x) if isinstance(x, tuple) else ""
)
def test_a_complaint_is_in_one_language(
    bangfu: Bangfu, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], named: str
) -> None:
    monkeypatch.chdir(tmp_path)
    english = bangfu("--lang=en", *words) if words[0].startswith("-") else bangfu(words[0], "--lang=en", *words[1:])
    assert not HAN.search(english.err)
    chinese = bangfu(*words).err.splitlines()[0].replace(named, "")
    assert HAN.search(chinese.partition("：")[2])
    assert "argument" not in chinese
    assert "invalid" not in chinese


def test_help_and_version_end_well(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main(["--version"])
    assert left.value.code == 0
    assert capsys.readouterr().out.startswith("bangfu ")


@pytest.mark.parametrize(
    "words",
    [
        (),
        ("assess",),
        ("explain",),
        ("rulebook",),
        ("rulebook", "check"),
        ("rulebook", "list"),
        ("rulebook", "show"),
        ("rulebook", "test"),
        ("rulebook", "readings"),
        ("template",),
        ("synth",),
        ("serve",),
        ("server",),
        ("server", "setup"),
        ("server", "keys"),
        ("server", "keys", "rotate"),
        ("server", "files", "check"),
        ("audit",),
        ("audit", "verify"),
        ("audit", "checkpoint"),
    ],
)
def test_every_command_has_help(words: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main([*words, "--help"])
    assert left.value.code == 0
    said = capsys.readouterr()
    assert "usage: bangfu" in said.out
    assert said.err == ""


def test_a_day_begins_only_as_digits_do(bangfu: Bangfu) -> None:
    """A week is a day to Python's reader, but not to people."""
    assert bangfu("assess", "register", "--as-of", "2017-W01-1").code == 2


# ---- failures, each in one plain line


def test_a_register_that_is_not_there_ends_in_1(bangfu: Bangfu, tmp_path: Path) -> None:
    said = bangfu.assess(tmp_path / "nowhere", tmp_path / "out")
    assert said.code == 1
    assert "nowhere" in said.err
    assert len(said.err.splitlines()) == 1
    assert not list(tmp_path.iterdir())


def test_a_refused_register_ends_in_3(bangfu: Bangfu, tmp_path: Path) -> None:
    register = write_csv(tmp_path / "register", with_cell("person", "sex", "x"))
    said = bangfu.assess(register, tmp_path / "out")
    assert said.code == 3
    assert said.out == ""
    assert [path.name for path in tmp_path.iterdir()] == ["register"]


def _stop(*_: object, **__: object) -> None:
    raise RuntimeError("first line\nsecond line")


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_what_nobody_foresaw_ends_in_1_and_one_line(bangfu: Bangfu, monkeypatch: pytest.MonkeyPatch, lang: str) -> None:
    monkeypatch.setattr("bangfu.cli.template.run", _stop)
    said = bangfu("template", "x.xlsx", "--lang", lang)
    assert said.code == 1
    assert said.out == ""
    assert len(said.err.splitlines()) == 1
    assert "first line" in said.err
    assert "second line" not in said.err
    assert "--debug" in said.err
    assert bool(HAN.search(said.err)) == (lang == "zh")


def test_debug_shows_the_whole_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bangfu.cli.template.run", _stop)
    with pytest.raises(RuntimeError, match="second line"):
        main(["template", "x.xlsx", "--debug"])


def test_a_failure_without_words_still_says_what_kind(bangfu: Bangfu, monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr("bangfu.cli.template.run", stop)
    said = bangfu("template", "x.xlsx")
    assert said.code == 1
    assert "MemoryError" in said.err


def test_an_interrupted_run_says_so(bangfu: Bangfu, monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("bangfu.cli.template.run", stop)
    said = bangfu("template", "x.xlsx", "--lang", "en")
    assert (said.code, said.err) == (1, "Interrupted; no half result was left.\n")


@pytest.mark.parametrize(
    "words",
    [
        ("template", "{there}/x.xlsx"),
        ("synth", "--households", "3", "--out", "{there}/x"),
        ("assess", "{register}", "--as-of", AS_OF, "--out", "{there}/x"),
        ("assess", "{register}", "--as-of", AS_OF, "--out", "{there}/x.xlsx"),
    ],
)
def test_a_place_that_cannot_be_written_is_named_without_the_machines_words(
    bangfu: Bangfu, register: Path, tmp_path: Path, words: tuple[str, ...]
) -> None:
    there = tmp_path / "file"
    there.write_text("kept", encoding="utf-8")
    said = bangfu(*(word.format(there=there, register=register) for word in words), "--lang", "en")
    assert said.code == 1
    assert len(said.err.splitlines()) == 1
    assert str(there) in said.err
    assert "Error" not in said.err
    assert "[Errno" not in said.err
    assert there.read_text(encoding="utf-8") == "kept"
    assert list(tmp_path.iterdir()) == [there]


# ---- at the shell


def shell(*words: str, **kwargs: object) -> "subprocess.CompletedProcess[bytes]":
    """The real command in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "bangfu", *words], check=False, capture_output="stdout" not in kwargs, **kwargs
    )  # type: ignore[call-overload]


@pytest.mark.parametrize(("words", "code"), [(("rulebook", "check"), 0), (("rulebook", "show", "x"), 1), (("x",), 2)])
def test_the_shell_sees_the_exit_code(words: tuple[str, ...], code: int) -> None:
    done = shell(*words)
    assert done.returncode == code
    assert b"Traceback" not in done.stderr
    assert bool(done.stderr) == (code != 0)


@pytest.mark.parametrize("encoding", ["gbk", "ascii", "latin-1"])
def test_a_terminal_of_few_letters_still_gets_its_answer(encoding: str) -> None:
    """A Chinese Windows console has no ✗, a bare server no Chinese: what cannot be shown is replaced, not fatal."""
    done = shell("rulebook", "show", "dibao", env={**os.environ, "PYTHONIOENCODING": encoding})
    assert done.returncode == 0
    assert b"(dibao)" in done.stdout
    assert done.stderr == b""


def test_a_mark_that_the_console_lacks_does_not_end_an_explanation(register: Path) -> None:
    words = ("explain", str(register), "--household", "A1", "--as-of", AS_OF)
    done = shell(*words, env={**os.environ, "PYTHONIOENCODING": "gbk"})
    assert (done.returncode, done.stderr) == (0, b"")
    assert "高龄津贴" in done.stdout.decode("gbk")


def test_a_name_on_the_register_moves_no_cursor_and_begins_no_line(bangfu: Bangfu, tmp_path: Path) -> None:
    """Whoever may write a name could otherwise write what looks like a verdict under it."""
    register = write_csv(tmp_path / "register", with_cell("person", "name", "甲\x1b[31m\n  ✓ 乙"))
    said = bangfu("explain", register, "--household", "H1", "--as-of", AS_OF)
    assert said.code == 0
    assert "甲\\x1b[31m\\n  ✓ 乙" in said.out
    assert said.out.replace("\n", "").isprintable()
    assert "  ✓ 乙" not in said.out.splitlines()


@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_reader_that_stops_reading_is_no_news(unbuffered: str) -> None:
    """As in `bangfu rulebook list | head -1`."""
    read, write = os.pipe()
    os.close(read)
    try:
        done = shell(
            "rulebook",
            "list",
            stdout=write,
            stderr=subprocess.PIPE,
            env={**os.environ, "PYTHONUNBUFFERED": unbuffered},
        )
    finally:
        os.close(write)
    assert done.stderr == b""
    assert done.returncode in (0, 1)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full")
@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_an_answer_that_could_not_be_written_is_a_failure(unbuffered: str) -> None:
    with Path("/dev/full").open("wb") as full:
        done = shell(
            "rulebook",
            "check",
            stdout=full,
            stderr=subprocess.PIPE,
            env={**os.environ, "PYTHONUNBUFFERED": unbuffered},
        )
    assert done.returncode == 1
    assert len(done.stderr.decode().splitlines()) == 1
    assert "磁盘空间不足" in done.stderr.decode()


def test_closed_streams_do_not_end_a_run(register: Path, tmp_path: Path) -> None:
    words = (sys.executable, "-m", "bangfu", *ASSESS[:1], str(register), *ASSESS[2:], "--out", str(tmp_path / "out"))
    done = subprocess.run(["sh", "-c", 'exec "$@" >&- 2>&-', "sh", *words], check=False)
    assert done.returncode == 0
    assert (tmp_path / "out" / "manifest.json").exists()


# ---- where somebody looks, and where nobody does


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_progress_shows_on_a_terminal_and_is_wiped_away(
    register: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, thin: None
) -> None:
    screen = Terminal()
    monkeypatch.setattr(sys, "stderr", screen)
    assert main([*ASSESS[:1], str(register), *ASSESS[2:], "--out", str(tmp_path / "out")]) == 0
    lines = screen.getvalue().split("\r")
    assert any("写出结果" in line for line in lines)
    assert "\n" not in screen.getvalue()
    assert lines[-1] == ""
    assert lines[-2].strip() == ""
    assert len(lines[-2]) >= len("写出结果 …")


def test_a_problem_wipes_the_progress_line_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    screen = Terminal()
    monkeypatch.setattr(sys, "stderr", screen)
    register = write_csv(tmp_path / "register", with_cell("person", "sex", "x"))
    assert main(["assess", str(register), "--as-of", AS_OF, "--out", str(tmp_path / "out")]) == 3
    assert "\r登记资料有 1 处错误" in screen.getvalue()


@pytest.mark.parametrize("words", [(), ("--json",), ("--lang", "en")])
def test_a_good_run_is_quiet_where_nobody_looks(
    bangfu: Bangfu, register: Path, tmp_path: Path, words: tuple[str, ...], thin: None
) -> None:
    said = bangfu.assess(register, tmp_path / "out", *words)
    assert (said.code, said.err) == (0, "")


def test_a_register_without_optional_tables_is_still_quiet(bangfu: Bangfu, tmp_path: Path, thin: None) -> None:
    register = write_csv(tmp_path / "register", {**small(), "receipt": []})
    said = bangfu.assess(register, tmp_path / "out")
    assert (said.code, said.err) == (0, "")


def test_pairs_of_words_are_said_in_one_language() -> None:
    assert (Text("甲", "a").say("zh"), Text("甲", "a").say("en")) == ("甲", "a")
