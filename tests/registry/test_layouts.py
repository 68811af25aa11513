"""The layouts of other systems' files say of every code of ours what they call it, or that they have no word for it; and the other way round."""

from collections import Counter

import pytest

from bangfu.kernel.schema import schema
from bangfu.registry.facts import codes, groups
from bangfu.registry.layouts import TABLES, LayoutColumn, fact_of, layout, plain

NATIONAL = layout()
COLUMNS = [column for table in TABLES for column in NATIONAL.tables[table].columns.values()]
LISTS = sorted(name for name, words in NATIONAL.words.items() if words.of)


def said_in_words() -> list[LayoutColumn]:
    return [column for column in COLUMNS if column.fact and fact_of(column.fact).codes]


@pytest.mark.parametrize("name", LISTS)
def test_every_code_of_ours_has_a_word_or_is_listed_as_having_none(name: str) -> None:
    words = NATIONAL.words[name]
    assert set(words.words) | words.unsaid == set(codes()[words.of])
    assert not set(words.words) & words.unsaid
    assert all(words.words.values())


@pytest.mark.parametrize("name", LISTS)
def test_every_word_means_only_codes_that_there_are(name: str) -> None:
    words = NATIONAL.words[name]
    assert {code for meant in words.meanings.values() for code in meant} <= set(codes()[words.of])


@pytest.mark.parametrize("name", LISTS)
def test_what_is_written_for_a_code_is_read_as_that_code_or_takes_nothing_in(name: str) -> None:
    words = NATIONAL.words[name]
    assert [code for code in words.words if code not in words.meanings[plain(words.written(code))]] == []
    assert [words.written(code) for code in words.unsaid] == [""] * len(words.unsaid)


def test_words_that_mean_several_codes_or_none_are_these() -> None:
    vague = {
        (name, said)
        for name, words in NATIONAL.words.items()
        for said, meant in words.meanings.items()
        if len(meant) != 1
    }
    assert vague == {("category", "一般农户"), ("wubao", "是"), ("wubao", "1")}


def test_the_form_has_28_relations_and_25_words_for_schooling() -> None:
    assert sum(len(said) for said in NATIONAL.words["relation"].words.values()) == 28
    schooling = NATIONAL.words["schooling"]
    assert sum(len(said) for said in schooling.words.values()) + len(schema().codes["schooling"]["none"].also) == 25


def test_every_column_of_codes_has_its_words() -> None:
    assert [column.name for column in said_in_words() if column.words not in NATIONAL.words] == []
    assert [c.name for c in said_in_words() if NATIONAL.words[c.words].of != fact_of(c.fact).codes] == []


def test_every_column_says_one_thing() -> None:
    kinds = [
        sum(map(bool, (c.key, c.place, c.fact, c.joined, c.marks, c.phone, c.total, c.figure, c.year))) for c in COLUMNS
    ]
    assert set(kinds) == {0, 1}
    assert [path for column in COLUMNS for path in column.facts if path.partition(".")[0] not in groups()] == []
    assert all(fact_of(path) for column in COLUMNS for path in column.facts)


@pytest.mark.parametrize("table", TABLES)
def test_no_header_means_two_columns_of_a_table(table: str) -> None:
    columns = NATIONAL.tables[table].columns.values()  # type: ignore[index]
    said = Counter(plain(each) for c in columns for each in {plain(s): s for s in (c.name, c.label.zh, *c.also)})
    assert [each for each, times in said.items() if times > 1] == []


def test_no_fact_is_stated_by_two_columns() -> None:
    stated = Counter(path for column in COLUMNS for path in ((column.fact,) if column.fact else column.marks.values()))
    assert [path for path, times in stated.items() if times > 1] == []


def test_every_item_of_income_and_business_expense_belongs_to_one_total() -> None:
    held = Counter(item for column in COLUMNS if column.total for item in column.total.items)
    groups_counted = ("wage", "business", "property", "transfer", "business_expense")
    assert held == Counter(item for group in groups_counted for item in schema().items_of(group))
    assert [c.name for c in COLUMNS if c.total and c.total.books not in c.total.items] == []


def test_figures_are_made_of_columns_that_there_are() -> None:
    household = NATIONAL.tables["household"].columns
    parts = {part for column in household.values() for part in (*column.adds, *column.takes, column.per)} - {""}
    assert parts <= set(household)


def test_columns_stand_in_the_order_of_the_pages() -> None:
    pages = list(NATIONAL.pages)
    order = [[pages.index(c.page) for c in NATIONAL.tables[table].columns.values()] for table in TABLES]
    assert order == [sorted(each) for each in order]


def test_there_is_no_other_layout() -> None:
    with pytest.raises(KeyError):
        layout("../facts")
