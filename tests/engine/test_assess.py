"""Which rules hold where a household lives, what local layers change, and that portions do not show."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from bangfu.engine import assess as engine
from bangfu.engine import one_by_one
from bangfu.engine.assess import Outcome, assess
from bangfu.engine.duck import open_engine
from bangfu.engine.judging import keep_place
from bangfu.engine.register import read_register
from bangfu.engine.register.sums import make_sums
from bangfu.engine.request import Request, Wanted, book_of
from bangfu.engine.results import Target
from bangfu.engine.synth import write_synthetic_register
from bangfu.kernel.errors import DomainError, RegisterRefused
from bangfu.rulebook.kept import shipped_book
from bangfu.rulebook.load import load_book
from bangfu.rulebook.source import BookRefused
from tests.cli.cast import (
    ELSEWHERE,
    FAR,
    PLAIN,
    YUNNAN,
    cast,
    csv_rows,
    digests,
    few_of,
    household,
    layer,
    ledger,
    manifest_of,
    person,
    row_of,
    thin_book,
    with_facts,
)
from tests.engine.register.paper import write_csv
from tests.examples import first_of


@pytest.fixture(scope="module")
def register(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_csv(tmp_path_factory.mktemp("cast") / "register", cast())


@pytest.fixture
def thin(monkeypatch: pytest.MonkeyPatch) -> None:
    """A book of few rules; local layers are laid over its parameters only where a test says so."""
    monkeypatch.setattr("bangfu.engine.request.shipped_book", thin_book)


def run(register: Path, out: Path, *, as_of: int = 20171231, only_relevant: bool = False, **asked: object) -> Outcome:
    request = Request(register, as_of=as_of, **asked)  # type: ignore[arg-type]
    return assess(request, Target(out, "csv"), Wanted(relevant=only_relevant), progress=lambda _: None)


def lines_of(out: Path) -> dict[str, str]:
    return {row["household_id"]: row["poverty_line"] for row in csv_rows(out, "assessment")}


# ---- places


def test_each_household_is_held_to_the_line_of_its_own_place(register: Path, tmp_path: Path, thin: None) -> None:
    run(register, tmp_path / "out")
    assert lines_of(tmp_path / "out") == {h: "2952.00" if h == FAR else "3509.00" for h in lines_of(tmp_path / "out")}
    below = {row["household_id"]: row["below_line"] for row in csv_rows(tmp_path / "out", "assessment")}
    # The same income of 3,200 a head.
    assert (below[PLAIN], below[FAR]) == ("true", "false")


def test_the_manifest_lists_every_set_of_rules_with_its_villages(register: Path, tmp_path: Path, thin: None) -> None:
    run(register, tmp_path / "out")
    places = manifest_of(tmp_path / "out")["places"]
    assert [(p["places"], p["villages"], p["parameters"]["poverty_line"]["value"]) for p in places] == [
        (["37"], 2, "3509.00"),
        ([], 1, "2952.00"),
    ]


LINES = """
- id: poverty_line
  values:
    - {year: 2017, value: 3300, place: "53"}
    - {year: 2017, value: 3600, place: "3701"}
    - {year: 2017, value: 3700.50, place: shanhaitian}
