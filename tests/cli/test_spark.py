"""`--engine spark` where it cannot be had: told before anything is done, with what to install. None of these starts Java."""

from pathlib import Path

import pytest

from bangfu.engine.spark import session
from tests.cli.cast import AS_OF, Bangfu
from tests.engine.snapshot.registers import snapshot_of, three, written


@pytest.fixture
def snapshot(tmp_path: Path) -> Path:
    snapshot_of(written(tmp_path / "registers", three()), tmp_path / "snapshot")
    return tmp_path / "snapshot"


def test_without_pyspark_the_extra_to_install_is_named(
    bangfu: Bangfu, snapshot: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session, "find_spec", lambda _: None)
    said = bangfu("assess", str(snapshot), "--as-of", AS_OF, "--out", str(tmp_path / "out"), "--engine", "spark")
    assert said.code == 1
    assert "pip install 'bangfu[spark]'" in said.err
    assert not (tmp_path / "out").exists()


def test_without_java_its_package_is_named(
    bangfu: Bangfu, snapshot: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session, "find_spec", lambda name: name)
    monkeypatch.setenv("JAVA_HOME", str(tmp_path / "nothing"))
    monkeypatch.setenv("PATH", str(tmp_path))
    said = bangfu("assess", str(snapshot), "--as-of", AS_OF, "--out", str(tmp_path / "out"), "--engine", "spark")
    assert said.code == 1
    assert "openjdk-17-jre-headless" in said.err
    assert not (tmp_path / "out").exists()


def test_a_single_register_is_not_for_spark(bangfu: Bangfu, register: Path, tmp_path: Path) -> None:
    said = bangfu("assess", str(register), "--as-of", AS_OF, "--out", str(tmp_path / "out"), "--engine", "spark")
    assert said.code == 2
    assert "bangfu prepare" in said.err
