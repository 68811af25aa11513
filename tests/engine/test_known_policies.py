"""What was prepared under other rules is judged by those at hand only where they know every policy that its receipts name."""

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from bangfu.engine import one_by_one
from bangfu.engine.assess import assess
from bangfu.engine.explain import explain_household
from bangfu.engine.regions import assess_snapshot
from bangfu.engine.register import RegisterReport, read_register
from bangfu.engine.request import Request, Wanted, book_of
from bangfu.engine.results import Target
from bangfu.engine.snapshot.write import Order, SnapshotTarget, prepare
from bangfu.kernel.errors import DomainError
from tests.cli.cast import cast, layer, names_in
from tests.engine.register.paper import write_csv

LOCAL = """
id: winter_coal
label: {zh: 冬季取暖补贴, en: winter coal money}
clause: 本地
sector: civil_affairs
evaluated: false
"""


@pytest.fixture(scope="module")
def local(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return layer(tmp_path_factory.mktemp("layer") / "rizhao", {"policies/civil_affairs/winter_coal.yaml": LOCAL})


@pytest.fixture(scope="module")
def register(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The cast, with one receipt of the local policy, of somebody far from 371102."""
    made = cast()
    made["receipt"].append(
        {"household_id": "B1", "person_id": None, "policy_id": "winter_coal", "year": 2017, "amount": Decimal(100)}
    )
    return write_csv(tmp_path_factory.mktemp("raw") / "register", made)


@pytest.fixture(scope="module")
def snapshot(register: Path, local: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    order = Order(register, book_of([local]).policy_codes(), workers=1)
    target = SnapshotTarget(tmp_path_factory.mktemp("prepared") / "snap", "parquet")
    return prepare(order, target, made_at="", progress=lambda _: None).snapshot.path


def request(snapshot: Path, rules: Sequence[Path], place: str = "") -> Request:
    return Request(snapshot, as_of=20171231, rules=rules, place=place)


def by_regions(snapshot: Path, rules: Sequence[Path], folder: Path, place: str = "") -> None:
    assess_snapshot(
        request(snapshot, rules, place), Target(folder / "out", "csv"), Wanted(), resume=False, progress=lambda _: None
    )


def over_arrays(snapshot: Path, rules: Sequence[Path], folder: Path) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(one_by_one, "FEW", 0)
        by_regions(snapshot, rules, folder)


def as_workbook(snapshot: Path, rules: Sequence[Path], folder: Path) -> None:
    assess(request(snapshot, rules), Target(folder / "out.xlsx", "xlsx"), Wanted(), progress=lambda _: None)


def explained(snapshot: Path, rules: Sequence[Path], folder: Path) -> None:
    explain_household(request(snapshot, rules), "B1", "", "en", lambda _: None)


def of_one_place(snapshot: Path, rules: Sequence[Path], folder: Path) -> None:
    by_regions(snapshot, rules, folder, "371102")


WAYS: Mapping[str, Callable[[Path, Sequence[Path], Path], None]] = {
    "by regions": by_regions,
    "over arrays": over_arrays,
    "as a workbook": as_workbook,
    "explained": explained,
    "of a place that has no such receipt": of_one_place,
}


@pytest.mark.parametrize("way", WAYS)
def test_a_snapshot_whose_receipts_name_a_policy_that_the_rules_lack_is_refused(
    way: str, snapshot: Path, tmp_path: Path
) -> None:
    with pytest.raises(DomainError) as caught:
        WAYS[way](snapshot, (), tmp_path)
    assert caught.value.code == "UNKNOWN_POLICIES"
    assert all("winter_coal" in text and "--rules" in text for text in (caught.value.say("zh"), caught.value.say("en")))
    assert str(snapshot) in caught.value.text.en
    assert names_in(tmp_path) == []


@pytest.mark.parametrize("way", ["by regions", "as a workbook", "explained"])
def test_with_the_rules_that_have_the_policy_it_is_judged(
    way: str, snapshot: Path, local: Path, tmp_path: Path
) -> None:
    WAYS[way](snapshot, [local], tmp_path)


def test_what_the_registry_gives_is_refused_like_a_snapshot(register: Path, local: Path, tmp_path: Path) -> None:
    """It holds what was recorded under the rules of earlier days."""

    def read(con: duckdb.DuckDBPyConnection) -> RegisterReport:
        return read_register(register, into=con, policies=book_of([local]).policy_codes())

    with pytest.raises(DomainError, match="winter_coal") as caught:
        assess(
            request(Path("registry"), ()),
            Target(tmp_path / "out", "csv"),
            Wanted(),
            progress=lambda _: None,
            read=read,
        )
    assert caught.value.code == "UNKNOWN_POLICIES"
    assert names_in(tmp_path) == []