"""


def test_a_local_layer_gives_another_province_its_line_and_the_nearest_place_wins(
    register: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rules = layer(tmp_path / "yunnan", {"parameters/lines.yaml": LINES})
    monkeypatch.setattr("bangfu.engine.request.read_book", lambda folders: few_of(load_book(folders)))
    run(register, tmp_path / "out", rules=[rules])
    assert lines_of(tmp_path / "out") == {
        "A1": "3700.50",
        "A2": "3700.50",
        **dict.fromkeys(("A3", "A4", "A5", "A6"), "3600.00"),
        FAR: "3300.00",
    }
    manifest = manifest_of(tmp_path / "out")
    assert [entry["name"] for entry in manifest["rulebook"]["layers"]] == ["shipped", "yunnan"]
    assert {p["parameters"]["poverty_line"]["layer"] for p in manifest["places"]} == {"yunnan"}
    assert {p["parameters"]["elderly_80s_rate"]["layer"] for p in manifest["places"]} == {"shipped"}


@pytest.mark.parametrize(
    ("as_of", "place", "year", "named"),
    [
        # Shandong's own lines end with 2018: the nation's later ones are not put in their place.
        (20191231, "37", "2019", "37"),
        (20201231, "37", "2020", "37"),
        (20211231, "53", "2021", YUNNAN),
    ],
)
def test_a_gap_in_the_lines_names_parameter_place_and_year_and_no_option_of_a_command(
    as_of: int, place: str, year: str, named: str, register: Path, tmp_path: Path
) -> None:
    with pytest.raises(DomainError) as caught:
        run(register, tmp_path / "new" / "out", as_of=as_of, place=place)
    for text in (caught.value.say("zh"), caught.value.say("en")):
        assert named in text
        assert year in text
        assert "poverty_line" in text
        assert "--" not in text  # pages and papers say it too
    assert list(tmp_path.iterdir()) == []


def test_the_nations_line_holds_where_no_province_has_its_own(register: Path, tmp_path: Path, thin: None) -> None:
    run(register, tmp_path / "out", as_of=20191231, place="53")
    assert lines_of(tmp_path / "out") == {FAR: "3218.00"}


def test_a_gap_can_be_filled_for_one_run(register: Path, tmp_path: Path, thin: None) -> None:
    run(register, tmp_path / "out", as_of=20191231, settings={"poverty_line": "3800"})
    assert set(lines_of(tmp_path / "out").values()) == {"3800.00"}


def test_a_place_with_a_gap_does_not_matter_where_nobody_asks_of_it(register: Path, tmp_path: Path, thin: None) -> None:
    assert run(register, tmp_path / "out", as_of=20191231, place=FAR and "5301").summary.figures["households"] == 1


def test_what_is_assessed_of_a_place_is_what_is_assessed_of_it_among_all(
    register: Path, tmp_path: Path, thin: None
) -> None:
    run(register, tmp_path / "all")
    run(register, tmp_path / "part", place=ELSEWHERE)
    for table in ("assessment", "entitlement", "finding"):
        whole = [row for row in csv_rows(tmp_path / "all", table) if row["household_id"] in ("A3", "A4", "A5", "A6")]
        assert csv_rows(tmp_path / "part", table) == whole


def test_a_number_shared_with_somebody_elsewhere_is_still_a_finding(tmp_path: Path) -> None:
    """Narrowing to a place drops rows, but not what had been seen of them."""
    number = "371102196005050011"
    register = with_facts(cast(), "person", "A6-1", {"id_number": number})
    register = with_facts(register, "person", "B1-1", {"id_number": number})
    con = open_engine()
    read_register(write_csv(tmp_path / "register", register), into=con, policies=shipped_book().policy_codes())
    keep_place(con, "53", ["53"])
    make_sums(con)
    assert con.execute(
        "SELECT household_id, id_shared_by FROM person JOIN household USING (household_no)"
    ).fetchall() == [(FAR, 2)]
    for table in ("person", "ledger", "receipt", "ledger_by_household", "ledger_by_person"):
        assert {
            h
            for (h,) in con.execute(f"SELECT household_id FROM {table} JOIN household USING (household_no)").fetchall()
        } <= {FAR}


def test_no_place_keeps_everybody(register: Path) -> None:
    con = open_engine()
    con.execute("CREATE TABLE household AS SELECT 'A' AS household_id, '37' AS village_code")
    keep_place(con, "", [])
    assert con.execute("SELECT COUNT(*) FROM household").fetchall() == [(1,)]


# ---- local layers

POLICY = """
id: winter_coal
label: {zh: 冬季取暖补助, en: Winter heating aid}
clause: local
sector: civil_affairs
level: unknown
for: household
conditions:
  - id: has_members
    label: {zh: 有家庭成员, en: has members}
    when: members > 0
  - registered
benefit:
  kind: cash
  accrues: once
  amount: :winter_coal_rate
  nature: fixed
papers: unknown
apply_at: unknown
"""
RATES = """
- id: winter_coal_rate
  label: {zh: 冬季取暖补助标准, en: Winter heating aid}
  unit: yuan
  per: once
  clause: local
  values:
    - {value: 300}
- id: elderly_80s_rate
  values:
    - {value: 150}
"""
CHECK = """
- id: any_sex
  of: person
  severity: clue
  label: {zh: 性别已登记, en: the sex is entered}
  source: local
  when: sex IS NOT NULL
  message: {zh: "请核对性别。", en: "Check the sex."}
