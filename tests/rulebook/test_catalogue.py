"""The catalogue holds all of the book, in both languages, and says of each rule what rests on it."""

import re
from dataclasses import astuple

import pytest

from bangfu.kernel.words import Lang
from bangfu.rulebook.catalogue import catalogue
from bangfu.rulebook.kept import shipped_book
from bangfu.rulebook.messages import shower
from bangfu.rulebook.pages import readings_of
from bangfu.rulebook.resolve import resolve, show_value

BOOK = shipped_book()
CHINESE = re.compile(r"[一-鿿]")


def flat(value: object) -> list[str]:
    """Every text in it."""
    if isinstance(value, str):
        return [value]
    return [text for each in value for text in flat(each)] if isinstance(value, tuple | list) else []


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_it_holds_every_policy_parameter_and_reading(lang: Lang) -> None:
    made = catalogue(BOOK, lang)
    listed = [line.id for _, lines in made.sectors for line in lines]
    assert sorted(listed) == sorted(BOOK.policies) == sorted(made.policies)
    assert list(made.parameters) == list(BOOK.parameters)
    assert [each.id for each in made.readings] == [reading.id for *_, reading in readings_of(BOOK)]
    assert made.money < {each.id for each in made.readings}
    texts = [text for policy in made.policies.values() for text in flat(astuple(policy))]
    texts += [text for reading in made.readings for text in flat(astuple(reading))]
    assert [text for text in texts if "{" in text] == []


def test_in_english_it_is_english() -> None:
    lines = [line for _, listed in catalogue(BOOK, "en").sectors for line in listed]
    texts = [text for line in lines for text in (line.label, line.benefit, line.level)]
    assert [text for text in texts if CHINESE.search(text)] == []


def test_it_says_which_policies_rest_on_a_parameter_or_a_part_by_way_of_others_too() -> None:
    made = catalogue(BOOK, "zh")
    assert [name for name, _ in made.parameters["disability_living_rate"].policies] == ["disability_living"]
    assert {"elderly_80s", "disability_living"} <= {name for name, _ in made.parameters["hardship_scope"].policies}
    used = {each.id for each in made.policies["elderly_80s"].parameters}
    assert {"elderly_80s_rate", "elderly_80s_age_from", "elderly_80s_age_until", "hardship_scope"} <= used
    (barred,) = (each for each in made.readings if each.id == "wubao_and_disability")
    assert {"disability_care", "wubao_central"} <= {name for name, _ in barred.policies}


SCOPE = {
    "zh": (("dibao", "低保户"), ("registered", "建档立卡户"), ("either", "低保户或建档立卡户")),
    "en": (
        ("dibao", "dibao households"),
        ("registered", "registered households"),
        ("either", "dibao or registered households"),
    ),
}


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_choice_is_shown_and_told_in_words(lang: Lang) -> None:
    shown = catalogue(BOOK, lang).parameters["hardship_scope"]
    assert shown.choices == SCOPE[lang]
    assert [value.value for value in shown.values] == [SCOPE[lang][0][1]]
    rules = resolve(BOOK, as_of=20171231, places=("37",))
    tell = shower(BOOK.parameters["hardship_scope"].type, rules, lang)
    assert [tell(code) for code, _ in SCOPE[lang]] == [word for _, word in SCOPE[lang]]
    assert [tell("no_more"), show_value(BOOK.parameters["hardship_scope"], "no_more", lang)] == ["no_more"] * 2
