"""Forms of signing in. What is typed is passed on as it is."""

from django import forms

from bangfu.access.passwords import LONGEST
from bangfu.kernel.words import Text
from bangfu.web.forms import WordedForm


def password_field(complete: str) -> forms.CharField:
    """`complete` tells the browser's own keeper of passwords what is asked for."""
    return forms.CharField(
        max_length=LONGEST, strip=False, widget=forms.PasswordInput(attrs={"autocomplete": complete})
    )


class SignInForm(WordedForm):
    labels = {"login": Text("登录名", "Sign-in name"), "password": Text("密码", "Password")}
    login = forms.CharField(
        max_length=64, widget=forms.TextInput(attrs={"autocomplete": "username", "autocapitalize": "none"})
    )
    password = password_field("current-password")


class CodeForm(WordedForm):
    labels = {"code": Text("验证码", "Code")}
    helps = {
        "code": Text(
            "手机验证器上的 6 位数字；手机不在身边时，用一个恢复码。",
            "Six digits from your phone, or a recovery code if you are without it.",
        )
    }
    code = forms.CharField(max_length=40, widget=forms.TextInput(attrs={"autocomplete": "one-time-code"}))


class FirstCodeForm(CodeForm):
    """Before there is any recovery code."""

    helps = {"code": Text("手机验证器上显示的 6 位数字。", "The six digits that your phone shows.")}


class PasswordAgainForm(WordedForm):
    labels = {"password": Text("密码", "Password")}
    password = password_field("current-password")


class NewPasswordForm(WordedForm):
    labels = {
        "old": Text("现在的密码", "Present password"),
        "new": Text("新密码", "New password"),
        "again": Text("再输入一次新密码", "New password once more"),
    }
    helps = {
        "new": Text(
            "至少 10 位，长一点比复杂更安全，例如三四个不相干的词。不要用姓名、地名、单位名加数字。",
            "At least 10 signs; length is safer than odd signs, such as four words that have nothing to do with each other.",
        )
    }
    old = password_field("current-password")
    new = password_field("new-password")
    again = password_field("new-password")

    def clean(self) -> None:
        given = self.cleaned_data
        if given.get("new") and given.get("again") and given["new"] != given["again"]:
            differs = Text("两次输入的新密码不一样。", "The two new passwords differ.")
            self.add_error("again", differs.say(self.lang))
