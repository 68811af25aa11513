"""A national export comes in: its headers are recognised, its words understood, its faults shown at its own cells."""

import csv
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter

from bangfu.kernel.errors import DomainError, RegisterRefused
from bangfu.registry.data import NewFacts
from bangfu.registry.imports import Applied, Order, Plan, apply_import, planned, workbench
from bangfu.registry.services.facts import record_facts
from bangfu.registry.services.ledger import NewLine, record_ledger
from tests.organisation import Organisation
from tests.registry.test_imports import Desk, everything

AS_OF = date(2017, 3, 31)
Rows = list[dict[str, str]]
HOUSEHOLDS: Rows = [
    {
        "数据年度": "2016",
        "县": "山海天旅游度假区",
        "乡镇": "东街道",
        "行政村": "",
        "行政村代码": "371102008201",
        "户编号": "37110200000001",
        "户主姓名": "甲一",
        "家庭人口数": "2",
        "联系电话": "13800000001",
        "识别标准": "国家标准",
        "贫困户属性": "低保贫困户",
        "脱贫状态": "未脱贫",
        "识别年度": "2014",
        "主要致贫原因": "因病",
        "其他致贫原因": "因残,缺劳力",
        "耕地面积（亩）": "3.25",
        "是否饮水安全": "1",
        "与村主干路距离(公里)": "0.35",
        "入户路类型": "水泥路",
        "有无卫生厕所": "有",
        "主要燃料类型": "03",
        "工资性收入": "12000",
        "生产经营性收入": "",
        "财产性收入": "",
        "计划生育金": "",
        "低保金": "3000",
        "五保金": "",
        "生态补偿金": "",
        "其他转移性收入": "0",
        "转移性收入": "3000.00",
        "养老保险金": "2400",
        "年收入": "15000",
        "生产经营性支出": "0",
        "纯收入": "15000",
        "人均纯收入": "7500",
    }
]
PERSONS: Rows = [
    {
        "户编号": "37110200000001",
        "个人编号": "3711020000000101",
        "姓名": "甲一",
        "证件号码": "371102196003010010",
        "与户主关系": "户主",
        "民族": "汉族",
        "政治面貌": "群众",
        "文化程度": "小学",
        "健康状况": "长期慢性病，残疾",
        "劳动技能": "弱劳动力或半劳动力",
        "务工时间（月）": "3",
        "是否参加城乡居民基本医疗保险": "否",
        "是否参加城镇职工基本医疗保险": "是",
        "是否特困供养": "否",
    },
    {
        "户编号": "37110200000001",
        "个人编号": "3711020000000102",
        "姓名": "甲二",
        "证件号码": "",
        "与户主关系": "之孙女",
        "在校生状况": "八年级",
        "健康状况": "健康",
        "是否特困供养": "是",
    },
]


def sheet(path: Path, tables: Mapping[str, Rows], above: Sequence[str] = ()) -> Path:
    """A workbook as the national system exports one: a title above, all cells text."""
    book = xlsxwriter.Workbook(str(path))
    for name, rows in tables.items():
        written = book.add_worksheet(name)
        columns = list(dict.fromkeys(column for row in rows for column in row))
        if above:
            written.merge_range(0, 0, 0, 5, above[0])
        for i, line in enumerate([columns, *([row.get(c, "") for c in columns] for row in rows)]):
            written.write_row(i + len(above), 0, line)
    book.close()
    return path


def folder(path: Path, tables: Mapping[str, Rows], encoding: str) -> Path:
    path.mkdir()
    for name, rows in tables.items():
        columns = list(dict.fromkeys(column for row in rows for column in row))
        with (path / f"{name}.csv").open("w", encoding=encoding, newline="") as handle:
            writer = csv.DictWriter(handle, columns, restval="")
            writer.writeheader()
            writer.writerows(rows)
    return path


