"""How people read what an entry names as `household:8`, and where its own page is."""

from collections.abc import Mapping

from django.urls import reverse

from bangfu.audit.acts import actors, subjects
from bangfu.audit.data import kind_of
from bangfu.kernel.words import Lang, Text

# The page of a thing of each kind that has one.
PAGES: Mapping[str, str] = {
    "account": "web:person",
    "household": "web:household",
    "place": "web:place",
    "post": "web:post",
}


def thing_said(thing: str, names: Mapping[str, str], lang: Lang, *, kind: bool = True) -> str:
    """The kind and the name as far as `names` knows it, with the number where names repeat. `kind` False: the name alone, where there is one.

    A kind alone stands for all of it. What nobody lists any more stays as it was recorded.
    """
    if thing in actors():
        return actors()[thing].say(lang)
    listed = subjects().get(kind_of(thing))
    if listed is None:
        return thing
    name, number = names.get(thing, ""), thing.partition(":")[2]
    said = listed.text.say(lang)
    if name:
        whole = f"{said} {name}" if kind else name
        return whole if listed.sole else _numbered(whole, number, lang)
    # What is no number is a name, as a backup's file has one.
    return _numbered(said, number, lang) if number.isdecimal() else f"{said} {number}".strip()


def page_of(thing: str, names: Mapping[str, str]) -> str:
    """The address of its page, of a thing that the reader may see, which is one that has a name for them; else ""."""
    page = PAGES.get(kind_of(thing))
    return reverse(page, args=[int(thing.partition(":")[2])]) if page and thing in names else ""


def _numbered(said: str, number: str, lang: Lang) -> str:
    return Text(f"{said}（编号 {number}）", f"{said} (no. {number})").say(lang)
