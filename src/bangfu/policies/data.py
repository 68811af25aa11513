"""What crosses the room's border: what is proposed, why it cannot be, and words for states."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from bangfu.kernel.errors import DomainError
from bangfu.kernel.words import Text


@dataclass(frozen=True, slots=True)
class NewValue:
    """A parameter's value as somebody writes it, from a day on (until a day, both included) or for an income year, in a place.

    `source` may have no English; then its Chinese stands for both. `backdated`: that a beginning in the past is meant.
    """

    parameter: str
    value: str
    place: int
    from_day: date | None
    until_day: date | None
    year: int | None
    source: Text
    backdated: bool = False


class Unfit(DomainError):
    """What was given for a field cannot be."""

    def __init__(self, code: str, field: str, text: Text) -> None:
        super().__init__(code, text)
        self.field = field

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.code, self.field, self.text)


TRIED: Mapping[str, Text] = {
    "waiting": Text("等待试算", "waiting to be tried"),
    "running": Text("试算中", "being tried"),
    "done": Text("已试算", "tried"),
    "failed": Text("试算没有完成", "could not be tried"),
    "stopped": Text("试算已停止", "trial stopped"),
}
WAYS: Mapping[str, Text] = {
    "gain": Text("得益", "gain"),
    "lose": Text("受损", "lose"),
    "other": Text("其他变化", "change otherwise"),
}


def stood_in_said(side: str, year: int, value: str) -> Text:
    """That a side of a trial (`before` or `after` it holds) goes by the value of another year, since it has none of its own."""
    if side == "before":
        return Text(
            f"现行规则没有这一年度的值，“现在”一栏按最近的 {year} 年度的值 {value} 计算。",
            f"The rulebook in force has no value for that year. What is shown as 'now' goes by the nearest there is, that of {year}: {value}.",
        )
    return Text(
        f"撤回后没有这一年度的值，“发布后”一栏按最近的 {year} 年度的值 {value} 计算；发布新的值以前，收入年度为这一年的评估不能进行。",
        f"Withdrawn, it leaves no value for that year. What is shown as 'then' goes by the nearest there is, that of {year}: {value}; "
        "until another is published, nothing can be assessed for that income year.",
    )


STANDINGS: Mapping[str, Text] = {
    "open": Text("待签发", "waiting for a signature"),
    "published": Text("已发布", "published"),
    "withdrawn": Text("已撤回", "withdrawn"),
    "refused": Text("未签发", "refused"),
    "taken_back": Text("已收回", "taken back"),
}
