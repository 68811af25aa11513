"""SQL for what an ID or disability-card number tells: kind, date, sex, category, grade, and whether it can be right."""

from bangfu.kernel.schema import Schema

RESIDENT = 18
CARDS = (20, 22)
# Numbers given to people without papers begin so; they are nobody's real number.
PLACEHOLDER = "999999"
# GB 11643: the weighted sum of the first 17 digits modulo 11 picks the check character.
WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
CHECKS = "10X98765432"


def numbered_sql(source: str) -> str:
    """The persons of `source` with `id_number` in upper case and `shared_by`, how many persons have the same ID."""
    persons = f"SELECT * REPLACE (upper(id_number) AS id_number) FROM {source}"
    # Counted apart and joined: a window would drag every column of the person along.
    shared = (
        f"SELECT left(upper(id_number), {RESIDENT}) AS shared, count(*)::INTEGER AS shared_by FROM {source} GROUP BY 1"
    )
    return f"(SELECT * FROM ({persons}) p LEFT JOIN ({shared}) s ON s.shared = left(p.id_number, {RESIDENT})) AS t"


def derived_sql(contract: Schema) -> dict[str, str]:
    """An expression for each derived person column, over the rows of `numbered_sql`; NULL without a number."""
    person = contract.tables["person"]
    codes = {name: contract.codes[person.derived[name].codes] for name in ("id_category", "id_grade")}
    return {
        "id_kind": f"CASE WHEN {_length()} = {RESIDENT} THEN 'resident' WHEN {_is_card()} THEN 'disability_card' "
        "WHEN id_number IS NOT NULL THEN 'other' END",
        "id_valid": f"CASE WHEN {_has_id()} THEN {_check_sql()} END",
        "id_birth_date": birth_date_sql(),
        "id_sex": f"CASE WHEN {_has_id()} THEN CASE {_digit(17)} % 2 WHEN 1 THEN '1' WHEN 0 THEN '2' END END",
        "id_category": _card_code_sql(RESIDENT + 1, list(codes["id_category"])),
        "id_grade": _card_code_sql(RESIDENT + 2, list(codes["id_grade"])),
        "id_placeholder": f"starts_with(id_number, '{PLACEHOLDER}')",
        "id_shared_by": "shared_by",
    }


def birth_date_sql() -> str:
    """The date in characters 7 to 14 as an integer day, where the number has an ID in it and they are a real date."""
    digits = "substr(id_number, 7, 8)"
    iso = f"concat_ws('-', left({digits}, 4), substr({digits}, 5, 2), right({digits}, 2))"
    return (
        f"CASE WHEN {_has_id()} AND regexp_full_match({digits}, '[0-9]{{8}}') AND {digits} >= '0001' "
        f"AND TRY_CAST({iso} AS DATE) IS NOT NULL THEN TRY_CAST({digits} AS INTEGER) END"
    )


def _length() -> str:
    return "length(id_number)"


def _is_card() -> str:
    return f"{_length()} IN ({', '.join(map(str, CARDS))})"


def _has_id() -> str:
    return f"({_length()} = {RESIDENT} OR {_is_card()})"


def _digit(place: int) -> str:
    return f"TRY_CAST(nullif(regexp_extract(substr(id_number, {place}, 1), '[0-9]'), '') AS INTEGER)"


def _check_sql() -> str:
    total = " + ".join(
        f"(ascii(substr(id_number, {place}, 1)) - 48) * {weight}" for place, weight in enumerate(WEIGHTS, start=1)
    )
    return (
        f"CASE WHEN regexp_full_match(left(id_number, {RESIDENT}), '[0-9]{{{RESIDENT - 1}}}[0-9X]') "
        f"THEN substr('{CHECKS}', ({total}) % 11 + 1, 1) = substr(id_number, {RESIDENT}, 1) ELSE false END"
    )


def _card_code_sql(place: int, codes: list[str]) -> str:
    listed = ", ".join(f"'{code}'" for code in codes)
    digit = f"substr(id_number, {place}, 1)"
    return f"CASE WHEN {_is_card()} AND {digit} IN ({listed}) THEN {digit} END"
