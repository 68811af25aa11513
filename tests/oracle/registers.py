"""Small hostile registers, to set the oracle and the product's engines the same questions.

One set of builders draws every choice from a `Source`. `cases()` gives Hypothesis the choices, so that a failure
shrinks; `random_case(seed, households)` gives them to a seeded generator, for thousands of households at once. The same
bias holds for both: days lie on the edges of ages, spans, months and terms, amounts on caps, rates and the line, and
about a quarter of all facts are unknown.

`contested=True` adds what the contract leaves open: receipts of at most 0.01, or of another year, without a person;
spans that end before they begin; no payment lag at all.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from fractions import Fraction
from typing import Any, Protocol, TypeVar

from hypothesis import strategies as st

from tests.oracle.oracle import (
    ITEM_GROUPS,
    POLICIES,
    Policy,
    Register,
    Row,
    Run,
    Settings,
    assess,
    default_income_year,
    homes,
)

T = TypeVar("T")


@dataclass(frozen=True)
class Case:
    """Everything `assess` asks for."""

    register: Register
    as_of: date
    income_year: int | None
    poverty_line_fen: int
    settings: Settings

    def run(self) -> Run:
        income_year = default_income_year(self.as_of) if self.income_year is None else self.income_year
        return Run(self.as_of, income_year, self.poverty_line_fen, self.settings)


# --- Where the choices come from ----------------------------------------------------------------------------------


class Source(Protocol):
    def whole(self, least: int, most: int) -> int: ...


class SeededSource:
    def __init__(self, seed: int | str) -> None:
        self._random = random.Random(seed)

    def whole(self, least: int, most: int) -> int:
        return least + int(self._random.random() * (most - least + 1))


class DrawnSource:
    def __init__(self, draw: Callable[[st.SearchStrategy[int]], int]) -> None:
        self._draw = draw

    def whole(self, least: int, most: int) -> int:
        return self._draw(st.integers(least, most))


def pick(source: Source, options: Sequence[T]) -> T:
    return options[source.whole(0, len(options) - 1)]


def chance(source: Source, percent: int) -> bool:
    return source.whole(0, 99) >= 100 - percent


def maybe(source: Source, unknown_percent: int, options: Sequence[T]) -> T | None:
    """Pick a value, or unknown in so many cases out of a hundred."""
    return None if chance(source, unknown_percent) else pick(source, options)


# --- Days ---------------------------------------------------------------------------------------------------------

AS_OF_DAYS = (
    *((12, 31), (12, 31), (12, 31), (3, 1), (7, 31), (9, 1), (8, 30), (8, 31), (2, 29), (2, 28), (1, 1), (1, 31)),
    *((2, 1), (4, 1), (5, 15), (6, 1), (6, 15), (7, 1), (7, 30), (8, 1), (10, 1), (11, 15), (12, 1), (12, 30)),
)
AGE_LIMITS = (3, 6, 15, 16, 18, 19, 36, 60, 70, 80, 90, 100)


def edge_as_of(source: Source) -> date:
    month, day = pick(source, AS_OF_DAYS)
    if (month, day) == (2, 29):
        return date(2016, 2, 29)
    return date(pick(source, (2017, 2016, 2018)), month, day)


def edge_day(source: Source, as_of: date) -> date:
    """Return a day on or beside one that the rules look at: as_of, a first of a month, 31 August, the year's ends."""
    year = as_of.year
    pegs = (
        *(as_of, as_of, as_of, date(year, 9, 1), date(year, 3, 1), date(year, 8, 31), date(year, 7, 31)),
        *(date(year - 1, 8, 31), date(year, 1, 1), date(year - 1, 12, 31), date(year, 12, 31)),
        *(date(year, month, 1) for month in range(2, 13)),
        date(year, as_of.month, 1),
    )
    return pick(source, pegs) + timedelta(days=pick(source, (0, 0, 1, -1)))


def years_before(day: date, years: int, *, leap: bool) -> date:
    """Return the birth date of one who turns so many years on the day; `leap` prefers 29 February to 1 March."""
    year = day.year - years
    leap_year = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    if (day.month, day.day) == (2, 29) and not leap_year:
        return date(year, 3, 1)
    if (day.month, day.day) == (3, 1) and leap_year and leap:
        return date(year, 2, 29)
    return date(year, day.month, day.day)