class National(Desk):
    """Somebody who imports national exports."""

    def file_order(self, file: Path, as_of: date = AS_OF, layout: str | None = None) -> Order:
        return Order(file, as_of, file.name, "0" * 64, layout)

    def book(self, households: Rows = HOUSEHOLDS, persons: Rows = PERSONS) -> Path:
        return sheet(self.folder / "导出.xlsx", {"户": households, "人": persons})

    def read(self, file: Path, as_of: date = AS_OF) -> Plan:
        with workbench() as con:
            return planned(self.by, self.actor, self.file_order(file, as_of), con, print)

    def shown(self, file: Path, as_of: date = AS_OF) -> list[tuple[Any, ...]]:
        with workbench() as con:
            planned(self.by, self.actor, self.file_order(file, as_of), con, print)
            return con.execute("SELECT facts, field, old, new FROM change ORDER BY ALL").fetchall()

    def take(self, file: Path, as_of: date = AS_OF) -> Applied:
        with workbench() as con:
            return apply_import(self.by, self.actor, self.file_order(file, as_of), con, progress=print)

    def refused(self, file: Path) -> list[tuple[str, int, str, str]]:
        with pytest.raises(RegisterRefused) as found:
            self.read(file)
        assert all(fault.reason.zh and fault.reason.en for fault in found.value.faults)
        return [(fault.table, fault.row, fault.column, fault.value) for fault in found.value.faults]


@pytest.fixture
def desk(org: Organisation, tmp_path: Path) -> National:
    return National(org, tmp_path, "subdistrict")


def other(rows: Rows, at: int, **cells: str) -> Rows:
    return [{**row, **cells} if i == at else row for i, row in enumerate(rows)]


def test_a_national_export_is_held_as_it_says(desk: National) -> None:
    desk.take(desk.book())
    found = desk.file("37110200000001")
    facts = {name: known.values for name, known in found.facts.items()}
    assert facts["registration"]["category"] == "dibao"
    assert facts["registration"]["other_causes"] == "disability;labour"
    assert facts["registration"]["standard"] == "national"
    assert facts["registration"]["registered_on"] == date(2014, 12, 31)
    assert facts["land"]["cultivated_mu"] == 32_500
    assert facts["residence"]["road_km"] == 3_500
    assert facts["residence"]["road_kind"] == "concrete"
    assert (facts["daily_life"]["toilet"], facts["daily_life"]["fuel"], facts["daily_life"]["water_safe"]) == (
        True,
        "coal",
        True,
    )
    assert [known.values["number"] for known in found.several["phone"]] == ["13800000001"]
    assert sorted((line.item, line.year, line.amount, line.person) for line in found.ledger) == [
        ("dibao_pay", 2016, 300_000, None),
        ("pension", 2016, 240_000, None),
        ("wage_away", 2016, 1_200_000, None),
    ]


def test_what_it_says_of_persons_is_held_too(desk: National) -> None:
    desk.take(desk.book())
    head, child = desk.file("37110200000001").members
    facts = {name: known.values for name, known in head.facts.items()}
    assert (facts["identity"]["ethnicity"], facts["identity"]["party"]) == ("汉族", "群众")
    assert facts["schooling"]["education"] == "primary"
    assert (facts["health"]["chronic_illness"], facts["health"]["serious_illness"]) == (True, False)
    assert facts["disability"]["disability_certificate"] is True
    assert facts["papers"]["id_valid"] is True
    assert facts["insurance"]["basic_medical_insured"] is True
    assert facts["welfare"]["wubao_care"] == "none"
    assert child.relation == "granddaughter"
    assert child.facts["schooling"].values["schooling"] == "junior"
    assert child.facts["welfare"].values["wubao_care"] is None


@pytest.mark.parametrize("encoding", ["gb18030", "utf-8", "utf-8-sig"])
def test_a_folder_of_csv_files_says_the_same(desk: National, encoding: str) -> None:
    desk.take(desk.book())
    assert desk.shown(folder(desk.folder / "export", {"导出1": HOUSEHOLDS, "导出2": PERSONS}, encoding)) == []


def test_titles_above_the_header_and_another_order_of_columns_say_the_same(desk: National) -> None:
    desk.take(desk.book())
    turned = [dict(reversed(row.items())) for row in PERSONS]
    tables = {"Sheet1": [dict(reversed(row.items())) for row in HOUSEHOLDS], "Sheet2": turned}
    assert desk.shown(sheet(desk.folder / "x.xlsx", tables, above=["建档立卡贫困户导出表", ""])) == []


