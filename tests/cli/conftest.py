"""What the tests of the command line share: one small register, and one assessment of it in each format."""

from pathlib import Path

import pytest
from tests.cli.cast import AS_OF, Bangfu, cast, formula_cast, thin_book
from tests.engine.register.paper import write_csv

from bangfu.cli.main import main


@pytest.fixture
def bangfu(capsys: pytest.CaptureFixture[str]) -> Bangfu:
    return Bangfu(capsys)


@pytest.fixture
def thin(monkeypatch: pytest.MonkeyPatch) -> None:
    """A book of few rules, so that a run takes a moment only."""
    monkeypatch.setattr("bangfu.engine.assess.shipped_book", thin_book)


@pytest.fixture(scope="session")
def register(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_csv(tmp_path_factory.mktemp("cast") / "register", cast())


@pytest.fixture(scope="session")
def formulas(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_csv(tmp_path_factory.mktemp("formulas") / "register", formula_cast())


@pytest.fixture(scope="session")
def assessed(register: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The cast assessed with nothing asked for but the day: CSV, every row."""
    out = tmp_path_factory.mktemp("assessed") / "out"
    assert main(["assess", str(register), "--as-of", AS_OF, "--out", str(out)]) == 0
    return out