def edge_birth_date(source: Source, as_of: date, limits: Sequence[int]) -> date:
    kind = source.whole(0, 9)
    if kind == 8:  # some 29 February near the limit
        year = as_of.year - pick(source, limits)
        return date(max(1904, year - year % 4), 2, 29)
    if kind == 9:  # anywhere between two limits
        return as_of - timedelta(days=365 * pick(source, limits) + source.whole(0, 1400))
    return years_before(edge_day(source, as_of), pick(source, limits), leap=chance(source, 50))


# --- Persons ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Kind:
    """What tends to be true of one sort of person, so that conditions of several parts come together often enough."""

    limits: tuple[int, ...]
    schooling: tuple[str, ...]
    policies: tuple[str, ...]


SICK = ("supplementary_insurance",)
DISABLED = ("disability_living", "disability_care", "wubao_central", "wubao_dispersed")
ELDERLY = ("elderly_80s", "elderly_90s", "incapacity_care")
CHILD = ("child_in_hardship", "orphan_institution", "orphan_community", "disability_living")
PUPIL = ("compulsory_transport_living", "boarder_living", "rain_dew")
SENIOR = ("senior_living", "senior_grant", "rain_dew", "compulsory_transport_living")
HIGHER = ("higher_living", "higher_grant", "higher_tuition", "rain_dew", "senior_living")

KINDS = (
    Kind((18, 36, 60), ("none",), ("dibao", *SICK, *DISABLED)),
    Kind((3, 4, 6), ("kindergarten", "kindergarten", "kindergarten", "none", "primary"), ("preschool_grant", *CHILD)),
    Kind((6, 15, 19), ("primary", "junior", "none", "none"), (*PUPIL, *CHILD)),
    Kind((15, 16, 18, 19), ("senior", "vocational_secondary", "junior", "none"), (*SENIOR, *CHILD)),
    Kind((16, 18, 36), ("undergraduate", "vocational_higher", "postgraduate", "vocational_secondary"), HIGHER),
    Kind((60, 70, 80), ("none",), ("dibao", "elderly_80s", "incapacity_care", *DISABLED, *SICK)),
    Kind((80, 90, 100), ("none",), (*ELDERLY, *DISABLED, "dibao")),
)
STAGES = (
    *("none", "kindergarten", "primary", "junior", "senior"),
    *("vocational_secondary", "vocational_higher", "undergraduate", "postgraduate"),
)
YES_NO = (True, False)
MOSTLY_YES = (True,) * 7 + (False,)
MOSTLY_NO = (False,) * 7 + (True,)
RELATIONS = ("spouse", "son", "daughter", "father", "mother", "grandson", "granddaughter", "other")


@dataclass(frozen=True)
class Setting:
    """What a row's builder must know of its surroundings."""

    source: Source
    as_of: date
    unknown_percent: int
    contested: bool

    def maybe(self, options: Sequence[T]) -> T | None:
        return maybe(self.source, self.unknown_percent, options)


def span(setting: Setting) -> tuple[date | None, date | None]:
    source = setting.source
    start = edge_day(source, setting.as_of) if chance(source, 35) else None
    until = edge_day(source, setting.as_of) if chance(source, 35) else None
    if start and until and until < start and not setting.contested:
        start, until = until, start
    return start, until


def spelled(setting: Setting, row: Row, column: str, name: str, options: Sequence[Any]) -> None:
    row[column] = setting.maybe(options)
    row[f"{name}_from"], row[f"{name}_until"] = span(setting)


def gone_on(setting: Setting) -> date | None:
    source, as_of = setting.source, setting.as_of
    if not chance(source, 12):
        return None
    long_ago = date(as_of.year - 1, 6, 1)
    return pick(source, (edge_day(source, as_of), edge_day(source, as_of), long_ago, date(as_of.year + 1, 1, 1)))


def check_character(first_17: str) -> str:
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    return "10X98765432"[sum(w * int(c) for w, c in zip(weights, first_17, strict=True)) % 11]


def id_number(setting: Setting, born: date | None, serial: int) -> str:
    """Return an ID (18), a disability-card number (20 or 22), or one whose date or length is wrong."""
    source = setting.source
    digits = f"{born:%Y%m%d}" if born else pick(source, ("20170230", "19991301", "00000000"))
    first_17 = f"371083{digits}{serial % 1000:03d}"
    number = first_17 + check_character(first_17)
    return pick(source, (number, number, number + "41", number + "41B1", number[:17]))


