"""What is worked out from an ID or disability-card number. Every number is made up by the formula of GB 11643."""

from hypothesis import given
from hypothesis import strategies as st

from tests.engine.register.paper import Register, read, rows_of, small, with_rows, write_csv
from tests.examples import few

DERIVED = "id_kind, id_valid, id_birth_date, id_sex, id_category, id_grade, id_placeholder, id_shared_by"


def checked(first: str) -> str:
    """The 18-character number that begins with these 17 digits."""
    weights = [2 ** (17 - place) % 11 for place in range(17)]
    total = sum(int(digit) * weight for digit, weight in zip(first, weights, strict=True))
    return first + "10X98765432"[total % 11]


def numbered(*numbers: str | None) -> Register:
    register = small()
    for person, number in zip(register["person"], numbers, strict=False):
        person["id_number"] = number
        person["birth_date"] = None
    return register


ID = checked("37110219560229001")
WITH_X = next(n for n in (checked(f"3711021956022900{i}") for i in range(10)) if n.endswith("X"))


# A card bears the number of its holder: four of these have one, the last of what is told.
TOLD = [
    (ID, ("resident", True, 19560229, "1", None, None, False, 4)),
    (ID + "42", ("disability_card", True, 19560229, "1", "4", "2", False, 4)),
    (ID + "42B1", ("disability_card", True, 19560229, "1", "4", "2", False, 4)),
    (ID + "85", ("disability_card", True, 19560229, "1", None, None, False, 4)),
    (ID[:-1] + ("1" if ID[-1] != "1" else "2"), ("resident", False, 19560229, "1", None, None, False, 1)),
    (checked("37110219570229002"), ("resident", True, None, "2", None, None, False, 1)),
    (checked("37110200000101002"), ("resident", True, None, "2", None, None, False, 1)),
    (checked("99999919560229002"), ("resident", True, 19560229, "2", None, None, True, 1)),
    ("371102560229001", ("other", None, None, None, None, None, False, 1)),
    ("甲" * 18, ("resident", False, None, None, None, None, False, 1)),
    ("371102" + "１９５６０２２９" + "0012", ("resident", False, None, "1", None, None, False, 1)),
    (None, (None,) * 8),
]


def test_a_number_tells_kind_date_sex_and_whether_it_can_be_right(tmp_path):
    con, _ = read(write_csv(tmp_path, with_rows(*(("person", "id_number", number) for number, _ in TOLD))))
    told = {id_: tuple(rest) for id_, *rest in rows_of(con, "person", f"person_id, {DERIVED}")}
    assert [told[f"X{n}"] for n in range(len(TOLD))] == [expected for _, expected in TOLD]


def test_a_small_x_is_a_capital_x(tmp_path):
    con, _ = read(write_csv(tmp_path, numbered(WITH_X.lower())))
    assert rows_of(con, "person", "id_number, id_valid")[0] == (WITH_X, True)


def test_an_empty_birth_date_is_taken_from_the_number_and_a_filled_one_is_not(tmp_path):
    register = numbered(ID, ID + "11")
    register["person"][1]["birth_date"] = "1960-01-01"
    con, _ = read(write_csv(tmp_path, register))
    assert rows_of(con, "person", "birth_date, id_birth_date") == [
        (19560229, 19560229),
        (19600101, 19560229),
        (None, None),
    ]


def test_persons_who_share_a_number_are_counted_cards_included(tmp_path):
    con, _ = read(write_csv(tmp_path, numbered(WITH_X, WITH_X.lower() + "42", None)))
    assert rows_of(con, "person", "id_shared_by") == [(2,), (2,), (None,)]


@few(6)
@given(st.text("0123456789", min_size=17, max_size=17), st.integers(0, 9))
def test_one_wrong_check_digit_in_ten_is_right(tmp_path_factory, first, last):
    folder = tmp_path_factory.getbasetemp() / "identity"
    con, _ = read(write_csv(folder, numbered(checked(first), f"{first}{last}")))
    assert rows_of(con, "person", "id_valid")[:2] == [(True,), (checked(first)[-1] == str(last),)]
