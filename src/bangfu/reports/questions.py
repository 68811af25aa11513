"""What to ask, household by household: at most five unknown facts each, with the money that may hang on them."""

from dataclasses import dataclass
from typing import Any

from django.core.paginator import Page, Paginator

from bangfu.access.data import Actor
from bangfu.assessment.household import ToAsk, asked_of, explained_all
from bangfu.kernel.words import Lang
from bangfu.places.selectors import places_named
from bangfu.registry.household_file import person_names
from bangfu.reports.data import Asked
from bangfu.reports.households import rows_asked, rows_summed

# Each is judged anew for what an answer would change.
A_PAGE = 20
OF_MONEY = "asks"


@dataclass(frozen=True, slots=True)
class HouseholdToAsk:
    """A household of which something is unknown on which money hangs. `asked`: what decides most, first; `most`: what may hang on the first, in fen."""

    id: int
    number: str
    head: str
    place_name: str
    asked: tuple[ToAsk, ...]

    @property
    def most(self) -> int:
        return max((each.money for each in self.asked), default=0)


def to_ask(actor: Actor, place: int | None, page: str | None, lang: Lang) -> Page[Any]:
    """One page of the households in a place, or (None) of all that the actor sees, by village and number. As many queries, however many they are."""
    asked = Asked(place=place, gaps=(OF_MONEY,))
    paginator: Paginator[Any] = Paginator(rows_asked(actor, asked).order_by("place", "number"), A_PAGE)
    paginator.count = rows_summed(actor, asked).count()
    shown = paginator.get_page(page)
    rows = list(shown.object_list)
    told = explained_all(actor, [row.pk for row in rows], lang)
    names = person_names({person for each in told.values() for person in each.persons.values()})
    places = places_named({row.place_id for row in rows})
    shown.object_list = [
        HouseholdToAsk(
            row.pk,
            row.number,
            row.head,
            places[row.place_id],
            asked_of(told[row.pk], names) if row.pk in told else (),
        )
        for row in rows
    ]
    return shown