def identity(setting: Setting, row: Row, born: date | None, serial: int) -> None:
    """Write birth_date and id_number: both, one of them, or neither; sometimes two that disagree."""
    kind = setting.source.whole(0, 9)
    known = not chance(setting.source, setting.unknown_percent)
    row["birth_date"] = born if known and kind <= 6 else None
    row["id_number"] = None
    if kind >= 5 and known:
        row["id_number"] = id_number(setting, None if kind == 9 else born, serial)
    if kind == 5 and born:
        row["birth_date"] = born + timedelta(days=1)


def person_row(setting: Setting, household_id: str, person_id: str, serial: int, kind: Kind, *, first: bool) -> Row:
    source = setting.source
    row: Row = {"person_id": person_id, "household_id": household_id, "name": f"甲{serial}"}
    row["sex"] = setting.maybe(("1", "2"))
    identity(setting, row, edge_birth_date(source, setting.as_of, kind.limits), serial)
    row["relation"] = "head" if first else setting.maybe(RELATIONS)
    row["died_on"], row["left_on"] = gone_on(setting), gone_on(setting)
    schooling_facts(setting, row, kind)
    health_facts(setting, row)
    care_facts(setting, row, kind)
    work_facts(setting, row)
    return row


def schooling_facts(setting: Setting, row: Row, kind: Kind) -> None:
    stages = STAGES if chance(setting.source, 10) else kind.schooling
    row["schooling"] = setting.maybe(stages)
    row["schooling_spring"] = pick(setting.source, (*STAGES, *kind.schooling)) if chance(setting.source, 35) else None
    row["inclusive_kindergarten"] = setting.maybe(MOSTLY_YES)
    row["boarding"] = setting.maybe(YES_NO)
    row["tuition"] = setting.maybe((8000_00, 7999_99, 8000_01, 5000_01, 4999_99, 3333_33, 0, 12000_00))
    reasons = ("poverty", "unwilling", "other", "illness", "disability")
    row["dropout_reason"] = maybe(setting.source, 50, reasons)


def health_facts(setting: Setting, row: Row) -> None:
    row["chronic_illness"] = setting.maybe(YES_NO)
    row["serious_illness"] = setting.maybe(YES_NO)
    row["medical_aid"] = setting.maybe(YES_NO)
    row["basic_medical_insured"] = setting.maybe(MOSTLY_YES)
    row["serious_illness_insured"] = setting.maybe(MOSTLY_YES)
    spelled(setting, row, "disability_certificate", "disability", YES_NO)
    row["disability_category"] = setting.maybe(("4", "1", "5", "6", "7", "2", "3"))
    row["disability_grade"] = setting.maybe(("1", "2", "2", "3", "4"))
    spelled(setting, row, "incapacitated", "incapacitated", YES_NO)


def care_facts(setting: Setting, row: Row, kind: Kind) -> None:
    grown = min(kind.limits) >= 16
    spelled(setting, row, "wubao_care", "wubao", ("none", "none", "none", "central", "dispersed"))
    spelled(setting, row, "dibao_member", "dibao", YES_NO)
    # 0.01 a month stays within the tolerance for one month and passes it for two.
    row["dibao_monthly"] = setting.maybe((340_00, 339_99, 0, 1, 125_55))
    orphan = ("none",) if grown else ("none", "none", "institution", "community")
    spelled(setting, row, "orphan_care", "orphan", orphan)
    spelled(setting, row, "child_in_hardship", "hardship", (False,) if grown else YES_NO)


def work_facts(setting: Setting, row: Row) -> None:
    row["labour"] = setting.maybe(("ordinary", "skilled", "weak", "lost", "none"))
    row["work_months"] = setting.maybe((0, 1, 6, 12))
    row["starts_business"] = setting.maybe(YES_NO)
    row["wants_work"] = setting.maybe(YES_NO)
    row["graduate_seeking_work"] = setting.maybe(YES_NO)


# --- Households ---------------------------------------------------------------------------------------------------

STATUSES = (
    *("poor", "poor", "poor", "exited", "exited", "relapsed"),
    *("exited_no_policy", "exited_no_policy", "none"),
)
CAUSES = ("illness", "disability", "schooling", "land", "labour", "illness")
GRADES = ("A", "B", "C", "D", "C", "D")


