"""The book's YAML with the place of every value, so that a message can name file and line."""

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import yaml

from bangfu.kernel.errors import DomainError
from bangfu.kernel.words import Text

# What a desktop leaves in a folder that somebody has looked into; others of its kind begin with a dot.
_LITTER = ("thumbs.db", "desktop.ini")


@dataclass(frozen=True, slots=True, order=True)
class Where:
    """A line of a file of the book; `file` is relative to the layer's folder, with the layer's name before it."""

    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


@dataclass(frozen=True, slots=True)
class BookFault:
    """One thing wrong in the book, and where."""

    where: Where
    text: Text


class BookRefused(DomainError):
    """The rulebook does not hold together; every fault found is listed with file and line."""

    def __init__(self, faults: Iterable[BookFault]) -> None:
        self.faults = sorted(faults, key=lambda fault: (fault.where, fault.text.en))
        super().__init__(
            "BOOK_REFUSED",
            Text(
                "规则库有误：\n" + "\n".join(f"  {fault.where}  {fault.text.zh}" for fault in self.faults),
                "The rulebook does not hold together:\n"
                + "\n".join(f"  {fault.where}  {fault.text.en}" for fault in self.faults),
            ),
        )


def refuse(where: Where, zh: str, en: str) -> BookRefused:
    return BookRefused([BookFault(where, Text(zh, en))])


class Entry(dict[str, Any]):
    """A mapping of the book that knows where it and each of its keys stand. Reading a key marks it as known."""

    where: Where
    places: dict[str, Where]

    def at(self, key: str) -> Where:
        return self.places.get(key, self.where)

    def only(self, *known: str) -> None:
        """Raises BookRefused for keys that mean nothing here: a misspelt key must not pass in silence."""
        faults = [
            BookFault(
                self.at(key),
                Text(
                    f"不认识的键“{key}”；这里可以写：{'、'.join(known)}。",
                    f"unknown key '{key}'; known here: {', '.join(known)}.",
                ),
            )
            for key in self
            if key not in known
        ]
        if faults:
            raise BookRefused(faults)

    def need(self, key: str) -> Any:
        if key not in self or self[key] is None:
            raise refuse(self.where, f"缺少“{key}”。", f"'{key}' is missing.")
        return self[key]

    def word(self, key: str, default: str | None = None, among: Iterable[str] = ()) -> str:
        value = self.need(key) if default is None else self.get(key, default)
        choices = tuple(among)
        if not isinstance(value, str) or (choices and value not in choices):
            expected = " | ".join(choices) or "text"
            raise refuse(self.at(key), f"“{key}”应为：{expected}。", f"'{key}' should be: {expected}.")
        return value

    def expression(self, key: str) -> str:
        """An expression as text; a bare `yes`, `0` or name in YAML is text here too."""
        value = self.need(key)
        if isinstance(value, bool):
            return "TRUE" if value else "FALSE"
        if not isinstance(value, str | int):
            raise refuse(self.at(key), f"“{key}”应为一个表达式。", f"'{key}' should be an expression.")
        return str(value).strip()

    def flag(self, key: str, default: bool = False) -> bool:
        value = self.get(key, default)
        if not isinstance(value, bool):
            raise refuse(self.at(key), f"“{key}”应为 yes 或 no。", f"'{key}' should be yes or no.")
        return value

    def text(self, key: str) -> Text:
        value = self.need(key)
        return _as_text(value, self.at(key))

    def maybe_text(self, key: str) -> Text | None:
        """The pair of texts, or None where the book says `unknown` or nothing."""
        value = self.get(key)
        return None if value is None or value == "unknown" else _as_text(value, self.at(key))

    def texts(self, key: str) -> tuple[Text, ...]:
        value = self.get(key)
        if value is None or value == "unknown":
            return ()
        return tuple(_as_text(item, self.at(key)) for item in _as_list(value, self.at(key)))

    def day(self, key: str) -> int | None:
        value = self.get(key)
        if value is None:
            return None
        if not isinstance(value, date):
            raise refuse(self.at(key), f"“{key}”应为日期，如 2017-01-01。", f"'{key}' should be a day, as 2017-01-01.")
        return value.year * 10_000 + value.month * 100 + value.day

    def span(self) -> tuple[int | None, int | None]:
        """The days `from` and `until`, both included. Raises BookRefused where no day lies between: what such a span holds would never be in force."""
        first, last = self.day("from"), self.day("until")
        if first is not None and last is not None and last < first:
            raise refuse(
                self.at("until"),
                "期间的最后一天早于第一天，永远不会有效；请核对 from 和 until。",
                "the span ends before it begins and would never be in force; see to 'from' and 'until'.",
            )
        return first, last

    def entries(self, key: str) -> list["Entry"]:
        return as_entries(self.get(key, []), self.at(key))

    def labels(self, key: str) -> Mapping[str, Text]:
        """Codes with their words."""
        value = self.get(key)
        if value is None:
            return {}
        if not isinstance(value, Entry):
            raise refuse(
                self.at(key),
                f"“{key}”应为代码和文字，如 dibao: {{zh: 低保户, en: dibao households}}。",
                f"'{key}' should be codes with their words, as dibao: {{zh: 低保户, en: dibao households}}.",
            )
        return {code: value.text(code) for code in value}

    def words(self, key: str) -> tuple[str, ...]:
        value = _as_list(self.get(key, []), self.at(key))
        if not all(isinstance(item, str) for item in value):
            raise refuse(self.at(key), f"“{key}”应为名称的列表。", f"'{key}' should be a list of names.")
        return tuple(value)


