"""What our file, the last national export and what was last printed say of a household is laid side by side, in the order of the national form."""

from datetime import date
from pathlib import Path

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from bangfu.access.data import Denied, NotThere
from bangfu.audit.models import EntryText
from bangfu.kernel.errors import DomainError, RegisterRefused
from bangfu.registry.data import NewFacts
from bangfu.registry.differences import Differences, Row, differences
from bangfu.registry.imports import workbench
from bangfu.registry.layouts import layout
from bangfu.registry.layouts.say import same
from bangfu.registry.models import Household, Stated, Statement
from bangfu.registry.services.facts import record_facts
from bangfu.registry.services.stated import Loaded, Printed, load_statement, record_printed
from tests.kept import kept
from tests.organisation import TODAY, founded
from tests.registry.test_imports import LATER, everything
from tests.registry.test_national import AS_OF, HOUSEHOLDS, National, desk, other
from tests.registry.test_national import PERSONS as IN_FULL

__all__ = ["desk"]
PERSONS = [{name: said for name, said in row.items() if name != "是否特困供养"} for row in IN_FULL]


@pytest.fixture
def held(db: None, tmp_path: Path) -> National:
    """A desk where the export was taken in already."""
    made = kept("national", lambda: taken(tmp_path))
    made.folder = tmp_path
    return made


def taken(folder: Path) -> National:
    desk = National(founded(), folder, "subdistrict")
    desk.take(desk.book(HOUSEHOLDS, PERSONS))
    return desk


def load(desk: National, file: Path, as_of: date = AS_OF, digest: str = "1" * 64) -> Loaded:
    order = desk.file_order(file, as_of)
    with workbench() as con:
        return load_statement(desk.by, desk.actor, type(order)(order.file, as_of, order.name, digest), con, print)


def of_household(desk: National, *, every: bool = False, who: str = "") -> Differences:
    household = Household.objects.unscoped("test").get(number="37110200000001").pk
    return differences(desk.org.actor(who or desk.who), [household], TODAY, LATER, every=every)[household]


def rows(found: Differences) -> list[Row]:
    return [row for part in found.parts for row in part.rows]


def shown(found: Differences) -> list[tuple[str, str, str | None]]:
    return [(row.column, row.ours, row.national) for row in rows(found)]


def test_an_export_that_was_taken_in_differs_in_nothing(held: National) -> None:
    assert load(held, held.book(HOUSEHOLDS, PERSONS)) == Loaded(Statement.objects.get().pk, 1, 0)
    found = of_household(held)
    assert shown(found) == []
    assert (found.count, found.national and found.national.said_on) == (0, AS_OF)


def test_what_differs_stands_in_the_order_and_words_of_the_form(held: National) -> None:
    persons = other(other(PERSONS, 0, 健康状况="健康", 文化程度="初中"), 1, 在校生状况="普通高中二年级")
    load(
        held,
        held.book(
            other(
                HOUSEHOLDS,
                0,
                入户路类型="泥土路",
                低保金="3100",
                转移性收入="3100",
                年收入="15100",
                纯收入="15100",
                人均纯收入="7550",
            ),
            persons,
        ),
    )
    assert shown(of_household(held)) == [
        ("aab008", "小学", "初中"),
        ("aab017", "长期慢性病、残疾", "健康"),
        ("aab009", "七年级 / 八年级 / 九年级", "普通高中二年级"),
        ("aac316", "水泥路", "泥土路"),
        ("aac077", "3000.00", "3100"),
        ("aac085", "3000.00", "3100"),
        ("aac081", "15000.00", "15100"),
        ("aac079", "15000.00", "15100"),
        ("aac082", "7500.00", "7550"),
    ]


def test_what_is_not_known_here_is_said_to_be_so_and_what_the_export_leaves_out_is_not_compared(held: National) -> None:
    load(held, held.book([{**HOUSEHOLDS[0], "住房面积": "80", "主要燃料类型": ""}], PERSONS))
    assert shown(of_household(held)) == [("aac317", "", "80"), ("aac320", "煤炭", "")]
    every = {row.column: row for row in rows(of_household(held, every=True))}
    assert (every["structure"].national, every["structure"].differs) == (None, False)


