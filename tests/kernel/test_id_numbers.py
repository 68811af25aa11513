"""One number read at a desk and a whole register read in SQL tell the same."""

import duckdb
from hypothesis import example, given
from hypothesis import strategies as st

from bangfu.engine.register.identity import derived_sql, numbered_sql
from bangfu.kernel.days import day_from_date
from bangfu.kernel.id_numbers import CHECKS, WEIGHTS, read_id_number
from bangfu.kernel.schema import schema


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


@given(number=numbers)
@example(number="37110219560229001X")
@example(number="371102190002290019")
@example(number="99999919600101001X")
def test_python_and_sql_tell_the_same_of_a_number(number: str) -> None:
    told = read_id_number(number)
    with duckdb.connect() as con:
        con.execute("CREATE TABLE person AS SELECT ?::VARCHAR AS id_number", [number])
        derived = derived_sql(schema())
        sql = ", ".join(f"{derived[name]} AS {name}" for name in derived)
        (row,) = con.execute(f"SELECT {sql} FROM {numbered_sql('person')}").fetchall()
    found = dict(zip(derived, row, strict=True))
    assert found.pop("id_shared_by") == 1
    assert found == {
        "id_kind": told.kind,
        "id_valid": told.valid,
        "id_birth_date": told.birth_date and day_from_date(told.birth_date),
        "id_sex": told.sex,
        "id_category": told.category,
        "id_grade": told.grade,
        "id_placeholder": told.placeholder,
    }
