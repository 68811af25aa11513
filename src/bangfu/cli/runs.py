"""`bangfu assess --from-registry --store`: assess what is held, and let the verdicts be current."""

import argparse
from dataclasses import replace
from datetime import UTC, datetime

from django.conf import settings

from bangfu.access.policy import system_actor
from bangfu.assessment.services.runs import ask_run, carry_out, folder_of
from bangfu.assessment.services.storing import run_numbered
from bangfu.audit.data import By
from bangfu.casework.services.sweeping import sweep
from bangfu.cli.screen import Screen
from bangfu.kernel.clock import office_day
from bangfu.kernel.days import date_from_day
from bangfu.kernel.words import Text
from bangfu.privacy.keys import load_ring


def run(given: argparse.Namespace, screen: Screen) -> int:
    """Return 0; refusals are raised."""
    by = By("system:command", datetime.now(UTC), load_ring(settings.KEY_RING_FILE), "命令行评估")
    actor = system_actor("command", "officer", office_day(by.at))
    asked = ask_run(by, actor, date_from_day(given.as_of))
    carry_out(asked, lambda: datetime.now(UTC), screen.progress)
    sweep(replace(by, at=datetime.now(UTC)))
    screen.clear()
    done = run_numbered(asked)
    screen.say(
        Text(
            f"第 {asked} 次评估：{done.households:,} 户，{done.persons:,} 人；结论有变动的 {done.changed:,} 户。",
            f"Assessment {asked}: {done.households:,} households, {done.persons:,} persons; verdicts changed of {done.changed:,} households.",
        )
    )
    screen.say(Text(f"结果：{folder_of(asked)}", f"Result: {folder_of(asked)}"))
    return 0
