"""What crosses the room's border: what is asked for, and why it cannot be had."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from bangfu.kernel.errors import DomainError
from bangfu.kernel.words import Text


@dataclass(frozen=True, slots=True)
class NewExport:
    """What somebody asks for: a layout, the households that lived in a place on a day, with full ID numbers or without any.

    `narrowed_to`: what the list of households is filtered by, as its address holds it; "" for no filter.
    """

    layout: str
    place: int
    as_of: date
    full_numbers: bool = False
    narrowed_to: str = ""


# Of the one list of households: where its room says how a filter is read (narrowing.Reader), given when that room is loaded. By name, since
# reading filters loads the engine, which most commands of an installation do without.
READERS: list[str] = []
# What may stop an export after it was asked for, by the code that its row keeps.
STOPPED: Mapping[str, Text] = {
    "RIGHT_LOST": Text(
        "申请人已没有这里的导出权限，文件没有给出。",
        "Whoever asked may no longer export here; no file was given out.",
    ),
    "GROWN": Text(
        "审批之后户数或人数增加了，文件没有生成。请重新申请。",
        "There are more households or persons than was agreed to; no file was made. Ask anew.",
    ),
    "NOTHING_THERE": Text(
        "这一天这里没有在册的户，或没有符合筛选的户，文件没有生成。请换个日期、地方或筛选。",
        "No household is on the register there on that day, or none that the filter finds; no file was made. Choose another day, place or filter.",
    ),
    "FILTER_GONE": Text(
        "筛选条件读不出来，或已不再使用，文件没有生成。请在户的清单里重新筛选，再申请。",
        "The filter cannot be read, or is used no more; no file was made. Filter the list of households again, and ask anew.",
    ),
    "SHEET_FULL": Text(
        "超出一张工作表能容纳的行数，文件没有生成。请分街道或分村导出。",
        "More rows than a sheet can hold; no file was made. Export by subdistrict or by village.",
    ),
}


def stopped(code: str) -> DomainError:
    return DomainError(code, STOPPED[code])
