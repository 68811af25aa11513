"""A small district with people in it, for tests: who sees whom follows from where they sit.

District 371102 holds subdistricts 371102008 (villages ...201 and ...202) and 371102009 (village ...201); 371103 is another district.
"""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime

from bangfu.access.data import Actor, Grant
from bangfu.access.policy import actor_of
from bangfu.access.roles import roles
from bangfu.access.services.people import Person, add_account
from bangfu.access.services.posts import NewPost, hand_over, open_post
from bangfu.audit.data import By
from bangfu.places.models import Level, UnitKind
from bangfu.places.services import Described, add_place, found_unit, give_area
from bangfu.privacy.keys import KeyRing
from tests.kept import kept

# One for the process, since rows that are kept were sealed with it.
RING = KeyRing.made()
FIRST, TODAY = date(2014, 1, 1), date(2017, 12, 1)
NOW = datetime(2017, 12, 1, 1, 0, tzinfo=UTC)
PLACES = (
    ("37", Level.PROVINCE, None, "甲省"),
    ("3711", Level.PREFECTURE, "37", "乙市"),
    ("371102", Level.COUNTY, "3711", "丙区"),
    ("371103", Level.COUNTY, "3711", "丁区"),
    ("371102008", Level.TOWNSHIP, "371102", "东街道"),
    ("371102009", Level.TOWNSHIP, "371102", "西街道"),
    ("371103001", Level.TOWNSHIP, "371103", "北街道"),
    ("371102008201", Level.VILLAGE, "371102008", "东一村"),
    ("371102008202", Level.VILLAGE, "371102008", "东二村"),
    ("371102009201", Level.VILLAGE, "371102009", "西一村"),
    ("371103001201", Level.VILLAGE, "371103001", "北一村"),
)
# Who sits where: name as tests know it, role, place of the post. `zone` is a lead by way of a unit.
CAST = (
    ("admin", "admin", "371102"),
    ("auditor", "auditor", "371102"),
    ("officer", "officer", "371102"),
    ("district", "district", "371102008201"),
    ("subdistrict", "subdistrict", "371102008"),
    ("village", "village", "371102008201"),
    ("sibling", "village", "371102008202"),
    ("other", "village", "371102009201"),
    ("stranger", "village", "371103001201"),
)


@dataclass
class Organisation:
    """Ids by the names of the cast; places by code."""

    by: By
    founder: Actor
    places: dict[str, int] = field(default_factory=dict)
    accounts: dict[str, int] = field(default_factory=dict)
    posts: dict[str, int] = field(default_factory=dict)
    unit: int = 0
    zone: int = 0

    def actor(self, name: str, *, at: datetime = NOW, sure: bool = True) -> Actor:
        """Somebody of the cast; `sure`: signed in with a code, password given again."""
        return actor_of(self.accounts[name], at, second_factor=sure, confirmed=sure)

    def add(self, name: str, home: str = "371102") -> int:
        person = Person(login=name, name=f"人{name}", phone="13800000000", home=self.places[home])
        self.accounts[name], _ = add_account(self.by, self.founder, person)
        return self.accounts[name]

    def open(self, name: str, role: str, *places: str, units: tuple[int, ...] = ()) -> int:
        areas = tuple(self.places[place] for place in places)
        new = NewPost(role, f"岗{name}", self.unit, FIRST, areas, units)
        self.posts[name] = open_post(self.by, self.founder, new)
        return self.posts[name]

    def seat(self, account: str, post: str, on: date = FIRST) -> None:
        hand_over(self.by, self.founder, self.posts[post], self.accounts[account], on)


def founded(ring: KeyRing = RING) -> Organisation:
    """The district with its cast, in the database."""
    return kept("organisation", lambda: _founded(ring)) if ring is RING else _founded(ring)


def _founded(ring: KeyRing) -> Organisation:
    by = By("system:tests", NOW, ring, "测试")
    places: dict[str, int] = {}
    for code, level, above, name in PLACES:
        places[code] = add_place(by, level, Described(code, name, places.get(above or ""), FIRST))
    everything = Grant(0, "admin", roles()["admin"].permissions | {"record.read"}, frozenset({places["37"]}))
    founder = Actor(TODAY, system="tests", grants=(everything,), second_factor=True, confirmed=True)
    made = Organisation(by, founder, places, unit=found_unit(by, "区扶贫办", UnitKind.OFFICE))
    made.zone = found_unit(by, "旅游度假区", UnitKind.ZONE)
    for township in ("371102008", "371102009"):
        give_area(by, made.zone, places[township], FIRST)
    for name, role, place in CAST:
        made.add(name, place)
        made.open(name, role, place)
        made.seat(name, name)
    made.add("nobody")
    return made
