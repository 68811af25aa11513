"""What can go wrong in a way that a person can mend, and how it is said."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bangfu.kernel.words import Lang, Text


class DomainError(Exception):
    """An anticipated refusal: what is wrong, where, why, and what to do next, in both languages."""

    def __init__(self, code: str, text: Text) -> None:
        super().__init__(f"{code}: {text.en}")
        self.code = code
        self.text = text

    def __reduce__(self) -> tuple[Any, ...]:
        # A refusal may have to come from one process to another, and an exception is otherwise made again of its message.
        return type(self), (self.code, self.text)

    def say(self, lang: Lang) -> str:
        return self.text.say(lang)


class BrokenOff(DomainError):
    """What ends a run on its way: people ask what became of what was done, and who knows it adds that."""


class SettingRefused(DomainError):
    """A setting given for one run names no parameter, or has a value that does not fit it."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing in a register that cannot be read as what it should be.

    `table` and `column` are the contract's English names ("" where the fault is of the file as a whole);
    `row` is the row a person sees in a spreadsheet (the header is row 1; 0 where there is no row);
    `value` is the cell as it stands, `reason` what is wrong and what would be right. `part` names the register where
    several are read together.
    """

    table: str
    row: int
    column: str
    value: str
    reason: Text
    part: str = ""


class RegisterRefused(DomainError):
    """The register cannot be assessed as it stands; every fault is listed."""

    def __init__(self, faults: Sequence[Fault], total: int | None = None) -> None:
        self.faults = list(faults)
        self.total = len(self.faults) if total is None else total
        super().__init__(
            "REGISTER_REFUSED",
            Text(
                f"登记资料有 {self.total} 处错误，不能使用，什么都没有写出。请按所列位置改正后重试。",
                f"The register has {self.total} fault(s) and cannot be used; nothing was written. "
                "Mend the cells listed and run again.",
            ),
        )

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.faults, self.total)
