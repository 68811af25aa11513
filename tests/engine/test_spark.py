"""Spark judges as DuckDB does: the same cells of the same households, nulls included. One Java machine serves them all."""

import json
import shutil
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

from bangfu.engine import one_by_one, pieces
from bangfu.engine.duck import open_engine
from bangfu.engine.judging import Shown
from bangfu.engine.regions import assess_snapshot
from bangfu.engine.request import Wanted
from bangfu.engine.results import Format, Target
from bangfu.engine.snapshot import Snapshot
from bangfu.engine.snapshot.layout import TABLES, Region, file_of
from bangfu.engine.spark import session
from bangfu.engine.spark.session import Spark
from bangfu.kernel.schema import RESULT_TABLES
from bangfu.rulebook.plan import Plan, compile_plan
from tests.cli.cast import layer, manifest_of, names_in
from tests.cli.test_against_oracle import write
from tests.engine.test_regions import LOCAL, cells, few_rules, refusal, request, run, scattered, snapshot_of
from tests.oracle.registers import Case, random_case
from tests.rulebook.backends import Results, by_sql, differences, tables_in, typed
from tests.rulebook.test_agreement import ASSESSMENT, ENTITLEMENT, rules_of

pytestmark = pytest.mark.skipif(
    shutil.which("java") is None,
    reason="2026-11-23: no Java here; Spark needs Java 17 or newer, as CI machines have",
)


# What nearly all classes come from: Java looks for each in one archive after the other, and there are hundreds.
FIRST = (
    "spark-catalyst_*",
    "spark-sql_2*",
    "scala-library*",
    "spark-core_*",
    "spark-sql-api_*",
    "antlr4*",
    "hadoop-client-api*",
)


def first_archives() -> str:
    pyspark = find_spec("pyspark")
    folder = Path(pyspark.origin).with_name("jars") if pyspark and pyspark.origin else Path()
    return ":".join(str(path) for name in FIRST for path in sorted(folder.glob(f"{name}.jar")))


# Statements as large as ours, each of them run once over a few rows: to compile them well, or to cut them up, never pays, and with little
# memory much of the time goes to making room.
MACHINE = (
    f'--master local[1] --driver-memory 4g --driver-class-path "{first_archives()}" --driver-java-options "-XX:TieredStopAtLevel=1 -XX:+UseParallelGC -Xms3g -Xmn1500m"'
    " --conf spark.sql.codegen.wholeStage=false --conf spark.sql.codegen.factoryMode=NO_CODEGEN"
    " --conf spark.sql.adaptive.enabled=false --conf spark.sql.autoBroadcastJoinThreshold=-1 pyspark-shell"
)


@pytest.fixture(scope="module")
def spark() -> Iterator[Spark]:
    with pytest.MonkeyPatch.context() as patch, Spark() as spark:
        patch.setenv("PYSPARK_SUBMIT_ARGS", MACHINE)
        yield spark


@pytest.fixture(scope="module")
def untouched() -> Iterator[Spark]:
    """As whoever runs it has it: statements compiled to Java, on all cores."""
    with pytest.MonkeyPatch.context() as patch, Spark() as spark:
        patch.delenv("PYSPARK_SUBMIT_ARGS", raising=False)
        yield spark


def by_spark(spark: Spark, case: Case, plan: Plan, folder: Path) -> Results:
    """What Spark makes of a case's register, read from files as those of a snapshot's region."""
    con = open_engine()
    tables_in(con, typed(case.register))
    (folder / "37").mkdir(parents=True)
    for table in TABLES:
        con.execute(f"COPY {table} TO '{folder}/37/{file_of(table)}' (FORMAT parquet)")
    households = len(case.register["household"])
    region = Region("37", "37", 0, households - 1, 0, 0, (), {})
    shown = Shown(Snapshot(folder, {}, (region,)), region, (0, households - 1))
    with spark.judged(plan, shown, folder) as results:
        return {
            name: [dict(zip(con.sql(q).columns, row, strict=True)) for row in con.sql(q).fetchall()]
            for name, q in results.items()
        }


def spark_against_duckdb(spark: Spark, case: Case, folder: Path, *, relevant: bool) -> list[str]:
    rules = rules_of(case)
    plan = compile_plan(rules, relevant=relevant)
    one, other = by_spark(spark, case, plan, folder), by_sql(typed(case.register), rules, plan=plan)
    return [
        *differences(one["assessment"], other["assessment"], ASSESSMENT),
        *differences(one["entitlement"], other["entitlement"], ENTITLEMENT),
        *differences(one["finding"], other["finding"], ["severity", "message"]),
    ]


