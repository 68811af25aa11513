"""Figures: a table for every chart, and a list for every figure."""

from collections.abc import Iterable
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse

from bangfu.kernel.money import yuan_from_fen
from bangfu.kernel.words import Lang
from bangfu.reports.data import Asked, Bar
from bangfu.reports.figures import figures as figures_of
from bangfu.web.page import page
from bangfu.web.request import Request, id_in


@page("households.see")
def figures(request: Request) -> HttpResponse:
    place = id_in(request, "place")
    found = figures_of(request.actor, place)
    lang = request.lang
    places = (*found.places, found.whole) if len(found.places) > 1 else found.places
    lists = {
        name: [(each, _list(Asked(place=each.place if each.place is not None else place, gaps=gaps))) for each in rows]
        for name, gaps, rows in (
            ("all", (), places),
            ("exact", ("exact",), places),
            ("missing", ("missing",), places),
            ("below_line", ("below_line",), places),
        )
    }
    text = {
        "figures": found,
        "way": found.way,
        "rows": [
            (each, everybody, *(address for _, address in others))
            for (each, everybody), *others in zip(*lists.values(), strict=True)
        ],
        "unlocated": [each.name for each in found.places if each not in {every.measured for every in found.map}],
        "income": [(bar.label, yuan_from_fen(bar.amount, grouped=True)) for bar in found.income],
        "causes": _rows(found.causes),
        "spread": _rows(found.spread),
        "line_said": yuan_from_fen(found.line, grouped=True) if found.line is not None else "",
        "charts": {
            "income": _chart(found.income, lang, divide=100),
            "causes": _chart(found.causes, lang),
            "spread": _chart(found.spread, lang),
            "map": [
                {
                    "name": each.measured.name,
                    "at": [each.east, each.north],
                    "households": each.measured.missing_households,
                    "lead": _list(Asked(place=each.measured.place, gaps=("missing",))),
                }
                for each in found.map
            ],
        },
    }
    return render(request, "web/reports/figures.html", text)


def _list(asked: Asked) -> str:
    return reverse("web:households", query=asked.pairs())


def _rows(bars: Iterable[Bar]) -> list[tuple[Bar, str]]:
    return [(bar, reverse("web:households", query=bar.pairs)) for bar in bars]


def _chart(bars: Iterable[Bar], lang: Lang, divide: int = 1) -> dict[str, Any]:
    """What the page's script draws: names, heights, and where each bar leads."""
    listed = list(bars)
    leads = [reverse("web:households", query=bar.pairs) if bar.pairs else "" for bar in listed]
    return {
        "names": [bar.label.say(lang) for bar in listed],
        "values": [bar.amount // divide for bar in listed],
        "leads": leads,
    }
