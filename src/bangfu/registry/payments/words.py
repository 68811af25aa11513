"""A plan in words: its figures, and the lines that are open."""

from collections.abc import Iterator, Mapping, Sequence

from bangfu.kernel.money import yuan_from_fen
from bangfu.kernel.schema import schema
from bangfu.kernel.words import Lang, Text
from bangfu.registry.payments.layout import layout
from bangfu.registry.payments.lines import Candidate, PayLine
from bangfu.registry.payments.plan import PayPlan

FIGURES = {
    "list": Text("清单", "The list"),
    "booked": Text("记入", "Booking"),
    "known": Text("原已记入", "Booked before"),
    "aside": Text("搁置", "Set aside"),
    "open": Text("待解决", "To be settled"),
}
FIGURE_HEADINGS = (Text("", ""), Text("笔数", "Payments"), Text("金额（元）", "Yuan"))
HEADINGS = (Text("行", "Row"), Text("姓名", "Name"), Text("列", "Column"), Text("内容", "Value"), Text("说明", "What"))


def figures_said(figures: Mapping[str, Sequence[int]], lang: Lang) -> list[list[str]]:
    """The figures of a plan: the list, and what becomes of it, which adds up to it; under FIGURE_HEADINGS."""
    return [
        [text.say(lang), f"{figures[name][0]:,}", yuan_from_fen(figures[name][1], grouped=True)]
        for name, text in FIGURES.items()
    ]


def open_said(plan: PayPlan, lang: Lang) -> Iterator[list[str]]:
    """What is to be settled, fault by fault, under HEADINGS. Of an ID no more than the last four."""
    names = {line.said.row: line.said.name for line in plan.lines}
    for fault in (*plan.faults, *(fault for line in plan.of("open") for fault in line.faults)):
        column = layout().table.columns[fault.column].label.say(lang) if fault.column else ""
        yield [str(fault.row), names.get(fault.row, ""), column, fault.value, fault.reason.say(lang)]


def candidate_said(each: Candidate) -> str:
    return f"{each.name} · {each.village} · {each.household_number} · {each.number}"


def candidates_said(line: PayLine, lang: Lang) -> str:
    """Who may be meant, for somebody who writes down whom."""
    listed = "; ".join(candidate_said(each) for each in line.offered)
    policies = ", ".join(schema().label("policy", each, lang) for each in line.policies)
    return " | ".join(part for part in (listed, policies) if part)
