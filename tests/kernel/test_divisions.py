"""Names of subdistricts and villages by their codes."""

from bangfu.kernel.divisions import division_name, divisions, place_name, villages


def test_the_two_subdistricts_have_their_villages() -> None:
    assert division_name("371102009") == "两城街道"
    assert division_name("371102008") == "卧龙山街道"
    assert len(villages("371102009")) == 56
    assert len(villages("371102008")) == 46


def test_a_village_is_named_with_its_subdistrict() -> None:
    assert place_name("371102009201") == "两城街道 两城一村村委会"


def test_what_is_not_in_the_extract_has_no_name() -> None:
    assert division_name("110101001") is None
    assert place_name("110101001001") is None
    assert place_name("371102009") is None


def test_the_whole_prefecture_is_there() -> None:
    assert [division_name(code) for code in ("37", "3711", "371102")] == ["山东省", "日照市", "东港区"]
    assert len(villages("3711")) == 1679
    assert len(villages("371102")) == 616


def _above(code: str) -> str:
    """The code of the division that a division belongs to."""
    return code[: {12: 9, 9: 6, 6: 4, 4: 2}[len(code)]]


def test_codes_stand_in_order_and_are_whole() -> None:
    codes = list(divisions())
    assert codes == sorted(codes)
    assert {len(code) for code in codes} == {2, 4, 6, 9, 12}
    assert [code for code in codes if len(code) > 2 and _above(code) not in divisions()] == []
    assert all(village.valid_from is None and village.valid_until is None for village in villages())
