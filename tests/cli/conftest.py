"""What the tests of the command line share: one small register, and one assessment of it in each format."""

import io
import time
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import pytest

from bangfu.cli.main import main
from tests.cli.cast import AS_OF, Bangfu, Said, cast, thin_book
from tests.cli.installations import Demo, Installation, new_installation
from tests.engine.register.paper import write_csv


@pytest.fixture
def bangfu(capsys: pytest.CaptureFixture[str]) -> Bangfu:
    return Bangfu(capsys)


@pytest.fixture
def thin(monkeypatch: pytest.MonkeyPatch) -> None:
    """A book of few rules, so that a run takes a moment only."""
    monkeypatch.setattr("bangfu.engine.request.shipped_book", thin_book)


@pytest.fixture(scope="session")
def register(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_csv(tmp_path_factory.mktemp("cast") / "register", cast())


@pytest.fixture(scope="session")
def said(register: Path, tmp_path_factory: pytest.TempPathFactory) -> Said:
    """What the command says, as JSON, where nothing is asked for but the day: CSV, every row."""
    out = tmp_path_factory.mktemp("assessed") / "out"
    shown, complained = io.StringIO(), io.StringIO()
    with redirect_stdout(shown), redirect_stderr(complained):
        code = main(["assess", str(register), "--as-of", AS_OF, "--out", str(out), "--json"])
    return Said(code, shown.getvalue(), complained.getvalue())


@pytest.fixture(scope="session")
def assessed(said: Said) -> Path:
    """The folder that was written then."""
    return Path(said.json["out"])


@pytest.fixture(scope="session")
def set_up_once(tmp_path_factory: pytest.TempPathFactory) -> Installation:
    """An installation that nobody uses, to copy."""
    made = new_installation(tmp_path_factory.mktemp("installed") / "data")
    done = made.bangfu("server", "setup")
    assert done.returncode == 0, done.stderr
    return made


@pytest.fixture
def installation(set_up_once: Installation, tmp_path: Path) -> Installation:
    """An installation as `bangfu server setup` leaves it, for one test."""
    return new_installation(tmp_path / "data", like=set_up_once)


@pytest.fixture(scope="session")
def demo(set_up_once: Installation, tmp_path_factory: pytest.TempPathFactory) -> Demo:
    """The demo district, with unknowns and faults such as real files have, and an installation that nobody uses in which it is; to copy."""
    folder = tmp_path_factory.mktemp("demo")
    register, listed = folder / "register", folder / "低保.xlsx"
    made = set_up_once.bangfu("synth", "--demo", "--out", str(register), "--bank-list", str(listed))
    assert made.returncode == 0, made.stderr
    there, began = new_installation(folder / "data", like=set_up_once), time.monotonic()
    done = there.bangfu("import", str(register), "--as-of", AS_OF, "--apply")
    assert done.returncode == 0, done.stderr
    return Demo(register, listed, there, time.monotonic() - began)
