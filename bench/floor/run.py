"""The physical floor of `assessment`: scan the needed columns of a snapshot, one compiled kernel, write the result.

    python bench/floor/run.py SNAPSHOT OUT

Nothing can be asked of it but this one table for 31 December 2017. See README.md.
"""

import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

import kernel
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

T = TypeVar("T")

# The figures of the ledger by the items that make them up; the last two are costs less what was paid towards them.
FIGURES: dict[str, tuple[str, ...]] = {
    "wage": ("wage_local", "wage_away", "wage_post"),
    "business": ("crop", "livestock", "other_business"),
    "property": ("rent", "interest", "dividend", "expropriation", "other_property"),
    "transfer": (
        "retirement",
        "dibao_pay",
        "wubao_pay",
        "education_subsidy",
        "family_planning",
        "disability_subsidy",
        "elderly_allowance",
        "ecological",
        "agricultural",
        "relief",
        "support",
        "remittance",
        "donation",
        "other_transfer",
    ),
    "pension": ("pension",),
    "land_loss": ("land_loss_insurance",),
    "business_expense": ("inputs", "living", "depreciation", "tax_and_fees", "other_expense"),
    "rigid_education": ("education_cost", "education_aid"),
    "rigid_medical": (
        "medical_cost",
        "medical_reimbursed",
        "medical_supplementary",
        "medical_waived",
        "medical_aid_paid",
    ),
}
RIGID = ("rigid_education", "rigid_medical")
COSTS = ("education_cost", "medical_cost")
MEDICAL = FIGURES["rigid_medical"]
MONEY = pa.decimal64(18, 2)


def each(threads: Executor, file: Path, columns: Sequence[str], work: Callable[[pa.Table], T]) -> Iterator[T]:
    """Work on each row group of a Parquet file, one thread a row group; answers come in the order of the file."""
    metadata = pq.read_metadata(file)
    coded = [name for name in columns if name in kernel.CODES]

    def one(group: int) -> T:
        # A reader for each thread: pyarrow's are not made to be shared.
        reader = pq.ParquetFile(file, metadata=metadata, read_dictionary=coded, memory_map=True)
        return work(reader.read_row_group(group, columns=list(columns), use_threads=False))

    return threads.map(one, range(metadata.num_row_groups))


def whole(table: pa.Table, name: str) -> pa.Array:
    column = table[name]
    return column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()


def frozen(array: Any) -> Any:
    """Not writable, as Arrow's own buffers are: for each mixture of the two the kernel would be compiled anew."""
    array.flags.writeable = False
    return array


def known(array: pa.Array) -> kernel.Bits:
    """The validity bits, also where Arrow leaves them out because nothing is missing."""
    assert array.offset == 0
    bits = array.buffers()[0]
    return frozen(np.frombuffer(bits, np.uint8) if bits else np.full(bytes_of_bits(len(array)), 0xFF, np.uint8))


def values(array: pa.Array) -> Any:
    kind = np.uint8 if pa.types.is_boolean(array.type) else array.type.to_pandas_dtype()
    return frozen(np.frombuffer(array.buffers()[1], kind)[: len(array)])


def bytes_of_bits(count: int) -> int:
    return (count + 7) // 8


def column(table: pa.Table, name: str) -> Any:
    """A column as the kernel takes it."""
    array = whole(table, name)
    if name in kernel.CODES:
        numbers = [kernel.CODES[name].get(word, kernel.NO_CASH) for word in array.dictionary.to_pylist()]
        return kernel.Codes(values(array.indices), known(array.indices), np.array(numbers or [0], np.int8))
    if pa.types.is_boolean(array.type):
        return kernel.Flags(values(array), known(array))
    return kernel.Numbers(values(array), known(array))


def columns(kind: Any, table: pa.Table) -> Any:
    """All the columns that one of the kernel's tuples names; its numbers are never empty and come as they are."""
    return kind(*(column(table, n).values if n.endswith("_no") else column(table, n) for n in kind._fields))


