"""Forms whose labels are pairs of words. Integrity is the services' and the database's; a form makes the message better."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator, ProhibitNullCharactersValidator

from bangfu.kernel.words import Lang, Text

INPUT, CHOICE = "form-control", "form-select"
UNSEEN = Text("含有不能显示的字符，请删去后重试。", "It has signs that cannot be shown; take them out.")
TOO_LONG = Text(
    "至多 %(limit_value)d 个字，现在有 %(show_value)d 个。", "At most %(limit_value)d signs; there are %(show_value)d."
)
NO_CHOICE = Text("没有这个选项，请重新选择。", "There is no such choice. Choose again.")


class WordedForm(forms.Form):
    """`labels` and `helps` by field, in both languages."""

    labels: ClassVar[Mapping[str, Text]] = {}
    helps: ClassVar[Mapping[str, Text]] = {}

    def __init__(self, *args: Any, lang: Lang, **kwargs: Any) -> None:
        kwargs["label_suffix"] = ""
        super().__init__(*args, **kwargs)
        self.lang: Lang = lang
        for name, field in self.fields.items():
            if name in self.labels:
                field.label = self.labels[name].say(lang)
            if name in self.helps:
                field.help_text = self.helps[name].say(lang)
            dress(field, lang)


def dress(field: forms.Field, lang: Lang) -> None:
    """Let a field look as all do, and refuse in the same words."""
    chosen = isinstance(field.widget, forms.Select) and not isinstance(field.widget, forms.RadioSelect)
    field.widget.attrs.setdefault("class", CHOICE if chosen else INPUT)
    field.error_messages["invalid_choice"] = NO_CHOICE.say(lang)
    # They are shared by all forms of a kind, in whatever language.
    field.validators = [_worded(validator, lang) for validator in field.validators]
    if isinstance(field, forms.CharField) and not isinstance(field.widget, forms.PasswordInput):
        field.validators.append(partial(_seen, lang))


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
    """A day, picked in the browser's own calendar."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"), **kwargs)


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


class ReasonForm(WordedForm):
    """What is asked for no more than why."""

    labels = {"reason": Text("原因", "Reason")}
    reason = forms.CharField(max_length=200)
