"""Why a cell or a row was refused and what would be right, in words."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from bangfu.kernel.money import yuan_from_fen
from bangfu.kernel.schema import Code, Column, Schema
from bangfu.kernel.words import Text

# How many allowed values a reason lists before it stops.
MOST_LISTED = 60
ALONG = Text("同户其他行未被采用", "another row of this household was refused")

_MARKS = {
    "digits_lost": Text(
        "编号存成了超过 15 位的数字，末尾几位已经丢失。请把该列设为文本格式，重新填写。",
        "More than 15 digits are stored as a number, so the last are lost. Make the column text and enter it again.",
    ),
    "not_whole": Text(
        "编号存成了带小数的数字。请把该列设为文本格式并填写完整编号。",
        "An identifier is stored as a number with decimals. Make the column text and enter the whole identifier.",
    ),
    "not_text": Text(
        "文本列中存成了日期、时间或是否值。请把该列设为文本格式并重新填写。",
        "A text column holds a date, a time or a truth value. Make the column text and enter it again.",
    ),
    "error_cell": Text(
        "公式结果是错误值。请改正公式，或直接填写内容。",
        "The formula's result is an error. Mend the formula or enter the value itself.",
    ),
    "uncalculated": Text(
        "公式还没有计算结果。请用 Excel 或 WPS 打开工作簿，保存后重试，或直接填写内容。",
        "The formula has no calculated result. Open the workbook in Excel or WPS and save it, or enter the value.",
    ),
    "merged": Text(
        "单元格被合并，被合并的其他格没有内容。请取消合并，在每一行填写。",
        "The cells are merged, so all but one of them are empty. Unmerge them and fill in every row.",
    ),
    "required": Text("此项必填，不能为空。", "This cell must not be empty."),
    "no_household": Text(
        "“户”表中没有这个户编号。请改正编号，或在“户”表中补上该户。",
        "No household has this number. Mend it or add the household.",
    ),
    "no_person": Text(
        "“人”表中没有这个人编号。请改正编号，或在“人”表中补上此人。",
        "No person has this number. Mend it or add the person.",
    ),
}


@dataclass(frozen=True, slots=True)
class Reasons:
    """The words for every kind of fault; `policies` are the codes that a receipt may name."""

    contract: Schema
    policies: Mapping[str, Code]

    def of(self, table: str, column: str, value: str, kind: str, detail: str) -> Text:
        """The words for one fault; `detail` is what the kind's finder left in it."""
        match kind:
            case "cell":
                found = self.contract.tables[table].columns[column]
                codes = self.policies if found.codes == "policy" else self.contract.codes.get(found.codes, {})
                return _cell_reason(found, value, codes, self.contract)
            case "ragged":
                return _ragged(*detail.split("/"))
            case "repeated":
                return _repeated(detail)
            case "stranger":
                return _stranger(detail)
        return _MARKS[kind]


def _ragged(found: str, expected: str) -> Text:
    return Text(
        f"这一行有 {found} 格，表头有 {expected} 格。内容中有逗号时，整个单元格应放在引号内。",
        f"This row has {found} cells and the header {expected}. A cell with a comma in it must stand in quotes.",
    )


def _repeated(first: str) -> Text:
    return Text(
        f"编号重复，第 {first} 行已用过。每行应有自己的编号。",
        f"The number is already used in row {first}. Every row needs its own.",
    )


def _stranger(household: str) -> Text:
    return Text(
        f"此人属于户 {household}，与本行的户编号不符。请改正其中之一。",
        f"This person belongs to household {household}, not to this row's. Mend one of the two.",
    )


def _cell_reason(column: Column, value: str, codes: Mapping[str, Code], contract: Schema) -> Text:
    match column.type:
        case "code":
            return _code_reason(codes)
        case "codes":
            return _codes_reason(column, codes)
        case "date":
            return _date_reason(value)
        case "village_code":
            return Text("村代码应为 12 位数字。", "A village code has exactly 12 digits.")
        case "yes_no":
            return Text("应为“是”或“否”（也可用 1 或 0）。", "Must be yes or no (是/否, 1/0, true/false).")
        case "money":
            least, most = (yuan_from_fen(bound) for bound in contract.bounds["money"])
            return Text(
                f"应为 {least} 至 {most} 的金额（元），只用数字和小数点，至多两位小数。",
                f"Must be yuan from {least} to {most}: digits and a point, at most two decimals.",
            )
        case "area":
            least, most = (f"{bound / 10_000:.4f}".rstrip("0").rstrip(".") for bound in contract.bounds["area"])
            return Text(
                f"应为 {least} 至 {most} 的亩数，至多四位小数。",
                f"Must be {least} to {most} mu, at most four decimals.",
            )
        case "decimal":
            most = f"{contract.bounds['decimal'][1] / 10_000:.4f}".rstrip("0").rstrip(".")
            return Text(
                f"应为 0 至 {most} 的数，至多四位小数。", f"Must be a number from 0 to {most}, at most four decimals."
            )
        case "balance":
            return Text(
                "应为金额（元），只用数字、小数点和负号。",
                "Must be yuan: digits, a point, and a minus where it is below zero.",
            )
        case "year" | "months":
            low, high = contract.bounds[column.type]
            return Text(f"应为 {low} 至 {high} 的整数。", f"Must be a whole number from {low} to {high}.")
    return Text("内容无法识别。", "The value cannot be read.")


def _listed(entries: Mapping[str, Code]) -> Text:
    some = list(entries.values())[:MOST_LISTED]
    zh, en = "、".join(code.label.zh for code in some), ", ".join(code.code for code in some)
    if len(entries) > len(some):
        return Text(f"{zh}等 {len(entries)} 种", f"{en} and {len(entries) - len(some)} more")
    return Text(zh, en)


def _code_reason(entries: Mapping[str, Code]) -> Text:
    allowed = _listed(entries)
    return Text(f"没有这个值。应为：{allowed.zh}。", f"No such value. Must be one of: {allowed.en}.")


def _codes_reason(column: Column, entries: Mapping[str, Code]) -> Text:
    allowed = _listed(entries)
    return Text(
        f"应为至多 {column.most} 项，不重复，用分号隔开，每项为：{allowed.zh}。",
        f"Must be at most {column.most}, each once, joined by ;, out of: {allowed.en}.",
    )


def _date_reason(value: str) -> Text:
    if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
        return Text(
            "没有这一天。请填写真实的日期，如 2017-03-31。",
            "There is no such day. Give a real one, such as 2017-03-31.",
        )
    if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[ T].*", value):
        return Text(
            "日期不应带时刻。请只填日期，如 2017-03-31。",
            "A date must have no time of day. Give the day only, such as 2017-03-31.",
        )
    if re.fullmatch(r"[0-9]{5}(\.[0-9]+)?", value):
        return Text(
            "这是日期的序号，不是日期。请把单元格设为日期格式，或写成 2017-03-31。",
            "This is a date's serial number. Format the cell as a date or write 2017-03-31.",
        )
    return Text("应为日期，写成 2017-03-31 的样子。", "Must be a date like 2017-03-31.")
