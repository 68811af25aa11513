"""Which papers there are: one declaration each, beside its template, and the folder in which an office lays its own over them.

A *shelf* is a sealed copy of both: nothing else lies in it, and no template can reach what lies outside of it.
"""

import hashlib
import re
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from importlib.resources import as_file, files
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal

import yaml

from bangfu.kernel.errors import DomainError
from bangfu.kernel.listed import plain_yaml
from bangfu.kernel.words import Text
from bangfu.registry.layouts import TABLES

Of = Literal["household", "place"]
Format = Literal["pdf", "docx", "xlsx", "zip"]
# What lays a paper out in each format: a template, or the declaration itself.
TEMPLATES: Mapping[str, str] = {"pdf": ".typ", "docx": ".docx", "xlsx": ".yaml", "zip": ".yaml"}
# What a template may be made of; anything else in an office's folder is refused, so that a slip is seen.
SUFFIXES = frozenset({".yaml", ".typ", ".docx", ".svg", ".png", ".jpg"})
LARGEST = 5_000_000
_NAME = re.compile(r"[a-z_][a-z0-9_]*\.[a-z]+")
_KEYS = frozenset(
    {"label", "of", "form", "version", "size", "landscape", "formats", "given"}
    | {"permission", "numbers", "rows", "columns", "parts", "states"}
)


class PaperWrong(DomainError):
    """A declaration or a template that cannot be used as it stands; it names the file and the line."""

    def __init__(self, file: str, line: int, why: Text) -> None:
        where = f"{file}:{line}" if line else file
        super().__init__(
            "PAPER_WRONG",
            Text(
                f"文书模板 {where} 有错：{why.zh}。请改正后再打印；用 bangfu print 加 --preview 可先看样张。",
                f"The template {where} is wrong: {why.en}. Mend it and print again; bangfu print --preview shows a sample.",
            ),
        )
        self.file, self.line = file, line


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table paper: where its value lies in a row, as `household.number`, and how it is written."""

    path: str
    label: Text
    type: Literal["text", "money", "date", "count", "decimal"] = "text"
    width: int = 12
    total: bool = False


@dataclass(frozen=True, slots=True)
class Paper:
    """One paper. `given`: the portions of data that its template sees; `numbers`: it can bear whole ID numbers, by right.

    `rows` and `columns` are of a table; `parts` are the papers that a bundle is made of. `states`: the facts of the official form that it bears, by
    table, as `group.name`; what it says of them is compared with the register and the national system later.
    """

    id: str
    label: Text
    of: Of
    form: str
    version: str
    size: str
    landscape: bool
    formats: tuple[Format, ...]
    given: tuple[str, ...]
    permission: str
    numbers: bool
    rows: str
    columns: tuple[Column, ...]
    parts: tuple[str, ...]
    states: Mapping[str, tuple[str, ...]]


class Shelf:
    """The templates and declarations in force, in a folder of their own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._digests: dict[str, str] = {}

    @cached_property
    def papers(self) -> Mapping[str, Paper]:
        """By id, those of households first, each in the order in which the offices number their forms."""
        found = [_declared(path) for path in sorted(self.folder.glob("*.yaml")) if not path.name.startswith("_")]
        return {paper.id: paper for paper in sorted(found, key=lambda paper: (paper.of != "household", paper.form))}

    def paper(self, kind: str) -> Paper:
        """Raises DomainError for a kind that there is not."""
        if kind not in self.papers:
            raise DomainError(
                "NO_SUCH_PAPER",
                Text(
                    f"没有“{kind}”这种文书；有：{'、'.join(self.papers)}。",
                    f"There is no paper '{kind}'; there are: {', '.join(self.papers)}.",
                ),
            )
        return self.papers[kind]

    def template(self, paper: Paper, format: Format) -> Path:
        """Raises DomainError where the paper is not made in that format."""
        if format not in paper.formats:
            raise DomainError(
                "NO_SUCH_FORMAT",
                Text(
                    f"“{paper.label.zh}”没有 {format} 格式；可用：{'、'.join(paper.formats)}。",
                    f"The {paper.label.en} is not made as {format}; it is made as {', '.join(paper.formats)}.",
                ),
            )
        return self.folder / (paper.id + TEMPLATES[format])

    def digest(self, paper: Paper) -> str:
        """SHA-256 over all that lays the paper out: its own files, those of its parts, and those that templates share."""
        if paper.id not in self._digests:
            self._digests[paper.id] = self._digest(paper)
        return self._digests[paper.id]

    def _digest(self, paper: Paper) -> str:
        found = hashlib.sha256()
        for path in sorted(self.folder.iterdir()):
            if path.stem in (paper.id, *paper.parts) or path.name.startswith("_"):
                found.update(f"{path.name}\0{path.stat().st_size}\0".encode())
                found.update(path.read_bytes())
        return found.hexdigest()