def judge_region(folder: Path, threads: Executor) -> Iterator[pa.Table]:
    """The assessment of one region, a table for each row group of its households."""
    names = ("household_id", *kernel.Households._fields)
    households = list(each(threads, folder / "household.parquet", names, lambda table: table))
    first = households[0]["household_no"][0].as_py()
    homes = make_homes(sum(table.num_rows for table in households))
    for table in households:
        kernel.find_registered(columns(kernel.Households, table), first, homes)
    add_ledger(folder, threads, first, homes)
    judge_persons(folder, threads, gather(folder, threads, first), homes)
    return threads.map(lambda table: assessed(table, first, homes), households)


def add_ledger(folder: Path, threads: Executor, first: int, homes: kernel.Homes) -> None:
    """The figures of each household, and whether it has told its income: a row outside the rigid group does."""
    told_of_rigid = np.zeros_like(homes.settled)

    def add(table: pa.Table) -> None:
        places = of_the_year(table, "household_no", first, len(homes.members))
        for sums, (figure, items) in zip(homes.figures, FIGURES.items(), strict=True):
            told = told_of_rigid if figure in RIGID else homes.settled
            for item in items:
                sign = -1 if figure in RIGID and item not in COSTS else 1
                kernel.add_item(places, column(table, item), sums, sign, told)

    items = [item for group in FIGURES.values() for item in group]
    finish(each(threads, folder / "ledger_by_household.parquet", ("household_no", "year", *items), add))


def gather(folder: Path, threads: Executor, first: int) -> kernel.Region:
    """The receipts, and the persons' own medical costs."""
    file = folder / "person.parquet"
    first_person = next(pq.ParquetFile(file).iter_batches(1, columns=["person_no"]))[0][0].as_py()
    count = pq.read_metadata(file).num_rows
    burden, self_paid = np.zeros((2, count + 1), np.int64)
    told = np.zeros(count + 1, np.uint8)

    def add(table: pa.Table) -> None:
        places = of_the_year(table, "person_no", first_person, count)
        for item in MEDICAL:
            amount, sign = column(table, item), 1 if item in COSTS else -1
            kernel.add_item(places, amount, burden, sign, told)
            if item in ("medical_cost", "medical_reimbursed"):
                kernel.add_item(places, amount, self_paid, sign, told)

    names = ("household_no", "person_no", "policy_id", "year", "amount")
    receipts = each(threads, folder / "receipt.parquet", names, keep_receipts)
    finish(each(threads, folder / "ledger_by_person.parquet", ("person_no", "year", *MEDICAL), add))
    every = kernel.Receipts(*(np.concatenate(parts) for parts in zip(*receipts, strict=True)))
    return kernel.Region(first, first_person, every, burden, self_paid)


def judge_persons(folder: Path, threads: Executor, region: kernel.Region, homes: kernel.Homes) -> None:
    def judge(table: pa.Table, start: int, stop: int) -> None:
        kernel.judge_persons(start, stop, columns(kernel.Persons, table), region, homes)

    def judge_whole(table: pa.Table) -> tuple[pa.Table, pa.Table]:
        """Judge the households that lie in the row group whole; hand back its first and its last, which may not."""
        of = values(whole(table, "household_no"))
        start, stop = np.searchsorted(of, (of[0] + 1, of[-1]))
        if start > stop:
            return table, table.slice(0, 0)
        judge(table, start, stop)
        return table.slice(0, start), table.slice(stop)

    pairs = each(threads, folder / "person.parquet", kernel.Persons._fields, judge_whole)
    # The ends of two row groups together make whole households again.
    ends = pa.concat_tables([end for pair in pairs for end in pair]).unify_dictionaries().combine_chunks()
    judge(ends, 0, ends.num_rows)


def of_the_year(table: pa.Table, number: str, first: int, nowhere: int) -> Any:
    return kernel.of_the_year(values(whole(table, "year")), values(whole(table, number)), first, nowhere)