"""
FILES = {
    "parameters/rates.yaml": RATES,
    "policies/civil_affairs/winter_coal.yaml": POLICY,
    "checks/local.yaml": CHECK,
}


@pytest.fixture(scope="module")
def layered(register: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The cast, one receipt of the added policy with it, assessed with a layer that changes a number and adds a policy and a check."""
    folder = tmp_path_factory.mktemp("layered")
    rules = layer(folder / "rizhao", FILES)
    with_receipt = cast()
    with_receipt["receipt"].append(
        {"household_id": "A1", "person_id": None, "policy_id": "winter_coal", "year": 2016, "amount": Decimal(300)}
    )
    local = write_csv(folder / "register", with_receipt)
    run(local, folder / "out", rules=[rules])
    return folder / "out"


def test_a_layer_changes_a_number(layered: Path) -> None:
    row = row_of(csv_rows(layered, "entitlement"), person_id="A1-1", policy_id="elderly_80s")
    assert (row["annual_amount"], row["due_low"]) == ("1800.00", "1650.00")


def test_a_layer_adds_a_policy_that_receipts_may_name(layered: Path) -> None:
    rows = {row["household_id"]: row for row in csv_rows(layered, "entitlement") if row["policy_id"] == "winter_coal"}
    assert {h: row["verdict"] for h, row in rows.items()} == dict.fromkeys(
        ("A1", "A2", "A3", "A4", "A5", "A6", "B1"), "entitled"
    )
    assert rows["A1"]["reconciliation"] == "matched"
    assert (rows["A2"]["once_amount"], rows["A2"]["reconciliation"]) == ("300.00", "missing")


def test_a_layer_adds_a_check(layered: Path) -> None:
    found = [row for row in csv_rows(layered, "finding") if row["check_id"] == "any_sex"]
    assert len(found) == 8
    assert {row["message"] for row in found} == {"请核对性别。"}


def test_a_layer_stands_in_the_manifest_with_its_digest(layered: Path, tmp_path: Path) -> None:
    layers = manifest_of(layered)["rulebook"]["layers"]
    again = book_of([layer(tmp_path / "rizhao", FILES)]).layers
    other = book_of([layer(tmp_path / "other" / "rizhao", {**FILES, "checks/local.yaml": CHECK + "\n"})]).layers
    assert [entry["name"] for entry in layers] == ["shipped", "rizhao"]
    assert [entry["sha256"] for entry in layers] == [x.digest for x in again]
    assert layers[1]["sha256"] != other[1].digest


def test_without_the_layer_a_receipt_of_its_policy_is_a_fault(tmp_path: Path) -> None:
    register = cast()
    register["receipt"].append(
        {"household_id": "A1", "person_id": None, "policy_id": "winter_coal", "year": 2017, "amount": Decimal(300)}
    )
    with pytest.raises(RegisterRefused) as caught:
        run(write_csv(tmp_path / "register", register), tmp_path / "out")
    assert [(f.table, f.column, f.value) for f in caught.value.faults] == [("receipt", "policy_id", "winter_coal")]


BROKEN = {
    "an unknown name in a condition": (
        {
            "policies/civil_affairs/winter_coal.yaml": POLICY.replace("members > 0", "cows > 0"),
            "parameters/r.yaml": RATES,
        },
        "winter_coal.yaml:11",
    ),
    "a parameter that is not there": (
        {"policies/civil_affairs/winter_coal.yaml": POLICY},
        "winter_coal.yaml:16",
    ),
    "no YAML": ({"parameters/r.yaml": "- id: [\n"}, "parameters/r.yaml:2"),
    "a misspelt key": ({"parameters/r.yaml": RATES.replace("  values", "  vlaues", 1)}, "parameters/r.yaml:7"),
    "a value that does not fit": ({"parameters/r.yaml": RATES.replace("300", "three")}, "parameters/r.yaml:8"),
    "spans that overlap": (
        {"parameters/r.yaml": "- id: elderly_80s_rate\n  values:\n    - {value: 1}\n    - {value: 2}\n"},
        "parameters/r.yaml:",
    ),
    "a file where none is read": ({"winter_coal.yaml": POLICY}, "winter_coal.yaml:1"),
}


@pytest.mark.parametrize("what", BROKEN)
def test_a_broken_layer_is_refused_with_file_and_line(what: str, register: Path, tmp_path: Path) -> None:
    files, where = BROKEN[what]
    rules = layer(tmp_path / "rizhao", files)
    with pytest.raises(BookRefused) as caught:
        run(register, tmp_path / "out", rules=[rules])
    for text in (caught.value.say("zh"), caught.value.say("en")):
        assert f"rizhao/{where}" in text or f"{where}" in text
    assert not (tmp_path / "out").exists()


def test_a_layer_that_is_not_there_is_refused(register: Path, tmp_path: Path) -> None:
    with pytest.raises(DomainError, match="NO_RULES"):
        run(register, tmp_path / "out", rules=[tmp_path / "nowhere"])
    assert list(tmp_path.iterdir()) == []


