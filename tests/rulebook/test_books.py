"""As what a receipt stands in the ledger, and what payment lists call policies: both are the rulebook's to say."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bangfu.kernel.schema import schema
from bangfu.kernel.words import Lang
from bangfu.rulebook.book import Books, paid_name
from bangfu.rulebook.kept import shipped_book, shipped_rules
from bangfu.rulebook.load import load_book
from bangfu.rulebook.pages import rule_lines
from bangfu.rulebook.source import BookRefused

BOOK = shipped_book()
CASH = sorted(p.id for p in BOOK.policies.values() if p.benefit is not None and p.benefit.kind == "cash")
# A reading says why.
NOT_BOOKED = {"house_repair", "house_rebuild"}


def layer(folder: Path, **files: str) -> Path:
    for name, text in files.items():
        path = folder / name.replace("__", "/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.with_suffix(".yaml").write_text(text, encoding="utf-8")
    return folder


def local_policy(books: str) -> str:
    return (
        "id: local\nlabel: {zh: 本地补贴, en: local money}\nclause: x\nsector: civil_affairs\nevaluated: false\n"
        + books
    )


@pytest.mark.parametrize("id_", CASH)
def test_every_cash_policy_is_booked_but_those_whose_reading_says_otherwise(id_: str) -> None:
    assert bool(BOOK.policies[id_].books.items) is (id_ not in NOT_BOOKED)


def test_a_loan_and_a_service_are_no_income() -> None:
    rest = [p for p in BOOK.policies.values() if p.benefit is not None and p.benefit.kind in ("loan", "service")]
    assert {p.id: p.books for p in rest if p.books.items} == {"public_post": Books(income="wage_post")}


def test_school_money_is_income_and_aid_and_a_reimbursement_is_no_income() -> None:
    assert BOOK.policies["rain_dew"].books == Books("education_subsidy", "education_aid")
    assert BOOK.policies["supplementary_insurance"].books == Books("", "medical_supplementary")


def test_aid_is_only_what_the_income_statement_takes_off() -> None:
    """`reduces` of the contract says the same as the lines of rules/income.yaml."""
    text = (shipped_rules() / "income.yaml").read_text(encoding="utf-8")
    rigid = schema().items_of("rigid")
    assert {item for item in rigid if schema().codes["item"][item].reduces} == {
        item for item in rigid if f"- ledger({item}, income_year)" in text
    }


@pytest.mark.parametrize(
    ("books", "part"),
    [
        ("books: {income: dibao}\n", "income"),
        ("books: {income: crop}\n", "income"),
        ("books: {income: education_aid}\n", "income"),
        ("books: {aid: education_cost}\n", "aid"),
        ("books: {aid: dibao_pay}\n", "aid"),
        ("books: {item: dibao_pay}\n", "item"),
        ("books: dibao_pay\n", "books"),
        ("books: [dibao_pay]\n", "books"),
    ],
)
def test_what_fits_no_item_is_refused_at_its_line(tmp_path: Path, books: str, part: str) -> None:
    folder = layer(tmp_path / "本地", policies__civil_affairs__local=local_policy(books))
    with pytest.raises(BookRefused) as refused:
        load_book([shipped_rules(), folder])
    assert "local.yaml:6" in refused.value.text.en
    assert part in refused.value.text.en


def test_a_layer_books_otherwise(tmp_path: Path) -> None:
    folder = layer(tmp_path / "本地", policies__civil_affairs__local=local_policy("books: {income: relief}\n"))
    assert load_book([shipped_rules(), folder]).policies["local"].books == Books("relief")


@pytest.mark.parametrize(
    ("lang", "said"),
    [
        ("zh", ["领到时记入收支：低保金", "领到时记入收支：不记入", "医疗救助金（从医疗费用中扣除）"]),
        (
            "en",
            [
                "Booked in the ledger when received: dibao",
                "when received: not booked",
                "medical aid paid (taken off medical",
            ],
        ),
    ],
)
def test_a_rule_is_shown_with_what_it_books(lang: Lang, said: list[str]) -> None:
    shown = ["\n".join(rule_lines(BOOK, id_, lang)) for id_ in ("dibao", "house_repair", "medical_aid_scheme")]
    assert [part in text for part, text in zip(said, shown, strict=True)] == [True] * 3


# ---- names on payment lists


@pytest.mark.parametrize(
    ("name", "policies"),
    [
        ("农村低保金", ("dibao",)),
        ("2017年3月农村低保金", ("dibao",)),
        ("2017年1-3月份 低保", ("dibao",)),
        ("２０１７年第一季度残疾人护理补贴", ("disability_care",)),
        ("雨露计划（2017年春季学期）", ("rain_dew",)),
        ("农村最低生活保障金", ("dibao",)),
        ("Rural dibao", ("dibao",)),
        ("dibao", ("dibao",)),
        ("高龄津贴", ("elderly_80s", "elderly_90s")),
        ("高龄津贴(80至89周岁)", ("elderly_80s",)),
        ("五保供养金", ("wubao_central", "wubao_dispersed")),
        ("低保户取暖", ()),
        ("保", ()),
        ("", ()),
        ("2017年3月", ()),
    ],
)
def test_a_name_is_known_or_not_and_never_guessed(name: str, policies: tuple[str, ...]) -> None:
    assert BOOK.paid_as(name) == policies


@given(st.text(max_size=20))
def test_names_are_compared_the_same_way_however_often(text: str) -> None:
    known = BOOK.paid_as(text)
    assert set(known) <= set(BOOK.policies)
    assert BOOK.paid_as(paid_name(text)) in (known, BOOK.paid_as(paid_name(paid_name(text))))


def test_a_layer_knows_further_names(tmp_path: Path) -> None:
    text = "- id: local_dibao\n  policies: [dibao]\n  names: [兜底保障金]\n"
    book = load_book([shipped_rules(), layer(tmp_path / "本地", payments=text)])
    assert (book.paid_as("2018年兜底保障金"), book.paid_as("低保金")) == (("dibao",), ("dibao",))


@pytest.mark.parametrize(
    "text",
    [
        "- id: x\n  policies: [nothing]\n  names: [某某]\n",
        "- id: x\n  policies: []\n  names: [某某]\n",
        "- id: x\n  policies: [dibao]\n  names: []\n",
        "- id: x\n  policies: [dibao]\n  names: [高龄津贴]\n",
        "- id: x\n  policies: [dibao]\n  names: [某某]\n  more: 1\n",
    ],
)
def test_names_that_lead_nowhere_or_to_two_places_are_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(BookRefused):
        load_book([shipped_rules(), layer(tmp_path / "本地", payments=text)])
