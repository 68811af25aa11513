"""A register in the national layout: its columns and words, and figures that agree with each other."""

from typing import Any

import pytest

from bangfu.exports.layouts.others import _shared, income_year
from bangfu.registry.layouts import layout
from tests.exports.conftest import AS_OF, Office, cells
from tests.organisation import TODAY
from tests.registry.test_imports import changed


def told(office: Office, sheet: str, **more: Any) -> list[dict[str, Any]]:
    """The rows of a sheet by their headings."""
    first, *rows = cells(office.taken(layout="national", **more), sheet)
    return [dict(zip(first, row, strict=True)) for row in rows]


def test_its_sheets_have_the_columns_of_the_layout_in_its_order(office: Office) -> None:
    path = office.taken(layout="national")
    for table in layout().tables.values():
        assert cells(path, table.label.zh)[0][:-1] == [column.label.zh for column in table.columns.values()]


def test_a_household_says_where_it_lives_who_heads_it_and_what_it_is(office: Office) -> None:
    first = told(office, "贫困户")[0]
    names = (
        "数据年度",
        "省",
        "市",
        "县",
        "乡镇",
        "行政村",
        "行政村代码",
        "户编号",
        "户主个人编号",
        "户主姓名",
        "家庭人口数",
    )
    assert [first[name] for name in names] == [
        2016,
        "甲省",
        "乙市",
        "丙区",
        "东街道",
        "东一村",
        "371102008201",
        "H1",
        "P1",
        "甲一",
        2,
    ]
    assert (first["贫困户属性"], first["脱贫状态"], first["危房级别"]) == ("低保贫困户", "未脱贫", "C级")
    assert (first["耕地面积"], first["其他致贫原因"], first["户主证件号码"]) == (3.25, "因病;因残", "")


def test_its_amounts_are_of_the_year_and_its_figures_are_made_of_them(office: Office) -> None:
    first, second = told(office, "贫困户")
    names = ("生产经营性收入", "低保金", "转移性收入", "年收入", "纯收入", "人均纯收入")
    assert [first[name] for name in names] == [5001, 3000, 3000, 8001, 8001, 4000.5]
    assert [second[name] for name in names] == [""] * 6


def test_persons_are_those_who_are_there_in_the_forms_own_words(office: Office) -> None:
    office.desk.bring(changed("person", 1, left_on="2017-03-01"))
    people = told(office, "贫困人口")
    assert [row["个人编号"] for row in people] == ["P1", "P3"]
    assert [row["家庭人口数"] for row in told(office, "贫困户")] == [1, 1]
    assert (people[0]["与户主关系"], people[0]["是否享受农村居民最低生活保障"], people[0]["证件号码"]) == (
        "户主",
        "是",
        "",
    )


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"chronic_illness": "是"}, "长期慢性病"),
        ({"chronic_illness": "否", "serious_illness": "否", "disability_certificate": "否"}, "健康"),
        ({"chronic_illness": "否", "serious_illness": "否"}, ""),
        ({"chronic_illness": "是", "disability_certificate": "是"}, "长期慢性病;残疾"),
    ],
    ids=["one", "none", "unknown", "two"],
)
def test_one_cell_says_several_facts_or_that_none_is_so(office: Office, given: dict[str, str], said: str) -> None:
    office.desk.bring(changed("person", 0, **given))
    assert told(office, "贫困人口")[0]["健康状况"] == said


def test_the_year_is_that_of_the_last_day_or_the_one_before() -> None:
    assert (income_year(TODAY.replace(month=12, day=31)), income_year(AS_OF)) == (2017, 2016)


def test_shares_are_rounded_half_away_from_zero() -> None:
    assert [_shared(fen, heads) for fen, heads in ((100, 3), (1, 2), (-1, 2), (0, 1), (5, 2))] == [33, 1, -1, 0, 3]
