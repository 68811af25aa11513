"""What each part of an assessment adds is measured by leaving parts out: what is left out is not reckoned."""

import json
from pathlib import Path

import pytest

from bench import parts


def test_each_part_that_is_left_out_takes_operations_with_it(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert parts.main(["--households", "60", "--rounds", "1", "--cache", str(tmp_path), "--json"]) == 0
    said = json.loads(capfd.readouterr().out)
    operations = list(said["operations"].values())
    assert operations[:3] == sorted(operations[:3], reverse=True)
    assert operations[2] > max(operations[3:])
    assert operations[-1] == 1
    assert said["operations"].keys() == said["cpu_seconds"].keys()
