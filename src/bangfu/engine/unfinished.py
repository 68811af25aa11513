"""What a run that broke off left in its working folder: what it was making, out of what, and whether any of it is finished."""

import json
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bangfu.kernel.errors import DomainError
from bangfu.kernel.words import Text

_RECORD = "asked.json"
_FINISHED = ("done/*.json", "snapshot/manifest.json", "snapshot.partial/done/*.json")


def write_json(path: Path, said: object) -> None:
    """Write a file whole or not at all."""
    aside = path.with_name(path.name + ".partial")
    with aside.open("w", encoding="utf-8") as handle:
        handle.write(json.dumps(said, ensure_ascii=False, indent=1) + "\n")
        handle.flush()
        os.fsync(handle.fileno())
    aside.replace(path)


def any_finished(folder: Path) -> bool:
    return any(any(folder.glob(done)) for done in _FINISHED)


def make_way(folder: Path, thing: Text, *, resume: bool) -> None:
    """Delete what was left, unless a run that makes such a thing is to go on with it. Raises DomainError where it is
    of another kind and worth something; what has no record can be gone on with by nobody."""
    left = _record(folder)
    # A record of an earlier version does not say of what kind it is: whoever goes on with it is told that it is of other options.
    if left and left.get("thing", thing.en) != thing.en:
        _refuse_another_kind(folder, left, thing)
    elif left and resume:
        return
    shutil.rmtree(folder)


def _refuse_another_kind(folder: Path, left: Mapping[str, Any], thing: Text) -> None:
    if any_finished(folder):
        other = Text(left["thing_zh"], left["thing"])
        raise DomainError(
            "UNFINISHED_OTHER",
            Text(
                f"{folder} 里有没做完的{other.zh}，一部分已完成，不是{thing.zh}，没有动它。要接着做，用原来的命令加 --resume；"
                "不要了，先删去这个文件夹；或换一个 --out。",
                f"{folder} holds an unfinished {other.en}, parts of it finished, and no {thing.en}; it was left as it is. "
                "Go on with it by its own command with --resume; or remove the folder, if it is not wanted; or choose another --out.",
            ),
        )


def begin(folder: Path, thing: Text, asked: Mapping[str, Any]) -> None:
    """Note what the working folder is for. Raises DomainError where it was begun for something else."""
    wanted = {"thing": thing.en, "thing_zh": thing.zh, **asked}
    left = _record(folder)
    if left and left != wanted:
        raise DomainError(
            "RESUME_OTHER",
            Text(
                f"{folder} 里没有做完的{thing.zh}出自别的资料、规则或选项（或资料后来有改动），不能接着做。请去掉 --resume 重做，或换一个 --out。",
                f"The unfinished {thing.en} in {folder} is of other data, rules or options (or the data have changed since). "
                "Leave out --resume to begin anew, or choose another --out.",
            ),
        )
    write_json(folder / _RECORD, wanted)


def _record(folder: Path) -> dict[str, Any] | None:
    record = folder / _RECORD
    return json.loads(record.read_text(encoding="utf-8")) if record.exists() else None
