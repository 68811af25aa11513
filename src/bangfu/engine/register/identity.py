"""SQL for what an ID or disability-card number tells: kind, date, sex, category, grade, and whether it can be right."""

from bangfu.kernel.id_numbers import CARDS, CHECKS, PLACEHOLDER, RESIDENT, WEIGHTS
from bangfu.kernel.schema import Schema


def numbered_sql(source: str) -> str:
    """The persons of `source` with `id_number` in upper case and what the expressions of `derived_sql` share.

    `id_digits` are the first 17 characters as a number where the ID has the right shape, `id_day` the date in it,
    `shared_by` how many persons have the same ID.
    """
    # Counted apart and joined: a window would drag every column of the person along. Few IDs are shared.
    shared = f"""
        SELECT left(upper(id_number), {RESIDENT}) AS shared, count(*)::INTEGER AS shared_by
        FROM {source} WHERE id_number IS NOT NULL GROUP BY 1 HAVING count(*) > 1
    """
    return f"""(
        SELECT * REPLACE (CASE WHEN {_is_day("id_day")} THEN id_day END AS id_day) FROM (
            SELECT *, {_day_digits()} AS id_day FROM (
                SELECT *, {_digits()} AS id_digits FROM (SELECT * REPLACE (upper(id_number) AS id_number) FROM {source})
            )
        ) p LEFT JOIN ({shared}) s ON s.shared = left(p.id_number, {RESIDENT})
    )"""


def derived_sql(contract: Schema) -> dict[str, str]:
    """An expression for each derived person column, over the rows of `numbered_sql`; NULL without a number."""
    person = contract.tables["person"]
    codes = {name: contract.codes[person.derived[name].codes] for name in ("id_category", "id_grade")}
    return {
        "id_kind": f"CASE WHEN {_length()} = {RESIDENT} THEN 'resident' WHEN {_is_card()} THEN 'disability_card' "
        "WHEN id_number IS NOT NULL THEN 'other' END",
        "id_valid": f"CASE WHEN id_digits IS NOT NULL THEN {_check_sql()} WHEN {_has_id()} THEN false END",
        "id_birth_date": "id_day",
        "id_sex": f"CASE WHEN {_has_id()} THEN CASE WHEN {_character(17)} IN ('1', '3', '5', '7', '9') THEN '1' "
        f"WHEN {_character(17)} IN ('0', '2', '4', '6', '8') THEN '2' END END",
        "id_category": _card_code_sql(RESIDENT + 1, list(codes["id_category"])),
        "id_grade": _card_code_sql(RESIDENT + 2, list(codes["id_grade"])),
        "id_placeholder": f"starts_with(id_number, '{PLACEHOLDER}')",
        "id_shared_by": "CASE WHEN id_number IS NOT NULL THEN coalesce(shared_by, 1) END",
    }


def _length() -> str:
    return "length(id_number)"


def _is_card() -> str:
    return f"{_length()} IN ({', '.join(map(str, CARDS))})"


def _has_id() -> str:
    return f"({_length()} = {RESIDENT} OR {_is_card()})"


def _character(place: int) -> str:
    return f"substr(id_number, {place}, 1)"


def _digits() -> str:
    # Seventeen digits fit a 64-bit integer; taking them out of it is several times as fast as out of the text.
    return (
        f"CASE WHEN {_has_id()} AND regexp_full_match(left(id_number, {RESIDENT}), '[0-9]{{{RESIDENT - 1}}}[0-9X]') "
        f"THEN TRY_CAST(left(id_number, {RESIDENT - 1}) AS BIGINT) END"
    )


def _day_digits() -> str:
    """Characters 7 to 14 as an integer, where there is an ID and they are digits; the rest of it may be damaged."""
    digits = "substr(id_number, 7, 8)"
    return (
        f"CASE WHEN id_digits IS NOT NULL THEN (id_digits // 1000 % 100000000)::INTEGER "
        f"WHEN {_has_id()} AND regexp_full_match({digits}, '[0-9]{{8}}') THEN TRY_CAST({digits} AS INTEGER) END"
    )


def _is_day(day: str) -> str:
    """Whether an integer such as 19560229 is a day of the calendar, from year 1 on."""
    year, month = f"({day} // 10000)", f"({day} // 100 % 100)"
    leap = f"({year} % 4 = 0 AND {year} % 100 <> 0 OR {year} % 400 = 0)"
    last = f"CASE WHEN {month} = 2 THEN CASE WHEN {leap} THEN 29 ELSE 28 END WHEN {month} IN (4, 6, 9, 11) THEN 30 ELSE 31 END"
    return f"{year} >= 1 AND {month} BETWEEN 1 AND 12 AND {day} % 100 BETWEEN 1 AND {last}"


def _check_sql() -> str:
    last = RESIDENT - 2
    total = " + ".join(f"id_digits // {10 ** (last - place)} % 10 * {weight}" for place, weight in enumerate(WEIGHTS))
    return f"substr('{CHECKS}', (({total}) % 11 + 1)::INTEGER, 1) = {_character(RESIDENT)}"


def _card_code_sql(place: int, codes: list[str]) -> str:
    listed = ", ".join(f"'{code}'" for code in codes)
    digit = _character(place)
    return f"CASE WHEN {_is_card()} AND {digit} IN ({listed}) THEN {digit} END"
