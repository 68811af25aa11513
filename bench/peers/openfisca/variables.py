"""The rules of `assessment` as an OpenFisca system: persons and households, variables, formulas over numpy arrays.

Every variable is of the year. A condition that changes within it is a mask of thirteen days, which OpenFisca holds as
one small integer a person: bits 0 to 11 are the firsts of the months, bit 12 is 31 December. Variables of a month would
be computed twelve times.
"""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np
from openfisca_core.entities import build_entity
from openfisca_core.periods import DateUnit
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
NOW = 1 << 12
FULL = (1 << 13) - 1
MONTHS_EXPECTED = (1 << 11) - 1  # those of December may still be on their way
TERMS_EXPECTED = 1 << 2 | 1 << 8  # 1 March, 1 September
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

VARIABLES: list[tuple[type[Variable], Any]] = []


def declare(name: str, entity: Any, kind: Any, formula: Formula | None = None) -> None:
    """A variable of the year; one without a formula is an input."""
    attributes = {
        "value_type": bool if kind is TRUTH else int,
        "entity": entity,
        "definition_period": DateUnit.YEAR,
        "label": name,
    } | ({"formula": formula} if formula else {})
    VARIABLES.append((type(name, (Variable,), attributes), kind))


def of(entity: Any, kind: Any) -> Callable[[Formula], Formula]:
    """Declare the variable that a formula is named for. A class with four lines of attributes each, otherwise."""

    def declared(formula: Formula) -> Formula:
        declare(formula.__name__, entity, kind, formula)
        return formula

    return declared


def system() -> TaxBenefitSystem:
    made = TaxBenefitSystem([PERSON, HOUSEHOLD])
    made.load_parameters(str(Path(__file__).parent / "parameters"))
    for variable, kind in VARIABLES:
        made.add_variable(variable).dtype = np.dtype(kind)
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


# ---- days


def since(days: Array) -> Array:
    """The accrual days on or after a day. Few days lie within the year, and only those need a search."""
    masks = np.where(days <= FIRST, MASK(FULL), MASK(0))
    within = np.flatnonzero((days > FIRST) & (days <= LAST))
    masks[within] = AFTER[np.searchsorted(ACCRUAL_DAYS, days[within])]
    return masks


def spelled(person: Any, period: Any, holds: Array, span: str) -> Array:
    """The days on which a fact holds: those of its span, where it holds at all."""
    masks = np.zeros(len(holds), MASK)
    those = np.flatnonzero(holds)
    start, until = person(f"{span}_from", period)[those], person(f"{span}_until", period)[those]
    masks[those] = since(start) & ~since(until + 1)
    return masks


def aged(person: Any, period: Any, age: int) -> Array:
    """The days from the birthday on."""
    return since(person("birth_date", period) + age * A_YEAR)


def in_stage(person: Any, period: Any, *stages: str) -> Array:
    """The days on which a student is in one of these stages."""
    is_one = np.array([stage in stages for stage in CODES["schooling"]], MASK)
    return (SPRING * is_one)[person("schooling_spring", period)] | (AUTUMN * is_one)[person("schooling", period)]


def days_if(holds: Array) -> Array:
    return np.where(holds, MASK(FULL), MASK(0))


def some_member(household: Any, masks: Array) -> Array:
    """The days on which a mask holds for somebody. Persons are sorted, so this is one pass; `household.reduce` makes one a position."""
    homes = household.members_entity_id
    starts = np.flatnonzero(np.diff(homes, prepend=-1))
    result = np.zeros(household.count, MASK)
    result[homes[starts]] = np.bitwise_or.reduceat(masks, starts)
    return result


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
    gone = np.minimum(person("died_on", period), person("left_on", period))
    return since(person("birth_date", period)) & ~since(gone)


@of(PERSON, TRUTH)
def counted(person: Any, period: Any) -> Array:
    return person("present", period) & NOW != 0


@of(HOUSEHOLD, FEN)
def members(household: Any, period: Any) -> Array:
    return household.sum(household.members("counted", period))


