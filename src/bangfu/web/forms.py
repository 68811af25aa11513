"""Forms whose labels are pairs of words. Integrity is the services' and the database's; a form makes the message better."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from functools import partial
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator, ProhibitNullCharactersValidator
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from bangfu.kernel.words import Lang, Text

INPUT, CHOICE = "form-control", "form-select"
UNSEEN = Text("含有不能显示的字符，请删去后重试。", "It has signs that cannot be shown; take them out.")
TOO_LONG = Text(
    "至多 %(limit_value)d 个字，现在有 %(show_value)d 个。", "At most %(limit_value)d signs; there are %(show_value)d."
)
# What stands first in a list from which something has to be chosen.
CHOOSE = Text("请选择", "choose")
NO_CHOICE = Text("没有这个选项，请重新选择。", "There is no such choice. Choose again.")
EARLIEST = date(1900, 1, 1)
TOO_EARLY = Text(
    "日期应不早于 1900 年。请核对年份，写全四位数字。",
    "The day must not be before 1900. Check the year, and give all four digits.",
)
TO_COME = Text("这一天还没有到，请选今天或以前的日期。", "This day is still to come. Choose today, or a day before.")

# By the code of what is wrong.
WORDS: Mapping[str, Text] = {"invalid_choice": NO_CHOICE, "too_early": TOO_EARLY, "to_come": TO_COME}


class WordedForm(forms.Form):
    """`labels` and `helps` by field, in both languages."""

    labels: ClassVar[Mapping[str, Text]] = {}
    helps: ClassVar[Mapping[str, Text]] = {}

    def __init__(self, *args: Any, lang: Lang, today: date | None = None, **kwargs: Any) -> None:
        """`today`: of a form that asks for a day of the past."""
        kwargs["label_suffix"] = ""
        super().__init__(*args, **kwargs)
        self.lang: Lang = lang
        self.today = today
        for name, field in self.fields.items():
            if name in self.labels:
                field.label = self.labels[name].say(lang)
            if name in self.helps:
                field.help_text = self.helps[name].say(lang)
            dress(field, lang, today)


def dress(field: forms.Field, lang: Lang, today: date | None = None) -> None:
    """Let a field look as all do, refuse in the same words, and know which day it is where it asks for none to come."""
    chosen = isinstance(field.widget, forms.Select) and not isinstance(field.widget, forms.RadioSelect)
    field.widget.attrs.setdefault("class", CHOICE if chosen else INPUT)
    field.error_messages |= {code: text.say(lang) for code, text in WORDS.items()}
    # They are shared by all forms of a kind, in whatever language.
    field.validators = [_worded(validator, lang) for validator in field.validators]
    if isinstance(field, forms.CharField) and not isinstance(field.widget, forms.PasswordInput):
        field.validators.append(partial(_seen, lang))
    if isinstance(field, PastDay) and today is not None:
        field.end_on(today)


def _worded(validator: Any, lang: Lang) -> Any:
    match validator:
        case MaxLengthValidator():
            return MaxLengthValidator(validator.limit_value, message=TOO_LONG.say(lang))
        case ProhibitNullCharactersValidator():
            return ProhibitNullCharactersValidator(message=UNSEEN.say(lang))
        case _:
            return validator


def _seen(lang: Lang, value: str) -> None:
    """Of signs that turn the direction of what follows, or that nobody sees, people read something else than what is stored."""
    if any(not (sign.isprintable() or sign.isspace() or sign == "\0") for sign in value):
        raise ValidationError(UNSEEN.say(lang))


class Day(forms.DateField):
    """A day, picked in the browser's own calendar. None before 1900: whoever types 18 for the year is sent as the year 18."""

    def __init__(self, **kwargs: Any) -> None:
        shown = {"type": "date", "min": EARLIEST.isoformat()}
        super().__init__(widget=forms.DateInput(attrs=shown, format="%Y-%m-%d"), **kwargs)

    def validate(self, value: Any) -> None:
        super().validate(value)
        if value is not None and value < EARLIEST:
            raise ValidationError(self.error_messages["too_early"], code="too_early")


class Moment(forms.DateTimeField):
    """A moment in the offices' time, none before 1900 either."""

    def __init__(self, **kwargs: Any) -> None:
        shown = {"type": "datetime-local", "min": f"{EARLIEST}T00:00"}
        super().__init__(widget=forms.DateTimeInput(attrs=shown, format="%Y-%m-%dT%H:%M"), **kwargs)

    def validate(self, value: Any) -> None:
        super().validate(value)
        if value is not None and value.date() < EARLIEST:
            raise ValidationError(self.error_messages["too_early"], code="too_early")


class PastDay(Day):
    """A day that has come: today or before."""

    latest: date | None = None

    def end_on(self, today: date) -> None:
        self.latest = today
        self.widget.attrs["max"] = today.isoformat()

    def validate(self, value: Any) -> None:
        super().validate(value)
        assert self.latest is not None, "a form that asks for a day of the past is told which day it is"
        if value is not None and value > self.latest:
            raise ValidationError(self.error_messages["to_come"], code="to_come")


class Suggested(forms.TextInput):
    """Typed, or picked of what is listed: each with what is sent, and with what it is called."""

    def __init__(self, listed: Iterable[tuple[str, str]]) -> None:
        super().__init__()
        self.listed = list(listed)

    def render(self, name: str, value: Any, attrs: dict[str, Any] | None = None, renderer: Any = None) -> SafeString:
        # Forms that are opened in one page have names of their own.
        listed = f"{(attrs or {}).get('id', name)}_listed"
        options = format_html_join("", '<option value="{}">{}</option>', self.listed)
        typed = super().render(name, value, {**(attrs or {}), "list": listed}, renderer)
        return format_html('{}<datalist id="{}">{}</datalist>', typed, listed, options)


class _Several(forms.ClearableFileInput):
    allow_multiple_selected = True


class Files(forms.FileField):
    """One file or several, in the order in which they were chosen."""

    def __init__(self, *, accept: str, **kwargs: Any) -> None:
        super().__init__(widget=_Several(attrs={"accept": accept}), **kwargs)

    def clean(self, data: Any, initial: Any = None) -> list[Any]:
        given = data if isinstance(data, list | tuple) else [data]
        # An empty file is refused with words of its own, further on.
        return [super(Files, self).clean(each, initial) for each in (given or [None])]


class Sure(WordedForm):
    """Asks for nothing but the decision."""


# Groups of choices, as a select shows them.
Choices = Sequence[tuple[str, Sequence[tuple[int, str]]]]


def set_choices(form: forms.Form, name: str, choices: Any) -> None:
    """What a field may be chosen from, where that depends on who asks."""
    form.fields[name].choices = choices  # type: ignore[attr-defined]


def set_places(form: WordedForm, places: "Choices") -> None:
    """The place of a form, of those that somebody answers for, grouped by the place above them.

    Where they lie in no one place, somebody has to say which: the first of several would be taken for all.
    """
    topmost = next(iter(places), ("", ()))[1]
    set_choices(form, "place", [*([] if len(topmost) == 1 else [("", CHOOSE.say(form.lang))]), *places])


class ReasonForm(WordedForm):
    """What is asked for no more than why."""

    labels = {"reason": Text("原因", "Reason")}
    reason = forms.CharField(max_length=200)
