"""The book as people read it."""

import re
from pathlib import Path

import pytest

from bangfu.kernel.errors import DomainError
from bangfu.kernel.words import Lang
from bangfu.rulebook.kept import shipped_book
from bangfu.rulebook.pages import list_lines, readings_of, readings_page, rule_lines

BOOK = shipped_book()
IDS = [*BOOK.policies, *BOOK.parameters, *BOOK.parts, *BOOK.exclusions, *BOOK.checks, *BOOK.evidence]


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_rule_can_be_shown(lang: Lang) -> None:
    for id_ in IDS:
        lines = rule_lines(BOOK, id_, lang)
        assert id_ in lines[0]
        assert not any("None" in line for line in lines)


def test_what_is_shown_in_english_has_no_chinese_signs() -> None:
    lines = [line for id_ in IDS for line in rule_lines(BOOK, id_, "en")]
    assert [line for line in lines if re.search("[：，。；、！？（）]", line)] == []


def test_an_exclusion_is_shown_with_the_signs_of_its_language() -> None:
    zh, en = ("\n".join(rule_lines(BOOK, "wubao_bars_disability", lang)) for lang in ("zh", "en"))
    assert "困难残疾人生活补贴：" in zh
    assert ": " not in zh
    assert "Living allowance of the disabled in hardship: " in en


def test_the_list_names_every_rule() -> None:
    listed = {row[1] for row in list_lines(BOOK, "zh")}
    assert listed >= {
        *BOOK.policies,
        *BOOK.parameters,
        *BOOK.terms,
        *BOOK.lines,
        *BOOK.guarantees,
        *BOOK.exclusions,
        *BOOK.checks,
        *BOOK.evidence,
    }


def test_a_policy_is_shown_with_amount_unit_exclusion_and_papers() -> None:
    text = "\n".join(rule_lines(BOOK, "disability_living", "zh"))
    for part in ("每月：80元", "高龄津贴", "二代残疾人证", "C2.2.3(4)", "待核"):
        assert part in text


def test_a_label_does_not_pretend_that_one_of_several_values_holds_for_all() -> None:
    assert "[poverty_line]" in rule_lines(BOOK, "below_line", "zh")[0]


def test_an_unknown_id_is_refused_by_name() -> None:
    with pytest.raises(DomainError) as refused:
        rule_lines(BOOK, "elderly_85s", "en")
    assert "elderly_85s" in refused.value.text.en


def test_the_page_of_readings_is_the_book_s_own() -> None:
    page = Path(__file__).parents[2] / "docs" / "readings.md"
    assert page.read_text(encoding="utf-8") == readings_page(BOOK) + "\n", (
        "run: bangfu rulebook readings > docs/readings.md"
    )


def test_every_reading_that_changes_money_says_what_it_turns_on_in_both_languages() -> None:
    money = [r for _, _, _, r in readings_of(BOOK) if r.money]
    assert len(money) > 40
    for reading in money:
        for text in (reading.question, reading.choice, reading.turns_on):
            assert text.zh
            assert text.en
        assert not reading.parameter or reading.parameter in BOOK.parameters
