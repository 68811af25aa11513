from typing import Any

from django import forms

from bangfu.casework.services.reviews import LONGEST_REASON
from bangfu.kernel.words import Text
from bangfu.web.forms import Choices, Day, WordedForm, set_places


class RoundForm(WordedForm):
    labels = {
        "place": Text("哪里的村", "Villages of"),
        "title": Text("名称", "Name"),
        "due_on": Text("最迟哪天确认", "To be signed by"),
    }
    helps = {"title": Text("例如：2017 年 11 月收支核对上报", "Such as: ledger of November 2017")}
    place = forms.TypedChoiceField(coerce=int)
    title = forms.CharField(max_length=50)
    due_on = Day()

    def __init__(self, *args: Any, places: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        set_places(self, places)


class SignForm(WordedForm):
    """`seen`: the seal of the figures that the page showed."""

    seen = forms.CharField(required=False, max_length=64)


class SendBackForm(WordedForm):
    labels = {"reason": Text("退回的原因", "Why it is sent back")}
    helps = {"reason": Text("村里会看到。", "The village will read it.")}
    reason = forms.CharField(max_length=LONGEST_REASON, widget=forms.Textarea(attrs={"rows": 3}))
