from typing import Any

from django import forms

from bangfu.kernel.words import Text
from bangfu.policies.services.proposing import LONGEST
from bangfu.rulebook.catalogue import ParameterShown
from bangfu.web.forms import Day, WordedForm, set_choices

YES_NO = (("yes", Text("是", "yes")), ("no", Text("否", "no")))


class ProposeForm(WordedForm):
    labels = {
        "value": Text("新的值", "New value"),
        "place": Text("在哪里执行", "Where it holds"),
        "from_day": Text("从哪一天起", "From which day on"),
        "until_day": Text("到哪一天止（含当天；没有就不填）", "Until which day, included (empty: open)"),
        "year": Text("收入年度", "Income year"),
        "source_zh": Text("依据的文件", "Document that it rests on"),
        "source_en": Text("文件的英文名（可不填）", "The document in English (may be empty)"),
        "reason": Text("原因", "Why"),
        "backdated": Text("确认从过去的日期起执行", "It is meant to begin in the past"),
    }
    helps = {
        "source_zh": Text("名称和文号。", "Its name and number."),
        "from_day": Text(
            "以前发布的、没有结束日期的值到前一天为止。", "What was published without an end ends on the day before."
        ),
    }
    value = forms.CharField(max_length=64)
    place = forms.TypedChoiceField(coerce=int)
    from_day = Day(required=False)
    until_day = Day(required=False)
    year = forms.IntegerField(required=False)
    source_zh = forms.CharField(max_length=LONGEST)
    source_en = forms.CharField(max_length=LONGEST, required=False)
    reason = forms.CharField(max_length=LONGEST)
    backdated = forms.BooleanField(required=False, widget=forms.CheckboxInput(attrs={"class": "form-check-input"}))

    def __init__(self, *args: Any, places: Any, parameter: ParameterShown, yes_no: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        set_choices(self, "place", places)
        options = [(code, text.say(self.lang)) for code, text in YES_NO] if yes_no else parameter.choices
        if options:
            self.fields["value"].widget = forms.Select(attrs={"class": "form-select"}, choices=options)
        self.fields["value"].help_text = parameter.unit
        for name in ("from_day", "until_day") if parameter.by_year else ("year",):
            del self.fields[name]


class SignForm(WordedForm):
    """`seen`: the trial that the page showed."""

    seen = forms.CharField(max_length=64, widget=forms.HiddenInput)


class AnswerForm(WordedForm):
    labels = {"post": Text("由哪个岗位负责核实", "Which post answers for it")}
    post = forms.TypedChoiceField(coerce=int)

    def __init__(self, *args: Any, posts: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        set_choices(self, "post", posts)
