from typing import Any

from django import forms

from bangfu.access.roles import roles
from bangfu.kernel.words import Text
from bangfu.web.forms import CHOOSE, Choices, Day, WordedForm, set_choices

ON = Text("从哪天起", "From which day")


class PostForm(WordedForm):
    labels = {
        "role": Text("角色", "Role"),
        "title": Text("岗位名称", "Title"),
        "unit": Text("所在单位", "Unit"),
        "place": Text("负责的地方", "Answers for the place"),
        "by_unit": Text("或负责某单位管辖的所有地方", "Or for all that a unit runs"),
        "held_from": ON,
    }
    helps = {"title": Text("例如：石臼街道包联干部（三）", "Such as: Lead of Shijiu, third")}
    role = forms.ChoiceField()
    title = forms.CharField(max_length=50)
    unit = forms.TypedChoiceField(coerce=int)
    place = forms.TypedChoiceField(coerce=int, required=False, empty_value=None)
    by_unit = forms.TypedChoiceField(coerce=int, required=False, empty_value=None)
    held_from = Day()

    def __init__(self, *args: Any, places: Choices, units: list[tuple[int, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choose = ("", CHOOSE.say(self.lang))
        set_choices(self, "role", [choose, *((role.name, role.text.say(self.lang)) for role in roles().values())])
        set_choices(self, "unit", [choose, *units])
        set_choices(self, "by_unit", [("", "—"), *units])
        set_choices(self, "place", [("", "—"), *places])


class PersonOnForm(WordedForm):
    labels = {"account": Text("交给", "Hand over to"), "on": ON}
    helps = {
        "account": Text("此岗位上的工作随岗位一起交接。", "The work of the post goes with it."),
        "on": Text(
            "前任到这一天为止，新人从这一天开始。", "The day on which the new holder begins and the former one ends."
        ),
    }
    account = forms.TypedChoiceField(coerce=int, required=False, empty_value=None)
    on = Day()

    def __init__(self, *args: Any, people: list[tuple[int, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        vacant = Text("暂时空缺，不交给任何人", "nobody: leave the post vacant").say(self.lang)
        set_choices(self, "account", [("", vacant), *people])


class PlaceOnForm(WordedForm):
    labels = {"place": Text("地方", "Place"), "on": Text("日期", "Day")}
    place = forms.TypedChoiceField(coerce=int)
    on = Day()

    def __init__(self, *args: Any, places: object, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        set_choices(self, "place", places)


class HeirForm(WordedForm):
    labels = {"into": Text("并入岗位", "Close into"), "on": ON}
    into = forms.TypedChoiceField(coerce=int)
    on = Day()

    def __init__(self, *args: Any, heirs: list[tuple[int, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        set_choices(self, "into", [("", CHOOSE.say(self.lang)), *heirs])
