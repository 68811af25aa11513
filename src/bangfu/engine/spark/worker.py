"""The process that holds the Spark session: reads a job a line from its input, and answers each with a line.

It knows nothing of rules: a job names the files of a region, the statements, and the folder for what comes out.
"""

import json
import os
import sys
import threading
import traceback
from queue import Queue
from typing import IO, Any

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.functions import col

_RULES = "org.apache.spark.sql.catalyst.optimizer"
_SETTINGS = {
    "spark.app.name": "bangfu",
    # An integer that overflows, or a list read beyond its end, is an error, as in DuckDB.
    "spark.sql.ansi.enabled": "true",
    # A condition moved below the layer that makes its columns is written out in terms of what they are made of. Our columns stand
    # in layers just so that nothing is worked out twice: written out, a condition outgrows the memory.
    "spark.sql.optimizer.excludedRules": f"{_RULES}.PushDownPredicates,{_RULES}.PushPredicateThroughNonJoin",
    # What follows of every column from every other is of no use here, and takes minutes to find.
    "spark.sql.constraintPropagation.enabled": "false",
    # Every statement's plan is told to listeners in words, though none of ours reads them; this is the shortest form.
    "spark.sql.ui.explainMode": "simple",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
}
_GLOB = str.maketrans({c: f"\\{c}" for c in "\\{}[]*?"})


def main() -> None:
    # Whatever Python or Java prints belongs into the log; the answers go where our output went.
    with os.fdopen(os.dup(1), "w", encoding="utf-8") as answers:
        os.dup2(2, 1)
        jobs: Queue[str] = Queue()
        busy = threading.Event()
        busy.set()
        threading.Thread(target=_listen, args=(jobs, busy), daemon=True).start()
        try:
            spark = _session()
        except Exception as problem:  # noqa: BLE001  # told to whom it may concern
            _say(answers, _failure(problem))
            return
        _say(answers, {"spark": spark.version})
        busy.clear()
        while job := jobs.get():
            busy.set()
            _say(answers, _done(spark, json.loads(job)))
            busy.clear()
        spark.stop()


def _listen(jobs: "Queue[str]", busy: threading.Event) -> None:
    """Our input ends with whoever gives the jobs. What is being done then is of no use to anybody; Java ends with us."""
    for line in sys.stdin:
        jobs.put(line)
    if busy.is_set():
        os._exit(1)
    jobs.put("")


def _session() -> SparkSession:
    builder = SparkSession.builder
    for name, value in _SETTINGS.items():
        builder = builder.config(name, value)
    spark = builder.getOrCreate()
    # A region is small beside a cluster's tables: as many parts as there are cores, and not two hundred.
    spark.conf.set("spark.sql.shuffle.partitions", str(spark.sparkContext.defaultParallelism))
    return spark


def _done(spark: SparkSession, job: dict[str, Any]) -> dict[str, Any]:
    try:
        _judge(spark, job)
    except Exception as problem:  # noqa: BLE001  # the job ends here; whoever gave it is told
        return _failure(problem)
    return {}


def _judge(spark: SparkSession, job: dict[str, Any]) -> None:
    household = _read(spark, job, "household")
    if job["villages"]:
        household = household.where(col("village_code").isin(job["villages"]))
    for table in job["tables"]:
        rows = household if table == "household" else _read(spark, job, table)
        if job["villages"] and table != "household":
            rows = rows.join(household.select("household_no"), "household_no", "left_semi")
        rows.createOrReplaceTempView(table)
    for name, sql in job["prepare"]:
        # Written out and not kept in memory: the statements after it then see a plain table, and the memory is bounded.
        _write(spark, sql, f"{job['folder']}/{name}")
        spark.read.parquet(_plain(f"{job['folder']}/{name}")).createOrReplaceTempView(name)
    for name, sql in job["results"].items():
        _write(spark, sql, f"{job['folder']}/{name}")


def _write(spark: SparkSession, sql: str, path: str) -> None:
    # Not in a part for each of some forty policies, all of which have the whole statement sent to them.
    spark.sql(sql).coalesce(spark.sparkContext.defaultParallelism).write.parquet(path)


def _read(spark: SparkSession, job: dict[str, Any], table: str) -> DataFrame:
    first, last = job["households"]
    return spark.read.parquet(_plain(job["tables"][table])).where(col("household_no").between(first, last))


def _plain(path: str) -> str:
    """A path that is meant as it stands, whatever the folders are called."""
    return path.translate(_GLOB)


def _failure(problem: Exception) -> dict[str, str]:
    traceback.print_exception(problem)
    said = (line.strip() for line in str(problem).splitlines())
    return {"failed": next((line for line in said if line), type(problem).__name__)[:500].rstrip(".。")}


def _say(answers: IO[str], answer: dict[str, Any]) -> None:
    answers.write(json.dumps(answer) + "\n")
    answers.flush()


if __name__ == "__main__":
    main()
