"""The rules of `assessment` as an OpenFisca system: persons and households, variables, formulas over numpy arrays.

A condition that changes within the year is a variable of the day, asked for on the firsts of the months and on 31 December,
as OpenFisca has it; or, which takes less, one of the year: a mask of the thirteen days in one small integer a person, bits 0
to 11 the firsts of the months, bit 12 31 December. The rules are the same words for both: what is said of `days` finds out.
"""

from collections.abc import Callable, Iterable
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
from openfisca_core.entities import build_entity
from openfisca_core.periods import DateUnit, Period, period
from openfisca_core.taxbenefitsystems import TaxBenefitSystem
from openfisca_core.variables import Variable

Array = Any
Formula = Callable[..., Array]

PERSON = build_entity(key="person", plural="persons", label="Person", is_person=True)
HOUSEHOLD = build_entity(
    key="household", plural="households", label="Household", roles=[{"key": "member", "plural": "members"}]
)

# OpenFisca's own whole numbers are 32 bits and so are its fractions: neither holds every amount in fen.
FEN, DAY, MASK, CODE, TRUTH = np.int64, np.int32, np.int16, np.int8, np.bool_

ACCRUAL_DAYS = np.array([*(20170001 + 100 * month for month in range(1, 13)), 20171231], np.int32)
FIRST, LAST = ACCRUAL_DAYS[0], ACCRUAL_DAYS[-1]
EVERY_DAY = [
    period(f"{day:%Y-%m-%d}") for day in (*(date(2017, month, 1) for month in range(1, 13)), date(2017, 12, 31))
]
NOW = 1 << 12
FULL = (1 << 13) - 1
MONTHS_EXPECTED = list(range(11))  # those of December may still be on their way
TERMS_EXPECTED = [2, 8]  # 1 March, 1 September
SPRING = (1 << 8) - 1  # the days whose stage is that of spring, and whose school age is that of last August
AUTUMN = FULL & ~SPRING
AUGUST_BEFORE, AUGUST = 20160831, 20170831
A_YEAR = 1_00_00
AFTER = np.array([FULL & ~((1 << days) - 1) for days in range(14)], MASK)
NEVER, ALWAYS = 9999_12_31, 0  # what stands for an empty end and an empty start of a span

# The numbers that stand for the contract's codes; 0 where there is none.
CODES = {
    "status": ("none", "poor", "relapsed", "exited", "exited_no_policy"),
    "house_grade": ("", "A", "B", "C", "D"),
    "schooling": (
        "none",
        "kindergarten",
        "primary",
        "junior",
        "senior",
        "vocational_secondary",
        "vocational_higher",
        "undergraduate",
        "postgraduate",
    ),
    "dropout_reason": ("", "poverty", "unwilling", "other", "illness", "disability"),
    "disability_category": ("", "1", "2", "3", "4", "5", "6", "7"),
    "disability_grade": ("", "1", "2", "3", "4"),
    "wubao_care": ("none", "central", "dispersed"),
    "orphan_care": ("none", "institution", "community"),
}
CODES["schooling_spring"] = CODES["schooling"]
EXITED_NO_POLICY = 4
GRADE_C, GRADE_D = 3, 4
MULTIPLE = 7

GROUPS = {
    "wage": ("wage_local", "wage_away", "wage_post"),
    "business": ("crop", "livestock", "other_business"),
    "property": ("rent", "interest", "dividend", "expropriation", "other_property"),
    "transfer": (
        "retirement",
        "dibao_pay",
        "wubao_pay",
        "education_subsidy",
        "family_planning",
        "disability_subsidy",
        "elderly_allowance",
        "ecological",
        "agricultural",
        "relief",
        "support",
        "remittance",
        "donation",
        "other_transfer",
    ),
    "land_loss": ("land_loss_insurance",),
    "business_expense": ("inputs", "living", "depreciation", "tax_and_fees", "other_expense"),
}
MEDICAL = ("medical_cost", "medical_reimbursed", "medical_supplementary", "medical_waived", "medical_aid_paid")
ITEMS = (*(item for group in GROUPS.values() for item in group), "pension", "education_cost", "education_aid", *MEDICAL)

