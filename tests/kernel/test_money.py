"""An amount is read as it was meant, or not at all."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bangfu.kernel.errors import DomainError
from bangfu.kernel.money import fen_from_entry, fen_from_yuan, yuan_from_fen

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
