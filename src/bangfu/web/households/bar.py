"""The bar that shows where a household's income comes from, beside its net income and the poverty line. Drawn by the server, as numbers."""

from dataclasses import dataclass

from bangfu.assessment.household import Glance
from bangfu.kernel.words import Text

WIDTH = 1000
# Room to the right of the longest, so that the mark of the line is seen.
_AIR = 1.03


@dataclass(frozen=True, slots=True)
class Segment:
    """A source with its amount a head in fen, and where it lies in the bar. `number` names its pattern: colours are not needed to tell them apart."""

    number: int
    label: Text
    amount: int
    x: int
    width: int
    share: int


@dataclass(frozen=True, slots=True)
class Bar:
    """Amounts a head in fen; `net` and `line` are widths from the left. `expense` is what the net income is less than the sources."""

    segments: tuple[Segment, ...]
    expense: int
    net: int
    line: int


def bar_of(seen: Glance) -> Bar | None:
    """None where the income is not known, or nobody is counted."""
    heads, net, line = (seen.figures[name] for name in ("members", "net_income_per_capita", "poverty_line"))
    if not heads or net is None or line is None:
        return None
    amounts = [(label, max(0, amount or 0)) for label, amount in seen.sources]
    gross = sum(amount for _, amount in amounts)
    most = max(gross, net * heads, line * heads, 1) * _AIR
    segments, before = [], 0
    for number, (label, amount) in enumerate(amounts, start=1):
        left, right = (round(WIDTH * each / most) for each in (before, before + amount))
        if amount:
            share = round(100 * amount / gross)
            segments.append(Segment(number, label, round(amount / heads), left, max(1, right - left), share))
        before += amount
    expense = seen.figures["business_expense"] or 0
    return Bar(
        tuple(segments),
        round(expense / heads),
        round(WIDTH * max(0, net * heads) / most),
        round(WIDTH * line * heads / most),
    )
