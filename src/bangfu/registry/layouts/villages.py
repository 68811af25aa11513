"""Which village the names of a chain mean: province, prefecture, county, town, village."""

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date

from bangfu.places.selectors import named_villages

NAMES = ("province", "city", "county", "town", "village")
# A committee stands for its village, and a village is called with or without the word for it.
_ENDINGS = {
    "village": r"(社区)?(村民委员会|居民委员会|村委会|居委会|委员会)$|(社区|村)$",
    "town": r"(街道办事处|办事处|街道|镇|乡)$",
    "county": r"(县|区|市)$",
    "city": r"(市|地区|州)$",
    "province": r"(省|市|自治区)$",
}


_LEVELS = {"city": "prefecture", "town": "township"}


def villages_meant(asked: Sequence[Mapping[str, str | None]], day: date) -> list[tuple[str | None, str]]:
    """For each chain of names the code of the village that it means on a day, and "" | "unknown" | "several".

    Town and village have to fit, as far as they are named; the names above are asked only where several do, for an office may run a town that lies in
    another's county.
    """
    by_name: dict[str, list[tuple[str, Mapping[str, str]]]] = defaultdict(list)
    for code, names in named_villages(day).items():
        by_name[bare("village", names["village"])].append((code, names))
    return [_meant(by_name, chain) for chain in asked]


def _meant(
    by_name: Mapping[str, list[tuple[str, Mapping[str, str]]]], chain: Mapping[str, str | None]
) -> tuple[str | None, str]:
    village = chain["village"]
    found = by_name.get(bare("village", village), []) if village else []
    found = _fitting(found, "town", chain["town"])
    for level in ("county", "city", "province"):
        if len(found) > 1:
            found = _fitting(found, level, chain[level]) or found
    if len(found) > 1:
        found = [each for each in found if each[1]["village"] == village] or found
    if len(found) == 1:
        return found[0][0], ""
    return None, "several" if found else "unknown"


def _fitting(
    found: list[tuple[str, Mapping[str, str]]], level: str, said: str | None
) -> list[tuple[str, Mapping[str, str]]]:
    if not said:
        return found
    return [each for each in found if bare(level, each[1].get(_LEVELS.get(level, level), "")) == bare(level, said)]


def bare(level: str, name: str) -> str:
    """A name without what says of which kind the place is, as far as anything is left of it."""
    left = re.sub(_ENDINGS[level], "", "".join(name.split()))
    if level == "village":
        left = re.sub(r"(?<=.)村$", "", left)
    return left or name
