"""What the benchmarks beside bench.run share: figures are of all runs, and whoever reads JSON gets what whoever reads lines does."""

import json

import pytest

from bench.command import options, spread, table, tell
from bench.measure import MIB, Measured

RUNS = [Measured(2.0, 3.0, 10 * MIB), Measured(1.0, 1.0, 30 * MIB), Measured(4.0, 2.0, 20 * MIB)]
FOUND = {"rounds": 3}


def test_a_spread_is_the_middle_of_the_times_the_least_of_them_and_the_most_memory() -> None:
    assert spread(RUNS) == {"seconds": 2.0, "least_seconds": 1.0, "cpu_seconds": 2.0, "peak_mib": 30}
    assert table("step", {"read": spread(RUNS)})[-1] == "| read | 2.00 | 1.00 | 2.00 | 30 |"


def test_options_have_what_is_usual_where_nobody_says_and_refuse_what_nobody_knows() -> None:
    parser = options("pages", "Measure pages.\n\nMore.", households=20_000)
    assert parser.parse_args([]).households == 20_000
    assert parser.parse_args(["--households", "7", "--json"]).json
    assert parser.description == "Measure pages."
    with pytest.raises(SystemExit):
        parser.parse_args(["--house", "7"])


@pytest.mark.parametrize("as_json", [True, False])
def test_the_machine_stands_beside_what_was_found(capsys: pytest.CaptureFixture[str], *, as_json: bool) -> None:
    tell(FOUND, lambda found: [f"{found['rounds']} rounds"], as_json=as_json)
    said = capsys.readouterr().out
    if as_json:
        told = json.loads(said)
        assert told["rounds"] == 3
        assert told["machine"]["versions"]["python"]
    else:
        assert said.splitlines()[-1] == "3 rounds"
        assert "cores; python 3." in said.splitlines()[0]