MONTHLY = (
    "child_in_hardship",
    "orphan_institution",
    "orphan_community",
    "elderly_80s",
    "elderly_90s",
    "incapacity_care",
    "disability_living",
    "disability_care",
)
YEARLY = ("wubao_central", "wubao_dispersed")
# Of a mean or a ceiling something is missing only where nothing was received.
LOOSE = ("preschool_grant", "boarder_living", "senior_grant", "higher_grant")
BY_TERM = (*LOOSE, "compulsory_transport_living", "senior_living", "higher_living", "rain_dew")
RECEIVED = ("dibao", *YEARLY, *MONTHLY, *BY_TERM, "higher_tuition", "supplementary_insurance")
HOUSING = {"house_repair": GRADE_C, "house_rebuild": GRADE_D}

DECLARED: list[tuple[str, Any, Any, Formula | None]] = []


def declare(name: str, entity: Any, kind: Any, formula: Formula | None = None) -> None:
    """A variable of the year, or of days where it is a MASK; one without a formula is an input."""
    DECLARED.append((name, entity, kind, formula))


def of(entity: Any, kind: Any) -> Callable[[Formula], Formula]:
    """Declare the variable that a formula is named for. A class with four lines of attributes each, otherwise."""

    def declared(formula: Formula) -> Formula:
        declare(formula.__name__, entity, kind, formula)
        return formula

    return declared


def system(*, by_day: bool) -> TaxBenefitSystem:
    """The rules, with variables of the day or with masks of the year."""
    made = TaxBenefitSystem([PERSON, HOUSEHOLD])
    made.load_parameters(str(Path(__file__).parent / "parameters"))
    for name, entity, kind, formula in DECLARED:
        daily = by_day and kind is MASK
        attributes = {
            "value_type": bool if daily or kind is TRUTH else int,
            "entity": entity,
            "definition_period": DateUnit.DAY if daily else DateUnit.YEAR,
            "label": name,
        } | ({"formula": formula} if formula else {})
        made.add_variable(type(name, (Variable,), attributes)).dtype = np.dtype(TRUTH if daily else kind)
    return made


# ---- inputs

INPUTS: dict[Any, dict[str, Any]] = {
    HOUSEHOLD: {
        "status": CODE,
        "registered_on": DAY,
        "exited_on": DAY,
        "food_secure": TRUTH,
        "clothing_secure": TRUTH,
        "water_safe": TRUTH,
        "house_owned": TRUTH,
        "house_grade": CODE,
        "resettled": TRUTH,
    },
    PERSON: {
        "birth_date": DAY,
        "died_on": DAY,
        "left_on": DAY,
        "schooling": CODE,
        "schooling_spring": CODE,
        "inclusive_kindergarten": TRUTH,
        "boarding": TRUTH,
        "tuition": FEN,
        "dropout_reason": CODE,
        "serious_illness": TRUTH,
        "medical_aid": TRUTH,
        "disability_certificate": TRUTH,
        "disability_from": DAY,
        "disability_until": DAY,
        "disability_category": CODE,
        "disability_grade": CODE,
        "incapacitated": TRUTH,
        "incapacitated_from": DAY,
        "incapacitated_until": DAY,
        "basic_medical_insured": TRUTH,
        "serious_illness_insured": TRUTH,
        "wubao_care": CODE,
        "wubao_from": DAY,
        "wubao_until": DAY,
        "dibao_member": TRUTH,
        "dibao_monthly": FEN,
        "dibao_from": DAY,
        "dibao_until": DAY,
        "orphan_care": CODE,
        "orphan_from": DAY,
        "orphan_until": DAY,
        "is_child_in_hardship": TRUTH,  # the policy has the name of the fact
        "hardship_from": DAY,
        "hardship_until": DAY,
    },
}
for entity, inputs in INPUTS.items():
    for name, kind in inputs.items():
        declare(name, entity, kind)
