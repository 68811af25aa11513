"""`bangfu backup` and `bangfu restore`: the whole installation in one sealed file, and back."""

import argparse
from datetime import UTC, datetime

from django.conf import settings

from bangfu.audit.data import By
from bangfu.cli.screen import Screen
from bangfu.config.backups import Contents, back_up, look_at, restore
from bangfu.kernel.words import Text
from bangfu.privacy.keys import load_ring


def run(given: argparse.Namespace, screen: Screen) -> int:
    """Return 0; refusals are raised."""
    ring = load_ring(settings.KEY_RING_FILE)
    by = By("system:command", datetime.now(UTC), ring, given.reason)
    if given.command == "backup":
        done, contents = Text("已备份", "Backed up"), back_up(by, given.out, screen.progress)
    elif given.check:
        done, contents = Text("备份完整", "The backup is whole"), look_at(by, given.backup)
    else:
        done, contents = Text("已恢复", "Restored"), restore(by, given.backup, screen.progress)
    screen.clear()
    _tell(done, contents, screen)
    if contents.left_out:
        screen.say(
            Text(
                f"注意：有 {len(contents.left_out)} 个登记在册的文件当时读不出来，不在备份里。请运行 bangfu server files check。",
                f"Note: {len(contents.left_out)} files that rows name could not be read and are not in it. Run bangfu server files check.",
            )
        )
    if given.command == "restore" and not given.check:
        screen.say(
            Text(
                "接着依次运行：bangfu audit verify 核对留痕，bangfu server setup，bangfu serve。各人用原来的密码登录。",
                "Run next, one after the other: bangfu audit verify, bangfu server setup, bangfu serve. Everybody signs in with the password they had.",
            )
        )
    if given.command == "backup":
        screen.say(
            Text(
                f"密钥环不在备份里，请另外保管：{settings.KEY_RING_FILE}",
                f"The key ring is not in it; keep that apart: {settings.KEY_RING_FILE}",
            )
        )
    return 0


def _tell(done: Text, contents: Contents, screen: Screen) -> None:
    rows, at = sum(contents.rows.values()), f"{contents.at.astimezone():%Y-%m-%d %H:%M}"
    screen.say(
        Text(
            f"{done.zh}：{at} 的全部内容，{len(contents.rows)} 张表，{rows:,} 行。",
            f"{done.en}: everything as of {at}, {len(contents.rows)} tables, {rows:,} rows.",
        )
    )