def _as_text(value: Any, where: Where) -> Text:
    if (
        not isinstance(value, Entry)
        or value.keys() != {"zh", "en"}
        or not all(isinstance(text, str) for text in value.values())
    ):
        raise refuse(
            where,
            "文字应为 {zh: …, en: …} 一对（含逗号、冒号的要加引号）。",
            "a text should be a pair {zh: …, en: …} (quoted where it holds a comma or colon).",
        )
    return Text(value["zh"], value["en"])


def _as_list(value: Any, where: Where) -> list[Any]:
    if not isinstance(value, list):
        raise refuse(where, "这里应为列表。", "a list is wanted here.")
    return value


def as_entries(value: Any, where: Where) -> list[Entry]:
    """Raises BookRefused where `value` is not a list of mappings."""
    items = _as_list(value, where)
    if not all(isinstance(item, Entry) for item in items):
        raise refuse(where, "这里应为条目的列表。", "a list of entries is wanted here.")
    return items


_TAG = "tag:yaml.org,2002:"
# YAML 1.1 also takes 0100 for 64, 1:30 for 90, 0x50 for 80.
_WHOLE = re.compile("-?(0|[1-9][0-9]*)")


class _Reader:
    """Turns PyYAML's node tree into plain values that know their place.

    Decimals stay text, so that no yuan passes through a float. What YAML would take for another number than is written is refused.
    """

    def __init__(self, file: str) -> None:
        self.file = file
        self.plain = yaml.SafeLoader("")
        self.within: list[yaml.Node] = []

    def place(self, node: yaml.Node) -> Where:
        return Where(self.file, node.start_mark.line + 1)

    def read(self, node: yaml.Node) -> Any:
        if isinstance(node, yaml.ScalarNode):
            return self.scalar(node)
        if any(node is outer for outer in self.within):
            raise refuse(
                self.place(node),
                "这里用 * 引用了它自己所在的内容，没有尽头；请写出内容。",
                "what stands here refers to itself by a *, without end; write it out.",
            )
        self.within.append(node)
        made = self.entry(node) if isinstance(node, yaml.MappingNode) else [self.read(item) for item in node.value]
        self.within.pop()
        return made

    def entry(self, node: yaml.MappingNode) -> Entry:
        entry = Entry()
        entry.where = self.place(node)
        entry.places = {}
        for key_node, value_node in node.value:
            key = self.key(key_node)
            if key in entry:
                raise refuse(self.place(key_node), f"“{key}”写了两次。", f"'{key}' stands twice.")
            entry[key] = self.read(value_node)
            entry.places[key] = self.place(key_node)
        return entry

    def key(self, node: yaml.Node) -> str:
        """The word as it is written: `no` is no False here."""
        if isinstance(node, yaml.ScalarNode) and node.tag != _TAG + "merge":
            return str(node.value)
        raise self.unreadable(node)

    def scalar(self, node: yaml.ScalarNode) -> Any:
        if node.tag == _TAG + "float":
            return node.value
        if node.tag == _TAG + "int" and not _WHOLE.fullmatch(node.value):
            raise refuse(
                self.place(node),
                f"“{node.value}”在 YAML 里可能是另一个数（如 0100 是 64，1:30 是 90）。"
                "整数请直接写，不加前导 0 和符号；代码和文字请加引号。",
                f"'{node.value}' may be another number in YAML (0100 is 64, 1:30 is 90). "
                "Write a whole number plainly, without leading zeros or signs; put codes and texts in quotes.",
            )
        try:
            value = self.plain.construct_object(node)
        except (ValueError, KeyError, AttributeError, yaml.YAMLError) as problem:
            raise self.unreadable(node) from problem
        if isinstance(value, datetime):
            # Of a time in another zone nobody can say which day is meant.
            raise refuse(
                self.place(node),
                f"“{node.value}”带有时刻；日期请只写到日，如 2017-01-01。",
                f"'{node.value}' has a time of day; write the day alone, as 2017-01-01.",
            )
        return value

    def unreadable(self, node: yaml.Node) -> BookRefused:
        said = node.value if isinstance(node, yaml.ScalarNode) else "{…} / […]"
        return refuse(self.place(node), f"读不懂的值：{said}", f"value cannot be read: {said}")


