"""Synthetic registers: the same seed gives the same bytes, the people hang together, and the reader takes all of it."""

import hashlib
from collections.abc import Iterable
from pathlib import Path

import duckdb
import pytest

from bangfu.engine.assess import assess
from bangfu.engine.register import RegisterReport, read_register
from bangfu.engine.register.loose import read_loose
from bangfu.engine.request import Request, Wanted
from bangfu.engine.results import Target
from bangfu.engine.synth import write_bank_list, write_demo, write_synthetic_register
from bangfu.engine.synth.generate import NotMakeable, Plan
from bangfu.engine.synth.geography import BLOCK, home_villages
from bangfu.engine.synth.output import Format
from bangfu.engine.synth.register import Dress, write_plan
from bangfu.kernel.divisions import villages
from bangfu.kernel.money import fen_from_yuan
from bangfu.kernel.schema import Column, Table, schema
from bangfu.kernel.words import Text
from bangfu.rulebook.kept import shipped_book
from tests.examples import first_of

POLICIES = shipped_book().policy_codes()


def digests(folder: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(folder.iterdir())}


def plan(households: int = 700, *, first: int = 0, gap_rate: float = 0.05, error_rate: float = 0.02) -> Plan:
    return Plan(households, seed=5, as_of_year=2017, gap_rate=gap_rate, error_rate=error_rate, first=first)


def read(folder: Path) -> tuple[duckdb.DuckDBPyConnection, RegisterReport]:
    con = duckdb.connect()
    return con, read_register(folder, into=con, policies=POLICIES)


def one(con: duckdb.DuckDBPyConnection, query: str) -> float:
    row = con.execute(query).fetchone()
    assert row is not None
    return float(row[0])


@pytest.fixture(scope="module")
def usual(tmp_path_factory: pytest.TempPathFactory) -> duckdb.DuckDBPyConnection:
    """6,000 households with gaps and slips, as the reader hands them over."""
    folder = tmp_path_factory.mktemp("usual")
    write_synthetic_register(folder, households=6_000, seed=3, format="parquet")
    return read(folder)[0]


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory) -> duckdb.DuckDBPyConnection:
    """6,000 households in which nothing is left out and nothing is wrong."""
    folder = tmp_path_factory.mktemp("clean")
    write_synthetic_register(folder, households=6_000, seed=3, format="parquet", gap_rate=0, error_rate=0)
    return read(folder)[0]


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("demo")
    write_demo(folder, policies=POLICIES)
    return folder


@pytest.mark.parametrize("format", first_of(1, ["parquet", "csv"]))
def test_the_same_seed_gives_the_same_bytes(format: Format, tmp_path: Path) -> None:
    for name in ("one", "two"):
        write_synthetic_register(tmp_path / name, households=300, seed=7, format=format)
    assert digests(tmp_path / "one") == digests(tmp_path / "two")


def test_another_seed_makes_another_register(tmp_path: Path) -> None:
    write_synthetic_register(tmp_path / "one", households=50, seed=7)
    write_synthetic_register(tmp_path / "two", households=50, seed=8)
    assert set(digests(tmp_path / "one").values()).isdisjoint(digests(tmp_path / "two").values())


