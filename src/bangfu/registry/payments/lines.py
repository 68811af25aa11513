"""A line of a list and what becomes of it, as everything that plans, words and books it has it."""

from dataclasses import dataclass
from datetime import date
from typing import Literal, get_args

from bangfu.kernel.errors import Fault
from bangfu.kernel.words import Text
from bangfu.registry.payments.sheet import Said

COMPARED = "a list is compared with whatever the register holds of the people it names, of whom the actor sees some"
Outcome = Literal["booked", "known", "aside", "open"]
OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)
# A payment: whose, of which policy, of which day, how many fen.
Key = tuple[int, str, date, int]


@dataclass(frozen=True, slots=True)
class Candidate:
    """Somebody whom the actor sees and who may be meant."""

    person: int
    number: str
    name: str
    household: int
    household_number: str
    place: int
    village: str


@dataclass(frozen=True, slots=True)
class PayLine:
    """What becomes of a line: booked as the person's, known (booked before), set aside with a reason, or open, for the faults named.

    `policies` is what there is to choose from where the list's name for it does not tell; `occurrence` counts payments that nothing else
    tells apart. `settled`: somebody decided about it. `beside`: the payments that have its number and say something else, as whoever decides
    that it is another one all the same gives them back.
    """

    said: Said
    outcome: Outcome
    whose: Candidate | None = None
    policy: str = ""
    occurrence: int = 0
    faults: tuple[Fault, ...] = ()
    candidates: tuple[Candidate, ...] = ()
    policies: tuple[str, ...] = ()
    reason: str = ""
    settled: bool = False
    beside: str = ""

    @property
    def amount(self) -> int:
        return self.said.amount or 0

    @property
    def offered(self) -> tuple[Candidate, ...]:
        """Whom to choose from; where it is known whose it is and something else is asked, that person."""
        return self.candidates or ((self.whose,) if self.whose else ())


def key_of(line: PayLine) -> Key | None:
    """None for a line that is set aside, or of which too little is known."""
    said = line.said
    if line.outcome == "aside" or line.whose is None or not (line.policy and said.paid_on and said.amount):
        return None
    return line.whose.person, line.policy, said.paid_on, said.amount


def fault_at(said: Said, column: str, value: str, reason: Text) -> Fault:
    return Fault("payment", said.row, column, value, reason)
