"""Hand regions to a Spark session in a process of its own, and show in DuckDB what it made of them."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import Any, Self

from bangfu.engine.judging import Shown, filled
from bangfu.engine.register.typing_sql import sql_type
from bangfu.engine.results.write import ordered
from bangfu.engine.snapshot.layout import TABLES, Region, file_of, stored
from bangfu.kernel.aside import PREFIX
from bangfu.kernel.errors import BrokenOff, DomainError
from bangfu.kernel.schema import ResultTable, schema
from bangfu.kernel.words import Text
from bangfu.rulebook.plan import Plan
from bangfu.rulebook.spark_sql import spark_sql

# Spark's own settings (spark-defaults.conf, PYSPARK_SUBMIT_ARGS, the environment) come before these; none means local[*].
_ENVIRONMENT = {"SPARK_DRIVER_MEMORY": "2g", "SPARK_LOCAL_IP": "127.0.0.1"}
_WORKER = ["-m", "bangfu.engine.spark.worker"]
_ENDING = 30  # seconds in which a worker lets go of its session; after that it is ended

_written = lru_cache(maxsize=64)(spark_sql)  # the same statements for every region under the same rules


class Spark:
    """One Spark session for all regions of a run; it starts with the first and ends with this context.

    Its process holds the Java machine's memory and writes the Java log to a file, so that neither troubles the run.
    """

    def __init__(self) -> None:
        """Raises DomainError where pyspark or Java is not installed."""
        if find_spec("pyspark") is None:
            raise _no_pyspark()
        java = Path(os.environ.get("JAVA_HOME", "")) / "bin" / "java"
        if not ("JAVA_HOME" in os.environ and java.exists()) and shutil.which("java") is None:
            raise _no_java()
        self._held = ExitStack()
        self._worker: subprocess.Popen[str] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._held.close()

    @contextmanager
    def judged(self, plan: Plan, shown: Shown, making: Path) -> Iterator[dict[ResultTable, str]]:
        """Judge households by a plan; inside, DuckDB queries for the plan's results, by table. Raises DomainError."""
        folder = making / "spark"
        job = {
            "tables": {table: str(shown.snapshot.path / shown.region.name / file_of(table)) for table in TABLES},
            "households": shown.households,
            "villages": list(shown.villages),
            "prepare": [[name, _written(filled(sql, plan))] for name, sql in plan.prepare],
            "results": {name: _written(_typed(name, filled(sql, plan))) for name, sql in plan.results.items()},
            "folder": str(folder.resolve()),
        }
        try:
            if "failed" in (answer := self._ask(job)):
                raise _failed(shown.region, answer["failed"])
            yield {
                name: ordered(name, schema().results[name], stored(sorted((folder / name).glob("*.parquet"))))
                for name in plan.results
            }
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def _ask(self, job: Mapping[str, Any]) -> dict[str, Any]:
        worker = self._worker or self._started()
        assert worker.stdin
        try:
            worker.stdin.write(json.dumps(job) + "\n")
            worker.stdin.flush()
        except BrokenPipeError as problem:
            raise _lost() from problem
        return _answer(worker)

    def _started(self) -> "subprocess.Popen[str]":
        folder = Path(
            self._held.enter_context(TemporaryDirectory(prefix=f"{PREFIX}spark-", ignore_cleanup_errors=True))
        )
        log = self._held.enter_context((folder / "spark.log").open("w", encoding="utf-8"))
        worker = subprocess.Popen(  # noqa: S603  # this interpreter, and a module of ours
            [sys.executable, *_WORKER],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            # What Spark leaves in the current folder shall go with this one.
            cwd=folder,
            env={**_ENVIRONMENT, "SPARK_LOCAL_DIRS": str(folder), **os.environ},
            encoding="utf-8",
            # Ctrl-C is for us to hear; the worker ends when we let go of it, however that comes about.
            start_new_session=True,
        )
        self._held.callback(_end, worker)
        if "failed" in (answer := _answer(worker)):
            raise _no_start(answer["failed"])
        self._worker = worker
        return worker


def _typed(name: ResultTable, sql: str) -> str:
    """A result's columns in their types, and what orders its rows: a file knows no column that is only NULL."""
    columns = {c.name: sql_type(c) for c in schema().results[name].columns.values()}
    if name != "assessment":
        columns["position"] = "INTEGER"
    return f"SELECT {', '.join(f'CAST({c} AS {t}) AS {c}' for c, t in columns.items())} FROM ({sql}) AS judged"


def _answer(worker: "subprocess.Popen[str]") -> dict[str, Any]:
    assert worker.stdout
    line = worker.stdout.readline()
    if not line:
        raise _lost()
    answer: dict[str, Any] = json.loads(line)
    return answer


def _end(worker: "subprocess.Popen[str]") -> None:
    assert worker.stdin
    assert worker.stdout
    try:
        worker.stdin.close()
        worker.wait(_ENDING)
    except (BrokenPipeError, subprocess.TimeoutExpired):
        worker.kill()
        worker.wait()
    finally:
        worker.stdout.close()


def _no_pyspark() -> DomainError:
    return DomainError(
        "NO_PYSPARK",
        Text(
            "没有安装 Spark。请先运行 pip install 'bangfu[spark]'（约 0.5 GB，另需 Java 17 或更新版本）；或去掉 --engine spark。",
            "Spark is not installed. Run pip install 'bangfu[spark]' first (about 0.5 GB; it needs Java 17 or newer as well), "
            "or leave out --engine spark.",
        ),
    )


def _no_java() -> DomainError:
    return DomainError(
        "NO_JAVA",
        Text(
            "找不到 Java，Spark 需要 Java 17 或更新版本。请先安装（Debian、Ubuntu：sudo apt install openjdk-17-jre-headless），"
            "或用环境变量 JAVA_HOME 指明位置；或去掉 --engine spark。",
            "Java was not found, and Spark needs Java 17 or newer. Install it (Debian, Ubuntu: sudo apt install "
            "openjdk-17-jre-headless), or say where it is with JAVA_HOME; or leave out --engine spark.",
        ),
    )


def _no_start(why: str) -> DomainError:
    return DomainError(
        "SPARK_NOT_STARTED",
        Text(
            f"Spark 未能启动（需要 Java 17 或更新版本）：{why}。可去掉 --engine spark 用内置引擎评估。",
            f"Spark did not start (it needs Java 17 or newer): {why}. Without --engine spark the built-in engine assesses.",
        ),
    )


def _failed(region: Region, why: str) -> BrokenOff:
    return BrokenOff(
        "SPARK_FAILED",
        Text(f"Spark 评估地区 {region.name} 时出错：{why}。", f"Spark failed on region {region.name}: {why}."),
    )


def _lost() -> BrokenOff:
    return BrokenOff(
        "SPARK_LOST",
        Text(
            "Spark 的进程中途结束了，多半是内存不足；可用环境变量 SPARK_DRIVER_MEMORY 调整（默认 2g）。",
            "Spark's process ended before its work was done, most likely for want of memory; "
            "SPARK_DRIVER_MEMORY in the environment sets how much it takes (2g).",
        ),
    )
