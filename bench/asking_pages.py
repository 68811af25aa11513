"""The pages that bench.asking asks, as the demo organisation's district office, one of its village helpers and its liaison see them."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import connection
from django.test import Client
from django.utils import timezone

from bangfu.access.models import Account, Holding, Session
from bangfu.access.services.sessions import digest, new_token
from bangfu.privacy.keys import load_ring
from bangfu.privacy.models import SealedNumber
from bangfu.privacy.services import _place
from bangfu.registry.models import VERSIONS, Act, Assignment, Household, Listed

OF_BENCH = "measured"
LIST = "/households/"
# As addresses hold filters.
FILTERS: Mapping[str, str] = {
    "everything": "",
    "page 200": "page=200",
    "poor, general": "status=poor&category=general",
    "dibao missing": "policy=dibao&verdict=missing",
    "dibao due": "policy=dibao&verdict=due",
    "dibao alone": "policy=dibao",
    "below the line": "gaps=below_line",
    "warnings and unknown": "gaps=warnings&gaps=unknown",
    "no village helper": "gaps=no_village_helper",
    "not assessed again yet": "gaps=stale",
    "income 3500 to 4000": "least=3500&below=4000",
}
TASKS: Mapping[str, str] = {
    "all": "",
    "nobody's": "?post=0",
    "of money": "?money=on",
    "of a kind": "?kind=unknown",
    "of a zero-error": "?zero=funds",
    "overdue": "?overdue=on",
    "settled too": "?standing=all",
    **{f"by {name}": f"by/{name}/" for name in ("village", "household", "item", "policy", "post")},
}
SOUGHT: Mapping[str, str] = {
    "two characters": "志强",
    "a family name": "王",
    "initials": "wzq",
    "number": "370000000123",
    "last four": "1234",
}


def pages() -> Mapping[str, Callable[[], object]]:
    """By name, what asks a page."""
    helped()
    desk, village = client("officer"), client("village")
    in_village = Listed.objects.unscoped(OF_BENCH).exclude(place=None).order_by("pk").values_list("place", flat=True)[0]
    one = Household.objects.unscoped(OF_BENCH).order_by("pk").values_list("pk", flat=True)[0]
    sealed(one)
    lists = {f"list: {name}": got(desk, f"{LIST}?{asked}") for name, asked in FILTERS.items()}
    sought = {f"sought: {name}": posted(desk, words) for name, words in SOUGHT.items()}
    return {
        **lists,
        "list: one village": got(desk, f"{LIST}?place={in_village}"),
        "list: a village helper's": got(village, LIST),
        **sought,
        "what to ask": got(desk, f"{LIST}questions/"),
        "what to ask: a village helper's": got(village, f"{LIST}questions/"),
        "household": got(desk, f"{LIST}{one}/"),
        "home: district office": got(desk, "/"),
        "home: village helper": got(village, "/"),
        "figures": got(desk, "/figures/"),
        **{f"tasks: {name}": got(desk, f"/tasks/{asked}") for name, asked in TASKS.items()},
        "tasks: one village": got(desk, f"/tasks/?place={in_village}"),
        "tasks: a village helper's": got(village, "/tasks/"),
        "policies": got(desk, "/policies/"),
    }


def client(login: str) -> Client:
    """Signed in, as with a code."""
    now, token = timezone.now(), new_token()
    account = Account.objects.unscoped(OF_BENCH).get(login=login)
    Account.objects.unscoped(OF_BENCH).filter(pk=account.pk).update(temporary_until=None)
    Session.objects.create(
        account=account,
        token_digest=digest(token),
        started_at=now,
        seen_at=now,
        second_factor_at=now,
        confirmed_at=now - timedelta(hours=1),
    )
    made = Client(headers={"host": "localhost"})
    made.cookies[settings.SESSION_COOKIE_NAME] = token
    return made


def got(client: Client, address: str) -> Callable[[], object]:
    return lambda: fine(client.get(address, secure=True))


def posted(client: Client, sought: str) -> Callable[[], object]:
    """Where one household alone is found, its page is what the search leads to."""
    return lambda: fine(client.post(LIST, {"sought": sought}, secure=True, follow=True))


def fine(answer: Any) -> object:
    assert answer.status_code == 200, answer
    return answer.content


def sealed(household: int) -> None:
    """The numbers of a household's members, which bench.filling sealed with nothing, in such a way that its page can show their ends."""
    ring = load_ring(settings.KEY_RING_FILE)
    papers: Any = VERSIONS["papers"].objects.unscoped(OF_BENCH).filter(thing__household=household)
    for number in SealedNumber.objects.filter(pk__in=papers.values("id_number")):
        made = ring.seal("37110219600301001X", _place(number))
        SealedNumber.objects.filter(pk=number.pk).update(sealed=made)


def helped() -> None:
    """Nearly every household gets the village helper, and every third the liaison."""
    if Assignment.objects.unscoped(OF_BENCH).exists():
        return
    act = Act.objects.order_by("pk").values_list("pk", flat=True)[0]
    posts = dict(
        Holding.objects.unscoped(OF_BENCH)
        .filter(account__login__in=("village", "district"))
        .values_list("account__login", "post")
    )
    table, households = Assignment._meta.db_table, Household._meta.db_table
    with connection.cursor() as cursor:
        for login, some in (("village", "id % 20 <> 0"), ("district", "id % 3 = 0")):
            cursor.execute(
                f"INSERT INTO {table} (household_id, post_id, held_from, act_id)"
                f" SELECT id, {posts[login]}, '2017-01-01', {act} FROM {households} WHERE {some}"
            )
        if connection.vendor == "postgresql":
            cursor.execute("VACUUM ANALYZE")
