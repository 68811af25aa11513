"""An amount is read as it was meant, or not at all."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bangfu.kernel.errors import DomainError
from bangfu.kernel.money import fen_from_entry, fen_from_yuan, grouped_in, yuan_from_fen

AMOUNTS = st.integers(-(10**15), 10**15)


@given(fen=AMOUNTS, grouped=st.booleans(), unit=st.sampled_from(["", "元", " 元"]), wide=st.booleans())
def test_what_the_desk_shows_can_be_typed(fen: int, grouped: bool, unit: str, wide: bool) -> None:
    said = yuan_from_fen(fen, grouped=grouped)
    if wide:
        said = "".join(chr(ord(sign) + 0xFEE0) for sign in said)
    assert fen_from_entry(f" {said}{unit} ") == fen


@pytest.mark.parametrize(
    "said",
    [
        "",
        "元",
        "1,23",
        "12,34.50",
        ",123",
        "1,234,",
        "1 234",
        "1.234",
        "1,234.567",
        "--1",
        "1e3",
        "0x10",
        "１２元元",
        "٣",
    ],
)
def test_what_may_mean_something_else_is_refused_as_it_was_typed(said: str) -> None:
    with pytest.raises(DomainError) as refused:
        fen_from_entry(said)
    assert f"“{said}”" in refused.value.text.zh


@pytest.mark.parametrize("said", ["1,234.50", "１２", "12元", " 12"])
def test_a_file_and_a_rule_are_read_to_the_letter(said: str) -> None:
    with pytest.raises(DomainError):
        fen_from_yuan(said)


@given(fen=AMOUNTS, before=st.sampled_from(["", "收入", "(", "¥"]), after=st.sampled_from(["", "元", ")", "，"]))
def test_an_amount_in_a_text_is_grouped_as_one_by_itself(fen: int, before: str, after: str) -> None:
    assert grouped_in(f"{before}{yuan_from_fen(fen)}{after}") == f"{before}{yuan_from_fen(fen, grouped=True)}{after}"


@pytest.mark.parametrize(
    "text", ["2017-03-31", "2017", "371102196003010010", "1234.5", "1234.567", "2017.03.31", "A1234.00", "1,234.00", ""]
)
def test_what_is_no_amount_in_a_text_stays_as_it_is(text: str) -> None:
    assert grouped_in(text) == text