def test_a_layer_named_by_a_dot_has_the_name_of_its_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else its values would count as shipped ones."""
    monkeypatch.chdir(layer(tmp_path / "rizhao", {"parameters/rates.yaml": RATES}))
    book = book_of([Path()])
    assert [x.name for x in book.layers] == ["shipped", "rizhao"]
    assert book.parameters["elderly_80s_rate"].values[-1].layer == "rizhao"


def test_an_empty_layer_is_refused(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(DomainError, match="NO_RULES"):
        book_of([tmp_path / "empty"])


# ---- one by one, or in portions


@pytest.fixture(scope="module")
def several(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Thirty made-up households and the cast, of three places that differ in rules."""
    folder = tmp_path_factory.mktemp("several")
    write_synthetic_register(folder, households=30, seed=21, gap_rate=0.1, error_rate=0.1)
    more = write_csv(tmp_path_factory.mktemp("more"), cast())
    for table in ("household", "person", "ledger", "receipt"):
        both = duckdb.connect()
        both.execute(
            f"COPY (SELECT * FROM read_csv(['{folder}/{table}.csv', '{more}/{table}.csv'], union_by_name = true, all_varchar = true)) "
            f"TO '{folder}/{table}.new' (FORMAT csv)"
        )
        (folder / f"{table}.new").replace(folder / f"{table}.csv")
    return folder


@pytest.mark.parametrize(("portion", "only_relevant"), first_of(2, [(1_000, False), (10, True), (3, True), (3, False)]))
def test_portions_do_not_show(
    portion: int, only_relevant: bool, several: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, thin: None
) -> None:
    run(several, tmp_path / "whole", only_relevant=only_relevant)
    monkeypatch.setattr(one_by_one, "FEW", 36)
    monkeypatch.setattr(engine, "PORTION", portion)
    run(several, tmp_path / "out", only_relevant=only_relevant)
    assert digests(tmp_path / "out") == digests(tmp_path / "whole")
    assert len(csv_rows(tmp_path / "out", "assessment")) == 37


def test_few_are_judged_one_by_one_and_nobody_sees_it(
    several: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(several, tmp_path / "one by one", only_relevant=True)
    monkeypatch.setattr(one_by_one, "FEW", 36)
    run(several, tmp_path / "out", only_relevant=True)
    assert digests(tmp_path / "out") == digests(tmp_path / "one by one")


@pytest.mark.long
def test_portions_do_not_show_with_every_rule(several: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run(several, tmp_path / "whole")
    monkeypatch.setattr(one_by_one, "FEW", 0)
    monkeypatch.setattr(engine, "PORTION", 3)
    run(several, tmp_path / "out")
    assert digests(tmp_path / "out") == digests(tmp_path / "whole")


def test_portions_tell_how_far_they_are(
    several: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, thin: None
) -> None:
    monkeypatch.setattr(one_by_one, "FEW", 0)
    monkeypatch.setattr(engine, "PORTION", 20)
    heard: list[str] = []
    request = Request(several, as_of=20171231)
    assess(request, Target(tmp_path / "out", "csv"), Wanted(relevant=True), progress=lambda text: heard.append(text.en))
    assert [text for text in heard if text.startswith("assessed")] == [
        "assessed 20 of 37 households",
        "assessed 36 of 37 households",
        "assessed 37 of 37 households",
    ]


def test_a_household_without_anybody_is_assessed_like_any(tmp_path: Path, thin: None) -> None:
    register = {
        "household": [household("E1"), household("E2")],
        "person": [person("E2-1", "E2", left_on=date(2016, 1, 1))],
        "ledger": ledger("E2", "100.00"),
        "receipt": [],
    }
    run(write_csv(tmp_path / "register", register), tmp_path / "out")
    rows = csv_rows(tmp_path / "out", "assessment")
    assert [(row["members"], row["net_income_per_capita"], row["below_line"]) for row in rows] == [("0", "", "")] * 2


def test_an_empty_register_gives_empty_tables(tmp_path: Path, thin: None) -> None:
    register = write_csv(tmp_path / "register", {table: [] for table in cast()})
    figures = run(register, tmp_path / "out").summary.figures
    assert (figures["households"], figures["people"], figures["missing_amount"]) == (0, 0, 0)
    assert [csv_rows(tmp_path / "out", table) for table in ("assessment", "entitlement", "finding")] == [[], [], []]
