from typing import Any

from django import forms

from bangfu.exports.layouts import layouts
from bangfu.exports.services.asking import LONGEST_REASON
from bangfu.kernel.words import Text
from bangfu.web.forms import Choices, Day, WordedForm, set_choices, set_places


class CodeForm(WordedForm):
    labels = {"code": Text("导出编号（文件上印的 BF-…）", "Code (BF-…, as printed on the file)")}
    code = forms.CharField(max_length=16, required=False)


class AskForm(WordedForm):
    labels = {
        "place": Text("导出哪里", "Of which place"),
        "as_of": Text("哪一天的情况", "As of which day"),
        "layout": Text("格式", "Layout"),
        "full_numbers": Text("含完整证件号码", "With full ID numbers"),
        "reason": Text("用途", "What it is needed for"),
    }
    helps = {
        "full_numbers": Text(
            "只在必要时选。选了须由另一人审批。", "Only if really needed. Somebody else has to approve it then."
        ),
        "reason": Text(
            "例如：报区统计局年度核对。用途会留痕，也印在文件上。",
            "Such as: yearly check with the statistics office. It is recorded, and printed on the file.",
        ),
    }
    place = forms.TypedChoiceField(coerce=int)
    as_of = Day()
    layout = forms.ChoiceField()
    full_numbers = forms.BooleanField(required=False, widget=forms.CheckboxInput(attrs={"class": "form-check-input"}))
    reason = forms.CharField(max_length=LONGEST_REASON)

    def __init__(self, *args: Any, places: Choices, reveals: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        set_places(self, places)
        set_choices(self, "layout", [(each.name, each.label.say(self.lang)) for each in layouts().values()])
        if not reveals:
            del self.fields["full_numbers"]


class ApproveForm(WordedForm):
    """Agrees to so many as its page tells."""

    households = forms.IntegerField(widget=forms.HiddenInput)
    persons = forms.IntegerField(widget=forms.HiddenInput)


class RefuseForm(WordedForm):
    labels = {"reason": Text("不批准的原因", "Why not")}
    helps = {"reason": Text("申请人会看到。", "Whoever asked will read it.")}
    reason = forms.CharField(max_length=LONGEST_REASON)
