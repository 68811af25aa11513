"""Where results go: made aside in OUT.partial and renamed at the end, so that a kill or a full disk leaves no half result."""

import errno
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from bangfu.kernel.errors import DomainError
from bangfu.kernel.words import Text

Format = Literal["csv", "parquet", "xlsx"]
MANIFEST = "manifest.json"


@dataclass(frozen=True, slots=True)
class Target:
    """`path` is a folder for csv and parquet, a file for xlsx; with `force` an earlier result there is replaced."""

    path: Path
    format: Format
    force: bool = False

    @property
    def partial(self) -> Path:
        return self.path.with_name(self.path.name + ".partial")

    @property
    def manifest(self) -> Path:
        """A workbook's manifest lies beside it, a folder's inside."""
        return self.path.with_name(self.path.name + "." + MANIFEST) if self.format == "xlsx" else self.path / MANIFEST

    @contextmanager
    def aside(self) -> Iterator[Path]:
        """A fresh working folder beside the target; gone afterwards, whatever happens. Raises DomainError where the target may not be written."""
        self._refuse_existing()
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            if self.partial.exists():
                shutil.rmtree(self.partial)
            self.partial.mkdir()
        except OSError as problem:
            raise cannot_write(self.path, problem) from problem
        try:
            yield self.partial
        except OSError as problem:
            raise cannot_write(self.path, problem) from problem
        finally:
            shutil.rmtree(self.partial, ignore_errors=True)

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
        ours = self.path.is_file() if self.format == "xlsx" else (self.path / MANIFEST).is_file()
        if not ours:
            raise DomainError(
                "NOT_A_RESULT",
                Text(
                    f"{self.path} 不是以前的评估结果，--force 不会替换它。请换一个 --out。",
                    f"{self.path} is no earlier result; --force does not replace it. Choose another --out.",
                ),
            )

    def take(self, made: Path, manifest: Path | None = None) -> None:
        """Put what was made in place. A folder in one rename; a workbook after its manifest, so that it never stands without one."""
        for file in made.rglob("*") if made.is_dir() else (made,):
            if file.is_file():
                _to_disk(file)
        if manifest:
            manifest.replace(self.manifest)
            made.replace(self.path)
            return
        old = self.path.with_name(f"{self.path.name}.replaced-{os.getpid()}")
        if self.path.exists():
            self.path.rename(old)
        made.rename(self.path)
        shutil.rmtree(old, ignore_errors=True)


def _to_disk(file: Path) -> None:
    handle = os.open(file, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


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


def cannot_write(path: Path, problem: OSError) -> DomainError:
    why = why_not(problem)
    return DomainError(
        "CANNOT_WRITE",
        Text(
            f"无法写到 {path}：{why.zh}。没有留下半个结果。",
            f"Cannot write to {path}: {why.en}. No half result was left.",
        ),
    )
