"""What every form refuses, and in which words."""

from collections.abc import Mapping
from typing import ClassVar

import pytest
from django import forms

from bangfu.kernel.words import Lang, Text
from bangfu.web.forms import NO_CHOICE, UNSEEN, WordedForm


class Asked(WordedForm):
    labels: ClassVar[Mapping[str, Text]] = {"name": Text("名称", "Name")}
    name = forms.CharField(max_length=5)
    kind = forms.ChoiceField(choices=[("a", "甲")], required=False)
    secret = forms.CharField(widget=forms.PasswordInput, required=False)


def errors(lang: Lang = "zh", **given: str) -> dict[str, list[str]]:
    form = Asked(given, lang=lang)
    return {name: [str(each) for each in listed] for name, listed in form.errors.items()}


@pytest.mark.parametrize("sign", ["\u202e", "\u2066", "\u200b", "\ufffe", "\x00", "\x07", "\ud800"])
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_name_that_reads_otherwise_than_it_is_stored_is_refused_once(sign: str, lang: Lang) -> None:
    assert errors(lang, name=f"ab{sign}c") == {"name": [UNSEEN.say(lang)]}


@pytest.mark.parametrize("name", ["王　强", "a\nb", "😀", "é", "𠮷野"])
def test_what_can_be_seen_is_taken(name: str) -> None:
    assert errors(name=name) == {}


def test_refusals_are_in_the_readers_words_whoever_asked_before() -> None:
    zh = errors(name="一二三四五六", kind="b")
    en = errors("en", name="一二三四五六", kind="b")
    assert zh == {"name": ["至多 5 个字，现在有 6 个。"], "kind": [NO_CHOICE.zh]}
    assert en == {"name": ["At most 5 signs; there are 6."], "kind": [NO_CHOICE.en]}
    assert errors(name="一二三四五六", kind="b") == zh


def test_a_password_may_hold_anything() -> None:
    assert errors(name="a", secret="\u202e") == {}
