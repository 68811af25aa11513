"""The list of households within one's scope."""

from django.http import HttpResponse
from django.shortcuts import render

from bangfu.access.policy import may_open
from bangfu.kernel.schema import schema
from bangfu.registry import selectors
from bangfu.web.households.forms import SearchForm
from bangfu.web.page import BOTH, page
from bangfu.web.request import Request


@page("households.see", methods=BOTH)
def households(request: Request) -> HttpResponse:
    form = SearchForm(request.POST or None, lang=request.lang)
    sought = form.cleaned_data["sought"].strip() if form.is_valid() else ""
    rows = selectors.households(request.actor, sought, None, request.by.ring, request.GET.get("page"))
    codes = schema()
    listed = [
        (row, codes.label("status", row.status, request.lang), codes.label("category", row.category, request.lang))
        for row in rows
    ]
    text = {
        "form": form,
        "rows": rows,
        "listed": listed,
        "sought": sought,
        "keeps": may_open(request.actor, "households.keep"),
        "lists": may_open(request.actor, "papers.list"),
    }
    return render(request, "web/households/list.html", text)
