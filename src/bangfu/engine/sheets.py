"""The sheets that hold no register: made by the template, by exports and where faults are marked; passed over in silence by the reader."""

from bangfu.kernel.words import Text

GUIDE = Text("填写说明", "How to fill")
LISTS = Text("选项", "Lists")
ABOUT = Text("导出说明", "About this export")
FAULTS = Text("错误", "Faults")
NOT_REGISTER = frozenset(name for sheet in (GUIDE, LISTS, ABOUT, FAULTS) for name in (sheet.zh, sheet.en))