declare("settled", HOUSEHOLD, TRUTH)  # whether the ledger of the year has a row outside the rigid group
for item in ITEMS:
    declare(item, HOUSEHOLD, FEN)
for item in MEDICAL:
    declare(f"own_{item}", PERSON, FEN)
for policy in RECEIVED:
    declare(f"received_{policy}", PERSON, FEN)
for policy in HOUSING:
    declare(f"received_{policy}", HOUSEHOLD, FEN)


# ---- days: of a variable of the day whether something holds, of one of the year the mask of the days on which it does


def is_day(when: Period) -> bool:
    return bool(when.unit == DateUnit.DAY)


def day_of(when: Period) -> int:
    start = when.start
    return int(start.year * 10000 + start.month * 100 + start.day)


def since(days: Array, when: Period) -> Array:
    """On or after a day. Few days lie within the year, and only those need a search."""
    if is_day(when):
        return days <= day_of(when)
    masks = np.where(days <= FIRST, MASK(FULL), MASK(0))
    within = np.flatnonzero((days > FIRST) & (days <= LAST))
    masks[within] = AFTER[np.searchsorted(ACCRUAL_DAYS, days[within])]
    return masks


def spelled(person: Any, when: Period, holds: Array, span: str) -> Array:
    """Within the span of a fact, where it holds at all."""
    start, until = person(f"{span}_from", when.this_year), person(f"{span}_until", when.this_year)
    if is_day(when):
        return holds & since(start, when) & ~since(until + 1, when)
    masks = np.zeros(len(holds), MASK)
    those = np.flatnonzero(holds)
    masks[those] = since(start[those], when) & ~since(until[those] + 1, when)
    return masks


def aged(person: Any, when: Period, age: int) -> Array:
    """From the birthday on."""
    return since(person("birth_date", when.this_year) + age * A_YEAR, when)


def by_season(when: Period, spring: Array, autumn: Array) -> Array:
    """What holds up to August, and what from September on."""
    if is_day(when):
        return spring if when.start.month <= 8 else autumn
    return np.where(spring, MASK(SPRING), MASK(0)) | np.where(autumn, MASK(AUTUMN), MASK(0))


def in_stage(person: Any, when: Period, *stages: str) -> Array:
    """In one of these stages of schooling."""
    is_one = np.array([stage in stages for stage in CODES["schooling"]])
    spring, autumn = (person(name, when.this_year) for name in ("schooling_spring", "schooling"))
    if is_day(when):
        return by_season(when, is_one[spring], is_one[autumn])
    return (SPRING * is_one.astype(MASK))[spring] | (AUTUMN * is_one.astype(MASK))[autumn]


def days_if(holds: Array, when: Period) -> Array:
    return holds if is_day(when) else np.where(holds, MASK(FULL), MASK(0))


def some_member(household: Any, when: Period, held: Array) -> Array:
    """Where it holds for somebody. Persons are sorted, so for masks this is one pass; `household.reduce` makes one a position."""
    if is_day(when):
        return household.any(held)
    homes = household.members_entity_id
    starts = np.flatnonzero(np.diff(homes, prepend=-1))
    result = np.zeros(household.count, MASK)
    result[homes[starts]] = np.bitwise_or.reduceat(held, starts)
    return result


def is_daily(asked: Any, name: str) -> bool:
    return bool(asked.simulation.tax_benefit_system.get_variable(name).definition_period == DateUnit.DAY)


def due_days(asked: Any, name: str, year: Period) -> tuple[Array, Array]:
    """Those for whom something holds on some day, by their places; and, a row for each, whether it does on each of the thirteen."""
    if is_daily(asked, name):
        held = np.column_stack([asked(name, day) for day in EVERY_DAY])
        rows = np.flatnonzero(held.any(axis=1))
        return rows, held[rows]
    masks = asked(name, year)
    rows = np.flatnonzero(masks)
    return rows, masks[rows, None] >> np.arange(len(EVERY_DAY), dtype=MASK) & 1 != 0


