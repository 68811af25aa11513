"""`bangfu server`: make an installation, and look after its keys."""

import argparse
from datetime import UTC, datetime
from importlib import import_module

from django.conf import settings

from bangfu.audit.data import By
from bangfu.cli.screen import Screen
from bangfu.config.installation import make_ring, set_up
from bangfu.kernel.words import Text
from bangfu.privacy.keys import load_ring

ACTOR = "system:command"


def run(given: argparse.Namespace, screen: Screen) -> int:
    """Return 0; refusals are raised."""
    if given.act == "setup":
        set_up(datetime.now(UTC), screen.say)
    else:
        _keys(given, screen)
    return 0


def _keys(given: argparse.Namespace, screen: Screen) -> None:
    path = settings.KEY_RING_FILE
    match given.keys_act:
        case "create":
            made = make_ring(path)
            there = Text(f"密钥环已在：{path}", f"There is a key ring already: {path}")
            screen.say(Text(f"已生成密钥环：{path}", f"Made the key ring: {path}") if made else there)
        case "show":
            _show(screen)
        case act:
            by = By(ACTOR, datetime.now(UTC), load_ring(path), given.reason)
            getattr(import_module("bangfu.audit.numbers"), f"{act}_keys")(by, path)
            _show(screen)


def _show(screen: Screen) -> None:
    """The ids of the keys and where they lie; never a key."""
    path = settings.KEY_RING_FILE
    ring = load_ring(path)
    screen.say(Text(f"密钥环：{path}", f"Key ring: {path}"))
    for key_id in sorted(ring.sealing, key=lambda key_id: key_id != ring.current):
        screen.say(
            f"  {key_id}  "
            + (Text("正在使用", "current") if key_id == ring.current else Text("旧", "old")).say(screen.lang)
        )