def test_somebody_who_is_in_one_of_the_two_only_is_one_difference(held: National) -> None:
    load(held, held.book(HOUSEHOLDS, [PERSONS[0], {**PERSONS[1], "个人编号": "3711020000000199", "姓名": "乙"}]))
    assert shown(of_household(held)) == [("person_no", "有", "没有"), ("person_no", "没有", "有")]


def test_numbers_are_compared_and_neither_kept_nor_shown(held: National) -> None:
    load(held, held.book(HOUSEHOLDS, other(PERSONS, 0, 证件号码="371102196003010029")))
    assert shown(of_household(held)) == [("id_number", "已登记", "不一致")]
    kept = "".join(str(row.values) for row in Stated.objects.unscoped("test"))
    assert "37110219600301" not in kept


def test_a_change_of_ours_shows_until_the_next_export_says_it_too(held: National) -> None:
    load(held, held.book(HOUSEHOLDS, PERSONS))
    household = held.file("37110200000001").id
    record_facts(held.by, held.actor, household, NewFacts("housing", household, {"house_grade": "A"}, AS_OF))
    record_facts(held.by, held.actor, household, NewFacts("daily_life", household, {"fuel": "clean"}, AS_OF))
    assert shown(of_household(held)) == [("aac320", "清洁能源", "03")]
    unsaid = {row.column: row.unsaid for row in rows(of_household(held, every=True)) if row.unsaid}
    assert unsaid == {"aac322": "A级"}
    load(held, held.book(other(HOUSEHOLDS, 0, 主要燃料类型="清洁能源"), PERSONS), date(2017, 5, 1), "2" * 64)
    assert of_household(held).count == 0


def test_what_was_printed_is_the_third(held: National) -> None:
    household = held.file("37110200000001").id
    printed = Printed(
        "registration_form",
        AS_OF,
        "3" * 64,
        {"aac320": "柴草", "aac316": "水泥路"},
        {PERSONS[0]["个人编号"]: {"aab007": "满族"}},
    )
    record_printed(held.by, held.org.actor("village"), household, printed)
    assert [(r.column, r.ours, r.national, r.printed) for r in rows(of_household(held))] == [
        ("aab007", "汉族", None, "满族"),
        ("aac320", "煤炭", None, "柴草"),
    ]
    record_printed(held.by, held.actor, household, Printed("registration_form", TODAY, "4" * 64, {"aac320": "煤炭"}))
    assert of_household(held).count == 0
    with pytest.raises(DomainError, match="NO_SUCH_COLUMN"):
        record_printed(held.by, held.actor, household, Printed("x", AS_OF, "3" * 64, {"名字": "甲"}))


def test_to_compare_changes_no_fact_and_the_same_file_again_nothing_at_all(held: National) -> None:
    before = everything()
    first = load(held, held.book(other(HOUSEHOLDS, 0, 入户路类型="泥土路"), PERSONS))
    assert everything() == before
    assert load(held, held.book(other(HOUSEHOLDS, 0, 入户路类型="泥土路"), PERSONS)) == first
    assert (Statement.objects.count(), Stated.objects.unscoped("test").count()) == (1, 3)


def test_households_that_are_not_ours_are_counted_and_not_kept(held: National) -> None:
    more = [*HOUSEHOLDS, {**HOUSEHOLDS[0], "户编号": "37110200000099"}]
    assert (load(held, held.book(more, PERSONS)).households, load(held, held.book(more, PERSONS)).unknown) == (1, 1)


def test_a_file_with_faults_and_one_of_our_own_are_not_kept(held: National) -> None:
    with pytest.raises(RegisterRefused):
        load(held, held.book(other(HOUSEHOLDS, 0, 入户路类型="天路")))
    with pytest.raises(DomainError, match="DAY_TO_COME"):
        load(held, held.book(), date(2030, 1, 1))
    assert not Statement.objects.exists()


