"""How names are found, and the rows that lists read where there were none before. That they follow every act, procedures, imports and erasures hold."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bangfu.registry.listed import begins, list_unlisted
from bangfu.registry.models import Listed, NamePart
from bangfu.registry.spelling import LONGEST, normal, parts_of
from tests.listed import found_by, listed, should_be_found_by, should_be_listed
from tests.registry.conftest import World


@pytest.mark.parametrize(
    ("name", "sought"),
    [
        ("张三丰", "张三"),
        ("张三丰", "三丰"),
        ("张三丰", "zsf"),
        ("张三丰", "ZS"),
        ("张三丰", "ｚｓ"),
        ("单雄信", "sxx"),
        ("单雄信", "dxx"),
        ("曾国藩", "zgf"),
        ("阿依古丽·买买提", "古丽买买"),
        ("Anna Lee", "lee"),
        ("𠮷田", "𠮷"),
    ],
)
def test_a_name_is_found_by_any_of_its_signs_on_and_by_its_initials(name: str, sought: str) -> None:
    assert [part for part in parts_of(name) if part.startswith(normal(sought))]


@pytest.mark.parametrize("sought", ["丰张", "sf x", "zsfx", "李"])
def test_and_not_by_what_is_not_in_it(sought: str) -> None:
    assert not [part for part in parts_of("张三丰") if part.startswith(normal(sought))]


@given(st.text(max_size=60), st.data())
def test_whatever_stands_in_a_name_finds_it(name: str, data: st.DataObject) -> None:
    plain = normal(name)
    start = data.draw(st.integers(0, max(0, len(plain) - 1)))
    end = data.draw(st.integers(start, len(plain)))
    parts = parts_of(name)
    assert plain == "" or any(part.startswith(plain[start:end]) for part in parts)
    assert all(0 < len(part) <= LONGEST for part in parts)


@pytest.mark.parametrize("sought", ["甲", "jh", "甲son", "%", "_", "\\", "'", "甲%", "\U0010ffff"])
def test_a_beginning_is_looked_for_sign_by_sign_on_both_databases(world: World, sought: str) -> None:
    rows = NamePart.objects.unscoped("test")
    found = set(rows.filter(begins("part", sought)).values_list("part", flat=True))
    assert found == {part for part in rows.values_list("part", flat=True) if part.startswith(sought)}


def test_a_register_from_before_there_were_such_rows_is_listed(world: World) -> None:
    Listed.objects.unscoped("test").delete()
    NamePart.objects.unscoped("test").delete()
    list_unlisted()
    assert listed() == should_be_listed() != {}
    assert found_by() == should_be_found_by() != set()
