"""What can be asked of the households, in words, wherever it is said."""

from collections.abc import Mapping

from bangfu.engine.request import book_of
from bangfu.kernel.schema import schema
from bangfu.kernel.words import Text
from bangfu.reports.measures import measures

LABELS: Mapping[str, Text] = {
    "place": Text("所在地", "Place"),
    "status": Text("脱贫状态", "Status"),
    "category": Text("属性", "Category"),
    "cause": Text("主要致贫原因", "Main cause"),
    "helper": Text("帮扶岗位", "Helping post"),
    "policy": Text("政策", "Policy"),
    "verdict": Text("政策结论", "Its verdict"),
    "least": Text("人均纯收入从（元）", "Net income per head from (yuan)"),
    "below": Text("低于（元）", "Below (yuan)"),
}
# Of a policy alone: that somebody is entitled to it.
VERDICT_WORDS: Mapping[str, Text] = {
    "": Text("应享", "entitled"),
    "due": Text("至今有应发", "due by now"),
    "missing": Text("应享未享或少领", "due and not, or not all, received"),
    "unknown": Text("待核实", "unknown"),
    "unexplained": Text("疑似多领（待核实）", "received too much, or without a reason found yet"),
    "received": Text("有领取", "received"),
}


def said_of(name: str, value: str) -> Text:
    """What a pair of an address asks for, of those that stand for themselves: no place and no post."""
    match name:
        case "gaps":
            return measures()[value].text
        case "policy":
            return book_of(()).policies[value].label
        case "verdict":
            return VERDICT_WORDS[value]
        case "least":
            return Text(f"人均 {value} 元及以上", f"{value} yuan a head or more")
        case "below":
            return Text(f"人均低于 {value} 元", f"below {value} yuan a head")
    return schema().codes[name][value].label
