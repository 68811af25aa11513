"""`bangfu export`: a part of the register as a marked file; `bangfu whose`: from a file back to who took it."""

import argparse
import os
import shutil
from datetime import UTC, datetime
from pathlib import Path

from django.conf import settings

from bangfu.access.policy import system_actor
from bangfu.audit.data import By
from bangfu.cli.screen import Screen
from bangfu.exports.data import NewExport
from bangfu.exports.marks import codes_in
from bangfu.exports.selectors import export, export_of_code
from bangfu.exports.services.asking import ask
from bangfu.exports.services.making import SYSTEM, make
from bangfu.exports.services.taking import take
from bangfu.kernel.clock import office_day
from bangfu.kernel.days import date_from_day
from bangfu.kernel.errors import DomainError
from bangfu.kernel.words import Text
from bangfu.places.selectors import place_of_code
from bangfu.privacy.keys import load_ring


def run(given: argparse.Namespace, screen: Screen) -> int:
    """Return 0; refusals are raised."""
    if given.command == "whose":
        return _whose(given.file, screen)
    if given.out.exists():
        raise DomainError(
            "THERE_ALREADY",
            Text(f"{given.out} 已存在，请换一个文件名。", f"{given.out} is there already; choose another name."),
        )
    by = By(f"system:{SYSTEM}", datetime.now(UTC), load_ring(settings.KEY_RING_FILE), given.reason)
    actor = system_actor(SYSTEM, "officer", office_day(by.at))
    day = date_from_day(given.as_of)
    place = place_of_code(given.place, day, by.at)
    if place is None:
        raise DomainError(
            "NO_SUCH_PLACE",
            Text(f"{day} 没有区划代码 {given.place}。", f"No place had the code {given.place} on {day}."),
        )
    number = ask(by, actor, NewExport(given.layout, place, day, given.full_numbers))
    screen.progress(Text("正在生成…", "Making the file…"))
    make(by, number)
    taken = take(by, actor, number)
    with taken.file as file, os.fdopen(os.open(given.out, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
        shutil.copyfileobj(file, out)
    screen.clear()
    made = export(actor, by.at, number)
    rows = "、".join(f"{sheet} {count:,}" for sheet, count in made.rows)
    screen.say(
        Text(
            f"已导出到 {given.out}，编号 {made.code}：{rows}。",
            f"Exported to {given.out} under the code {made.code}: {made.households:,} households, {made.persons:,} persons.",
        )
    )
    return 0


def _whose(file: Path, screen: Screen) -> int:
    codes = codes_in(file)
    if not codes:
        raise DomainError("NO_MARK", Text(f"{file.name} 里没有导出编号。", f"{file.name} bears no code of an export."))
    for code in codes:
        found = export_of_code(code)
        if found is None:
            screen.say(Text(f"{code}：不是这个系统导出的。", f"{code}: this installation exported no such file."))
            continue
        number, who, at, reason = found
        screen.say(
            Text(
                f"{code}：{who or '命令行'}，{at:%Y-%m-%d %H:%M} 申请，用途：{reason}（export:{number}）",
                f"{code}: {who or 'the command line'}, asked for at {at:%Y-%m-%d %H:%M}, for: {reason} (export:{number})",
            )
        )
    return 0