@pytest.mark.parametrize("format", first_of(1, ["csv", "parquet"]))
def test_chunks_change_no_byte(format: Format, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Small row groups, so that groups and chunks end at different rows several times.
    monkeypatch.setattr("bangfu.engine.synth.output.ROW_GROUP", 512)
    for chunk in (700, 299):
        write_plan(tmp_path / str(chunk), plan(), Dress(format), chunk=chunk)
    assert digests(tmp_path / "700") == digests(tmp_path / "299")


def test_a_part_made_alone_is_that_part_of_the_whole(tmp_path: Path) -> None:
    write_plan(tmp_path / "whole", plan(700), Dress())
    write_plan(tmp_path / "part", plan(300, first=400), Dress())
    for table in ("person", "ledger", "receipt"):
        whole = (tmp_path / "whole" / f"{table}.csv").read_text(encoding="utf-8").splitlines()
        part = (tmp_path / "part" / f"{table}.csv").read_text(encoding="utf-8").splitlines()
        assert whole[-len(part) + 1 :] == part[1:]


def test_rows_are_counted_and_progress_is_told(tmp_path: Path) -> None:
    said: list[Text] = []
    counts = write_plan(tmp_path, plan(250), Dress(), chunk=100, progress=said.append)
    assert [text.en.split()[0] for text in said] == ["100", "200", "250"]
    assert counts == {
        table: len((tmp_path / f"{table}.csv").read_text(encoding="utf-8").splitlines()) - 1
        for table in schema().tables
    }


@pytest.mark.parametrize("format", ["csv", "parquet"])
def test_the_reader_finds_no_fault(format: Format, tmp_path: Path) -> None:
    counts = write_synthetic_register(
        tmp_path, households=900, seed=11, format=format, gap_rate=0.3, error_rate=0.25, as_of_year=2020
    )
    assert read(tmp_path)[1].counts == counts


def test_every_code_is_in_its_list(usual: duckdb.DuckDBPyConnection) -> None:
    # The reader has refused what it does not know; here none may be missing either.
    for table, column, codes in coded_columns():
        seen = {row[0] for row in usual.execute(f"SELECT DISTINCT {column} FROM {table}").fetchall()} - {None}
        assert seen <= set(codes), (table, column)
        assert len(seen) > 1, (table, column)


def coded_columns() -> Iterable[tuple[str, str, Iterable[str]]]:
    for table in schema().tables.values():
        for column in table.columns.values():
            if column.type == "code":
                yield table.name, column.name, POLICIES if column.codes == "policy" else schema().codes[column.codes]


def test_every_ledger_item_occurs(usual: duckdb.DuckDBPyConnection) -> None:
    seen = {row[0] for row in usual.execute("SELECT DISTINCT item FROM ledger").fetchall()}
    assert seen == set(schema().codes["item"])


def test_clean_numbers_are_valid_and_nobody_shares_one(clean: duckdb.DuckDBPyConnection) -> None:
    assert one(clean, "SELECT count(*) FROM person WHERE id_valid IS NOT TRUE OR id_shared_by <> 1") == 0
    assert one(clean, "SELECT count(*) FROM person WHERE id_sex <> sex OR id_birth_date <> birth_date") == 0
    assert one(clean, "SELECT count(*) FROM person WHERE id_category <> disability_category") == 0
    assert one(clean, "SELECT count(*) FROM person WHERE id_kind = 'disability_card'") > 100


def test_numbers_stay_unique_across_a_whole_block(tmp_path: Path) -> None:
    write_synthetic_register(tmp_path, households=BLOCK + 500, seed=1, format="parquet", gap_rate=0, error_rate=0)
    people = f"'{tmp_path}/person.parquet'"
    con = duckdb.connect()
    assert one(con, f"SELECT count(*) - count(DISTINCT left(id_number, 18)) FROM {people}") == 0
    assert one(con, f"SELECT count(DISTINCT left(id_number, 6)) FROM {people}") == 2
    homes = f"SELECT count(*) FROM '{tmp_path}/household.parquet' WHERE village_code LIKE '371102%'"
    assert one(con, homes) == BLOCK


def test_families_hang_together(clean: duckdb.DuckDBPyConnection) -> None:
    clean.execute(
        "CREATE OR REPLACE TEMP VIEW kin AS SELECT p.relation, p.sex, h.sex AS head_sex, "
        "p.birth_date // 10000 - h.birth_date // 10000 AS younger, p.household_no, p.birth_date // 10000 AS born "
        "FROM person p JOIN person h ON h.household_no = p.household_no AND h.relation = 'head'"
    )
    assert one(clean, "SELECT count(*) FROM household") == one(
        clean, "SELECT count(*) FROM kin WHERE relation = 'head'"
    )
    assert one(clean, "SELECT min(younger) FROM kin WHERE relation IN ('son', 'daughter')") >= 18
    assert one(clean, "SELECT max(younger) FROM kin WHERE relation IN ('father', 'mother')") <= -18
    assert one(clean, "SELECT count(*) FROM kin WHERE relation = 'spouse' AND sex = head_sex") == 0
    male = "('son', 'father', 'grandson', 'son_in_law', 'husbands_father', 'maternal_grandson')"
    assert one(clean, f"SELECT count(*) FROM kin WHERE relation IN {male} AND sex = '2'") == 0
    born_together = (
        "SELECT count(*) FROM (SELECT born FROM kin WHERE relation IN ('son', 'daughter') "
        "GROUP BY household_no, born HAVING count(*) > 1)"
    )
    assert one(clean, born_together) == 0


def test_schooling_fits_the_age(clean: duckdb.DuckDBPyConnection) -> None:
    ages = {
        stage: (least, most)
        for stage, least, most in clean.execute(
            "SELECT schooling, min((20170831 - birth_date) // 10000), max((20170831 - birth_date) // 10000) "
            "FROM person WHERE schooling <> 'none' GROUP BY schooling"
        ).fetchall()
    }
    assert ages["kindergarten"] == (3, 5)
    assert ages["primary"] == (6, 11)
    assert ages["junior"] == (12, 14)
    assert ages["undergraduate"][0] >= 18


def test_the_people_are_few_old_and_ill(clean: duckdb.DuckDBPyConnection) -> None:
    # domain.md 2.3: 56.5 % are 60 or older, 59.8 % ill or disabled.
    assert 2.3 < one(clean, "SELECT count(*) / (SELECT count(*) FROM household) FROM person") < 2.42
    assert 0.53 < one(clean, "SELECT avg(((20171231 - birth_date) // 10000 >= 60)::INTEGER) FROM person") < 0.60
    ill = "chronic_illness OR serious_illness OR disability_certificate"
    assert 0.56 < one(clean, f"SELECT avg(({ill})::INTEGER) FROM person") < 0.63
    assert 0.12 < one(clean, "SELECT avg((labour IN ('ordinary', 'skilled'))::INTEGER) FROM person") < 0.25
    assert (
        0.96
        < one(clean, "SELECT avg((basic_medical_insured AND serious_illness_insured)::INTEGER) FROM person")
        < 0.995
    )
    assert 0.83 < one(clean, "SELECT avg((status = 'exited')::INTEGER) FROM household") < 0.90
    assert 0.05 < one(clean, "SELECT avg((status = 'poor')::INTEGER) FROM household") < 0.11
    assert 0.18 < one(clean, "SELECT avg(dibao_member::INTEGER) FROM person") < 0.32
    assert 0.02 < one(clean, "SELECT avg((wubao_care <> 'none')::INTEGER) FROM person") < 0.07
    assert 0.92 < one(clean, "SELECT avg((house_grade IN ('A', 'B'))::INTEGER) FROM household") < 0.99


@pytest.mark.parametrize("size", first_of(1, [1.81, 3.04]))
def test_households_can_be_made_smaller_or_larger(size: float, tmp_path: Path) -> None:
    counts = write_synthetic_register(tmp_path, households=4_000, seed=2, mean_size=size, format="parquet")
    assert counts["person"] / counts["household"] == pytest.approx(size, abs=0.06)


NET_INCOME = """
    WITH items(item, side) AS (VALUES {}), book AS (
        SELECT household_no, sum(amount * side) AS net FROM ledger JOIN items USING (item) WHERE year = 2017 GROUP BY 1
    ), members AS (
        SELECT household_no, count(*) AS n FROM person WHERE died_on IS NULL AND left_on IS NULL GROUP BY 1
    ), heads AS (SELECT net / n AS per_head, net - n * 350900 AS above FROM book JOIN members USING (household_no))
"""


def income_of(con: duckdb.DuckDBPyConnection, what: str) -> float:
    sides = {item: (-1 if code.group == "business_expense" else 1) for item, code in schema().codes["item"].items()}
    counted = [i for i in sides if schema().codes["item"][i].group != "rigid" and i != "pension"]
    return one(con, NET_INCOME.format(", ".join(f"('{i}', {sides[i]})" for i in counted)) + f"SELECT {what} FROM heads")


def test_incomes_crowd_above_the_line_with_some_right_at_it(clean: duckdb.DuckDBPyConnection) -> None:
    assert 0.02 < income_of(clean, "avg((above < 0)::INTEGER)") < 0.09
    assert income_of(clean, "count(*) FILTER (above = 0)") > 20
    assert income_of(clean, "count(*) FILTER (above BETWEEN -7 AND -1)") > 10
    assert 380_000 < income_of(clean, "median(per_head)") < 700_000


def test_the_ledger_holds_about_nine_rows_a_household_and_year(clean: duckdb.DuckDBPyConnection) -> None:
    assert 8 < one(clean, "SELECT count(*) / (SELECT count(*) FROM household) / 2 FROM ledger") < 11
    assert {row[0] for row in clean.execute("SELECT DISTINCT year FROM ledger").fetchall()} == {2016, 2017}
    assert one(clean, "SELECT count(DISTINCT household_no) FROM ledger WHERE year = 2017") == 6_000


def test_one_year_of_the_ledger_is_that_part_of_two(tmp_path: Path) -> None:
    for years in (1, 2):
        write_synthetic_register(tmp_path / str(years), households=500, seed=6, ledger_years=years)
    both = (tmp_path / "2" / "ledger.csv").read_text(encoding="utf-8").splitlines()
    last = (tmp_path / "1" / "ledger.csv").read_text(encoding="utf-8").splitlines()
    assert last == [line for line in both if ",2016," not in line]
    assert len(both) - len(last) > 3_000
    for table in ("household", "person"):
        assert (tmp_path / "1" / f"{table}.csv").read_bytes() == (tmp_path / "2" / f"{table}.csv").read_bytes()


def test_welfare_is_paid_to_those_who_have_it(clean: duckdb.DuckDBPyConnection) -> None:
    paid = "SELECT count(*) FROM receipt r JOIN person p USING (person_no) WHERE policy_id = '{}' AND NOT ({})"
    assert one(clean, paid.format("dibao", "dibao_member AND r.amount <= dibao_monthly * 12")) == 0
    assert one(clean, paid.format("wubao_central", "wubao_care = 'central'")) == 0
    assert one(clean, paid.format("elderly_80s", "(20171231 - p.birth_date) // 10000 BETWEEN 80 AND 90")) == 0
    assert one(clean, paid.format("disability_care", "disability_grade IN ('1', '2')")) == 0
    assert one(clean, "SELECT count(*) FROM receipt WHERE policy_id = 'dibao' AND year = 2017") > 1_000


def test_a_clean_register_reconciles_with_the_rulebook(tmp_path: Path) -> None:
    """The payments were made up apart from the rulebook: agreement checks both."""
    write_synthetic_register(tmp_path / "in", households=900, seed=4, format="parquet", gap_rate=0, error_rate=0)
    request = Request(tmp_path / "in", as_of=20171231)
    assess(request, Target(tmp_path / "out", "parquet"), Wanted(relevant=True), progress=lambda _: None)
    con = duckdb.connect()
    rows = con.execute(
        f"SELECT reconciliation, policy_id, count(*) FROM '{tmp_path}/out/entitlement.parquet' "
        "WHERE reconciliation <> '' GROUP BY ALL"
    ).fetchall()
    unlike = {(said, policy) for said, policy, _ in rows if said not in ("matched", "unverified")}
    # Nobody has mended the houses that are dangerous still.
    assert unlike == {("missing", "house_repair"), ("missing", "house_rebuild")}
    assert sum(count for said, _, count in rows if said == "matched") > 1_800


def test_gaps_make_up_their_share_of_the_cells(
    usual: duckdb.DuckDBPyConnection, clean: duckdb.DuckDBPyConnection
) -> None:
    may_be_unknown = [c.name for c in schema().tables["person"].columns.values() if not c.required and not c.empty]
    for column in ("sex", "relation", "labour", "basic_medical_insured", "dibao_member"):
        assert column in may_be_unknown
        share = f"SELECT avg(({column} IS NULL)::INTEGER) FROM person"
        assert 0.04 < one(usual, share) < 0.06
        assert one(clean, share) == 0


@pytest.mark.parametrize(
    "slip",
    [
        "SELECT 1 FROM person WHERE NOT id_valid",
        "SELECT 1 FROM person WHERE id_sex <> sex",
        "SELECT 1 FROM person WHERE id_birth_date <> birth_date",
        "SELECT 1 FROM person WHERE id_shared_by > 1",
        "SELECT 1 FROM person WHERE id_kind = 'other'",
        "SELECT 1 FROM person WHERE id_placeholder",
        "SELECT 1 FROM person WHERE relation = 'head' GROUP BY household_no HAVING count(*) > 1",
        "SELECT 1 FROM person WHERE relation IN ('son', 'father') AND sex = '2'",
        "SELECT 1 FROM person WHERE labour IN ('none', 'lost') AND work_months > 0",
        "SELECT 1 FROM person WHERE dibao_member AND wubao_care <> 'none'",
        "SELECT 1 FROM person WHERE schooling = 'primary' AND birth_date < 19900101",
        "SELECT 1 FROM household WHERE exited_on < registered_on",
        "SELECT 1 FROM household WHERE status = 'exited' AND exited_on IS NULL",
        "SELECT 1 FROM household WHERE dangerous_house AND house_grade IN ('A', 'B')",
        "SELECT 1 FROM household WHERE status = 'exited' AND NOT water_safe",
    ],
)
def test_slips_of_each_kind_occur_where_asked_for(
    slip: str, usual: duckdb.DuckDBPyConnection, clean: duckdb.DuckDBPyConnection
) -> None:
    assert usual.execute(slip).fetchone()
    if "water_safe" not in slip:
        assert not clean.execute(slip).fetchone()


def test_most_people_are_spelled_right_even_so(usual: duckdb.DuckDBPyConnection) -> None:
    assert 0.99 < one(usual, "SELECT avg(id_valid::INTEGER) FROM person") < 1
    assert (
        0.005
        < one(usual, "SELECT avg((id_sex <> sex OR id_birth_date <> birth_date OR NOT id_valid)::INTEGER) FROM person")
        < 0.02
    )


def test_text_never_begins_like_a_formula(tmp_path: Path) -> None:
    write_synthetic_register(tmp_path, households=2_000, seed=3, format="parquet")
    texts = [(t.name, c.name) for t in schema().tables.values() for c in t.columns.values() if c.type in ("id", "text")]
    con = duckdb.connect()
    for table, column in texts:
        begun = f"regexp_matches({column}, '^[=+@\\-\\t\\r]')"
        assert one(con, f"SELECT count(*) FROM '{tmp_path}/{table}.parquet' WHERE {begun}") == 0


def test_given_villages_are_used(tmp_path: Path) -> None:
    chosen = villages("371102009")[:5]
    write_synthetic_register(tmp_path, households=200, seed=1, villages=chosen)
    con, _ = read(tmp_path)
    assert [row[0] for row in con.execute("SELECT DISTINCT village_code FROM household ORDER BY 1").fetchall()] == [
        village.code for village in chosen
    ]


@pytest.mark.parametrize(
    "wrong",
    [
        {"households": 0},
        {"gap_rate": 0.5},
        {"error_rate": -0.1},
        {"mean_size": 9.0},
        {"ledger_years": 3},
        {"first_household": -1},
        {"as_of_year": 1990},
        {"households": 99_000_000},
    ],
)
def test_what_cannot_be_made_is_refused_in_words(wrong: dict[str, float], tmp_path: Path) -> None:
    with pytest.raises(NotMakeable, match=next(iter(wrong)).removesuffix("_household")):
        write_synthetic_register(tmp_path / "out", **{"households": 10, "seed": 1, **wrong})  # type: ignore[arg-type]
    assert not (tmp_path / "out").exists()


def test_a_register_that_is_there_is_left_alone(tmp_path: Path) -> None:
    there = tmp_path / "person.csv"
    there.write_text("kept", encoding="utf-8")
    with pytest.raises(NotMakeable, match="SYNTH_FILE_EXISTS"):
        write_synthetic_register(tmp_path, households=10, seed=1)
    assert there.read_text(encoding="utf-8") == "kept"
    assert list(tmp_path.iterdir()) == [there]


def test_a_run_that_breaks_off_leaves_nothing(tmp_path: Path) -> None:
    def stop(_: Text) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_synthetic_register(tmp_path, households=10, seed=1, progress=stop)
    assert list(tmp_path.iterdir()) == []


def test_the_demo_has_945_counted_members_in_two_subdistricts(demo: Path) -> None:
    con, report = read(demo)
    gone = "coalesce(died_on, 99991231) <= 20171231 OR coalesce(left_on, 99991231) <= 20171231"
    unborn = "coalesce(birth_date, 0) > 20171231"
    assert one(con, f"SELECT count(*) FROM person WHERE NOT ({gone}) AND NOT ({unborn})") == 945
    assert 380 <= report.counts["household"] <= 420
    townships = con.execute("SELECT DISTINCT left(village_code, 9) FROM household ORDER BY 1").fetchall()
    assert townships == [("371102008",), ("371102009",)]
    assert one(con, "SELECT count(DISTINCT village_code) FROM household") == len(home_villages())


def test_the_demo_speaks_chinese(demo: Path) -> None:
    assert sorted(path.name for path in demo.iterdir()) == sorted(f"{t.label.zh}.csv" for t in schema().tables.values())
    for table in schema().tables.values():
        data = (demo / f"{table.label.zh}.csv").read_bytes()
        assert data.startswith(b"\xef\xbb\xbf")
        header = data.decode("utf-8-sig").splitlines()[0]
        assert header.split(",") == [column.label.zh for column in table.columns.values()]
    household = (demo / "户.csv").read_text(encoding="utf-8-sig")
    assert "已脱贫" in household
    assert "因病;缺资金" in household
    assert "农村最低生活保障金" in (demo / "已享受政策.csv").read_text(encoding="utf-8-sig")


def test_the_demo_is_the_same_everywhere(demo: Path, tmp_path: Path) -> None:
    write_demo(tmp_path, policies=POLICIES)
    assert digests(demo) == digests(tmp_path)


def test_the_demo_has_gaps_and_slips(demo: Path) -> None:
    con, _ = read(demo)
    assert one(con, "SELECT count(*) FROM person WHERE labour IS NULL") > 5
    assert (
        one(con, "SELECT count(*) FROM person WHERE NOT id_valid OR id_sex <> sex OR id_birth_date <> birth_date") > 5
    )


@pytest.mark.parametrize("name", first_of(1, ["list.xlsx", "list.csv"]))
def test_a_banks_list_pays_those_on_dibao_and_its_sum_is_theirs(tmp_path: Path, name: str) -> None:
    register = tmp_path / "register"
    write_demo(register, policies=POLICIES)
    count = write_bank_list(register, tmp_path / name, policies=dict(POLICIES), year=2017, month=3)
    columns = {each: Column(each, Text(each, each), "text", required=True) for each in ("序号", "姓名", "发放金额")}
    sheet = read_loose(tmp_path / name, Table("list", Text("", ""), columns, {}), {each: each for each in columns})
    fen = [fen_from_yuan(row.cells["发放金额"]) for row in sheet.rows]
    assert (len(sheet.rows), sheet.rows[-1].cells["序号"]) == (count + 1, "合计")
    assert (sum(fen[:-1]), count > 150, min(fen) > 0) == (fen[-1], True, True)
