"""Who did what to whom, when and why. That somebody looked is recorded too."""

from dataclasses import asdict

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render

from bangfu.access.selectors import Asked, entries, names_of
from bangfu.audit.acts import acts
from bangfu.audit.data import Act
from bangfu.audit.services import record_read
from bangfu.web.page import page
from bangfu.web.record.forms import AskForm
from bangfu.web.request import Request

A_PAGE = 50


@page("record.read")
def record(request: Request) -> HttpResponse:
    form = AskForm(request.GET or None, lang=request.lang)
    asked = Asked(**form.cleaned_data) if form.is_valid() else Asked()
    shown = Paginator(entries(request.actor, asked), A_PAGE).get_page(request.GET.get("page"))
    record_read(
        request.by, Act("audit.read", words={name: str(value) for name, value in asdict(asked).items() if value})
    )
    said = {
        "form": form,
        "rows": shown,
        "acts": acts(),
        "names": names_of(request.actor, (name for row in shown for name in (row.actor, row.subject))),
        "asked": _address(request),
    }
    return render(request, "web/record/list.html", said)


def _address(request: Request) -> str:
    """What was asked for, for the links to other pages of the same."""
    asked = request.GET.copy()
    asked.pop("page", None)
    return asked.urlencode()