@of(HOUSEHOLD, MASK)
def registered(household: Any, period: Any) -> Array:
    status = household("status", period)
    until = np.where(status == EXITED_NO_POLICY, household("exited_on", period), np.where(status == 0, ALWAYS, NEVER))
    return since(household("registered_on", period)) & ~since(until + 1)


@of(PERSON, MASK)
def dibao_days(person: Any, period: Any) -> Array:
    return spelled(person, period, person("dibao_member", period), "dibao")


@of(PERSON, MASK)
def certificate(person: Any, period: Any) -> Array:
    return spelled(person, period, person("disability_certificate", period), "disability")


@of(HOUSEHOLD, MASK)
def hardship(household: Any, period: Any) -> Array:
    return some_member(household, household.members("present", period) & household.members("dibao_days", period))


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
    elsewhere = household.members("counted", period) & (household.members("wubao_central", period) & NOW == 0)
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
    received, received_other = person(f"received_{one}", period) > 1, person(f"received_{other}", period) > 1
    loses = received_other | ~received if smaller else received_other & ~received
    return days_if(loses) & person(f"{one}_met", period) & person(f"{other}_met", period)


@of(PERSON, MASK)
def wubao_days(person: Any, period: Any) -> Array:
    return person("present", period) & spelled(person, period, person("wubao_care", period) > 0, "wubao")


@of(PERSON, MASK)
def wubao_central(person: Any, period: Any) -> Array:
    return person("wubao_days", period) & days_if(person("wubao_care", period) == 1)


@of(PERSON, MASK)
def wubao_dispersed(person: Any, period: Any) -> Array:
    return person("wubao_days", period) & days_if(person("wubao_care", period) == 2)


@of(PERSON, MASK)
def dibao(person: Any, period: Any) -> Array:
    return person("present", period) & person("dibao_days", period) & ~person("wubao_days", period)


@of(PERSON, MASK)
def childhood(person: Any, period: Any, parameters: Any) -> Array:
    return person("present", period) & ~aged(person, period, parameters(period).ages.adult)


@of(PERSON, MASK)
def orphan_days(person: Any, period: Any) -> Array:
    return person("childhood", period) & spelled(person, period, person("orphan_care", period) > 0, "orphan")


@of(PERSON, MASK)
def orphan_institution(person: Any, period: Any) -> Array:
    return person("orphan_days", period) & days_if(person("orphan_care", period) == 1)


@of(PERSON, MASK)
def orphan_community(person: Any, period: Any) -> Array:
    return person("orphan_days", period) & days_if(person("orphan_care", period) == 2)


@of(PERSON, MASK)
def child_in_hardship(person: Any, period: Any) -> Array:
    said = spelled(person, period, person("is_child_in_hardship", period), "hardship")
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
    grade = person("disability_grade", period)
    severe = days_if((grade >= 1) & (grade <= 2))
    return person("present", period) & person("certificate", period) & severe & ~person("wubao_days", period)


@of(PERSON, MASK)
def disability_care_met(person: Any, period: Any) -> Array:
    fits = np.array([category in ("1", "4", "5", "6") for category in CODES["disability_category"]])
    return person("severely_disabled", period) & days_if(fits[person("disability_category", period)])


@of(PERSON, MASK)
def disability_care_in_doubt(person: Any, period: Any) -> Array:
    """Of a multiple disability the register does not tell the parts: nobody can say, even where nothing is missing."""
    return person("severely_disabled", period) & days_if(person("disability_category", period) == MULTIPLE)


@of(PERSON, MASK)
def incapacity_care_met(person: Any, period: Any, parameters: Any) -> Array:
    old = aged(person, period, parameters(period).ages.incapacity_from)
    return (
        person("in_hardship", period) & old & spelled(person, period, person("incapacitated", period), "incapacitated")
    )


