"""Forms whose labels are pairs of words. Integrity is the services' and the database's; a form makes the message better."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from django import forms

from bangfu.kernel.words import Lang, Text

INPUT, CHOICE = "form-control", "form-select"


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
            dress(field)


def dress(field: forms.Field) -> None:
    """Let a field look as all do."""
    chosen = isinstance(field.widget, forms.Select) and not isinstance(field.widget, forms.RadioSelect)
    field.widget.attrs.setdefault("class", CHOICE if chosen else INPUT)


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
