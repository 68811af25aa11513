"""Type is set in processes of their own, one paper at a time in each and any number after one another: fonts are loaded once."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from pathlib import Path
from queue import LifoQueue
from types import TracebackType
from typing import Any, Literal, Self

from bangfu.documents.papers import PaperWrong, Shelf
from bangfu.kernel.words import Text

Look = Literal["pdf", "png", "svg"]
SECONDS = 60
# Where nothing listens: whatever a template would fetch is asked for there.
NOWHERE = "http://127.0.0.1:9"
# The faces of official papers by what they are for, each with what stands in for it, and for characters that it lacks. Letters and
# digits are a face of their own, as in official papers.
_LATIN = {"name": "Libertinus Serif", "covers": "latin-in-cjk"}
_LAST = ("Noto Serif SC", "HanaMinB", "Libertinus Serif", "DejaVu Sans Mono")
_FACES: Mapping[str, tuple[Any, ...]] = {
    "fang": (_LATIN, "FandolFang R", *_LAST),
    "kai": (_LATIN, "FandolKai", *_LAST),
    "song": (_LATIN, *_LAST),
    "hei": ("Noto Sans SC", *_LAST),
    "title": (_LATIN, "FandolSong", "Noto Sans SC", *_LAST),
}
_FETCHED = {
    "FandolFang R": "FandolFang-Regular.otf",
    "FandolKai": "FandolKai-Regular.otf",
    "FandolSong": "FandolSong-Bold.otf",
    "HanaMinB": "HanaMinB.ttf",
}


@dataclass(frozen=True, slots=True)
class Sheet:
    """What was set: a PDF, or pictures of each page; and what the typesetter thought odd."""

    pages: tuple[bytes, ...]
    warnings: tuple[str, ...]

    @property
    def body(self) -> bytes:
        (only,) = self.pages
        return only


class Typesetter:
    """Sets the templates of a shelf, for as many who ask at once as there are `processes`. To be closed, or used as a context."""

    def __init__(self, shelf: Shelf, fonts: Path, processes: int = 1) -> None:
        self.fonts = fonts.resolve()
        self._all = [_Process(shelf.folder, self.fonts) for _ in range(processes)]
        # The last that was used comes first: what is never needed is never started.
        self._free: LifoQueue[_Process] = LifoQueue()
        for process in self._all:
            self._free.put(process)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def set(self, file: str, data: Mapping[str, Any], day: date, look: Look = "pdf", ppi: int = 100) -> Sheet:
        """Set a template with data, dated the day. Raises PaperWrong with the template and the line."""
        inputs = {"data": json.dumps(data, ensure_ascii=False), "fonts": json.dumps(faces(self.fonts))}
        job = {"file": file, "inputs": inputs, "format": look, "day": day.isoformat(), "ppi": ppi}
        line = json.dumps(job).encode()
        process = self._free.get()
        try:
            answer, pages = process.asked(file, line)
        finally:
            self._free.put(process)
        if "error" in answer:
            said = answer["error"]
            raise PaperWrong(said["file"] or file, said["line"], Text(_chinese(said["message"]), said["message"]))
        told = tuple(f"{each['file']}:{each['line']}: {each['message']}" for each in answer["warnings"])
        return Sheet(tuple(pages), told)

    def close(self) -> None:
        for process in self._all:
            process.close()


class _Process:
    """One that sets type, started when it is first needed, and anew after it died; a template that takes too long or dies is said to be wrong."""

    def __init__(self, folder: Path, fonts: Path) -> None:
        self.folder = folder
        self.fonts = fonts
        self._process: subprocess.Popen[bytes] | None = None

    def asked(self, file: str, job: bytes) -> tuple[dict[str, Any], list[bytes]]:
        process = self._running()
        assert process.stdin is not None
        assert process.stdout is not None
        alarm = threading.Timer(SECONDS, process.kill)
        alarm.start()
        try:
            process.stdin.write(job + b"\n")
            process.stdin.flush()
            line = process.stdout.readline()
            if not line:
                raise EOFError
            answer = json.loads(line)
            sizes = answer.get("sizes", ())
            pages = [process.stdout.read(size) for size in sizes]
            if [*map(len, pages)] != [*sizes]:
                # It ended while it handed over what was set.
                raise EOFError
            return answer, pages
        except (OSError, EOFError, ValueError) as problem:
            self.close()
            raise PaperWrong(
                file,
                0,
                Text("排版没有完成：太久，或占用内存太多", "it was not set: it took too long, or too much memory"),
            ) from problem
        finally:
            alarm.cancel()

    def close(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None or self._process.poll() is not None:
            proxies = dict.fromkeys(("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY", "https_proxy", "http_proxy"), NOWHERE)
            known = {name: os.environ[name] for name in ("PATH", "LANG", "SYSTEMROOT") if name in os.environ}
            folders = [str(each) for each in font_folders(self.fonts)]
            self._process = subprocess.Popen(  # noqa: S603  # our own module, by this very interpreter
                [sys.executable, "-m", "bangfu.documents.typesetter", str(self.folder), *folders],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                cwd=self.folder,
                env={**known, **proxies},
            )
        return self._process


def font_folders(fetched: Path) -> Sequence[Path]:
    """Where faces lie: those that pip brought, and those that ./setup fetched where it could."""
    return [Path(str(files("pylopdf_fonts_zh_cn"))), *([fetched] if fetched.is_dir() else [])]


@cache
def faces(fetched: Path) -> Mapping[str, Sequence[Any]]:
    """The faces to set in, by purpose; those that were not fetched are left out, so that none is asked for that is not there."""
    there = {name for name, file in _FETCHED.items() if (fetched / file).is_file()}
    return {
        purpose: [face for face in listed if not isinstance(face, str) or face not in _FETCHED or face in there]
        for purpose, listed in _FACES.items()
    }


def _chinese(message: str) -> str:
    """The commonest mistake in Chinese; others as the typesetter says them."""
    for said, zh in (
        ("dictionary does not contain key ", "资料里没有这一项："),
        ("unknown variable: ", "没有这个名称："),
        ("failed to download package", "不能取用外部软件包"),
    ):
        if message.startswith(said):
            return zh + message.removeprefix(said)
    return message
