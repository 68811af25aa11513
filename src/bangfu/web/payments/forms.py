from typing import Any

from django import forms

from bangfu.kernel.words import Text
from bangfu.web.forms import Day, WordedForm, set_choices


class ListForm(WordedForm):
    """A list, or (`kept`) the one that was looked at just now, sealed: so that nothing of it lies on the server meanwhile."""

    labels = {
        "file": Text("清单", "List"),
        "reason": Text("清单的来源", "Where the list is from"),
        "policy": Text("没写项目的行是哪项政策", "Policy of rows that do not name one"),
        "paid_on": Text("没写日期的行是哪天发的", "Day of rows that do not give one"),
    }
    helps = {
        "file": Text(
            "银行或财政所的 .xlsx 或 CSV，至少有姓名、金额两列；卡号不会保存。",
            "An .xlsx or CSV of the bank or finance office, with names and amounts at least. Card numbers are not kept.",
        ),
        "reason": Text("例如：农商行2017年3月一卡通发放清单", "Such as: list of the bank, March 2017"),
    }
    file = forms.FileField(required=False, widget=forms.FileInput(attrs={"accept": ".xlsx,.csv"}))
    reason = forms.CharField(max_length=200)
    policy = forms.ChoiceField(required=False)
    paid_on = Day(required=False)
    kept = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, policies: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        set_choices(self, "policy", [("", Text("（以清单为准）", "(as the list says)").say(self.lang)), *policies])

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if not given.get("file") and not given.get("kept"):
            self.add_error("file", Text("请选择清单。", "Choose the list.").say(self.lang))
        return given