@pytest.mark.parametrize(("seed", "relevant"), [(1, True), pytest.param(2, False, marks=pytest.mark.long)])
def test_spark_agrees_with_duckdb_on_a_hostile_register(
    spark: Spark, tmp_path: Path, seed: int, relevant: bool
) -> None:
    case = random_case(seed, 150, contested=seed % 2 == 1)
    assert spark_against_duckdb(spark, case, tmp_path, relevant=relevant) == []


@pytest.mark.long
@pytest.mark.parametrize("seed", range(2000, 2020))
def test_spark_agrees_with_duckdb_on_many_hostile_registers(untouched: Spark, tmp_path: Path, seed: int) -> None:
    case = random_case(seed, 300, contested=seed % 2 == 1)
    assert spark_against_duckdb(untouched, case, tmp_path, relevant=seed % 4 > 1) == []


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of three regions, one of which has places with rules of their own; in a folder that looks like a pattern."""
    folder = tmp_path_factory.mktemp("spark [2017] {1}")
    write(folder / "register", scattered(31, 20))
    return snapshot_of(folder / "register", folder / "snapshot")


@pytest.mark.long
@pytest.mark.parametrize("form", ["parquet", "csv"])
def test_the_files_of_both_have_the_same_names_types_and_cells(
    spark: Spark, snapshot: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, form: Format
) -> None:
    monkeypatch.setattr(pieces, "PORTION", 7)
    monkeypatch.setattr(one_by_one, "FEW", 0)
    rules = [layer(tmp_path / "local", {"parameters/local.yaml": LOCAL})]
    out = Target(tmp_path / "spark", form)
    with few_rules():
        whole = run(snapshot, tmp_path / "duckdb", form, rules=rules, place="37")
        mine = assess_snapshot(
            request(snapshot, rules=rules, place="37"),
            out,
            Wanted(),
            resume=False,
            progress=lambda _: None,
            spark=spark,
        )
    assert {t: cells(out.path, t) for t in RESULT_TABLES} == {t: cells(whole.written, t) for t in RESULT_TABLES}
    files = [names_in(out.path / table) for table in RESULT_TABLES]
    assert files == [names_in(whole.written / table) for table in RESULT_TABLES]
    assert f"3711-002.2.{form}" in files[0]
    assert mine.summary == whole.summary
    told, wanted = manifest_of(out.path), manifest_of(whole.written)
    assert {**told, "files": ()} == {**wanted, "files": ()}


def test_a_region_on_which_spark_fails_is_named_and_the_others_are_kept(
    spark: Spark, snapshot: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = Target(tmp_path / "out", "csv")
    wanted = Wanted(("finding",))
    once = session.Spark.judged

    def failing(self: Spark, plan: Plan, shown: Shown, making: Path) -> object:
        broken = Plan(
            (("overflowing", "SELECT 2147483647 + CAST(household_no + 1 AS INTEGER) AS n FROM household"),), {}, {}
        )
        return once(self, broken if shown.region.name == "3711" else plan, shown, making)

    with few_rules(), monkeypatch.context() as patch:
        patch.setattr(session.Spark, "judged", failing)
        problem = refusal(
            lambda: assess_snapshot(
                request(snapshot, place="37"), target, wanted, resume=False, progress=lambda _: None, spark=spark
            )
        )
    assert problem.code == "SPARK_FAILED"
    assert "3711" in problem.text.zh
    assert "OVERFLOW" in problem.text.en
    assert "--resume" in problem.text.en
    assert [path.stem for path in (target.partial / "done").iterdir()] == ["3701"]
    with few_rules():
        asked = request(snapshot, place="37")
        assess_snapshot(asked, target, wanted, resume=True, progress=lambda _: None, spark=spark)
        run(snapshot, tmp_path / "duckdb", tables=("finding",), place="37")
    assert cells(target.path, "finding") == cells(tmp_path / "duckdb", "finding")


def test_a_worker_that_is_ended_is_told_of(snapshot: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "_WORKER", ["-c", "print('{}', flush=True)"])
    target = Target(tmp_path / "out", "csv")
    with few_rules(), Spark() as ended:
        problem = refusal(
            lambda: assess_snapshot(
                request(snapshot), target, Wanted(), resume=False, progress=lambda _: None, spark=ended
            )
        )
    assert problem.code == "SPARK_LOST"
    assert not target.path.exists()
    assert not target.partial.exists()


def test_a_session_that_does_not_start_says_why(
    snapshot: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = json.dumps({"failed": "no such machine"})
    monkeypatch.setattr(session, "_WORKER", ["-c", f"print({answer!r}, flush=True)"])
    with few_rules(), Spark() as unstarted:
        problem = refusal(
            lambda: assess_snapshot(
                request(snapshot),
                Target(tmp_path / "out", "csv"),
                Wanted(),
                resume=False,
                progress=lambda _: None,
                spark=unstarted,
            )
        )
    assert problem.code == "SPARK_NOT_STARTED"
    assert "no such machine" in problem.text.en
