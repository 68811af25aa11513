"""`bangfu server`: make an installation, look after its keys and files, erase what identifies somebody."""

import argparse
from datetime import UTC, datetime

from django.conf import settings

from bangfu.access.services.founding import Founded, found_administrator, found_demo
from bangfu.audit.data import By
from bangfu.audit.numbers import retire_keys, rotate_keys
from bangfu.cli.screen import Screen
from bangfu.config.installation import make_ring, set_up
from bangfu.files.store import sweep, unreadable
from bangfu.kernel.words import Text
from bangfu.privacy.keys import load_ring
from bangfu.registry.demo import fill_demo
from bangfu.registry.services.erasure import Whom, erase

ACTOR = "system:command"
# A ring that changed and was not backed up again is what is lost with the disk.
AFTER = {
    "rotate": Text(
        "已换用新密钥，全部内容已重新加密。密钥环变了，请现在另行备份；旧密钥以后用 bangfu server keys retire 移除。",
        "There is a new key, and everything was sealed anew. The ring has changed: back it up now. Drop the old keys later, by bangfu server keys retire.",
    ),
    "retire": Text(
        "旧密钥都已移除。请现在另行备份密钥环；以前的备份要用当时的密钥环恢复，请一并留着。",
        "No old key is left. Back the ring up now, and keep its earlier copies: earlier backups are restored with the ring of their time.",
    ),
}


def run(given: argparse.Namespace, screen: Screen) -> int:
    """Return 0, or 1 where stored files are missing or damaged; refusals are raised."""
    match given.act:
        case "setup":
            set_up(datetime.now(UTC), screen.say)
        case "found":
            _tell(screen, [found_administrator(_by(), given.login, given.name, given.place)])
        case "demo" if given.households:
            screen.say(_filled(fill_demo(_by("演示"), given.register)))
        case "demo":
            _tell(screen, found_demo(_by()))
        case "files":
            return _files(given, screen)
        case "erase":
            _erase(given, screen)
        case _:
            _keys(given, screen)
    return 0


def _by(reason: str = "") -> By:
    return By(ACTOR, datetime.now(UTC), load_ring(settings.KEY_RING_FILE), reason)


def _tell(screen: Screen, founded: list[Founded]) -> None:
    """The only time that these passwords are shown."""
    for each in founded:
        screen.say(f"  {each.login:<12} {each.password}  {each.role.say(screen.lang)} {each.name}")
    screen.say(
        Text(
            "以上是一次性的临时密码，7 天内有效，只显示这一次；首次登录后须改成自己的密码。",
            "These temporary passwords work for 7 days and are shown only now; each person chooses their own on signing in.",
        )
    )


def _filled(households: int) -> Text:
    if not households:
        return Text(
            "演示户此前已配好结对、档案等内容，没有改动。",
            "The demo's households were filled before; nothing was changed.",
        )
    return Text(
        f"已给 {households} 个演示户配上结对、档案等内容。",
        f"Gave {households} demo households helpers, papers and more.",
    )


def _erase(given: argparse.Namespace, screen: Screen) -> None:
    whom: Whom = "person" if given.person else "household"
    done = erase(_by(given.reason), whom, given.person or given.household, given.approved_by, keep=given.apply)
    rows = (
        (Text("登记的事实", "Versions of facts"), done.versions),
        (Text("加密的号码", "Sealed numbers"), done.numbers),
        (Text("依据和说明", "Grounds and notes"), done.words),
        (Text("扫描件", "Scans"), done.scans),
        (Text("留痕中的原因", "Reasons in the record"), done.texts),
    )
    screen.table([[what.say(screen.lang), f"{count:,}"] for what, count in rows])
    screen.say(
        Text("已抹去，不能恢复。", "Erased, for good.")
        if given.apply
        else Text(
            "以上只是预览，没有抹去。确认请加 --apply，抹去后不能恢复。",
            "This is a preview; nothing was erased. Add --apply to do it, for good.",
        )
    )


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
            {"rotate": rotate_keys, "retire": retire_keys}[act](_by(given.reason), path)
            _show(screen)
            screen.say(AFTER[act])


def _files(given: argparse.Namespace, screen: Screen) -> int:
    if given.files_act == "sweep":
        gone = sweep(datetime.now(UTC))
        screen.say(Text(f"移除了 {gone} 个没有登记引用的文件。", f"Removed {gone} files that no row names."))
        return 0
    flaws = unreadable(load_ring(settings.KEY_RING_FILE))
    for sha256, flaw in flaws.items():
        screen.say(f"  {sha256}  {flaw.text.say(screen.lang)}")
    screen.say(
        Text(f"{len(flaws)} 个文件缺失或损坏。", f"{len(flaws)} files are missing or damaged.")
        if flaws
        else Text("登记在册的文件都在，且完好。", "Every file that a row names is there and whole.")
    )
    return 1 if flaws else 0


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
