"""What a run stores is summed up in the rows that lists read as corrections sum it up."""

from typing import Any

from bangfu.assessment.services.tallying import tally
from bangfu.registry.models import Listed
from tests.assessment.conftest import Office, households


def rows() -> list[Any]:
    return list(Listed.objects.unscoped("test").order_by("pk").values())


def test_a_run_sums_up_what_it_found_as_the_database_sums_up_what_stands(crowd: Office) -> None:
    crowd.run()
    by_the_run = rows()
    assert {row["assessed"] for row in by_the_run} == {True}
    assert any(row["due"] for row in by_the_run)
    assert any(row["warnings"] for row in by_the_run)
    Listed.objects.unscoped("test").update(assessed=False, due=0, received=0, net_income=None, warnings=0, errors=0)
    tally(households())
    assert rows() == by_the_run
