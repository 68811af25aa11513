"""What is asked of whoever hands in a list of payments, and of whoever settles it."""

from typing import Any, TypeVar

from django import forms

from bangfu.intake.data import LONGEST_REASON
from bangfu.intake.kinds import MB, kinds
from bangfu.kernel.errors import DomainError
from bangfu.kernel.words import Text
from bangfu.web.forms import Day, WordedForm, set_choices

T = TypeVar("T")
_KIND = kinds()["payments"]


class ListForm(WordedForm):
    labels = {
        "file": Text("清单", "List"),
        "reason": Text("清单的来源", "Where the list is from"),
    }
    helps = {
        "file": Text(
            f"银行或财政所的 .xlsx 或 CSV，至少有姓名、金额两列，至多 {_KIND.most_bytes // MB} MB；卡号不会读取。",
            "An .xlsx or CSV of the bank or finance office, with names and amounts at least, "
            f"{_KIND.most_bytes // MB} MB at most. Card numbers are not read.",
        ),
        "reason": Text("例如：农商行2017年3月一卡通发放清单", "Such as: list of the bank, March 2017"),
    }
    file = forms.FileField(widget=forms.FileInput(attrs={"accept": ",".join(_KIND.endings)}))
    reason = forms.CharField(max_length=LONGEST_REASON)


class SettleForm(WordedForm):
    labels = {
        "policy": Text("没写项目的行是哪项政策", "Policy of rows that do not name one"),
        "paid_on": Text("没写日期的行是哪天发的", "Day of rows that do not give one"),
    }
    # With what was there when the form was opened, since a colleague may have decided meanwhile.
    policy = forms.ChoiceField(required=False, show_hidden_initial=True)
    paid_on = Day(required=False, show_hidden_initial=True)

    def __init__(self, *args: Any, policies: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        set_choices(self, "policy", [("", Text("（以清单为准）", "(as the list says)").say(self.lang)), *policies])

    def decided(self, name: str, now: T) -> T:
        """What holds of a field: what was typed, or, where nothing was, what a colleague decided meanwhile. Raises DomainError where both decided."""
        if name not in self.changed_data:
            return now
        typed: T = self.cleaned_data[name]
        if now not in (typed, self.fields[name].to_python(self.data.get(self[name].html_initial_name))):
            raise DomainError(
                "CHANGED_MEANWHILE",
                Text(
                    f"“{self.fields[name].label}”刚被别人改过，没有保存。请重新打开本页，核对后再定。",
                    f"“{self.fields[name].label}” was just decided by somebody else, and nothing was saved. Open this page anew, look, then decide.",
                ),
            )
        return typed
