"""A village is abolished on its page once nobody lives there, and taken back from the page of the place in which it lay. What its villages lack stands beside them."""

import re

import pytest
from django.test import Client
from django.urls import reverse

from bangfu.access.services.posts import hand_over
from bangfu.access.services.territory import add_place
from bangfu.places.models import Level
from bangfu.places.services import Described
from tests.households import new_household
from tests.organisation import FIRST, TODAY, Organisation
from tests.web.conftest import SignedIn

NEW, EAST = "371102008203", "371102008"


@pytest.fixture
def admin(org: Organisation, browser: SignedIn) -> Client:
    described = Described(NEW, "东三村", org.places[EAST], FIRST)
    org.places[NEW] = add_place(org.by, org.actor("admin"), Level.VILLAGE, described)
    return browser("admin")


def change(org: Organisation, admin: Client, **more: str) -> int:
    given = {"code": NEW, "name": "东三村", "above": str(org.places[EAST]), "valid_from": TODAY.isoformat()}
    return admin.post(reverse("web:place-change", args=[org.places[NEW]]), given | more).status_code


def shown(client: Client, place: int) -> str:
    return client.get(reverse("web:place", args=[place])).content.decode()


def test_a_village_with_a_household_is_kept_and_its_household_stays_where_everybody_finds_it(
    org: Organisation, browser: SignedIn, admin: Client
) -> None:
    household = new_household(org, "H1", NEW, who="subdistrict")
    given = {"code": NEW, "name": "东三村", "above": org.places[EAST], "valid_from": TODAY, "abolished": "on"}
    answer = admin.post(reverse("web:place-change", args=[org.places[NEW]]), given)
    assert answer.status_code == 200
    assert "那天起还有户住在这里" in answer.content.decode()
    assert "已撤销" not in shown(admin, org.places[NEW])
    seen = [browser(who).get(reverse("web:household", args=[household])) for who in ("subdistrict", "officer")]
    assert [answer.status_code for answer in seen] == [200, 200]


def test_an_abolished_village_is_found_where_it_lay_and_taken_back_there(org: Organisation, admin: Client) -> None:
    village, page = org.places[NEW], reverse("web:place", args=[org.places[NEW]])
    assert change(org, admin, abolished="on") == 302
    assert "已撤销的下级" in shown(admin, org.places[EAST])
    assert f'href="{page}"' in shown(admin, org.places[EAST])
    assert f'href="{reverse("web:place", args=[org.places[EAST]])}"' in shown(admin, village)
    # As it stands now: whoever saves the form unchanged does not take it back.
    forms = [admin.get(reverse("web:place-change", args=[org.places[code]])).content.decode() for code in (NEW, EAST)]
    assert ["checked" in form for form in forms] == [True, False]
    assert change(org, admin) == 302
    assert "已撤销" not in shown(admin, org.places[EAST])


def test_a_place_says_what_each_village_in_it_lacks_and_how_many_villages_lack_something(
    org: Organisation, browser: SignedIn
) -> None:
    hand_over(org.by, org.founder, org.posts["village"], None, TODAY)
    officer = browser("officer")
    east, district = shown(officer, org.places[EAST]), shown(officer, org.places["371102"])
    assert tags(east) == ["村级帮扶责任人"]
    # In the east one village without a helper, in the west one without a lead.
    assert tags(district) == ["1 个村", "1 个村"]


def tags(page: str) -> list[str]:
    return re.findall(r'<span class="bf-tag bf-tag-gap">([^<]+)</span>', page)
