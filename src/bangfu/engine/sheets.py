"""The sheets of the empty workbook that hold no register: made by the template, passed over in silence by the reader."""

from bangfu.kernel.words import Text

GUIDE = Text("填写说明", "How to fill")
LISTS = Text("选项", "Lists")
NOT_REGISTER = frozenset(name for sheet in (GUIDE, LISTS) for name in (sheet.zh, sheet.en))
