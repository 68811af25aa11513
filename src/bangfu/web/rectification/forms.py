from typing import Any

from django import forms

from bangfu.kernel.words import Text
from bangfu.web.forms import Choices, Day, WordedForm, set_places


class PeriodForm(WordedForm):
    labels = {
        "place": Text("范围", "Place"),
        "title": Text("名称", "Name"),
        "baseline": Text("基准日", "Baseline"),
        "starts": Text("开始", "From"),
        "ends": Text("结束", "Until"),
    }
    helps = {
        "title": Text("例如：三个零差错集中整改", "Such as: two months towards three zero-errors"),
        "baseline": Text(
            "整改前的一天，以后每天与它相比。", "A day before it begins, against which each day is measured."
        ),
    }
    place = forms.TypedChoiceField(coerce=int)
    title = forms.CharField(max_length=50)
    baseline = Day()
    starts = Day()
    ends = Day()

    def __init__(self, *args: Any, places: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        set_places(self, places)
