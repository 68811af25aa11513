"""What a form asks is done: once however often it is sent, and what is refused is said at its field."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Generic, TypeVar, cast

from django import forms
from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect

from bangfu.access.data import Denied, NotThere
from bangfu.access.services.once import once, was_done
from bangfu.kernel.errors import DomainError
from bangfu.kernel.words import Text
from bangfu.web.request import Request
from bangfu.web.signing.held import CSRF
from bangfu.web.templatetags.once import ONCE

T = TypeVar("T")
SAVED = Text("已保存。", "Saved.")
SAVED_BEFORE = Text("这些内容刚才已经保存，没有重复登记。", "This had been saved already; it was not recorded twice.")


@dataclass(frozen=True, slots=True)
class Done(Generic[T]):
    """That an act was done, and what it returned."""

    value: T


def carried_out(request: Request, form: forms.Form, act: Callable[[Mapping[str, Any]], T]) -> Done[T] | None:
    """Do an act with a form's values. None where nothing was done; the form then says why, with what was typed still in it."""
    if request.method != "POST" or not form.is_valid():
        return None
    try:
        return Done(act(form.cleaned_data))
    except DomainError as refusal:
        # Some know which field they are about.
        field = getattr(refusal, "field", None)
        if isinstance(refusal, Denied | NotThere) and field not in form.fields:
            raise
        form.add_error(field if field in form.fields else None, refusal.say(request.lang))
        return None


def carried_out_once(request: Request, form: forms.Form, act: Callable[[Mapping[str, Any]], T]) -> Done[T] | None:
    """As `carried_out`, and nothing twice of a form that is sent twice; `act` returns the number of a row, or nothing that is needed again."""
    return carried_out(request, form, lambda given: done_once(request, lambda: act(given)))


def done_once(request: Request, act: Callable[[], Any]) -> Any:
    """Do what a form asks, where it was not done already, all in one transaction: what takes long is done before."""
    if request.signed is None or ONCE not in request.POST:
        return act()
    value, request.sent_again = once(request.signed.id, _digest_of(request), request.by.at, act)
    return value


def sent_again(request: Request) -> bool:
    """Whether this very form was sent before, and done: to be asked where what it was about is no longer as it was, because of that."""
    signed = request.signed if request.method == "POST" and ONCE in request.POST else None
    request.sent_again = signed is not None and was_done(signed.id, _digest_of(request))
    return request.sent_again


def _digest_of(request: Request) -> str:
    """A digest of a form as it was filled in. Its own sign (`once`) is among it, so that the same values in a form opened anew are something else."""
    fields = sorted((name, values) for name, values in request.POST.lists() if name != CSRF)
    files = sorted((str(f.name), f.size) for listed in request.FILES.lists() for f in cast(Any, listed[1]))
    return sha256(json.dumps([request.path, fields, files]).encode()).hexdigest()


def saved(request: Request, onward: str) -> HttpResponse:
    """Say that it was done, on the page that comes next."""
    messages.success(request, (SAVED_BEFORE if request.sent_again else SAVED).say(request.lang))
    return HttpResponseRedirect(onward)