def test_who_does_not_see_the_household_sees_no_difference_and_who_may_not_import_loads_none(held: National) -> None:
    with pytest.raises(NotThere):
        of_household(held, who="sibling")
    village = National(held.org, held.folder, "village")
    with pytest.raises(Denied):
        load(village, held.book())


def test_a_village_is_asked_as_often_as_one_household(desk: National) -> None:
    bare = {name: said for name, said in HOUSEHOLDS[0].items() if name != "家庭人口数"}
    desk.take(desk.book([{**bare, "户编号": f"3711020000000{i}"} for i in range(1, 6)]))
    households = list(Household.objects.unscoped("test").values_list("pk", flat=True))
    with CaptureQueriesContext(connection) as of_one:
        differences(desk.actor, households[:1], TODAY, LATER)
    with CaptureQueriesContext(connection) as of_all:
        differences(desk.actor, households, TODAY, LATER)
    assert len(of_one) == len(of_all) < 60


@pytest.mark.parametrize(
    ("name", "one", "another", "alike"),
    [
        ("aac316", "水泥路", "03", True),
        ("aac316", "水泥路", "", False),
        ("aac316", "水泥路", "天路", False),
        ("aac082", "7500", "7500.00", True),
        ("aac082", "7500", "NaN", False),
        ("aac073", "", "0", True),
        ("aac008", "因病、因残", "因残;因病", True),
        ("aac023", "2016", "2016-12-31", True),
        ("aar012", "138 0000 0000", "13800000000", True),
        ("aac319", "有", "1", True),
        ("aac006", "一般贫困户", "一般农户", False),
        ("aac029", "=1+1", "=1+1", True),
    ],
)
def test_texts_mean_the_same_by_the_words_of_the_form(name: str, one: str, another: str, alike: bool) -> None:
    column = layout().tables["household"].columns[name]
    assert same(layout(), column, one, another) is alike
    assert same(layout(), column, another, one) is alike


def test_the_record_says_that_an_export_was_kept(held: National) -> None:
    load(held, held.book(HOUSEHOLDS, PERSONS))
    assert {"file", "digest", "as_of"} <= set(EntryText.objects.order_by("-pk")[0].body)


def test_a_file_to_compare_with_that_is_not_there_is_told_as_that(desk: National) -> None:
    with pytest.raises(DomainError, match="NO_SUCH_FILE"):
        load(desk, desk.folder / "none.xlsx")


def test_fields_that_agree_are_counted_where_only_those_that_differ_are_listed(desk: National) -> None:
    desk.take(desk.book(HOUSEHOLDS, PERSONS))
    load(desk, desk.book(other(HOUSEHOLDS, 0, 入户路类型="泥土路"), other(PERSONS, 0, 文化程度="初中")))
    found, whole = of_household(desk), of_household(desk, every=True)
    compared = [row for row in rows(whole) if row.compared]
    assert 0 < len(compared) < len(rows(whole))
    assert (found.count, found.agree, found.fields) == (2, len(compared) - 2, len(compared))
    assert (whole.count, whole.agree) == (found.count, found.agree)
    # By page and member, also of those of which nothing is listed.
    agreeing = {
        (part.page, part.who): sum(row.compared and not row.differs for row in part.rows) for part in whole.parts
    }
    assert {(part.page, part.who): part.agree for part in found.parts} == {k: n for k, n in agreeing.items() if n}
    assert {part.who for part in found.agreeing if part.who} == {PERSONS[1]["姓名"]}
    assert whole.agreeing == ()


def test_where_nothing_was_stated_nothing_agrees(desk: National) -> None:
    desk.take(desk.book(HOUSEHOLDS, PERSONS))
    found = of_household(desk)
    assert (found.compared, found.count, found.agree, found.parts) == (False, 0, 0, ())