@contextmanager
def shelf(layers: Sequence[Path] = ()) -> Iterator[Shelf]:
    """The shipped papers with these folders laid over them, the last on top. Raises DomainError for what is no template."""
    with TemporaryDirectory(prefix="papers-") as made, as_file(files("bangfu.documents") / "papers") as shipped:
        folder = Path(made)
        for path in sorted(shipped.iterdir()):
            if path.suffix in SUFFIXES:
                shutil.copyfile(path, folder / path.name)
        for layer in layers:
            _lay_over(layer, folder)
        yield Shelf(folder)


def _lay_over(layer: Path, folder: Path) -> None:
    if not layer.is_dir():
        raise DomainError(
            "NO_SUCH_FOLDER", Text(f"没有模板文件夹 {layer}。", f"There is no folder of templates at {layer}.")
        )
    for path in sorted(layer.iterdir()):
        # A link could lead anywhere, and what it leads to would be read by a template.
        if path.is_symlink() or not path.is_file() or path.suffix not in SUFFIXES or not _NAME.fullmatch(path.name):
            raise PaperWrong(
                path.name,
                0,
                Text(
                    "模板文件夹里只能直接放 .typ、.docx、.yaml 和图片，文件名用小写字母",
                    "such a folder holds only .typ, .docx, .yaml and pictures, with small letters as names, and no links",
                ),
            )
        if path.stat().st_size > LARGEST:
            raise PaperWrong(path.name, 0, Text("文件超过 5 MB", "it is larger than 5 MB"))
        shutil.copyfile(path, folder / path.name)


def _declared(path: Path) -> Paper:
    try:
        said = plain_yaml(path.read_text(encoding="utf-8"))
        unknown = set(said) - _KEYS
        if unknown:
            raise PaperWrong(path.name, line_of(path, unknown.pop()), Text("不认识这一项", "there is no such key"))
        return Paper(
            id=path.stem,
            label=_text(said["label"]),
            of=_one_of(said["of"], ("household", "place")),
            form=str(said["form"]),
            version=str(said["version"]),
            size=said.get("size", "a4"),
            landscape=bool(said.get("landscape", False)),
            formats=tuple(_one_of(each, tuple(TEMPLATES)) for each in said["formats"]),
            given=tuple(said.get("given", ())),
            permission=said.get("permission", "papers.print"),
            numbers=bool(said.get("numbers", False)),
            rows=said.get("rows", ""),
            columns=tuple(_column(each) for each in said.get("columns", ())),
            parts=tuple(said.get("parts", ())),
            states={_one_of(table, TABLES): tuple(map(str, facts)) for table, facts in said.get("states", {}).items()},
        )
    except yaml.YAMLError as problem:
        mark = getattr(problem, "problem_mark", None)
        raise PaperWrong(path.name, mark.line + 1 if mark else 0, Text("读不出来", "it cannot be read")) from problem
    except (KeyError, TypeError, ValueError, AttributeError) as problem:
        raise PaperWrong(path.name, 0, Text(f"缺少或写错了 {problem}", f"{problem} is missing or wrong")) from problem


def line_of(path: Path, word: str) -> int:
    """The line on which a word first stands; 0 where it does not."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return next((number for number, line in enumerate(lines, 1) if word in line), 0)


def _column(said: Mapping[str, Any]) -> Column:
    kind = _one_of(said.get("type", "text"), ("text", "money", "date", "count", "decimal"))
    return Column(said["path"], _text(said["label"]), kind, int(said.get("width", 12)), bool(said.get("total", False)))


def _one_of(given: Any, known: Sequence[str]) -> Any:
    if given not in known:
        raise ValueError(given)
    return given


def _text(said: Mapping[str, str]) -> Text:
    return Text(said["zh"], said["en"])
