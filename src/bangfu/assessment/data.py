"""What crosses the room's border: words for what a run and a change say of themselves."""

from collections.abc import Mapping
from dataclasses import dataclass

from bangfu.kernel.words import Text

# What had changed since verdicts were last made. More than one may have, and then nobody says which of them it was.
CAUSES: Mapping[str, Text] = {
    "first": Text("首次评估", "assessed for the first time"),
    "facts": Text("登记有改动", "something was recorded"),
    "rules": Text("规则库有改动", "the rulebook changed"),
    "day": Text("日期推移", "time went by"),
    "program": Text("程序更新", "the program changed"),
}
STATES: Mapping[str, Text] = {
    "waiting": Text("等待", "waiting"),
    "running": Text("进行中", "running"),
    "done": Text("完成", "done"),
    "failed": Text("没有完成", "failed"),
    "stopped": Text("已停止", "stopped"),
}
# Why a run failed where no refusal said so in words of its own.
BROKEN_OFF = "BROKEN_OFF"
FAILURES: Mapping[str, Text] = {
    BROKEN_OFF: Text(
        "中途断了，没有继续做下去；原来的结论照常有效。",
        "It broke off, and nothing carried it on; the verdicts stay as they were.",
    ),
}
UNFORESEEN = Text(
    "程序出错，没有做完；原来的结论照常有效。请稍后再评估，再不成功请联系管理员。",
    "The program failed; the verdicts stay as they were. Start it again later, and ask the administrator if that fails, too.",
)
OCCASIONS: Mapping[str, Text] = {
    "night": Text("每夜", "every night"),
    "asked": Text("手动", "asked for"),
    "many_edits": Text("改动较多", "many edits"),
    "publication": Text("发布了参数", "a parameter was published"),
}
STEPS: Mapping[str, Text] = {
    "": Text("还没有开始", "not begun"),
    "read": Text("读取在册资料", "reading the register"),
    "snapshot": Text("写出快照", "writing the snapshot"),
    "judge": Text("评估", "assessing"),
    "store": Text("存入结论", "storing the verdicts"),
}


@dataclass(frozen=True, slots=True)
class Unfinished:
    """That so many runs failed since the last whole one, and publications by which nothing was assessed yet.

    `again`: another is begun within the hour; `nightly`: there is one every night.
    """

    runs: int
    published: int
    again: bool
    nightly: bool

    @property
    def said(self) -> Text:
        """What it means, and what to do."""
        pieces = [Text("原来的结论照常有效。", "The verdicts stay as they were.")]
        if self.published:
            pieces.append(
                Text(
                    f"已发布的 {self.published} 项还没有用于评估，其间改动的户也要等评估做完才更新结论。",
                    f"{self.published} publication(s) came to no verdict yet; those of households that are edited meanwhile wait, too.",
                )
            )
        pieces += [
            AGAIN if self.again else NIGHTLY if self.nightly else NEVER,
            Text(
                "请查看没有完成的原因，处理后点“现在评估”；弄不清原因的，请联系管理员。",
                "See why they failed, mend it, and choose 'Assess now'; where you cannot tell why, ask the administrator.",
            ),
        ]
        return Text("".join(each.zh for each in pieces), " ".join(each.en for each in pieces))


AGAIN = Text("一小时内会自动再试。", "Another is begun within the hour.")
NIGHTLY = Text("每夜评估时会再试。", "The next is made in the night.")
NEVER = Text("不会自动再试。", "None is begun by itself any more.")