def test_field_codes_are_headers_too(desk: National) -> None:
    desk.take(desk.book())
    coded = [{"aac001": "37110200000001", "aad001": "371102008201", "aac316": "03", "aac320": "煤炭"}]
    assert desk.shown(desk.book(coded, [])) == []


def test_an_empty_cell_and_a_column_that_is_not_there_change_nothing(desk: National) -> None:
    desk.take(desk.book())
    bare = [{"户编号": "37110200000001", "行政村代码": "371102008201", "耕地面积": "", "住房面积": "80"}]
    assert desk.shown(desk.book(bare, [])) == [("housing", "house_area", None, "800000")]


def test_the_same_file_of_a_later_day_leaves_the_register_as_it_is(desk: National) -> None:
    desk.take(desk.book())
    before = everything()
    assert desk.take(desk.book(), date(2017, 5, 1)).act is None
    assert everything() == before


def test_a_village_may_be_named_instead_of_coded(desk: National) -> None:
    desk.take(desk.book())
    named = other(HOUSEHOLDS, 0, 行政村代码="", 行政村="东一村村委会", 乡镇="东街道办事处")
    assert desk.shown(desk.book(named)) == []


def faulty(table: str, **cells: str) -> tuple[Rows, Rows]:
    rows = {"户": HOUSEHOLDS, "人": PERSONS}
    changed = {**rows, table: other(rows[table], 0, **cells)}
    return changed["户"], changed["人"]


FAULTY: dict[str, tuple[tuple[Rows, Rows], tuple[str, int, str, str]]] = {
    "a relation that nobody knows": (faulty("人", 与户主关系="亲戚"), ("人", 2, "与户主关系", "亲戚")),
    "a number that stands for no label that is certain": (faulty("户", 入户路类型="07"), ("户", 2, "入户路类型", "07")),
    "a code of another list": (faulty("户", 主要致贫原因="02"), ("户", 2, "主要致贫原因", "02")),
    "healthy and ill at once": (faulty("人", 健康状况="健康,残疾"), ("人", 2, "健康状况", "健康,残疾")),
    "transfers that do not add up": (
        faulty("户", 转移性收入="3001.01", 年收入="15000.50"),
        ("户", 2, "转移性收入", "3001.01"),
    ),
    "income that does not add up": (
        faulty("户", 年收入="17400", 纯收入="17400", 人均纯收入="8700"),
        ("户", 2, "年收入", "17400"),
    ),
    "an income per head of other people": (faulty("户", 人均纯收入="7501.01"), ("户", 2, "人均纯收入", "7501.01")),
    "a telephone that is none": (faulty("户", 联系电话="无"), ("户", 2, "联系电话", "无")),
    "a village that is nowhere": (faulty("户", 行政村代码="", 行政村="天边村"), ("户", 2, "行政村代码", "")),
    "a code of no village": (faulty("户", 行政村代码="371102008299"), ("户", 2, "行政村代码", "371102008299")),
    "a person of no household": (faulty("人", 户编号="37110200000009"), ("人", 2, "户编号", "37110200000009")),
    "a formula": (faulty("户", 工资性收入="=1+1"), ("户", 2, "工资性收入", "=1+1")),
    "no status of a household that is new": (faulty("户", 脱贫状态=""), ("户", 2, "脱贫状态", "")),
    "a person twice": ((HOUSEHOLDS, [*PERSONS, PERSONS[0]]), ("人", 4, "个人编号", "3711020000000101")),
}


@pytest.mark.parametrize("what", sorted(FAULTY))
def test_a_fault_is_told_at_the_cell_of_the_file(desk: National, what: str) -> None:
    (households, persons), where = FAULTY[what]
    files = folder(desk.folder / "export", {"户": households, "人": persons}, "utf-8")
    table, *cell = where
    assert desk.refused(files) == [(f"{table}.csv", *cell)]


def test_rows_count_from_the_top_of_the_sheet_whatever_stands_above(desk: National) -> None:
    households, persons = faulty("人", 与户主关系="亲戚")
    book = sheet(desk.folder / "x.xlsx", {"户": households, "人": persons}, above=["导出表", "单位：元"])
    assert desk.refused(book) == [("人", 4, "与户主关系", "亲戚")]


def test_sums_may_miss_by_a_yuan(desk: National) -> None:
    households, persons = faulty("户", 转移性收入="3001.00", 年收入="15002", 纯收入="15001", 人均纯收入="7500.4999999")
    assert desk.read(desk.book(households, persons)).changes


