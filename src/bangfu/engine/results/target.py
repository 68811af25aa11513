"""Where results go: made aside in OUT.partial and renamed at the end, so that a kill or a full disk leaves no half result."""

import errno
import json
import os
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path, PurePosixPath
from typing import Any, ClassVar, Literal

import duckdb

from bangfu.engine.unfinished import make_way
from bangfu.kernel.errors import BrokenOff, DomainError
from bangfu.kernel.words import Text

# Windows has no such locks: there two runs that write to one place at one time are not kept apart.
fcntl: Any = import_module("fcntl") if find_spec("fcntl") else None

Format = Literal["csv", "parquet", "xlsx"]
MANIFEST = "manifest.json"
# What a desktop leaves in a folder that somebody has looked into; others of its kind begin with a dot.
_LITTER = ("Thumbs.db", "desktop.ini")
_REPLACED = "replaced"


@dataclass(frozen=True, slots=True)
class Target:
    """`path` is a folder for csv and parquet, a file for xlsx; with `force` an earlier result there is replaced."""

    path: Path
    format: Format
    force: bool = False
    thing: ClassVar[Text] = Text("评估结果", "result")

    @property
    def partial(self) -> Path:
        return self.path.with_name(self.path.name + ".partial")

    @property
    def manifest(self) -> Path:
        """A workbook's manifest lies beside it, a folder's inside."""
        return self.path.with_name(self.path.name + "." + MANIFEST) if self.format == "xlsx" else self.path / MANIFEST

    @contextmanager
    def aside(
        self, *, resume: bool = False, keeps: Callable[[BaseException], bool] = lambda _: False
    ) -> Iterator[Path]:
        """A fresh working folder beside the target; gone afterwards, whatever happens. Raises DomainError where the target may not be written.

        Folders made for it are gone too, where nothing came to stand in them. After a failure of which `keeps` says so the
        working folder stays; with `resume` it is found as a run that made such a thing left it. What a run of another kind left,
        and has finished parts, is in the way.
        """
        self._refuse_existing()
        new = [folder for folder in (self.path.parent, *self.path.parent.parents) if not folder.exists()]
        try:
            with self._working_folder(resume, keeps) as work:
                yield work
        except BrokenOff as problem:
            raise told_what_is_left(problem, kept=keeps(problem)) from problem
        except duckdb.IOException as problem:
            raise cannot_write(self.path, _as_os_error(problem), kept=keeps(problem)) from problem
        except OSError as problem:
            if not self._is_ours(problem.filename):
                raise
            raise cannot_write(self.path, problem, kept=keeps(problem)) from problem
        finally:
            for folder in new:
                with suppress(OSError):  # something stands in it
                    folder.rmdir()

    @contextmanager
    def _working_folder(self, resume: bool, keeps: Callable[[BaseException], bool]) -> Iterator[Path]:
        """OUT.partial, locked while we work in it: what is there unlocked was left by a run that was killed."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        if self.partial.exists():
            with self._locked():
                make_way(self.partial, self.thing, resume=resume)
        self.partial.mkdir(exist_ok=resume)
        with self._locked():
            # What a run that was killed had moved out of the way just before its end.
            shutil.rmtree(self.partial / _REPLACED, ignore_errors=True)
            kept = False
            try:
                yield self.partial
            except BaseException as problem:
                kept = keeps(problem)
                raise
            finally:
                if not kept:
                    shutil.rmtree(self.partial, ignore_errors=True)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Raises DomainError where another run holds the working folder. The system frees it when its holder dies."""
        if fcntl is None:
            yield
            return
        handle = os.open(self.partial, os.O_RDONLY)
        try:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as problem:
                raise DomainError(
                    "OUT_BUSY",
                    Text(
                        f"另一个 bangfu 正在写 {self.path}；请等它结束，或换一个 --out。",
                        f"Another bangfu is writing {self.path}; wait for its end or choose another --out.",
                    ),
                ) from problem
            yield
        finally:
            os.close(handle)

    def _is_ours(self, file: object) -> bool:
        """Whether a file that the system refused is one of the result's, and not one of the register's."""
        if not isinstance(file, str | bytes | os.PathLike):
            return True
        path = Path(os.fsdecode(file))
        mine = (self.path, self.manifest, self.partial)
        return path in (*mine, *self.path.parents) or any(place in path.parents for place in mine)

    def _refuse_existing(self) -> None:
        if not self.path.exists():
            return
        if not self.force:
            raise DomainError(
                "OUT_EXISTS",
                Text(
                    f"{self.path} 已存在，没有改动它。换一个 --out，或加 --force 替换。",
                    f"{self.path} exists and was left as it is. Choose another --out, or add --force to replace it.",
                ),
            )
        if not self._is_result():
            raise DomainError(
                "NOT_A_RESULT",
                Text(
                    f"{self.path} 不是以前的{self.thing.zh}（或里面放了别的文件），--force 不会替换它。请换一个 --out。",
                    f"{self.path} is no earlier {self.thing.en} (or other files stand in it); --force does not replace it. "
                    "Choose another --out.",
                ),
            )

    def _is_result(self) -> bool:
        """Whether what stands there is an earlier result and nothing else: a manifest of ours names every file."""
        try:
            manifest = json.loads(self.manifest.read_text(encoding="utf-8"))
            files = {*self.files_named(manifest), MANIFEST}
            if self.format == "xlsx":
                return self.path.is_file() and self.path.name in files
            files |= {folder.as_posix() for file in files for folder in PurePosixPath(file).parents}
            every = (file.relative_to(self.path) for file in self.path.rglob("*") if not file.name.startswith("."))
            there = {file.as_posix() for file in every if file.name not in _LITTER}
        except (OSError, ValueError, KeyError, TypeError):
            return False
        return there <= files

    def files_named(self, manifest: Mapping[str, Any]) -> Iterable[str]:
        """The files that a manifest of such a result vouches for. Raises KeyError for another's."""
        return [*manifest["files"], manifest["rulebook"]["id"] and MANIFEST]

    def take(self, made: Path, manifest: Path | None = None) -> None:
        """Put what was made in place, an earlier result out of the way first: whoever looks sees the old, nothing or the new.

        A workbook comes after its manifest, so that it never stands without one. Where a step fails, those before it are undone.
        """
        self._refuse_existing()  # somebody may have put something there since
        for file in made.rglob("*") if made.is_dir() else (made, *([manifest] if manifest else [])):
            if file.is_file():
                _to_disk(file)
        steps = [(self.path, self.partial / _REPLACED)] if self.path.exists() else []
        if manifest:
            if self.manifest.exists():
                steps.append((self.manifest, self.partial / "replaced.json"))
            steps.append((manifest, self.manifest))
        steps.append((made, self.path))
        done: list[tuple[Path, Path]] = []
        try:
            for here, there in steps:
                here.rename(there)
                done.append((here, there))
        except BaseException:
            for here, there in reversed(done):
                there.rename(here)
            raise