@of(PERSON, MASK)
def incapacity_care_in_doubt(person: Any, period: Any) -> Array:
    """It would give way to the larger sum, were that due."""
    unsettled = days_if(person("received_incapacity_care", period) <= 1)
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
    ages, born = parameters(period).ages, person("birth_date", period)

    def fits(day: int) -> Array:
        age = (day - born) // A_YEAR
        return (age >= ages.preschool_from) & (age <= ages.preschool_until)

    age = np.where(fits(AUGUST_BEFORE), MASK(SPRING), MASK(0)) | np.where(fits(AUGUST), MASK(AUTUMN), MASK(0))
    inclusive = days_if(person("inclusive_kindergarten", period))
    return person("enrolled", period) & age & in_stage(person, period, "kindergarten") & inclusive


@of(PERSON, MASK)
def compulsory_transport_living(person: Any, period: Any) -> Array:
    return person("enrolled", period) & in_stage(person, period, "primary", "junior")


@of(PERSON, MASK)
def boarder_living(person: Any, period: Any) -> Array:
    return person("compulsory_transport_living", period) & days_if(person("boarding", period))


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
    return np.where(person("enrolled", period) != 0, np.minimum(amount, benefits.supplementary_insurance_cap), 0)


# ---- what is due, and what of it is missing


def short_of(low: Array, received: Array, *, loose: bool) -> Array:
    """What is missing of what is surely due by now."""
    nothing = received <= 1
    missing = nothing & (low > 1) if loose else np.where(nothing, low > 1, low > received + 1)
    return np.where(missing, low - received, 0)


def cash(person: Any, period: Any, benefits: Any) -> Iterable[tuple[Array, Array, Array]]:
    """Of each policy the persons who have some day, and for them the year's worth and what is missing.

    Only those are worked on: few persons have any one policy, and arrays of all of them would cost more than the rules.
    """

    def those(policy: str, expected: int) -> tuple[Array, Array, Array, Array]:
        days = person(policy, period)
        rows = np.flatnonzero(days)
        days = days[rows]
        counted = np.bitwise_count(days & MASK(expected)).astype(FEN)
        return rows, counted, days & MASK(NOW) != 0, person(f"received_{policy}", period)[rows]

    for policy in (*MONTHLY, "dibao"):
        rows, months, now, received = those(policy, MONTHS_EXPECTED)
        rate = person("dibao_monthly", period)[rows] if policy == "dibao" else benefits[policy]
        missing = short_of(months * rate, received, loose=False)
        if policy == "incapacity_care":
            missing[person("incapacity_care_in_doubt", period)[rows] & MASK(NOW) != 0] = 0
        yield rows, np.where(now, 12 * rate, 0), missing
    for policy in YEARLY:
        rows, months, now, received = those(policy, MONTHS_EXPECTED)
        amount = benefits[policy]
        yield rows, np.where(now, amount, 0), short_of((months * amount + 6) // 12, received, loose=False)
    for policy in (*BY_TERM, "higher_tuition"):
        rows, terms, now, received = those(policy, TERMS_EXPECTED)
        if policy == "higher_tuition":
            amount = np.minimum(person("tuition", period)[rows], benefits.higher_tuition_ceiling)
        else:
            amount = benefits[policy]
        low = (terms * amount + 1) // 2
        yield rows, np.where(now, amount, 0), short_of(low, received, loose=policy in LOOSE)
    amount = person("supplementary_insurance", period)
    rows = np.flatnonzero(amount)
    now = person("enrolled", period)[rows] & MASK(NOW) != 0
    received = person("received_supplementary_insurance", period)[rows]
    yield rows, np.where(now, amount[rows], 0), short_of(amount[rows], received, loose=False)


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
    listed = (members("wubao_dispersed", period) | members("dibao_days", period)) & MASK(NOW) != 0
    certified = members("certificate", period) & MASK(NOW) != 0
    poor = household.any(counted & certified) & household("below_line", period)
    group = (household("registered", period) & MASK(NOW) != 0) | household.any(counted & listed) | poor
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
