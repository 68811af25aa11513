"""Two who edit the same: what one of them opened, what stands now because of the other, and what was typed, with a choice for each field.

Values are compared as a form has them, in text. What only the other changed is taken over and said; what both changed, somebody has to choose.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, cast

from django import forms
from django.http import QueryDict

from bangfu.kernel.errors import DomainError
from bangfu.kernel.words import Lang, Text
from bangfu.web.forms import WordedForm

STORED, MINE = "stored", "mine"
CHOICES = ((STORED, Text("用现在存的", "what is stored now")), (MINE, Text("用我填的", "what I typed")))
CHOOSE = Text("两个人都改了这一项，请选用哪一个。", "Both changed this: choose which to keep.")
NOT_FILLED = Text("（空）", "(empty)")
# Values by name of a field, as `plain` has them.
Plain = Mapping[str, "str | list[str]"]


@dataclass(frozen=True, slots=True)
class Overtaken:
    """A field that somebody else changed meanwhile, in words. `choice`: the field that asks which to keep; None where only they changed it."""

    label: str
    opened: str
    stored: str
    typed: str
    choice: Any


class OvertakenForm(WordedForm):
    """A form that can be shown beside what was opened and what is stored now. `was`: what was opened first, while both are shown."""

    was = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, opened: Plain | None = None, stored: Plain | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.opened, self.stored = opened or {}, stored or {}

    def clean(self) -> dict[str, Any]:
        """What is stored now, where that was chosen; an error where nothing was."""
        given = super().clean() or {}
        for name in self._both():
            chosen = self.data.get(f"choice_{name}")
            if chosen == STORED:
                given[name] = self.fields[name].clean(self.stored[name])
            elif chosen != MINE:
                self.add_error(f"choice_{name}", CHOOSE.say(self.lang))
        return given

    def full_clean(self) -> None:
        for name in self._both() if self.is_bound else ():
            if f"choice_{name}" not in self.fields:
                choices = [(code, text.say(self.lang)) for code, text in CHOICES]
                self.fields[f"choice_{name}"] = forms.ChoiceField(
                    choices=choices, widget=forms.RadioSelect, required=False, label=self.fields[name].label
                )
        super().full_clean()

    def overtaken(self) -> list[Overtaken]:
        """What somebody else changed, in the order of the form."""
        both = set(self._both())
        return [
            Overtaken(
                str(self.fields[name].label),
                self._said(name, self.opened[name]),
                self._said(name, self.stored[name]),
                self._said(name, typed(self, name)),
                self[f"choice_{name}"] if name in both else None,
            )
            for name in self.fields
            if name in self.opened and self.opened[name] != self.stored[name]
        ]

    def _both(self) -> list[str]:
        changed = [name for name in self.opened if name in self.fields and self.opened[name] != self.stored[name]]
        return [name for name in changed if typed(self, name) not in (self.opened[name], self.stored[name])]

    def _said(self, name: str, value: str | list[str]) -> str:
        listed = dict(_flat(getattr(self.fields[name], "choices", ())))
        values = value if isinstance(value, list) else [value]
        words = [str(listed.get(each, each)) for each in values if each]
        return ("、" if self.lang == "zh" else ", ").join(words) or NOT_FILLED.say(self.lang)


def plain(value: Any) -> str | list[str]:
    """A value as a form would send it."""
    if isinstance(value, list | tuple):
        return [str(each) for each in value]
    return "" if value is None else value.isoformat() if isinstance(value, date) else str(value)


def typed(form: forms.Form, name: str) -> str | list[str]:
    data = cast(QueryDict, form.data)
    if isinstance(form.fields[name], forms.MultipleChoiceField):
        return [str(each) for each in data.getlist(name)]
    return str(data.get(name, "")).strip()


def merged(form: forms.Form, opened: Plain, stored: Plain, **hidden: object) -> QueryDict:
    """What was typed, with what only somebody else changed; and what goes along with it unseen."""
    data = cast(QueryDict, form.data).copy()
    for name in opened:
        if name in form.fields and stored[name] != opened[name] and typed(form, name) == opened[name]:
            value = stored[name]
            data.setlist(name, value if isinstance(value, list) else [value])
    for name in [each for each in data if each.startswith("choice_")]:
        del data[name]
    for name, given in hidden.items():
        data[name] = str(given)
    return data


def overtaken(what: Text) -> DomainError:
    """That somebody else was faster, for a form that shows both."""
    return DomainError(
        "CHANGED_MEANWHILE",
        Text(
            f"{what.zh}刚被别人改过。您填的都还在；下面逐项列出您打开时的、现在存的和您填的，请选定后再保存。",
            f"{what.en} was just changed by somebody else. What you typed is kept; below stand what you opened, what is stored now and"
            " what you typed: choose, then save again.",
        ),
    )


def number_of(text: str | None) -> int:
    """A hidden number; 0 for what is none."""
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 19 else 0


def _flat(choices: Sequence[Any] | Any) -> list[tuple[str, Any]]:
    found: list[tuple[str, Any]] = []
    for value, label in choices:
        found += _flat(label) if isinstance(label, list | tuple) else [(str(value), label)]
    return found


def say_refusal(form: WordedForm, refusal: DomainError, lang: Lang) -> None:
    """Over a form that is shown again, with whatever else is to be said of it."""
    form.is_valid()
    form.add_error(None, refusal.say(lang))
