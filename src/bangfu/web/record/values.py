"""What stands in the texts of entries as a code, in words. What a word holds is said by the record's list of words."""

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from django.urls import URLPattern, get_resolver, reverse

from bangfu.access.roles import permissions, roles
from bangfu.audit.acts import acts, words
from bangfu.audit.telling import SUBJECT, in_order, thing_of
from bangfu.casework.states import STATES
from bangfu.exports.data import STOPPED
from bangfu.exports.layouts import layouts
from bangfu.kernel.errors import DomainError
from bangfu.kernel.words import Lang, Text
from bangfu.policies.in_force import in_force
from bangfu.privacy.selectors import KINDS
from bangfu.registry.dossiers import JUDGED
from bangfu.registry.facts import groups
from bangfu.registry.selectors import HOWS
from bangfu.rulebook.pages import readings_of
from bangfu.web.context import MENU
from bangfu.web.papers.sending import machine
from bangfu.web.things import thing_said

Listed = Mapping[str, Text]
MINE = Text("我的账号", "My account")
ELSEWHERE = Text("其他页面", "another page")
YES_NO = {text.zh: text for text in (Text("是", "yes"), Text("否", "no"))}


class Told:
    """What the entries of one page say, for one reader. A list is made once, when the first value asks for it."""

    def __init__(self, names: Mapping[str, str], lang: Lang) -> None:
        self.names, self.lang = names, lang
        self._made: dict[str, Listed] = {}

    def said(self, word: str, value: Any) -> str:
        """What a text says under a word; several values each in its own words."""
        if isinstance(value, Mapping):
            return "; ".join(
                f"{words()[each].text.say(self.lang)} {self.said(each, held)}" for each, held in in_order(value)
            )
        holds = words()[word].holds
        if isinstance(value, list):
            # The same in either language.
            if holds == "pair":
                return str(value[self.lang == "en"])
            return ", ".join(self.said(word, each) for each in value) or "—"
        return "—" if value in (None, "") else self._one(holds, value)

    def _one(self, holds: str, value: Any) -> str:
        thing = thing_of(holds, value)
        if thing:
            return thing_said(thing, self.names, self.lang, kind=holds == SUBJECT)
        listed = self._listed(holds)
        return listed[str(value)].say(self.lang) if str(value) in listed else str(value)

    def _listed(self, holds: str) -> Listed:
        if holds not in self._made:
            made = LISTS[holds]() if holds in LISTS else {}
            # Much is recorded as it was read, in Chinese.
            self._made[holds] = {**{text.zh: text for text in made.values()}, **made}
        return self._made[holds]


@cache
def _pages() -> Listed:
    """The part of the menu under which each page lies, by the page's name."""
    areas = {reverse(page): text for page, text, _ in MENU} | {reverse("web:me"): MINE}
    # Everything lies under the first page.
    first = areas.pop(reverse("web:home"))
    _, room = get_resolver().namespace_dict["web"]
    return {
        f"web:{page.name}": _area(f"/{page.pattern}", areas, first)
        for page in room.url_patterns
        if isinstance(page, URLPattern)
    }


def _area(path: str, areas: Listed, first: Text) -> Text:
    around = [start for start in areas if path.startswith(start)]
    if around:
        return areas[max(around, key=len)]
    return first if path == "/" else ELSEWHERE


def _papers() -> Listed:
    """None where a template that an office laid over is wrong: that is said to who prints, and is no reason to hide what was done."""
    try:
        with machine() as press:
            return {paper.id: paper.label for paper in press.shelf.papers.values()}
    except DomainError:
        return {}


# The list in which the values that a word may hold are found.
LISTS: Mapping[str, Callable[[], Listed]] = {
    "act": lambda: {**acts(), **HOWS},
    "evidence": lambda: {name: kind.label for name, kind in in_force().book.evidence.items()},
    "facts": lambda: {name: group.label for name, group in groups().items()},
    "kind": lambda: {**_papers(), **KINDS},
    "layout": lambda: {name: layout.label for name, layout in layouts().items()},
    "page": _pages,
    "parameter": lambda: {name: each.label for name, each in in_force().book.parameters.items()},
    "permission": lambda: {name: each.text for name, each in permissions().items()},
    "reading": lambda: {reading.id: reading.question for *_, reading in readings_of(in_force().book)},
    "result": lambda: JUDGED,
    "role": lambda: {name: role.text for name, role in roles().items()},
    "state": lambda: STATES,
    "stop": lambda: STOPPED,
    "yes_no": lambda: YES_NO,
}
