"""The list of households: filters stand in the address, of words that were sought a number; columns and filters can be chosen and kept.

A search that finds one household and is not filtered opens it.
"""

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar
from urllib.parse import urlencode

from django import forms
from django.http import HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.urls import reverse

from bangfu.access.policy import may_open
from bangfu.engine.request import book_of
from bangfu.kernel.errors import DomainError
from bangfu.kernel.money import yuan_from_fen
from bangfu.kernel.schema import schema
from bangfu.kernel.words import Lang, Text
from bangfu.reports.data import Asked, Listing, Row
from bangfu.reports.filters import forget_filter, keep_filter, kept_filters
from bangfu.reports.households import VERDICTS, helpers_offered, listing, places_offered, surely_meant
from bangfu.reports.measures import KINDS, measures
from bangfu.reports.words import LABELS, VERDICT_WORDS, said_of
from bangfu.web.carried_out import saved
from bangfu.web.forms import WordedForm, set_choices
from bangfu.web.page import BOTH, page
from bangfu.web.request import Request
from bangfu.web.sought import UNDER, found_page, sought_in

SOUGHT = Text(
    "姓名、拼音首字母、户编号或证件号码后四位", "Name, pinyin initials, household number, or the last four of an ID"
)
# What a row may show, in this order, beside the head.
COLUMNS: Mapping[str, Text] = {
    "number": Text("户编号", "Number"),
    "place": Text("村", "Village"),
    "members": Text("人数", "Members"),
    "status": Text("脱贫状态", "Status"),
    "category": Text("属性", "Category"),
    "cause": Text("主要致贫原因", "Main cause"),
    "income": Text("人均纯收入（元）", "Net income per head (yuan)"),
    "due": Text("至今应发（元）", "Due by now (yuan)"),
    "received": Text("已领（元）", "Received (yuan)"),
    "missing": Text("应享未享（元）", "Missing (yuan)"),
    "unknown": Text("待核实", "Unknown"),
    "findings": Text("疑点", "Findings"),
    "papers": Text("缺资料（份）", "Papers missing"),
    "helpers": Text("帮扶责任人", "Helpers"),
}
# Of these the figures stand under each other.
NUMBERS = frozenset({"members", "income", "due", "received", "missing", "unknown", "findings", "papers"})
USUAL = ("number", "place", "members", "status", "category", "income", "missing", "helpers")
SMALL = 2**31 - 1


class SearchForm(WordedForm):
    labels: ClassVar = {"sought": SOUGHT}
    sought = forms.CharField(max_length=50, required=False)