def household_row(setting: Setting, household_id: str) -> Row:
    source, as_of = setting.source, setting.as_of
    long_ago = date(2014, 4, 1)
    registered = pick(source, (None, long_ago, edge_day(source, as_of), edge_day(source, as_of)))
    row: Row = {"household_id": household_id, "village_code": pick(source, ("371083108200", "371083108201"))}
    row["status"] = pick(source, STATUSES)
    row["category"] = setting.maybe(("general", "dibao", "wubao"))
    row["registered_on"] = registered
    row["exited_on"] = pick(source, (edge_day(source, as_of), edge_day(source, as_of), date(2015, 12, 31), None))
    row["planned_exit_year"] = setting.maybe((as_of.year, as_of.year + 1))
    row["main_cause"] = setting.maybe(CAUSES)
    row["other_causes"] = pick(source, (None, None, "illness", "land;water", "water;illness", "disability"))
    if row["main_cause"] in (row["other_causes"] or "").split(";"):
        row["other_causes"] = None
    # Mostly yes, so that the guarantees of later columns decide the standard now and then.
    row["food_secure"] = setting.maybe(MOSTLY_YES)
    row["clothing_secure"] = setting.maybe(MOSTLY_YES)
    row["water_safe"] = setting.maybe(MOSTLY_YES)
    row["house_owned"] = setting.maybe(MOSTLY_YES)
    row["dangerous_house"] = setting.maybe(YES_NO)
    row["house_grade"] = setting.maybe(GRADES)
    row["house_grade_before"] = maybe(source, 40, GRADES)
    row["resettled"] = setting.maybe(MOSTLY_NO)
    row["cultivated_mu"], row["forest_mu"] = None, None
    return row


def set_in_order(source: Source, household: Row, persons: Sequence[Row]) -> None:
    """Write every guarantee into place but, sometimes, one: else hardly a household would meet the exit standard."""
    household["house_grade"] = pick(source, ("A", "B"))
    for column in ("food_secure", "clothing_secure", "water_safe", "house_owned"):
        household[column] = True
    for person in persons:
        person["basic_medical_insured"], person["serious_illness_insured"] = True, True
        person["schooling"] = person["schooling"] or "none"
        person["dropout_reason"] = person["dropout_reason"] or "illness"
        person["medical_aid"] = chance(source, 80)
    if chance(source, 40):
        column = pick(source, ("food_secure", "clothing_secure", "water_safe", "house_owned", "house_grade"))
        household[column] = pick(source, (None, "C" if column == "house_grade" else False))


# --- Receipts -----------------------------------------------------------------------------------------------------

RATES: dict[str, int] = {  # fen a month, a year, or once, as the table has it; what is no cash is not in it
    "wubao_central": 4400_00,
    "wubao_dispersed": 3400_00,
    "dibao": 340_00,
    "child_in_hardship": 300_00,
    "orphan_institution": 1200_00,
    "orphan_community": 720_00,
    "elderly_80s": 100_00,
    "elderly_90s": 200_00,
    "incapacity_care": 60_00,
    "disability_living": 80_00,
    "disability_care": 80_00,
    "preschool_grant": 1200_00,
    "boarder_living": 1250_00,
    "compulsory_transport_living": 3000_00,
    "senior_grant": 2000_00,
    "senior_living": 3000_00,
    "higher_grant": 3000_00,
    "higher_living": 6000_00,
    "higher_tuition": 8000_00,
    "rain_dew": 3000_00,
    "supplementary_insurance": 10_000_00,
    "house_repair": 10_000_00,
    "house_rebuild": 23_000_00,
}
PERSON_POLICY_IDS = tuple(policy.policy_id for policy in POLICIES if not policy.of_household)
BY_ID: dict[str, Policy] = {policy.policy_id: policy for policy in POLICIES}


