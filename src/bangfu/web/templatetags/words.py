"""Words in templates: always a pair, of which the reader's language is shown."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django import template
from django.template.context import RequestContext

from bangfu.audit.acts import acts, words
from bangfu.kernel.clock import OFFICE_TIME
from bangfu.kernel.money import grouped_in, yuan_from_fen
from bangfu.kernel.words import Lang, Text
from bangfu.web.things import thing_said

register = template.Library()


@register.simple_tag(takes_context=True)
def say(context: RequestContext, zh: str, en: str, *values: Any) -> str:
    """{% say "共 {} 人" "{} people" count %}"""
    return Text(zh, en).say(_lang(context)).format(*values)


@register.simple_tag(takes_context=True)
def said(context: RequestContext, text: Text) -> str:
    return text.say(_lang(context))


@register.filter
def day(value: date | None) -> str:
    return "" if value is None else value.isoformat()


@register.filter
def moment(value: datetime | None) -> str:
    """In the offices' time, to the minute."""
    return "" if value is None else value.astimezone(OFFICE_TIME).strftime("%Y-%m-%d %H:%M")


@register.filter
def yuan(fen: int) -> str:
    return yuan_from_fen(fen, grouped=True)


@register.filter
def amounts(text: str) -> str:
    """A text of the rulebook, as a message of a finding, with its amounts as the desk writes them.

    Here and not where it is made: it is a column of results and of files, which others read.
    """
    return grouped_in(text)


@register.filter
def of(values: Mapping[Any, Any], key: object) -> Any:
    """What a mapping holds under a key; nothing where it holds none."""
    return values.get(key, "")


def _lang(context: Any) -> Lang:
    return "en" if context.get("lang") == "en" else "zh"


@register.simple_tag(takes_context=True)
def named(context: RequestContext, thing: str) -> str:
    """Who acted, as an entry names them: by name, where the page knows it; the number stays, since names repeat."""
    return thing_said(thing, context["names"], _lang(context), kind=False)


@register.simple_tag(takes_context=True)
def act_said(context: RequestContext, act: str) -> str:
    return acts()[act].say(_lang(context))


@register.simple_tag(takes_context=True)
def word_said(context: RequestContext, name: str) -> str:
    """What an entry's text calls a thing."""
    return words()[name].text.say(_lang(context))