def test_doubtful_numbers_and_counts_are_told_and_read_all_the_same(desk: National) -> None:
    persons = [*other(PERSONS, 1, 证件号码="999999199001010010"), {**PERSONS[0], "个人编号": "3", "与户主关系": "之子"}]
    plan = desk.read(desk.book(HOUSEHOLDS, persons))
    assert sorted((fault.table, fault.row, fault.column, fault.value) for fault in plan.faults) == [
        ("人", 2, "证件号码", "371102196003010010"),
        ("人", 3, "证件号码", "999999199001010010"),
        ("人", 4, "证件号码", "371102196003010010"),
        ("户", 2, "家庭人口数", "2"),
    ]


def test_a_total_that_the_lines_make_up_changes_nothing_and_another_waits_for_somebody(desk: National) -> None:
    desk.take(desk.book(other(HOUSEHOLDS, 0, 工资性收入="", 年收入="", 纯收入="", 人均纯收入="")))
    household = desk.file("37110200000001").id
    lines = [NewLine("wage_local", 700_000), NewLine("wage_post", 500_000)]
    record_ledger(desk.by, desk.actor, household, 2016, lines)
    assert desk.read(desk.book()).changes == 0
    raised = other(HOUSEHOLDS, 0, 工资性收入="12001", 年收入="", 纯收入="", 人均纯收入="")
    plan = desk.read(desk.book(raised))
    assert (plan.changes, plan.counts["totals"]) == (0, 1)


def test_a_total_that_was_taken_in_is_corrected_by_a_later_one(desk: National) -> None:
    desk.take(desk.book())
    raised = other(HOUSEHOLDS, 0, 养老保险金="2500")
    assert desk.shown(desk.book(raised)) == [("ledger", "pension:2016", "240000", "250000")]


def test_a_day_of_which_only_the_year_is_said_stays(desk: National) -> None:
    desk.take(desk.book())
    household = desk.file("37110200000001").id
    facts = NewFacts("registration", household, {"registered_on": date(2014, 4, 17)}, AS_OF)
    record_facts(desk.by, desk.actor, household, facts)
    assert desk.shown(desk.book()) == []
    assert desk.shown(desk.book(other(HOUSEHOLDS, 0, 识别年度="2015"))) == [
        ("registration", "registered_on", "20140417", "20151231")
    ]


def test_a_span_that_the_form_does_not_ask_for_stays(desk: National) -> None:
    desk.take(desk.book(HOUSEHOLDS, other(PERSONS, 0, 是否享受低保="是")))
    head = desk.file("37110200000001").members[0].id
    span = NewFacts("welfare", head, {"dibao_from": date(2016, 1, 1), "dibao_monthly": 25_000}, AS_OF)
    record_facts(desk.by, desk.actor, desk.file("37110200000001").id, span)
    assert desk.shown(desk.book(HOUSEHOLDS, other(PERSONS, 0, 是否享受低保="是"))) == []


def test_persons_alone_and_a_table_twice_are_refused(desk: National) -> None:
    with pytest.raises(DomainError, match="NO_HOUSEHOLDS"):
        desk.read(sheet(desk.folder / "a.xlsx", {"人": PERSONS}))
    with pytest.raises(DomainError, match="TABLE_TWICE"):
        desk.read(sheet(desk.folder / "b.xlsx", {"户": HOUSEHOLDS, "户2": HOUSEHOLDS}))


def test_a_file_that_must_be_national_and_is_not_is_refused(desk: National) -> None:
    stranger = sheet(desk.folder / "x.xlsx", {"表": [{"甲": "1", "乙": "2"}]})
    with workbench() as con, pytest.raises(DomainError, match="OTHER_LAYOUT"):
        planned(desk.by, desk.actor, desk.file_order(stranger, layout="national"), con, print)


def test_a_file_that_is_not_there_is_told_as_that_and_not_as_one_of_another_layout(desk: National) -> None:
    with workbench() as con, pytest.raises(DomainError, match="NO_SUCH_REGISTER"):
        planned(desk.by, desk.actor, desk.file_order(desk.folder / "none.xlsx", layout="national"), con, print)