def read_yaml(path: Path, file: str) -> Any:
    """Read one file; `file` is how messages name it. Returns None for an empty file. Raises BookRefused."""
    try:
        node = yaml.compose(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    except yaml.MarkedYAMLError as problem:
        line = problem.problem_mark.line + 1 if problem.problem_mark else 1
        raise refuse(
            Where(file, line), f"不是合法的 YAML：{problem.problem}", f"not valid YAML: {problem.problem}"
        ) from problem
    except (UnicodeDecodeError, yaml.YAMLError) as problem:
        raise refuse(Where(file, 1), "不是 UTF-8 编码的 YAML 文件。", "not a YAML file in UTF-8.") from problem
    try:
        return None if node is None else _Reader(file).read(node)
    except RecursionError as problem:
        raise refuse(
            Where(file, 1),
            "层层相套太深，读不下去；请检查缩进和括号。",
            "nested too deep to be read; see to indents and brackets.",
        ) from problem


def files_of(folder: Path, pattern: str) -> Iterator[Path]:
    """The files of a layer that match, in a stable order."""
    yield from sorted(path for path in folder.glob(pattern) if not path.is_dir())


def files_that_count(folder: Path) -> Iterator[Path]:
    """Every file of a layer that somebody may take for a rule, whether or not it is where and as a rule is read, in a stable order."""
    for path in files_of(folder, "**/*"):
        if path.suffix in (".yaml", ".yml") or not _lies_beside(path.relative_to(folder)):
            yield path


def _lies_beside(path: Path) -> bool:
    """Whether it is a note, or what a desktop or an editor leaves."""
    name = path.name.lower()
    left = any(part.startswith(".") for part in path.parts) or name.endswith("~") or name in _LITTER
    return left or path.suffix.lower() == ".md" or name.split(".")[0] == "readme"


def digest_of_folder(folder: Path) -> str:
    """The SHA-256 over a layer's files.

    Also over the names of those that are refused: a book that is kept by this digest would else hide one that came later. Over
    their names alone, because the folder may be none of rules, and large.
    """
    counted = list(files_that_count(folder))
    refused = [path.relative_to(folder).as_posix() for path in counted if path.suffix != ".yaml"]
    digest = digest_of_files(folder, [path for path in counted if path.suffix == ".yaml"])
    return hashlib.sha256("\0".join([digest, *refused]).encode()).hexdigest() if refused else digest


def digest_of_files(folder: Path, paths: Iterable[Path]) -> str:
    """The SHA-256 over some of a folder's files, in this order: where each lies, and what it holds."""
    digest = hashlib.sha256()
    for path in paths:
        digest.update(path.relative_to(folder).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()
