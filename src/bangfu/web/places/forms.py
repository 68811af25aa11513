from typing import Any

from django import forms

from bangfu.kernel.words import Lang, Text
from bangfu.places.data import UNIT_KINDS
from bangfu.places.positions import LONGEST
from bangfu.web.forms import Choices, Day, WordedForm, set_choices


class PlaceForm(WordedForm):
    labels = {
        "code": Text("区划代码", "Code"),
        "name": Text("名称", "Name"),
        "above": Text("隶属于", "Lies in"),
        "valid_from": Text("从哪天起", "From which day"),
        "abolished": Text("从那天起撤销", "Abolished from that day on"),
    }
    helps = {
        "code": Text(
            "县区 6 位，街道（乡镇）9 位，村（社区）12 位。",
            "6 digits for a county, 9 for a township, 12 for a village.",
        ),
        "valid_from": Text(
            "那天以前仍按原来的代码、名称和隶属。", "Before that day the former code, name and parent hold."
        ),
    }
    code = forms.CharField(max_length=12)
    name = forms.CharField(max_length=100)
    above = forms.TypedChoiceField(coerce=int)
    valid_from = Day()
    abolished = forms.BooleanField(required=False, widget=forms.CheckboxInput(attrs={"class": "form-check-input"}))

    def __init__(self, *args: Any, places: Choices, new: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        set_choices(self, "above", places)
        if new:
            del self.fields["abolished"]


class PositionsForm(WordedForm):
    labels = {"lines": Text("各村的位置", "Where its villages lie")}
    helps = {
        "lines": Text(
            "一行一个村：代码、名称、经度、纬度（度，如 119.53125 35.42113），可以从表格里粘贴。去掉经纬度就是没有位置；没有列出的村不变。",
            "A line for each village: code, name, longitude and latitude (degrees, as 119.53125 35.42113); paste it from a spreadsheet. A line without them "
            "takes a position away; villages that are not listed keep theirs.",
        )
    }
    lines = forms.CharField(
        max_length=LONGEST,
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 16, "spellcheck": "false"}),
    )


class UnitForm(WordedForm):
    labels = {"name": Text("单位名称", "Name"), "kind": Text("类别", "Kind")}
    name = forms.CharField(max_length=100)
    kind = forms.ChoiceField()

    def __init__(self, *args: Any, lang: Lang, **kwargs: Any) -> None:
        super().__init__(*args, lang=lang, **kwargs)
        set_choices(self, "kind", [(kind, text.say(lang)) for kind, text in UNIT_KINDS.items()])
