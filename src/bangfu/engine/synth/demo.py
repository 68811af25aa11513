"""The demo district: 945 made-up people in real villages, written as an office would hand its register over."""

from collections.abc import Mapping
from pathlib import Path

from bangfu.engine.synth.generate import Plan
from bangfu.engine.synth.register import Dress, write_plan
from bangfu.kernel.divisions import villages
from bangfu.kernel.schema import Code

# This seed makes exactly 945 counted members (beside those who died or left) in this many households; a test holds it.
SEED = 2004
HOUSEHOLDS = 406
AS_OF_YEAR = 2017
# 两城街道 and 卧龙山街道.
TOWNSHIPS = ("371102009", "371102008")
GAP_RATE = 0.02
ERROR_RATE = 0.03


def write_demo(out: Path, *, policies: Mapping[str, Code] | None = None) -> dict[str, int]:
    """Write the demo register into `out`, as at 31 December 2017; returns rows by table.

    945 counted members on that day, and a few who died or left before it. Four CSV files with Chinese names, headers and values (UTF-8 with the mark that spreadsheets look for), gaps and
    slips such as real files have. Policies stand by their Chinese titles where `policies` (the rulebook's codes) is
    given, else by their ids. Nobody in it exists. Raises NotMakeable where one of the files is there already.
    """
    plan = Plan(
        households=HOUSEHOLDS,
        seed=SEED,
        as_of_year=AS_OF_YEAR,
        gap_rate=GAP_RATE,
        error_rate=ERROR_RATE,
        villages=tuple(village for township in TOWNSHIPS for village in villages(township)),
    )
    return write_plan(out, plan, Dress(lang="zh", policies=policies, bom=True))