def now(asked: Any, name: str, year: Period) -> Array:
    """On 31 December."""
    if is_daily(asked, name):
        return asked(name, EVERY_DAY[-1])
    return asked(name, year) & NOW != 0


def ever(asked: Any, name: str, year: Period) -> Array:
    """On any of the thirteen days."""
    if is_daily(asked, name):
        return np.logical_or.reduce([asked(name, day) for day in EVERY_DAY])
    return asked(name, year) != 0


# ---- income


def sum_of(items: Iterable[str]) -> Formula:
    def formula(household: Any, period: Any) -> Array:
        return sum(household(item, period) for item in items)

    return formula


for group, items in GROUPS.items():
    declare(group, HOUSEHOLD, FEN, sum_of(items))


@of(HOUSEHOLD, FEN)
def net_income(household: Any, period: Any) -> Array:
    incomes = sum(household(group, period) for group in ("wage", "business", "property", "transfer", "land_loss"))
    return incomes - household("business_expense", period)


@of(HOUSEHOLD, FEN)
def net_income_per_capita(household: Any, period: Any) -> Array:
    """Rounded half away from zero; of no meaning where nobody is counted."""
    net, members = household("net_income", period), np.maximum(household("members", period), 1)
    return np.sign(net) * ((2 * np.abs(net) + members) // (2 * members))


@of(HOUSEHOLD, TRUTH)
def below_line(household: Any, period: Any, parameters: Any) -> Array:
    return household("net_income", period) < parameters(period).poverty_line * household("members", period)


@of(HOUSEHOLD, TRUTH)
def above_line(household: Any, period: Any, parameters: Any) -> Array:
    return household("net_income", period) > parameters(period).poverty_line * household("members", period)


@of(HOUSEHOLD, FEN)
def rigid_education(household: Any, period: Any) -> Array:
    return household("education_cost", period) - household("education_aid", period)


@of(HOUSEHOLD, FEN)
def rigid_medical(household: Any, period: Any) -> Array:
    return household(MEDICAL[0], period) - sum(household(item, period) for item in MEDICAL[1:])


# ---- persons and households on each day


@of(PERSON, MASK)
def present(person: Any, period: Any) -> Array:
    year = period.this_year
    gone = np.minimum(person("died_on", year), person("left_on", year))
    return since(person("birth_date", year), period) & ~since(gone, period)


@of(PERSON, TRUTH)
def counted(person: Any, period: Any) -> Array:
    return now(person, "present", period)


@of(HOUSEHOLD, FEN)
def members(household: Any, period: Any) -> Array:
    return household.sum(household.members("counted", period))


@of(HOUSEHOLD, MASK)
def registered(household: Any, period: Any) -> Array:
    year = period.this_year
    status = household("status", year)
    until = np.where(status == EXITED_NO_POLICY, household("exited_on", year), np.where(status == 0, ALWAYS, NEVER))
    return since(household("registered_on", year), period) & ~since(until + 1, period)


@of(PERSON, MASK)
def dibao_days(person: Any, period: Any) -> Array:
    return spelled(person, period, person("dibao_member", period.this_year), "dibao")


@of(PERSON, MASK)
def certificate(person: Any, period: Any) -> Array:
    return spelled(person, period, person("disability_certificate", period.this_year), "disability")


@of(HOUSEHOLD, MASK)
def hardship(household: Any, period: Any) -> Array:
    return some_member(
        household, period, household.members("present", period) & household.members("dibao_days", period)
    )


@of(PERSON, MASK)
def in_hardship(person: Any, period: Any) -> Array:
    return person("present", period) & person.household("hardship", period)


@of(PERSON, MASK)
def enrolled(person: Any, period: Any) -> Array:
    """The days on which a person is present in a registered household."""
    return person("present", period) & person.household("registered", period)


# ---- guarantees


@of(PERSON, TRUTH)
def out_of_school(person: Any, period: Any, parameters: Any) -> Array:
    ages = parameters(period).ages
    age = (AUGUST - person("birth_date", period)) // A_YEAR
    reason = person("dropout_reason", period)
    poverty, unwilled = reason == 1, (reason >= 1) & (reason <= 3)
    last = np.where(poverty, ages.poverty_dropout_until, np.where(unwilled, ages.compulsory_until, -1))
    return (
        person("counted", period) & (person("schooling", period) == 0) & (age >= ages.compulsory_from) & (age <= last)
    )


@of(HOUSEHOLD, TRUTH)
def education(household: Any, period: Any) -> Array:
    return ~household.any(household.members("out_of_school", period))


@of(PERSON, TRUTH)
def without_medical_care(person: Any, period: Any) -> Array:
    burden = person(f"own_{MEDICAL[0]}", period) - sum(person(f"own_{item}", period) for item in MEDICAL[1:])
    uninsured = ~(person("basic_medical_insured", period) & person("serious_illness_insured", period))
    unaided = person("serious_illness", period) & ~person("medical_aid", period) & (burden > 0)
    return person("counted", period) & (uninsured | unaided)


@of(HOUSEHOLD, TRUTH)
def medical(household: Any, period: Any) -> Array:
    return ~household.any(household.members("without_medical_care", period))


@of(HOUSEHOLD, TRUTH)
def housing(household: Any, period: Any) -> Array:
    elsewhere = household.members("counted", period) & ~now(household.members, "wubao_central", period)
    all_central = (household("members", period) > 0) & ~household.any(elsewhere)
    return household("house_owned", period) & (household("house_grade", period) < GRADE_C) | all_central


@of(HOUSEHOLD, TRUTH)
def assured(household: Any, period: Any) -> Array:
    """The two assurances and the three guarantees."""
    return (
        household("food_secure", period)
        & household("clothing_secure", period)
        & household("education", period)
        & household("medical", period)
        & household("housing", period)
    )


@of(HOUSEHOLD, TRUTH)
def meets_entry(household: Any, period: Any) -> Array:
    return household("below_line", period) & ~household("assured", period)


@of(HOUSEHOLD, TRUTH)
def meets_exit(household: Any, period: Any) -> Array:
    return household("above_line", period) & household("assured", period) & household("water_safe", period)


# ---- policies of persons: the days on which each is due; `…_met` before one of two gives way to the other


def gives_way(person: Any, period: Any, one: str, other: str, *, smaller: bool) -> Array:
    """The days on which `one` gives way: to the policy alone received for, else to the other if `one` is the smaller sum."""
    year = period.this_year
    received, received_other = person(f"received_{one}", year) > 1, person(f"received_{other}", year) > 1
    loses = received_other | ~received if smaller else received_other & ~received
    return days_if(loses, period) & person(f"{one}_met", period) & person(f"{other}_met", period)


@of(PERSON, MASK)
def wubao_days(person: Any, period: Any) -> Array:
    return person("present", period) & spelled(person, period, person("wubao_care", period.this_year) > 0, "wubao")


@of(PERSON, MASK)
def wubao_central(person: Any, period: Any) -> Array:
    return person("wubao_days", period) & days_if(person("wubao_care", period.this_year) == 1, period)


@of(PERSON, MASK)
def wubao_dispersed(person: Any, period: Any) -> Array:
    return person("wubao_days", period) & days_if(person("wubao_care", period.this_year) == 2, period)


@of(PERSON, MASK)
def dibao(person: Any, period: Any) -> Array:
    return person("present", period) & person("dibao_days", period) & ~person("wubao_days", period)


@of(PERSON, MASK)
def childhood(person: Any, period: Any, parameters: Any) -> Array:
    return person("present", period) & ~aged(person, period, parameters(period).ages.adult)


@of(PERSON, MASK)
def orphan_days(person: Any, period: Any) -> Array:
    return person("childhood", period) & spelled(person, period, person("orphan_care", period.this_year) > 0, "orphan")


@of(PERSON, MASK)
def orphan_institution(person: Any, period: Any) -> Array:
    return person("orphan_days", period) & days_if(person("orphan_care", period.this_year) == 1, period)


@of(PERSON, MASK)
def orphan_community(person: Any, period: Any) -> Array:
    return person("orphan_days", period) & days_if(person("orphan_care", period.this_year) == 2, period)


@of(PERSON, MASK)
def child_in_hardship(person: Any, period: Any) -> Array:
    said = spelled(person, period, person("is_child_in_hardship", period.this_year), "hardship")
    return person("childhood", period) & said & ~person("orphan_days", period)


@of(PERSON, MASK)
def elderly_80s_met(person: Any, period: Any, parameters: Any) -> Array:
    ages = parameters(period).ages
    return person("in_hardship", period) & aged(person, period, ages.eighty) & ~aged(person, period, ages.ninety)


@of(PERSON, MASK)
def elderly_90s_met(person: Any, period: Any, parameters: Any) -> Array:
    ages = parameters(period).ages
    return person("in_hardship", period) & aged(person, period, ages.ninety) & ~aged(person, period, ages.hundred)


@of(PERSON, MASK)
def disability_living_met(person: Any, period: Any) -> Array:
    barred = person("wubao_days", period) | person("orphan_days", period)
    return person("in_hardship", period) & person("certificate", period) & ~barred


@of(PERSON, MASK)
def severely_disabled(person: Any, period: Any) -> Array:
    grade = person("disability_grade", period.this_year)
    severe = days_if((grade >= 1) & (grade <= 2), period)
    return person("present", period) & person("certificate", period) & severe & ~person("wubao_days", period)


@of(PERSON, MASK)
def disability_care_met(person: Any, period: Any) -> Array:
    fits = np.array([category in ("1", "4", "5", "6") for category in CODES["disability_category"]])
    return person("severely_disabled", period) & days_if(fits[person("disability_category", period.this_year)], period)


@of(PERSON, MASK)
def disability_care_in_doubt(person: Any, period: Any) -> Array:
    """Of a multiple disability the register does not tell the parts: nobody can say, even where nothing is missing."""
    return person("severely_disabled", period) & days_if(
        person("disability_category", period.this_year) == MULTIPLE, period
    )


@of(PERSON, MASK)
def incapacity_care_met(person: Any, period: Any, parameters: Any) -> Array:
    old = aged(person, period, parameters(period).ages.incapacity_from)
    return (
        person("in_hardship", period)
        & old
        & spelled(person, period, person("incapacitated", period.this_year), "incapacitated")
    )


@of(PERSON, MASK)
def incapacity_care_in_doubt(person: Any, period: Any) -> Array:
    """It would give way to the larger sum, were that due."""
    unsettled = days_if(person("received_incapacity_care", period.this_year) <= 1, period)
    return person("incapacity_care_met", period) & person("disability_care_in_doubt", period) & unsettled


@of(PERSON, MASK)
def elderly_80s(person: Any, period: Any) -> Array:
    return person("elderly_80s_met", period) & ~gives_way(
        person, period, "elderly_80s", "disability_living", smaller=False
    )


@of(PERSON, MASK)
def elderly_90s(person: Any, period: Any) -> Array:
    return person("elderly_90s_met", period) & ~gives_way(
        person, period, "elderly_90s", "disability_living", smaller=False
    )


@of(PERSON, MASK)
def disability_living(person: Any, period: Any) -> Array:
    met = person("disability_living_met", period)
    for larger in ("elderly_80s", "elderly_90s"):
        met = met & ~gives_way(person, period, "disability_living", larger, smaller=True)
    return met


@of(PERSON, MASK)
def disability_care(person: Any, period: Any) -> Array:
    return person("disability_care_met", period) & ~gives_way(
        person, period, "disability_care", "incapacity_care", smaller=False
    )


@of(PERSON, MASK)
def incapacity_care(person: Any, period: Any) -> Array:
    gone = gives_way(person, period, "incapacity_care", "disability_care", smaller=True)
    return person("incapacity_care_met", period) & ~gone & ~person("incapacity_care_in_doubt", period)


@of(PERSON, MASK)
def preschool_grant(person: Any, period: Any, parameters: Any) -> Array:
    ages, born = parameters(period).ages, person("birth_date", period.this_year)

    def fits(day: int) -> Array:
        age = (day - born) // A_YEAR
        return (age >= ages.preschool_from) & (age <= ages.preschool_until)

    age = by_season(period, fits(AUGUST_BEFORE), fits(AUGUST))
    inclusive = days_if(person("inclusive_kindergarten", period.this_year), period)
    return person("enrolled", period) & age & in_stage(person, period, "kindergarten") & inclusive


@of(PERSON, MASK)
def compulsory_transport_living(person: Any, period: Any) -> Array:
    return person("enrolled", period) & in_stage(person, period, "primary", "junior")


@of(PERSON, MASK)
def boarder_living(person: Any, period: Any) -> Array:
    return person("compulsory_transport_living", period) & days_if(person("boarding", period.this_year), period)


@of(PERSON, MASK)
def senior_grant(person: Any, period: Any) -> Array:
    return person("enrolled", period) & in_stage(person, period, "senior", "vocational_secondary")


@of(PERSON, MASK)
def higher_grant(person: Any, period: Any) -> Array:
    return person("enrolled", period) & in_stage(person, period, "vocational_higher", "undergraduate", "postgraduate")


@of(PERSON, MASK)
def higher_tuition(person: Any, period: Any) -> Array:
    return person("higher_grant", period)


@of(PERSON, MASK)
def senior_living_met(person: Any, period: Any) -> Array:
    return person("senior_grant", period)


@of(PERSON, MASK)
def higher_living_met(person: Any, period: Any) -> Array:
    return person("higher_grant", period)


@of(PERSON, MASK)
def rain_dew_met(person: Any, period: Any) -> Array:
    return person("enrolled", period) & in_stage(person, period, "vocational_secondary", "vocational_higher")


@of(PERSON, MASK)
def rain_dew(person: Any, period: Any) -> Array:
    met = person("rain_dew_met", period) & ~gives_way(person, period, "rain_dew", "senior_living", smaller=False)
    return met & ~gives_way(person, period, "rain_dew", "higher_living", smaller=True)


@of(PERSON, MASK)
def senior_living(person: Any, period: Any) -> Array:
    # The sums are equal and rain_dew stands first in the list.
    return person("senior_living_met", period) & ~gives_way(person, period, "senior_living", "rain_dew", smaller=True)


@of(PERSON, MASK)
def higher_living(person: Any, period: Any) -> Array:
    return person("higher_living_met", period) & ~gives_way(person, period, "higher_living", "rain_dew", smaller=False)


@of(PERSON, FEN)
def supplementary_insurance(person: Any, period: Any, parameters: Any) -> Array:
    """What it pays in the year, as long as some day of the year is due."""
    benefits = parameters(period).benefits
    borne = np.maximum(person("own_medical_cost", period) - person("own_medical_reimbursed", period), 0)
    amount = (benefits.supplementary_insurance_percent * borne + 50) // 100
    return np.where(ever(person, "enrolled", period), np.minimum(amount, benefits.supplementary_insurance_cap), 0)


# ---- what is due, and what of it is missing


def short_of(low: Array, received: Array, *, loose: bool) -> Array:
    """What is missing of what is surely due by now."""
    nothing = received <= 1
    missing = nothing & (low > 1) if loose else np.where(nothing, low > 1, low > received + 1)
    return np.where(missing, low - received, 0)


def cash(person: Any, year: Any, benefits: Any) -> Iterable[tuple[Array, Array, Array]]:
    """Of each policy the persons who have some day, and for them the year's worth and what is missing.

    Only those are worked on: few persons have any one policy, and arrays of all of them would cost more than the rules.
    """

    def those(policy: str, expected: list[int]) -> tuple[Array, Array, Array, Array]:
        rows, days = due_days(person, policy, year)
        counted = days[:, expected].sum(axis=1)
        return rows, counted, days[:, -1], person(f"received_{policy}", year)[rows]

    for policy in (*MONTHLY, "dibao"):
        rows, months, today, received = those(policy, MONTHS_EXPECTED)
        rate = person("dibao_monthly", year)[rows] if policy == "dibao" else benefits[policy]
        missing = short_of(months * rate, received, loose=False)
        if policy == "incapacity_care":
            missing[now(person, "incapacity_care_in_doubt", year)[rows]] = 0
        yield rows, np.where(today, 12 * rate, 0), missing
    for policy in YEARLY:
        rows, months, today, received = those(policy, MONTHS_EXPECTED)
        amount = benefits[policy]
        yield rows, np.where(today, amount, 0), short_of((months * amount + 6) // 12, received, loose=False)
    for policy in (*BY_TERM, "higher_tuition"):
        rows, terms, today, received = those(policy, TERMS_EXPECTED)
        if policy == "higher_tuition":
            amount = np.minimum(person("tuition", year)[rows], benefits.higher_tuition_ceiling)
        else:
            amount = benefits[policy]
        low = (terms * amount + 1) // 2
        yield rows, np.where(today, amount, 0), short_of(low, received, loose=policy in LOOSE)
    amount = person("supplementary_insurance", year)
    rows = np.flatnonzero(amount)
    today = now(person, "enrolled", year)[rows]
    received = person("received_supplementary_insurance", year)[rows]
    yield rows, np.where(today, amount[rows], 0), short_of(amount[rows], received, loose=False)


@of(PERSON, FEN)
def annual(person: Any, period: Any, parameters: Any) -> Array:
    total = np.zeros(person.count, FEN)
    for rows, worth, _ in cash(person, period, parameters(period).benefits):
        total[rows] += worth
    return total


@of(PERSON, FEN)
def missing(person: Any, period: Any, parameters: Any) -> Array:
    total = np.zeros(person.count, FEN)
    for rows, _, short in cash(person, period, parameters(period).benefits):
        total[rows] += short
    return total


@of(HOUSEHOLD, TRUTH)
def has_title_to_house_aid(household: Any, period: Any) -> Array:
    members = household.members
    counted = members("counted", period)
    listed = now(members, "wubao_dispersed", period) | now(members, "dibao_days", period)
    certified = now(members, "certificate", period)
    poor = household.any(counted & certified) & household("below_line", period)
    group = now(household, "registered", period) | household.any(counted & listed) | poor
    return group & (household("members", period) > 0) & ~household("resettled", period)


def house_aid(policy: str, grade: int) -> Formula:
    def formula(household: Any, period: Any, parameters: Any) -> Array:
        due = household("has_title_to_house_aid", period) & (household("house_grade", period) == grade)
        return np.where(due, parameters(period).benefits[policy], 0)

    return formula


for policy, grade in HOUSING.items():
    declare(policy, HOUSEHOLD, FEN, house_aid(policy, grade))


@of(HOUSEHOLD, FEN)
def entitled_annual(household: Any, period: Any) -> Array:
    return household.sum(household.members("annual", period))


@of(HOUSEHOLD, FEN)
def entitled_once(household: Any, period: Any) -> Array:
    return sum(household(policy, period) for policy in HOUSING)


@of(HOUSEHOLD, FEN)
def missing_amount(household: Any, period: Any) -> Array:
    total = household.sum(household.members("missing", period)).astype(FEN)
    for policy in HOUSING:
        total += short_of(household(policy, period), household(f"received_{policy}", period), loose=True)
    return total