class FilterForm(WordedForm):
    """As an address holds it. A value that is none is said, and nothing is found by it."""

    labels: ClassVar = LABELS
    place = forms.IntegerField(required=False, min_value=1, max_value=SMALL)
    status = forms.ChoiceField(required=False)
    category = forms.ChoiceField(required=False)
    cause = forms.ChoiceField(required=False)
    helper = forms.IntegerField(required=False, min_value=1, max_value=SMALL)
    policy = forms.ChoiceField(required=False)
    verdict = forms.ChoiceField(required=False)
    least = forms.IntegerField(required=False, min_value=-SMALL, max_value=SMALL)
    below = forms.IntegerField(required=False, min_value=-SMALL, max_value=SMALL)
    gaps = forms.MultipleChoiceField(required=False)
    column = forms.MultipleChoiceField(required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        every = ("", Text("全部", "all").say(self.lang))
        for name in ("status", "category", "cause"):
            codes = schema().codes[name].values()
            set_choices(self, name, [every, *((code.code, code.label.say(self.lang)) for code in codes)])
        set_choices(self, "policy", [every, *_policies(self.lang)])
        set_choices(self, "verdict", [(name, VERDICT_WORDS[name].say(self.lang)) for name in ("", *VERDICTS)])
        set_choices(self, "gaps", [(name, name) for name in measures()])
        set_choices(self, "column", [(name, name) for name in COLUMNS])

    @property
    def asked(self) -> Asked:
        given = self.cleaned_data
        return Asked(
            **{name: given[name] for name in ("place", "status", "category", "cause", "helper", "policy", "verdict")},
            **{name: given[name] for name in ("least", "below")},
            gaps=tuple(given["gaps"]),
        )

    @property
    def columns(self) -> tuple[str, ...]:
        chosen = self.cleaned_data["column"] or USUAL
        return tuple(name for name in COLUMNS if name in chosen)


@page("households.see", methods=BOTH)
def households(request: Request) -> HttpResponse:
    form = FilterForm(request.GET, lang=request.lang)
    valid = form.is_valid()
    asked, columns = (form.asked, form.columns) if valid else (Asked(), USUAL)
    known = sought_in(request)
    search = SearchForm(request.POST or None, lang=request.lang, initial={"sought": known or ""})
    if request.method == "POST" and search.is_valid():
        return _sent_on(request, search.cleaned_data["sought"].strip(), asked, columns)
    sought = known or ""
    found = (
        listing(request.actor, asked, sought, request.by.ring, _number(request))
        if valid and known is not None
        else None
    )
    places = places_offered(request.actor, asked.place)
    helpers = helpers_offered(request.actor, asked.place)
    text = {
        "form": form,
        "search": search,
        "sought": sought,
        "found": found,
        "forgotten": known is None,
        "under": request.GET[UNDER] if sought else "",
        "columns": [(name, COLUMNS[name]) for name in columns],
        "listed": _listed(found, columns, request.lang) if found else [],
        "asked": asked,
        "query": query_of(asked, columns),
        "chips": _chips(asked, columns, {each: name for each, name, _ in places}, dict(helpers), request.lang),
        "places": [(each, "　" * depth + name) for each, name, depth in places],
        "helpers": helpers,
        "gaps": _grouped(asked.gaps),
        "numbers": NUMBERS,
        "offered": [(name, label, name in columns) for name, label in COLUMNS.items()],
        "kept": kept_filters(request.actor),
        "keeps": may_open(request.actor, "households.keep"),
        "lists": may_open(request.actor, "papers.list"),
        "exports": valid and may_open(request.actor, "households.export"),
    }
    return render(request, "web/households/list.html", text)


@page("households.see", methods=("POST",))
def filter_keep(request: Request) -> HttpResponse:
    """What is kept is made anew of what the form reads in it: nothing else can be smuggled into an address."""
    form = FilterForm(QueryDict(request.POST.get("asked", "")[:1000]), lang=request.lang)
    name = " ".join(request.POST.get("name", "").split())[:30]
    if not form.is_valid() or not name:
        raise DomainError(
            "NO_SUCH_FILTER",
            Text(
                "请先选好筛选条件，再给它起个名字（30 字以内）。",
                "Choose a filter, and give it a name of up to 30 signs.",
            ),
        )
    query = query_of(form.asked, form.columns)
    keep_filter(request.actor, name, query)
    return saved(request, f"{reverse('web:households')}?{query}")


@page("households.see", methods=("POST",))
def filter_forget(request: Request, kept: int) -> HttpResponse:
    forget_filter(request.actor, kept)
    return saved(request, reverse("web:households"))


def _sent_on(request: Request, sought: str, asked: Asked, columns: tuple[str, ...]) -> HttpResponse:
    """To the only household that can be meant, or to the list of what was found."""
    # Of a list that is filtered none is surely meant, and it is not read twice.
    first = listing(request.actor, asked, sought, request.by.ring, 1) if sought and asked == Asked() else None
    meant = surely_meant(asked, sought, first) if first else None
    if meant is not None:
        return HttpResponseRedirect(reverse("web:household", args=[meant]))
    return found_page(request, reverse("web:households"), query_of(asked, columns), sought)


def query_of(asked: Asked, columns: Iterable[str] = USUAL) -> str:
    """As an address holds it; the usual columns are not named."""
    shown = tuple(columns)
    return urlencode([*asked.pairs(), *(("column", name) for name in shown if shown != USUAL)])


def _number(request: Request) -> int:
    """The page that is asked for."""
    said = request.GET.get("page", "")
    return int(said) if said.isascii() and said.isdigit() and len(said) < 8 else 1


def _policies(lang: Lang) -> list[tuple[str, str]]:
    policies = [each for each in book_of(()).policies.values() if each.evaluated]
    return [(each.id, each.label.say(lang)) for each in policies]


def _grouped(chosen: tuple[str, ...]) -> list[tuple[Text, list[tuple[str, Text, bool]]]]:
    return [
        (label, [(each.name, each.text, each.name in chosen) for each in measures().values() if each.of == kind])
        for kind, label in KINDS.items()
    ]


def _chips(
    asked: Asked, columns: tuple[str, ...], places: Mapping[int, str], helpers: Mapping[int, str], lang: Lang
) -> list[tuple[str, str]]:
    """What is asked for in words, each with the address without it."""
    pairs = asked.pairs()
    shown = [("column", name) for name in columns if columns != USUAL]
    return [
        (
            _chip(name, value, places, helpers, lang),
            urlencode([*(pair for pair in pairs if pair != (name, value)), *shown]),
        )
        for name, value in pairs
    ]


def _chip(name: str, value: str, places: Mapping[int, str], helpers: Mapping[int, str], lang: Lang) -> str:
    match name:
        case "place":
            return places.get(int(value), "") or Text("其他地方", "elsewhere").say(lang)
        case "helper":
            return helpers.get(int(value), "") or Text("一个岗位", "a post").say(lang)
    return said_of(name, value).say(lang)


def _listed(found: Listing, columns: tuple[str, ...], lang: Lang) -> list[tuple[Row, list[tuple[str, Text, str]]]]:
    """Each row with its cells: the column, its words, what stands there."""
    return [(row, [(name, COLUMNS[name], _cell(row, name, lang)) for name in columns]) for row in found.rows]


def _cell(row: Row, name: str, lang: Lang) -> str:
    match name:
        case "number":
            return row.number
        case "place":
            return row.place_name
        case "status" | "category" | "cause":
            code = getattr(row, name)
            return schema().label(name, code, lang) if code else ""
        case "income":
            return _amount(row.per_capita, row, lang)
        case "missing":
            return _amount(row.missing, row, lang)
        case "due" | "received":
            return _amount(getattr(row, name), row, lang)
        case "papers":
            return "" if row.papers is None else str(row.papers)
        case "helpers":
            return Text("、", ", ").say(lang).join(row.helpers)
    return str(getattr(row, name))


def _amount(fen: int | None, row: Row, lang: Lang) -> str:
    if not row.assessed:
        return ""
    return Text("待核实", "unknown").say(lang) if fen is None else yuan_from_fen(fen, grouped=True)
