"""Samples of papers: of people who do not exist, so that a template can be looked at without anybody's data."""

import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from bangfu.documents.papers import Paper
from bangfu.documents.press import Foot, Press, bundled
from bangfu.documents.services import Order

NOBODYS = "http://127.0.0.1:8000/d/sample/"


@cache
def sample() -> Mapping[str, Any]:
    """Every portion, and the rows of every kind of list, as they are given of a household; a test holds it to that."""
    found: Mapping[str, Any] = json.loads((files("bangfu.documents") / "sample.json").read_text(encoding="utf-8"))
    return found


def sample_of(paper: Paper, order: Order, press: Press) -> bytes:
    """A paper of the sample. Raises PaperWrong as a real one would."""
    foot = Foot(order.day, order.lang, "0", NOBODYS, place="东一村")
    if order.format == "zip":
        parts = [press.shelf.paper(each) for each in paper.parts]
        return bundled([(f"{each.id}.{each.formats[0]}", _made(each, each.formats[0], press, foot)) for each in parts])
    return _made(paper, order.format, press, foot)


def _made(paper: Paper, format: Any, press: Press, foot: Foot) -> bytes:
    given = (
        {"rows": sample()["rows"][paper.rows]}
        if paper.rows
        else {name: sample()["portions"][name] for name in paper.given}
    )
    return press.made(paper, format, given, foot)
