"""The auditor's pages: who did what to whom and why."""

from collections.abc import Callable, Mapping
from typing import Any

from django import forms
from django.http import QueryDict

from bangfu.audit.acts import actors, acts, subjects
from bangfu.kernel.words import Text
from bangfu.web.forms import Choices, Day, WordedForm, set_choices
from bangfu.web.request import id_said

ACCOUNT, HOUSEHOLD, FILE = "account", "household", "file"
# Both are asked for as a kind and a number, and stand in the address of a link as entries name them: `household:8`.
THINGS = ("actor", "subject")
KIND_NEEDED = Text("请选是哪一类的编号。", "Say of which kind the number is.")
NO_NUMBER = Text(
    "没有这个编号，或不在您的范围内。户请填户编号，其他请填留痕里写着的编号。",
    "There is no such number, or none that you may see. Give a household's own number, of all else the one that stands in the record.",
)


def number_field(name: str) -> str:
    """The field for the number of what another field says the kind of."""
    return f"{name}_number"


def named_whole(address: QueryDict) -> dict[str, str]:
    """What an address names as entries do, by field; not by a number that none can be."""
    given = {name: address.get(name, "") for name in THINGS}
    return {name: thing for name, thing in given.items() if ":" in thing and thing not in actors() and _can_be(thing)}


def _can_be(thing: str) -> bool:
    number = thing.partition(":")[2]
    return not number.isdecimal() or id_said(number) is not None


class AskForm(WordedForm):
    """What part of the record is asked for. By number and not by name, so that it may stand in an address."""

    labels = {
        "actor": Text("谁做的", "Done by"),
        "actor_number": Text("人员编号", "Person's no."),
        "subject": Text("对谁、对什么", "Done to"),
        "subject_number": Text("编号", "No."),
        "place": Text("在哪里", "Where"),
        "act": Text("事项", "Act"),
        "since": Text("从", "From"),
        "until": Text("到", "Until"),
    }
    actor = forms.ChoiceField(required=False)
    actor_number = forms.CharField(required=False, max_length=15)
    subject = forms.ChoiceField(required=False)
    subject_number = forms.CharField(required=False, max_length=100)
    place = forms.TypedChoiceField(coerce=int, required=False, empty_value=None)
    act = forms.ChoiceField(required=False)
    since = Day(required=False)
    until = Day(required=False)

    def __init__(
        self,
        address: QueryDict,
        *,
        places: Choices,
        names: Mapping[str, str],
        household: Callable[[str], int | None],
        **kwargs: Any,
    ) -> None:
        """`names`: of what the address names; `household`: the one that has a number which the office knows it by."""
        self.whole, self.household = named_whole(address), household
        super().__init__(_apart(address, self.whole, names) if address else None, **kwargs)
        people = [(ACCOUNT, subjects()[ACCOUNT].text), *actors().items()]
        kinds = [(kind, each.text) for kind, each in subjects().items()]
        for name, listed in (("actor", people), ("subject", kinds), ("act", acts().items())):
            set_choices(self, name, [("", "—"), *((each, text.say(self.lang)) for each, text in listed)])
        set_choices(self, "place", [("", "—"), *places])

    def clean(self) -> dict[str, Any]:
        """`actor` and `subject` as entries name them."""
        given = super().clean() or {}
        for name in THINGS:
            kind, number = given.get(name, ""), given.pop(number_field(name), "").strip()
            if name in self.whole and kind:
                given[name] = self.whole[name]
            elif number and not self.errors:
                given[name] = self._thing(name, kind or (ACCOUNT if name == "actor" else ""), number)
        return given

    def _thing(self, name: str, kind: str, number: str) -> str:
        if not kind:
            self.add_error(name, KIND_NEEDED.say(self.lang))
            return ""
        known = number if kind == FILE else id_said(number)
        if kind == HOUSEHOLD:
            known = self.household(number) or known
        if known is None or kind in actors():
            self.add_error(number_field(name), NO_NUMBER.say(self.lang))
        return f"{kind}:{known}"


def _apart(address: QueryDict, whole: Mapping[str, str], names: Mapping[str, str]) -> QueryDict:
    """The address with kind and number apart, as they are typed: a household's number is the one by which the office knows it."""
    given = address.copy()
    for name, thing in whole.items():
        kind, _, number = thing.partition(":")
        given[name] = kind
        given[number_field(name)] = (
            names.get(thing, number) if subjects().get(kind) and subjects()[kind].sole else number
        )
    return given