def _to_disk(file: Path) -> None:
    handle = os.open(file, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


KEPT = Text(
    "已完成的部分保留着，同一命令加 --resume 可接着做。",
    "What was finished is kept; the same command with --resume goes on from there.",
)
_NOTHING_KEPT = Text("没有留下半个结果。", "No half result was left.")
_WHY = {
    errno.ENOSPC: Text("磁盘空间不足", "the disk is full"),
    errno.EDQUOT: Text("超出磁盘限额", "the disk quota is used up"),
    errno.EFBIG: Text("文件超出大小限制", "the file would be too large"),
    errno.EROFS: Text("磁盘只读", "the disk is read-only"),
    errno.EACCES: Text("没有权限", "permission denied"),
    errno.EPERM: Text("没有权限", "permission denied"),
    errno.ENOENT: Text("没有这个文件夹或文件", "there is no such folder or file"),
    errno.ENOTDIR: Text("路径中有一段不是文件夹", "part of the path is no folder"),
    errno.EISDIR: Text("这是一个文件夹", "it is a folder"),
    errno.EEXIST: Text("已有同名的文件", "a file of that name is there already"),
    errno.ENAMETOOLONG: Text("名称太长", "the name is too long"),
}


def why_not(problem: OSError) -> Text:
    """What the system refused, for people; in its own words where it is nothing usual."""
    own = problem.strerror or str(problem)
    return _WHY.get(problem.errno or 0, Text(own, own))


def _as_os_error(problem: duckdb.IOException) -> OSError:
    """What DuckDB could not write, as Python says it."""
    said = str(problem)
    number = next((number for number in _WHY if os.strerror(number) in said), None)
    if number is not None:
        return OSError(number, os.strerror(number))
    return OSError((said.splitlines() or [""])[0].removeprefix("IO Error: "))


def told_what_is_left(problem: BrokenOff, *, kept: bool) -> DomainError:
    """The problem with what became of what was done: told once, also where a run is within another one."""
    text, left = problem.text, KEPT if kept else _NOTHING_KEPT
    return DomainError(problem.code, Text(f"{text.zh}{left.zh}", f"{text.en} {left.en}"))


def cannot_write(path: Path, problem: OSError, *, kept: bool = False) -> DomainError:
    why = why_not(problem)
    left = KEPT if kept else _NOTHING_KEPT
    return DomainError(
        "CANNOT_WRITE",
        Text(f"无法写到 {path}：{why.zh}。{left.zh}", f"Cannot write to {path}: {why.en}. {left.en}"),
    )
