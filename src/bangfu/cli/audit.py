"""`bangfu audit`: check that the record of acts is whole, and mark how far it has come."""

import argparse
from collections import Counter
from datetime import UTC, datetime

from django.conf import settings

from bangfu.audit.checkpoints import checkpoints
from bangfu.audit.data import By
from bangfu.audit.sealer import leave_checkpoint, seal_all
from bangfu.audit.services import erase_text
from bangfu.audit.verify import flaws
from bangfu.cli.screen import Screen
from bangfu.kernel.words import Text
from bangfu.privacy.keys import load_ring

WHOLE, FLAWED = 0, 1


def run(given: argparse.Namespace, screen: Screen) -> int:
    """Return 0, or 1 where the record has a flaw; refusals are raised."""
    return {"verify": _verify, "checkpoint": _checkpoint, "erase": _erase}[given.act](given, screen)


def _verify(given: argparse.Namespace, screen: Screen) -> int:
    ring = load_ring(settings.KEY_RING_FILE)
    path = given.checkpoints or settings.CHECKPOINTS_FILE
    marks = list(checkpoints(path, ring))
    if not marks:
        screen.problem(
            Text(
                f"注意：{path} 里没有检查点，查不出整体改写和被截去的末尾。",
                f"Note: there is no checkpoint in {path}; a rewrite of the whole or a tail cut off would go unseen.",
            ).say(screen.lang)
        )
    found: Counter[str] = Counter()
    for flaw in flaws(marks, ring):
        found[flaw.code] += 1
        screen.say(f"{flaw.code}  {flaw.text.say(screen.lang)}")
    if not found:
        screen.say(Text(f"留痕完整（检查点 {len(marks)} 个）。", f"The record is whole ({len(marks)} checkpoints)."))
        return WHOLE
    counts = Text("，", ", ").say(screen.lang).join(f"{code} {n}" for code, n in sorted(found.items()))
    total = found.total()
    screen.say(Text(f"留痕有 {total} 处问题：{counts}", f"The record has {total} flaws: {counts}"))
    return FLAWED


def _erase(given: argparse.Namespace, screen: Screen) -> int:
    by = By("system:command", datetime.now(UTC), load_ring(settings.KEY_RING_FILE), given.reason)
    erase_text(by, given.entry)
    screen.say(Text(f"已抹去第 {given.entry} 条的文字。", f"The text of entry {given.entry} is erased."))
    return WHOLE


def _checkpoint(given: argparse.Namespace, screen: Screen) -> int:
    path = given.checkpoints or settings.CHECKPOINTS_FILE
    seal_all()
    mark = leave_checkpoint(path, at=datetime.now(UTC), ring=load_ring(settings.KEY_RING_FILE))
    nothing = Text("留痕还是空的，没有可记的。", "The record is empty; there is nothing to mark.")
    screen.say(
        Text(f"检查点：第 {mark.number} 环，{path}", f"Checkpoint: link {mark.number}, {path}") if mark else nothing
    )
    return WHOLE
