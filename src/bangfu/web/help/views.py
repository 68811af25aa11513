from django.http import HttpResponse
from django.shortcuts import render

from bangfu.web.help import keys, sections
from bangfu.web.page import page
from bangfu.web.request import Request


@page(public=True)
def help_page(request: Request) -> HttpResponse:
    """For whoever cannot sign in, too: it says nothing of anybody."""
    return render(request, "web/help/help.html", {"sections": sections(), "listed": keys()})
