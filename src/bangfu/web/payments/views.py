"""One page: a list is given, looked at, settled line by line, and booked as it was looked at."""

import base64
import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path, PurePath
from tempfile import TemporaryDirectory
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse

from bangfu.engine.request import book_of
from bangfu.kernel.errors import DomainError
from bangfu.kernel.words import Text
from bangfu.registry.payments import ListOrder, Settled
from bangfu.registry.payments.apply import book_list
from bangfu.registry.payments.plan import PayLine, PayPlan, planned
from bangfu.registry.payments.words import candidate_said, figures_said
from bangfu.web.page import BOTH, carried_out, page, saved
from bangfu.web.payments.forms import ListForm
from bangfu.web.request import Request

# What a form may carry back and forth; longer lists are the command's.
MOST_BYTES = 1_000_000
MOST_OPEN = 100
ASIDE = "aside"


@dataclass(frozen=True, slots=True)
class Open:
    """A line to be settled: what is wrong with it, who may be meant, and the policies to choose from."""

    line: PayLine
    whose: list[tuple[int, str]]
    policies: list[tuple[str, str]]


@page("households.import", methods=BOTH)
def payments(request: Request) -> HttpResponse:
    form = ListForm(request.POST or None, request.FILES or None, lang=request.lang, policies=_policies(request))
    agreed = request.POST.get("apply")

    def act(given: Mapping[str, Any]) -> PayPlan | int | None:
        name, body = _list(request, given)
        with _order(request, given, name, body) as order:
            if agreed:
                by = replace(request.by, reason=given["reason"])
                return book_list(by, request.actor, order, agreed=agreed).act
            return planned(request.by, request.actor, order)

    done = carried_out(request, form, act)
    if done is None:
        return render(request, "web/payments.html", {"form": form, "back": reverse("web:households")})
    if not isinstance(done.value, PayPlan):
        return saved(request, reverse("web:payments"))
    return render(request, "web/payments.html", {"form": form, **_shown(request, form, done.value)})


def _shown(request: Request, form: ListForm, plan: PayPlan) -> dict[str, Any]:
    """What the page shows of a plan, and carries along to the next step."""
    name, body = _list(request, form.cleaned_data)
    opened = plan.of("open")
    labels = dict(_policies(request))
    return {
        "plan": plan,
        "figures": figures_said(plan, request.lang),
        "open": [
            Open(
                line,
                [(each.person, candidate_said(each)) for each in line.candidates or filter(None, [line.whose])],
                [(each, labels[each]) for each in line.policies],
            )
            for line in opened[:MOST_OPEN]
        ],
        "more": len(opened) - MOST_OPEN,
        "kept": request.by.ring.seal(json.dumps([name, base64.b64encode(body).decode()]), _place(request)),
        "decided": [
            (row, settled)
            for row, settled in _decisions(request).items()
            if row not in {line.said.row for line in opened}
        ],
        "list_name": name,
    }


def _list(request: Request, given: Mapping[str, Any]) -> tuple[str, bytes]:
    """The name and bytes of the list: the one just chosen, else the one that was looked at."""
    chosen = given.get("file")
    if not chosen:
        name, body = json.loads(request.by.ring.open(given["kept"], _place(request)))
        return str(name), base64.b64decode(body)
    if chosen.size > MOST_BYTES:
        raise DomainError(
            "LIST_TOO_LARGE",
            Text(
                "清单超过 1 MB。请分成几份，或请系统管理员用 bangfu payments 导入。",
                "The list is larger than 1 MB. Split it, or have the administrator bring it in with bangfu payments.",
            ),
        )
    chosen.seek(0)
    return PurePath(chosen.name).name[-100:], chosen.read()


@contextmanager
def _order(request: Request, given: Mapping[str, Any], name: str, body: bytes) -> Iterator[ListOrder]:
    """The list as a file that only its owner reads, for as long as it is looked at."""
    with TemporaryDirectory(prefix="bangfu-list-") as folder:
        path = Path(folder) / ("list.xlsx" if name.lower().endswith(".xlsx") else "list.csv")
        path.write_bytes(body)
        digest = hashlib.sha256(body).hexdigest()
        yield ListOrder(path, name, digest, given["policy"], given["paid_on"], _decisions(request))


def _decisions(request: Request) -> dict[int, Settled]:
    """What was decided line by line, by row; a line left undecided is left out."""
    found = {}
    for name, whose in request.POST.items():
        row = re.fullmatch(r"whose_([0-9]{1,7})", name)
        if row and (whose == ASIDE or re.fullmatch(r"[0-9]{1,18}", str(whose))):
            person = None if whose == ASIDE else int(str(whose))
            why, policy = (str(request.POST.get(f"{what}_{row[1]}", "")) for what in ("why", "policy"))
            found[int(row[1])] = Settled(person, why[:200], policy)
    return found


def _place(request: Request) -> str:
    """A list that was sealed for one account opens for no other."""
    return f"payments:{request.actor.account}"


def _policies(request: Request) -> list[tuple[str, str]]:
    return [(name, code.label.say(request.lang)) for name, code in book_of(()).policy_codes().items()]
