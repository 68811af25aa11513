"""One number read at a desk and a whole register read in SQL tell the same."""

from collections import Counter

import duckdb
from hypothesis import example, given
from hypothesis import strategies as st

from bangfu.engine.register.identity import derived_sql, numbered_sql
from bangfu.kernel.days import day_from_date
from bangfu.kernel.id_numbers import CHECKS, RESIDENT, WEIGHTS, read_id_number
from bangfu.kernel.schema import schema
from tests.examples import few


def right(digits: str) -> str:
    return digits + CHECKS[sum(int(d) * w for d, w in zip(digits, WEIGHTS, strict=True)) % 11]


digits_17 = st.text("0123456789", min_size=17, max_size=17)
plausible = st.builds(
    lambda area, day, serial: right(f"{area}{day.isoformat().replace('-', '')}{serial:03d}"),
    st.sampled_from(["371102", "999999"]),
    st.dates(),
    st.integers(0, 999),
)
numbers = st.one_of(
    plausible,
    st.builds(lambda number, tail: number + tail, plausible, st.sampled_from(["11", "74", "89", "11B1", "4X"])),
    digits_17.map(lambda digits: digits + "X"),
    st.text("0123456789XY", min_size=1, max_size=24),
)


def told_in_sql(told: list[str]) -> list[dict[str, object]]:
    """What SQL makes of the numbers of as many persons, in their order."""
    with duckdb.connect() as con:
        con.execute("CREATE TABLE person AS SELECT * FROM (SELECT unnest(?::VARCHAR[]) AS id_number)", [told])
        con.execute("ALTER TABLE person ADD COLUMN place INTEGER")
        con.execute("UPDATE person SET place = rowid")
        derived = derived_sql(schema())
        sql = ", ".join(f"{derived[name]} AS {name}" for name in derived)
        rows = con.execute(f"SELECT {sql} FROM {numbered_sql('person')} ORDER BY place").fetchall()
    return [dict(zip(derived, row, strict=True)) for row in rows]


def told_at_a_desk(number: str) -> dict[str, object]:
    told = read_id_number(number)
    return {
        "id_kind": told.kind,
        "id_valid": told.valid,
        "id_birth_date": told.birth_date and day_from_date(told.birth_date),
        "id_sex": told.sex,
        "id_category": told.category,
        "id_grade": told.grade,
        "id_placeholder": told.placeholder,
    }


# Planning the statement is what takes time, so that many are asked about at once.
@few(15)
@given(told=st.lists(numbers, min_size=10, max_size=60))
@example(told=["37110219560229001X", "371102190002290019", "99999919600101001X"])
@example(told=["37110219560229001X", "37110219560229001x11", "371102190002290019"])
def test_python_and_sql_tell_the_same_of_a_number(told: list[str]) -> None:
    shared = Counter(number.upper()[:RESIDENT] for number in told)
    assert told_in_sql(told) == [
        {**told_at_a_desk(number), "id_shared_by": shared[number.upper()[:RESIDENT]]} for number in told
    ]
