from typing import Any

from django import forms

from bangfu.kernel.words import Text
from bangfu.web.forms import Choices, ReasonForm, WordedForm, set_choices


class SearchForm(WordedForm):
    """Sent by POST: a name in an address would stand in logs."""

    labels = {"sought": Text("姓名", "Name")}
    sought = forms.CharField(max_length=40, required=False)


class KeptSearchForm(SearchForm):
    """Of who keeps accounts."""

    labels = {"sought": Text("姓名，或身份证号（后四位即可）", "Name, or ID number (its last four will do)")}


class PersonForm(WordedForm):
    labels = {
        "login": Text("登录名", "Sign-in name"),
        "name": Text("姓名", "Name"),
        "phone": Text("电话", "Phone"),
        "home": Text("所属", "Belongs to"),
    }
    helps = {
        "login": Text("小写字母开头，3 到 32 位。建议用拼音。", "Begins with a small letter; 3 to 32 signs."),
        "home": Text("由哪里的管理员管理这个账号。", "Whose administrators look after the account."),
    }
    login = forms.CharField(max_length=32)
    name = forms.CharField(max_length=50)
    phone = forms.CharField(max_length=20, required=False)
    home = forms.TypedChoiceField(coerce=int)

    def __init__(self, *args: Any, homes: Choices, known: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        set_choices(self, "home", homes)
        if known:
            del self.fields["login"]


class NumberForm(WordedForm):
    labels = {"number": Text("身份证号", "ID number")}
    number = forms.CharField(max_length=64, widget=forms.TextInput(attrs={"autocomplete": "off"}))


class RevealForm(ReasonForm):
    labels = {"reason": Text("查看原因", "Reason")}
    helps = {
        "reason": Text(
            "原因和时间会留痕，审计可以看到。", "The reason and the time are recorded; auditors can read them."
        )
    }