def make_homes(count: int) -> kernel.Homes:
    numbers = np.zeros((5, count), np.int64)
    return kernel.Homes(
        registered=np.zeros(count, np.uint16),
        settled=np.zeros(count + 1, np.uint8),
        figures=np.zeros((len(FIGURES), count + 1), np.int64),
        members=np.zeros(count, np.int32),
        surely=np.zeros(count, np.uint8),
        possibly=np.zeros(count, np.uint8),
        annual=numbers[0],
        once=numbers[1],
        missing=numbers[2],
        paid_for_repair=numbers[3],
        paid_for_rebuilding=numbers[4],
    )


def keep_receipts(table: pa.Table) -> Any:
    household_no, year, amount = (values(whole(table, name)) for name in ("household_no", "year", "amount"))
    return kernel.keep_receipts(household_no, column(table, "person_no"), column(table, "policy_id"), year, amount)


def finish(work: Iterable[None]) -> None:
    for _ in work:
        pass


def assessed(household: pa.Table, first: int, homes: kernel.Homes) -> pa.Table:
    """The result of the households of one row group."""
    count = household.num_rows
    size = bytes_of_bits(count)

    def verdicts() -> kernel.Verdicts:
        return kernel.Verdicts(np.zeros(size, np.uint8), np.zeros(size, np.uint8))

    out = kernel.Assessed(
        np.empty(count, np.int64),
        np.zeros(count, np.int64),
        np.zeros(size, np.uint8),
        np.zeros(size, np.uint8),
        *(verdicts() for _ in range(6)),
    )
    kernel.judge_households(columns(kernel.Households, household), first, homes, out)
    begin = household["household_no"][0].as_py() - first
    here = slice(begin, begin + count)

    def money(fen: kernel.Fen, bits: kernel.Bits | None = None) -> pa.Array:
        valid = None if bits is None else pa.py_buffer(bits)
        return pa.Array.from_buffers(MONEY, count, [valid, pa.py_buffer(fen)])

    def yes_no(verdict: kernel.Verdicts) -> pa.Array:
        return pa.Array.from_buffers(pa.bool_(), count, [pa.py_buffer(verdict.known), pa.py_buffer(verdict.values)])

    figures = {name: money(sums[here], out.settled) for name, sums in zip(FIGURES, homes.figures, strict=True)}
    rigid = {name: figures.pop(name) for name in RIGID}
    return pa.table(
        {
            "household_id": household["household_id"],
            "members": pa.Array.from_buffers(pa.int32(), count, [None, pa.py_buffer(homes.members[here])]),
            **figures,
            "net_income": money(out.net_income, out.settled),
            "net_income_per_capita": money(out.per_capita, out.per_capita_known),
            "poverty_line": money(np.full(count, kernel.LINE, np.int64)),
            "below_line": yes_no(out.below_line),
            "food": household["food_secure"],
            "clothing": household["clothing_secure"],
            "education": yes_no(out.education),
            "medical": yes_no(out.medical),
            "housing": yes_no(out.housing),
            "water": household["water_safe"],
            "meets_entry": yes_no(out.meets_entry),
            "meets_exit": yes_no(out.meets_exit),
            **rigid,
            "entitled_annual": money(homes.annual[here]),
            "entitled_once": money(homes.once[here]),
            "missing_amount": money(homes.missing[here]),
        }
    )


def write(tables: Iterable[pa.Table], file: Path) -> None:
    writer = None
    for table in tables:
        # What pyarrow writes fastest short of writing twice the bytes: snappy, no dictionaries, no statistics.
        writer = writer or pq.ParquetWriter(
            file,
            table.schema,
            compression="snappy",
            use_dictionary=False,
            write_statistics=False,
            store_decimal_as_integer=True,
        )
        writer.write_table(table)
    if writer:
        writer.close()


def main(snapshot: Path, out: Path) -> None:
    out.mkdir(parents=True, exist_ok=True)
    with ThreadPoolExecutor(os.cpu_count()) as threads, ThreadPoolExecutor(1) as writer:
        writing = None
        for file in sorted(snapshot.glob("*/household.parquet")):
            region = file.parent
            tables = judge_region(region, threads)
            # While one region is written the next is judged, and no more than that is held.
            if writing:
                writing.result()
            writing = writer.submit(write, tables, out / f"{region.name}.parquet")
        if writing:
            writing.result()


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
