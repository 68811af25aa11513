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
_PROGRAM = Text("程序版本", "the version of the program")
_DATA = Text("资料，或资料后来有改动", "the data, or they have changed since")
# What people call that which runs note of what they were asked for.
_ASKED = {
    "thing": _PROGRAM,
    "thing_zh": _PROGRAM,
    "versions": _PROGRAM,
    "cut": _PROGRAM,
    "source": _DATA,
    "files": _DATA,
    "as_of": Text("评估日", "the day"),
    "income_year": Text("收入年度", "the income year"),
    "settings": Text("参数 --set", "parameters, --set"),
    "layers": Text("规则", "the rules"),
    "policies": Text("规则里的政策", "the policies of the rules"),
    "place": Text("地方 --place", "the place, --place"),
    "wanted": Text("要的表、行、语言或格式", "the tables, rows, language or format wanted"),
    "digits": Text("--region-digits", "--region-digits"),
    "skip_bad_rows": Text("--skip-bad-rows", "--skip-bad-rows"),
}
_FINISHED = ("done/*.json", "snapshot/manifest.json", "snapshot.partial/done/*.json")


def write_json(path: Path, said: object) -> None:
    """Write a file whole or not at all."""
    aside = path.with_name(path.name + ".partial")
    with aside.open("w", encoding="utf-8") as handle:
        handle.write(json.dumps(said, ensure_ascii=False, indent=1) + "\n")
        handle.flush()
        os.fsync(handle.fileno())
    aside.replace(path)


def read_json(path: Path) -> Any:
    """What `write_json` wrote; None where there is nothing, or nothing that can be read: a record that a disk spoilt is none."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return None


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
        other = Text(left.get("thing_zh", left["thing"]), left["thing"])
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
    """Note what the working folder is for. Raises DomainError where it was begun for something else, with what is not as it was."""
    wanted = {"thing": thing.en, "thing_zh": thing.zh, **asked}
    assert wanted.keys() <= _ASKED.keys(), "what is noted has a name for people"
    left = _record(folder)
    if left and left != wanted:
        # What else is noted there, another version of the program noted.
        other = [_ASKED.get(key, _PROGRAM) for key in {**wanted, **left} if left.get(key) != wanted.get(key)]
        zh, en = ("、".join(dict.fromkeys(o.zh for o in other)), "; ".join(dict.fromkeys(o.en for o in other)))
        raise DomainError(
            "RESUME_OTHER",
            Text(
                f"{folder} 里没有做完的{thing.zh}和这次要做的不同（{zh}），不能接着做。要接着做，请照原来的做法；要重做，请去掉 --resume，或换一个 --out。",
                f"The unfinished {thing.en} in {folder} is not what is asked for now ({en}), so this run cannot go on with it. "
                "Ask for the same as then to go on; leave out --resume to begin anew; or choose another --out.",
            ),
        )
    write_json(folder / _RECORD, wanted)


def _record(folder: Path) -> dict[str, Any] | None:
    said = read_json(folder / _RECORD)
    return said if isinstance(said, dict) else None