def likely_sum(setting: Setting, policy_id: str, row: Row | None) -> int:
    """Return so many months, terms or years of the policy's rate, near what may be due by now."""
    source, month = setting.source, setting.as_of.month
    pace, rate = BY_ID[policy_id].pace, RATES.get(policy_id, 500_00)
    if policy_id == "dibao" and row and row["dibao_monthly"] is not None:
        rate = row["dibao_monthly"]
    if policy_id == "higher_tuition" and row and row["tuition"] is not None:
        rate = min(row["tuition"], 8000_00)
    months = pick(source, (month, month - 1, month, month - 1, source.whole(0, 12), 12))
    if pace == "m":
        return months * rate
    if pace == "y":
        return (months * rate * 2 + 12) // 24  # to the nearest fen
    if pace == "t":
        return pick(source, (rate, (rate + 1) // 2))
    return rate


def receipt_amount(setting: Setting, policy_id: str, row: Row | None) -> int:
    source = setting.source
    if chance(source, 15):
        return pick(source, (0, 1, 2, 100_00))
    return max(0, likely_sum(setting, policy_id, row) + pick(source, (0, 0, 1, -1, 2, -2)))


def receipt_year(setting: Setting) -> int:
    year = setting.as_of.year
    return pick(setting.source, (year, year, year, year, year, year, year - 1, year + 1))


def receipt_row(setting: Setting, household_id: str, person_id: str | None, policy_id: str, row: Row | None) -> Row:
    return {
        "household_id": household_id,
        "person_id": person_id,
        "policy_id": policy_id,
        "year": receipt_year(setting),
        "amount": receipt_amount(setting, policy_id, row),
    }


def receipts_of_person(setting: Setting, row: Row, kind: Kind) -> list[Row]:
    source = setting.source
    rows = []
    for _ in range(pick(source, (0, 1, 2, 0, 1, 3))):
        policy_id = pick(source, kind.policies if chance(source, 80) else PERSON_POLICY_IDS)
        rows.append(receipt_row(setting, row["household_id"], row["person_id"], policy_id, row))
    return rows


def receipts_near_dues(setting: Setting, part: Register, run: Run) -> list[Row]:
    """Return receipts of one household's due and excluded policies, each at a due or a fen or two beside it.

    The oracle says where the edges lie; whether it is right about them is for the comparison to show.
    """
    source = setting.source
    result = assess(
        part,
        as_of=run.as_of,
        income_year=run.income_year,
        poverty_line_fen=run.poverty_line_fen,
        settings=run.settings,
    )
    rows = []
    for due in result.entitlement:
        if due["verdict"] in ("entitled", "ended", "excluded") and due["policy_id"] in RATES and chance(source, 25):
            edge = pick(source, (due["due_low"], due["due_high"])) or pick(source, (0, 100_00))
            amount = max(0, edge + pick(source, (0, 0, 1, -1, 2, -2)))
            row = receipt_row(setting, due["household_id"], due["person_id"], due["policy_id"], None)
            rows.append({**row, "year": run.policy_year, "amount": amount})
    return rows


def receipts_of_household(setting: Setting, household_id: str, persons: Sequence[Row]) -> list[Row]:
    source = setting.source
    rows = []
    if chance(source, 40):
        nobody_or_somebody = (None, None, *(row["person_id"] for row in persons))
        policy_id = pick(source, ("house_repair", "house_rebuild"))
        rows.append(receipt_row(setting, household_id, pick(source, nobody_or_somebody), policy_id, None))
    if chance(source, 12):
        row = receipt_row(setting, household_id, None, pick(source, PERSON_POLICY_IDS), None)
        if not setting.contested:
            row["year"], row["amount"] = setting.as_of.year, max(2, row["amount"])
        rows.append(row)
    return rows


# --- Ledger -------------------------------------------------------------------------------------------------------

NOT_RIGID = tuple(item for group, items in ITEM_GROUPS.items() if group != "rigid" for item in items)
# 14,285.71 is the last sum of which 70 % stays under 10,000; a sum that ends in 5 fen gives half a fen.
MEDICAL_COSTS = (14285_71, 14285_72, 14285_70, 20000_00, 1000_05, 333_35, 1, 0)
MEDICAL_ITEMS = ("medical_reimbursed", "medical_supplementary", "medical_waived", "medical_aid_paid")


def ledger_row(household_id: str, person_id: str | None, year: int, item: str, amount: int) -> Row:
    return {"household_id": household_id, "person_id": person_id, "year": year, "item": item, "amount": amount}


def ledger_of_person(setting: Setting, row: Row) -> list[Row]:
    """Return a person's own medical rows, most often of the policy year, sometimes paid to the fen or beyond."""
    source, year = setting.source, setting.as_of.year
    if not chance(source, 40):
        return []
    household_id, person_id = row["household_id"], row["person_id"]
    cost = pick(source, MEDICAL_COSTS)
    years = (year, year, year, year - 1)
    rows = [ledger_row(household_id, person_id, pick(source, years), "medical_cost", cost)]
    if chance(source, 60):
        paid = max(0, pick(source, (cost, cost + 1, cost - 1, 1, cost // 2)))
        item = pick(source, MEDICAL_ITEMS)
        rows.append(ledger_row(household_id, person_id, pick(source, years), item, paid))
    return rows


def ledger_of_household(setting: Setting, household_id: str, persons: Sequence[Row], income_year: int) -> list[Row]:
    source = setting.source
    nobody_or_somebody = (None, *(row["person_id"] for row in persons))
    rows = []
    for _ in range(pick(source, (2, 1, 3, 0, 4))):
        year = pick(source, (income_year, income_year, income_year, income_year - 1, income_year + 1))
        items = NOT_RIGID if chance(source, 75) else ITEM_GROUPS["rigid"]
        amount = pick(source, (100_00, 2000_05, 0, 1, 3402_00, 12345_67))
        rows.append(ledger_row(household_id, pick(source, nobody_or_somebody), year, pick(source, items), amount))
    return rows


def row_that_meets_the_line(source: Source, part: Register, run: Run) -> list[Row]:
    """Return the row that brings the household's net income to the line times its members, give or take a fen."""
    (home,) = homes(part, run)
    net, members = home.income_figures()["net_income"], len(home.counted_members)
    margin = pick(source, (-run.settings.entry_margin, run.settings.exit_margin, Fraction(0)))
    wanted = int(run.poverty_line_fen * (1 + margin) * members) + pick(source, (0, 1, -1))
    lacking = wanted - (net or 0)
    return [ledger_row(home.household_id, None, run.income_year, "crop" if lacking >= 0 else "inputs", abs(lacking))]


# --- Whole cases --------------------------------------------------------------------------------------------------


def settings_from(source: Source, *, contested: bool) -> Settings:
    if chance(source, 50):
        return Settings()
    lags = (1, 2, 3, 12, 0) if contested else (1, 2, 3, 12)
    margins = (Fraction(0), Fraction(1, 10), Fraction(1, 20))
    return Settings(
        count_pension=chance(source, 30),
        count_living_costs=not chance(source, 30),
        entry_margin=pick(source, margins),
        exit_margin=pick(source, margins),
        payment_lag_months=pick(source, lags),
        hardship_scope=pick(source, ("dibao", "registered", "either")),
        apply_unverified_exclusions=not chance(source, 25),
    )


def income_year_from(source: Source, as_of: date) -> int | None:
    return pick(source, (None, None, None, as_of.year, as_of.year - 1))


def fill_household(source: Source, register: Register, run: Run, number: int, serial: int, *, contested: bool) -> int:
    """Fill an empty register with one household and its rows; return the number of its persons."""
    setting = Setting(source, run.as_of, pick(source, (0, 20, 25, 30)), contested)
    household_id = f"h{number}"
    register["household"].append(household_row(setting, household_id))
    persons: list[Row] = []
    for place in range(pick(source, (2, 1, 3, 2, 4, 1, 6, 0, 5, 3))):
        kind = pick(source, KINDS)
        person_id = f"{household_id}p{place + 1}"
        row = person_row(setting, household_id, person_id, serial + place, kind, first=place == 0)
        persons.append(row)
        register["receipt"] += receipts_of_person(setting, row, kind)
        register["ledger"] += ledger_of_person(setting, row)
    register["person"] += persons
    if chance(source, 30):
        set_in_order(source, register["household"][-1], persons)
    register["receipt"] += receipts_of_household(setting, household_id, persons)
    register["ledger"] += ledger_of_household(setting, household_id, persons, run.income_year)
    if chance(source, 50):
        register["ledger"] += row_that_meets_the_line(source, register, run)
    if chance(source, 50):
        register["receipt"] += receipts_near_dues(setting, register, run)
    return len(persons)


def empty_register() -> Register:
    return {"household": [], "person": [], "ledger": [], "receipt": []}


def build_case(source: Source, households: int, *, as_of: date | None = None, contested: bool = False) -> Case:
    day = edge_as_of(source) if as_of is None else as_of
    settings = settings_from(source, contested=contested)
    line = pick(source, (3402_00, 3402_00, 3146_00, 3000_01))
    case = Case(empty_register(), day, income_year_from(source, day), line, settings)
    serial = 1
    for number in range(1, households + 1):
        part = empty_register()
        serial += fill_household(source, part, case.run(), number, serial, contested=contested)
        for table, rows in part.items():
            case.register[table].extend(rows)
    return case


@st.composite
def cases(draw: Any, *, as_of: date | None = None, contested: bool = False, most_households: int = 3) -> Case:
    """Draw a case of one to three households with none to six persons each."""
    source = DrawnSource(draw)
    return build_case(source, source.whole(1, most_households), as_of=as_of, contested=contested)


def registers(as_of: date, *, contested: bool = False) -> st.SearchStrategy[Register]:
    """Draw registers whose edges lie about a given day."""
    return cases(as_of=as_of, contested=contested).map(lambda case: case.register)


def random_case(seed: int, households: int, *, as_of: date | None = None, contested: bool = False) -> Case:
    """Build the seed's case; the same seed, number and options give the same case on every machine."""
    return build_case(SeededSource(f"bangfu {seed}"), households, as_of=as_of, contested=contested)


def random_register(
    seed: int, households: int, *, as_of: date = date(2017, 12, 31), contested: bool = False
) -> Register:
    """Build the seed's register alone, its edges about `as_of`."""
    return random_case(seed, households, as_of=as_of, contested=contested).register


# --- Making a failing case small ----------------------------------------------------------------------------------

REQUIRED = ("household_id", "person_id", "village_code", "status", "year", "item", "policy_id", "amount")


def reduced(case: Case, still_fails: Callable[[Case], bool]) -> Case:
    """Return a case that still fails and from which no household, row or fact can be taken away.

    Quicker than Hypothesis's own shrinking, and open to a case of `random_case` as well. `still_fails` must answer yes
    for the case given, and must not change it.
    """
    shrinking = True
    while shrinking:
        shrinking = False
        for smaller in _smaller_cases(case):
            if still_fails(smaller):
                case, shrinking = smaller, True
                break
    return case


def _smaller_cases(case: Case) -> Iterator[Case]:
    yield from _without_households(case)
    for table in ("person", "receipt", "ledger"):
        yield from _without_rows(case, table)
    for field in ("count_pension", "count_living_costs", "entry_margin", "exit_margin", "payment_lag_months"):
        if getattr(case.settings, field) != getattr(Settings(), field):
            yield replace(case, settings=replace(case.settings, **{field: getattr(Settings(), field)}))
    for table in ("household", "person"):
        yield from _without_facts(case, table)


def _without_households(case: Case) -> Iterator[Case]:
    for ids in _parts([row["household_id"] for row in case.register["household"]]):
        kept = {table: [r for r in rows if r["household_id"] not in ids] for table, rows in case.register.items()}
        if kept["household"]:
            yield replace(case, register=kept)


def _without_rows(case: Case, table: str) -> Iterator[Case]:
    rows = case.register[table]
    for places in _parts(list(range(len(rows)))):
        kept = {**case.register, table: [row for place, row in enumerate(rows) if place not in places]}
        if table == "person":
            kept = _without_rows_of_nobody(kept)
        yield replace(case, register=kept)


def _without_rows_of_nobody(register: Register) -> Register:
    persons = {None, *(row["person_id"] for row in register["person"])}
    own = {table: [r for r in register[table] if r["person_id"] in persons] for table in ("ledger", "receipt")}
    return {**register, **own}


def _without_facts(case: Case, table: str) -> Iterator[Case]:
    rows = case.register[table]
    for place, row in enumerate(rows):
        known = [column for column, value in row.items() if value is not None and column not in REQUIRED]
        for columns in _parts(known):
            poorer = {**row, **dict.fromkeys(columns)}
            yield replace(case, register={**case.register, table: [*rows[:place], poorer, *rows[place + 1 :]]})


def _parts(things: list[T]) -> Iterator[list[T]]:
    """Yield the halves, quarters and so on of a list, down to its single things."""
    size = len(things) // 2
    while size > 1:
        yield from (things[start : start + size] for start in range(0, len(things), size))
        size //= 2
    yield from ([thing] for thing in things)
