"""The arithmetic of `assessment` as compiled loops: one pass over sorted persons, no hash, no join.

A condition is judged on thirteen days at once, as in the engine: bits 0 to 11 are the firsts of the months of 2017, bit 12
is 31 December. It has two masks: the days on which it *surely* holds and those on which it *possibly* does; a day in the
second alone is unknown. AND and OR act on both masks, NOT swaps their complements.

What the numbers mean stands in docs/contract/rules.md; they are literals here because this is the least that a machine
must do, and not a program to keep.
"""

from collections.abc import Callable
from typing import Any, NamedTuple, TypeAlias, TypeVar, cast

import numpy as np
from numba import njit

# Arrays. Their kinds are told here alone: nothing that checks types knows numpy, which the project does not depend on.
Bits: TypeAlias = Any  # uint8
Ints: TypeAlias = Any  # int32
Fen: TypeAlias = Any  # int64
F = TypeVar("F", bound=Callable[..., Any])


def compiled(function: F) -> F:
    """To machine code, kept beside this file; free of Python's lock, so that row groups can be worked on side by side."""
    return cast(F, njit(cache=True, nogil=True)(function))


def inlined(function: F) -> F:
    return cast(F, njit(cache=True, nogil=True, inline="always")(function))


YEAR = 2017
LINE = 3402_00

NOW = 1 << 12
FULL = (1 << 13) - 1
MONTHS_EXPECTED = (1 << 11) - 1  # those of December may still be on their way
TERMS_EXPECTED = 1 << 2 | 1 << 8  # 1 March, 1 September
SPRING = (1 << 8) - 1  # the days whose stage is that of spring, and whose school age is that of last August
AUTUMN = FULL & ~SPRING
AUGUST_BEFORE, AUGUST = 20160831, 20170831
A_YEAR = 1_00_00

# The numbers that stand for the contract's codes.
SCHOOLING = {
    "none": 0,
    "kindergarten": 1,
    "primary": 2,
    "junior": 3,
    "senior": 4,
    "vocational_secondary": 5,
    "vocational_higher": 6,
    "undergraduate": 7,
    "postgraduate": 8,
}
CODES = {
    "status": {"none": 0, "poor": 1, "relapsed": 2, "exited": 3, "exited_no_policy": 4},
    "house_grade": {"A": 0, "B": 1, "C": 2, "D": 3},
    "schooling": SCHOOLING,
    "schooling_spring": SCHOOLING,
    "dropout_reason": {"poverty": 0, "unwilling": 1, "other": 2, "illness": 3, "disability": 4},
    "disability_category": {str(n): n for n in range(1, 8)},
    "disability_grade": {str(n): n for n in range(1, 5)},
    "wubao_care": {"none": 0, "central": 1, "dispersed": 2},
    "orphan_care": {"none": 0, "institution": 1, "community": 2},
    "policy_id": {
        "wubao_central": 0,
        "wubao_dispersed": 1,
        "dibao": 2,
        "child_in_hardship": 3,
        "orphan_institution": 4,
        "orphan_community": 5,
        "elderly_80s": 6,
        "elderly_90s": 7,
        "incapacity_care": 8,
        "disability_living": 9,
        "disability_care": 10,
        "preschool_grant": 11,
        "boarder_living": 12,
        "compulsory_transport_living": 13,
        "senior_grant": 14,
        "senior_living": 15,
        "higher_grant": 16,
        "higher_living": 17,
        "higher_tuition": 18,
        "rain_dew": 19,
        "supplementary_insurance": 20,
        "house_repair": 21,
        "house_rebuild": 22,
    },
}
UNKNOWN = -1
NO_CASH = -1  # a policy whose receipts no column of `assessment` looks at
HOUSE_REPAIR, HOUSE_REBUILD, POLICIES = 21, 22, 23
EXITED_NO_POLICY = 4
GRADE_B, GRADE_C, GRADE_D = 1, 2, 3
CENTRAL, DISPERSED = 1, 2
INSTITUTION, COMMUNITY = 1, 2
MULTIPLE = 7  # a disability of several categories, which the register does not tell
KINDERGARTEN = 1 << 1
COMPULSORY = 1 << 2 | 1 << 3
SENIOR = 1 << 4 | 1 << 5
HIGHER = 1 << 6 | 1 << 7 | 1 << 8
VOCATIONAL_SENIOR, VOCATIONAL_HIGHER = 1 << 5, 1 << 6
UNWILLED = 2  # the reasons up to this one fail compulsory schooling

# What is known of a household's persons: bits of one number, surely and possibly.
EDUCATION_FAILS, MEDICAL_FAILS, NOT_CENTRAL, DISPERSED_OR_DIBAO, CERTIFICATE = 1, 2, 4, 8, 16


class Numbers(NamedTuple):
    """Whole numbers as Arrow holds them: an empty cell has a zero bit in `known`."""

    values: Any
    known: Bits


class Flags(NamedTuple):
    """Yes-no cells, eight in a byte."""

    values: Bits
    known: Bits


class Codes(NamedTuple):
    """Places in a dictionary; `table` gives the number of each of its entries."""

    values: Ints
    known: Bits
    table: Any  # int8


class Receipts(NamedTuple):
    """The receipts that count, sorted by household and person; those of no person have person -1 and come first."""

    household_no: Ints
    person_no: Ints
    policy: Any  # int8
    amount: Fen


class Persons(NamedTuple):
    """The columns of `person` that are looked at."""

    person_no: Ints
    household_no: Ints
    birth_date: Numbers
    died_on: Numbers
    left_on: Numbers
    schooling: Codes
    schooling_spring: Codes
    inclusive_kindergarten: Flags
    boarding: Flags
    tuition: Numbers
    dropout_reason: Codes
    serious_illness: Flags
    medical_aid: Flags
    disability_certificate: Flags
    disability_from: Numbers
    disability_until: Numbers
    disability_category: Codes
    disability_grade: Codes
    incapacitated: Flags
    incapacitated_from: Numbers
    incapacitated_until: Numbers
    basic_medical_insured: Flags
    serious_illness_insured: Flags
    wubao_care: Codes
    wubao_from: Numbers
    wubao_until: Numbers
    dibao_member: Flags
    dibao_monthly: Numbers
    dibao_from: Numbers
    dibao_until: Numbers
    orphan_care: Codes
    orphan_from: Numbers
    orphan_until: Numbers
    child_in_hardship: Flags
    hardship_from: Numbers
    hardship_until: Numbers


class Households(NamedTuple):
    """The columns of `household` that are looked at."""

    household_no: Ints
    status: Codes
    registered_on: Numbers
    exited_on: Numbers
    food_secure: Flags
    clothing_secure: Flags
    water_safe: Flags
    house_owned: Flags
    dangerous_house: Flags
    house_grade: Codes
    resettled: Flags


class Homes(NamedTuple):
    """What is worked out for each household of a region, at its number less that of the region's first.

    One place more than there are households takes the ledger's rows of other years.
    """

    registered: Any  # uint16
    settled: Bits  # a byte each
    figures: Fen  # one row a figure, as FIGURES of run.py
    members: Ints
    surely: Bits
    possibly: Bits
    annual: Fen
    once: Fen
    missing: Fen
    paid_for_repair: Fen
    paid_for_rebuilding: Fen


class Region(NamedTuple):
    """What the persons of a region are judged by beside their own rows; sums stand at the person's number less the first's."""

    first_household: int
    first_person: int
    receipts: Receipts
    burden: Fen  # medical costs less all that was paid towards them
    self_paid: Fen  # medical costs less what the basic insurances paid


class Verdicts(NamedTuple):
    """Yes-no columns of the result, bit by bit: the value and whether it is known."""

    values: Bits
    known: Bits


class Assessed(NamedTuple):
    """The columns of the result that only the last loop knows."""

    net_income: Fen
    per_capita: Fen
    settled: Bits
    per_capita_known: Bits
    below_line: Verdicts
    education: Verdicts
    medical: Verdicts
    housing: Verdicts
    meets_entry: Verdicts
    meets_exit: Verdicts


@inlined
def bit(bits: Bits, row: int) -> int:
    byte: int = bits[row >> 3]
    return byte >> (row & 7) & 1


@inlined
def code(codes: Codes, row: int) -> int:
    return codes.table[codes.values[row]] if bit(codes.known, row) else UNKNOWN


@compiled
def since(day: int) -> int:
    """The days on or after `day`, which need be no date: only its order counts."""
    if day <= YEAR * A_YEAR + 101:
        return FULL
    if day > YEAR * A_YEAR + 1231:
        return 0
    month = day // 100 % 100 - (1 if day % 100 <= 1 else 0)
    return (((1 << 12) - 1) >> month << month) | NOW


@compiled
def span(start: Numbers, end: Numbers, row: int) -> int:
    """The days of a span whose ends count; an empty end is open."""
    days = FULL
    if bit(start.known, row):
        days &= since(start.values[row])
    if bit(end.known, row):
        days &= ~since(end.values[row] + 1)
    return days


@compiled
def flag(flags: Flags, row: int, days: int) -> tuple[int, int]:
    """A yes-no fact that holds on `days` where it is yes, and is unknown on every day where it is unknown."""
    if not bit(flags.known, row):
        return 0, FULL
    return (days, days) if bit(flags.values, row) else (0, 0)


@compiled
def spelled(flags: Flags, start: Numbers, end: Numbers, row: int) -> tuple[int, int]:
    if not bit(flags.known, row):
        return 0, FULL
    if not bit(flags.values, row):
        return 0, 0
    days = span(start, end, row)
    return days, days


@compiled
def count(days: int) -> int:
    n = 0
    while days:
        days &= days - 1
        n += 1
    return n


@inlined
def in_stage(spring: int, autumn: int, stages: int) -> tuple[int, int]:
    """The days on which the stage is one of `stages`."""
    surely = possibly = 0
    if spring == UNKNOWN:
        possibly |= SPRING
    elif stages >> spring & 1:
        surely |= SPRING
    if autumn == UNKNOWN:
        possibly |= AUTUMN
    elif stages >> autumn & 1:
        surely |= AUTUMN
    return surely, surely | possibly


@inlined
def one_of_two(
    first: int, first_p: int, second: int, second_p: int, paid: int, paid_2: int
) -> tuple[int, int, int, int]:
    """One of two policies stands on a day: the one alone received for, else the first, which has the larger sum.

    A due one that the other, where that is unknown, would take the place of is unknown itself, unless received for.
    """
    both = first & second
    by_receipt, by_receipt_2 = paid > 1, paid_2 > 1
    shaken = first & second_p & ~second if by_receipt_2 and not by_receipt else 0
    shaken_2 = 0 if by_receipt_2 else second & first_p & ~first
    if by_receipt_2 and not by_receipt:
        return first & ~both & ~shaken, first_p & ~both, second & ~shaken_2, second_p
    return first & ~shaken, first_p, second & ~both & ~shaken_2, second_p & ~both


@inlined
def short_of(low: int, received: int, strict: bool) -> int:
    """What is missing of what is surely due; of a mean or a ceiling (not `strict`) only where nothing was received."""
    if received <= 1:
        return low - received if low > 1 else 0
    return low - received if strict and low > received + 1 else 0


@inlined
def monthly(due: int, possible: int, rate: int, received: int) -> tuple[int, int]:
    """A year's worth and what is missing, of a rate a month; all of these are fixed or a minimum."""
    if not due:
        return 0, 0
    missing = 0 if possible & ~due & NOW else short_of(rate * count(due & MONTHS_EXPECTED), received, True)
    return (12 * rate if due & NOW else 0), missing


@inlined
def yearly(due: int, possible: int, amount: int, received: int) -> tuple[int, int]:
    """The same of a yearly sum by twelfths."""
    if not due:
        return 0, 0
    low = (count(due & MONTHS_EXPECTED) * amount + 6) // 12
    missing = 0 if possible & ~due & NOW else short_of(low, received, True)
    return (amount if due & NOW else 0), missing


@inlined
def by_term(due: int, possible: int, amount: int, received: int, strict: bool) -> tuple[int, int]:
    """The same of a yearly sum in two halves."""
    if not due:
        return 0, 0
    low = (count(due & TERMS_EXPECTED) * amount + 1) // 2
    missing = 0 if possible & ~due & NOW else short_of(low, received, strict)
    return (amount if due & NOW else 0), missing


@compiled
def of_the_year(year: Ints, number: Ints, first: int, nowhere: int) -> Ints:
    """Where the household or person of each row stands in its region; `nowhere` for rows of other years."""
    places = np.empty(len(year), np.int32)
    for row in range(len(year)):
        places[row] = number[row] - first if year[row] == YEAR else nowhere
    return places


@compiled
def add_item(places: Ints, amount: Numbers, sums: Fen, sign: int, told: Bits) -> None:
    """Add one item of the ledger to the sums of a figure, and note whose rows told something.

    Without a branch, which would be guessed wrong once in a few rows: an unknown amount adds 0, one of another year to nowhere.
    """
    for row in range(len(places)):
        is_known = bit(amount.known, row)
        sums[places[row]] += sign * (amount.values[row] & -is_known)
        told[places[row]] |= np.uint8(is_known)


@compiled
def keep_receipts(
    household_no: Ints, person_no: Numbers, policy: Codes, year: Ints, amount: Fen
) -> tuple[Ints, Ints, Any, Fen]:
    """The receipts that a column of `assessment` looks at, in their order."""
    households = np.empty(len(year), np.int32)
    persons = np.empty(len(year), np.int32)
    policies = np.empty(len(year), np.int8)
    amounts = np.empty(len(year), np.int64)
    kept = 0
    for row in range(len(year)):
        which = code(policy, row)
        if which != NO_CASH and (year[row] == YEAR or (which >= HOUSE_REPAIR and year[row] < YEAR)):
            households[kept] = household_no[row]
            persons[kept] = person_no.values[row] if bit(person_no.known, row) else -1
            policies[kept] = which
            amounts[kept] = amount[row]
            kept += 1
    return households[:kept], persons[:kept], policies[:kept], amounts[:kept]


@compiled
def find_registered(household: Households, first: int, homes: Homes) -> None:
    """The days on which each household is registered."""
    for row in range(len(household.household_no)):
        status = code(household.status, row)
        days = FULL if status else 0
        if status == EXITED_NO_POLICY:
            days = ~since(household.exited_on.values[row] + 1) & FULL if bit(household.exited_on.known, row) else 0
        if bit(household.registered_on.known, row):
            days &= since(household.registered_on.values[row])
        homes.registered[household.household_no[row] - first] = days


@compiled
def judge_persons(start: int, stop: int, person: Persons, region: Region, homes: Homes) -> None:
    """Judge the persons of whole households, rows `start` to `stop` (excluded)."""
    if start == stop:
        return
    present = np.empty(stop - start, np.int64)
    dibao = np.empty(stop - start, np.int64)
    dibao_p = np.empty(stop - start, np.int64)
    received = np.zeros(POLICIES, np.int64)
    receipts = region.receipts
    receipt = np.searchsorted(receipts.household_no, person.household_no[start])
    begin = start
    while begin < stop:
        household_no = person.household_no[begin]
        end = begin + 1
        while end < stop and person.household_no[end] == household_no:
            end += 1
        home = household_no - region.first_household

        while receipt < len(receipts.policy) and receipts.household_no[receipt] < household_no:
            receipt += 1
        last_receipt = receipt
        while last_receipt < len(receipts.policy) and receipts.household_no[last_receipt] == household_no:
            if receipts.policy[last_receipt] == HOUSE_REPAIR:
                homes.paid_for_repair[home] += receipts.amount[last_receipt]
            elif receipts.policy[last_receipt] == HOUSE_REBUILD:
                homes.paid_for_rebuilding[home] += receipts.amount[last_receipt]
            last_receipt += 1

        hardship = hardship_p = 0
        for row in range(begin, end):
            days = FULL
            if bit(person.birth_date.known, row):
                days &= since(person.birth_date.values[row])
            if bit(person.died_on.known, row):
                days &= ~since(person.died_on.values[row])
            if bit(person.left_on.known, row):
                days &= ~since(person.left_on.values[row])
            present[row - start] = days
            due, possible = spelled(person.dibao_member, person.dibao_from, person.dibao_until, row)
            dibao[row - start], dibao_p[row - start] = due, possible
            hardship |= days & due
            hardship_p |= days & possible

        registered = np.int64(homes.registered[home])
        members = 0
        surely = possibly = 0
        annual = missing = 0
        for row in range(begin, end):
            here = present[row - start]
            number = person.person_no[row]
            while receipt < last_receipt and receipts.person_no[receipt] < number:
                receipt += 1
            paid_any = receipt < last_receipt and receipts.person_no[receipt] == number
            if paid_any:
                received[:] = 0
                while receipt < last_receipt and receipts.person_no[receipt] == number:
                    received[receipts.policy[receipt]] += receipts.amount[receipt]
                    receipt += 1
            if not here:
                if paid_any:
                    received[:] = 0
                continue

            born = person.birth_date.values[row]
            born_known = bit(person.birth_date.known, row)
            autumn = code(person.schooling, row)
            spring = code(person.schooling_spring, row)
            if spring == UNKNOWN:
                spring = autumn
            care = code(person.wubao_care, row)
            cared = span(person.wubao_from, person.wubao_until, row) if care > 0 else 0
            central = cared if care == CENTRAL else 0
            dispersed = cared if care == DISPERSED else 0
            care_unknown = FULL if care == UNKNOWN else 0
            certificate, certificate_p = spelled(
                person.disability_certificate, person.disability_from, person.disability_until, row
            )

            if here & NOW:
                members += 1
                # Education: at 6 to 14 and out of school unwillingly; at 6 to 18 for poverty.
                reason = code(person.dropout_reason, row)
                if autumn <= 0 and (reason <= UNWILLED):
                    age = (AUGUST - born) // A_YEAR
                    if not born_known or 6 <= age <= 18:
                        younger = not born_known or age <= 14
                        if reason == 0 or younger:
                            possibly |= EDUCATION_FAILS
                            if born_known and autumn == 0 and reason != UNKNOWN:
                                surely |= EDUCATION_FAILS
                basic, basic_p = flag(person.basic_medical_insured, row, NOW)
                serious, serious_p = flag(person.serious_illness_insured, row, NOW)
                ill, ill_p = flag(person.serious_illness, row, NOW)
                aid, aid_p = flag(person.medical_aid, row, NOW)
                bears = NOW if region.burden[number - region.first_person] > 0 else 0
                if ~basic_p & NOW or ~serious_p & NOW or ill & bears & ~aid_p:
                    surely |= MEDICAL_FAILS
                if ~basic & NOW or ~serious & NOW or ill_p & bears & ~aid:
                    possibly |= MEDICAL_FAILS
                if not (central | care_unknown) & NOW:
                    surely |= NOT_CENTRAL
                if not central & NOW:
                    possibly |= NOT_CENTRAL
                if (dispersed | dibao[row - start]) & NOW:
                    surely |= DISPERSED_OR_DIBAO
                if (dispersed | care_unknown | dibao_p[row - start]) & NOW:
                    possibly |= DISPERSED_OR_DIBAO
                if certificate & NOW:
                    surely |= CERTIFICATE
                if certificate_p & NOW:
                    possibly |= CERTIFICATE

            # Wubao and dibao.
            central_p = here & (central | care_unknown)
            dispersed_p = here & (dispersed | care_unknown)
            central &= here
            dispersed &= here
            a, m = yearly(central, central_p, 4400_00, received[0])
            annual += a
            missing += m
            a, m = yearly(dispersed, dispersed_p, 3400_00, received[1])
            annual += a
            missing += m
            if dibao[row - start] and bit(person.dibao_monthly.known, row):
                due = here & dibao[row - start] & ~(central | dispersed | care_unknown)
                possible = here & dibao_p[row - start] & ~(central | dispersed)
                a, m = monthly(due, possible, person.dibao_monthly.values[row], received[2])
                annual += a
                missing += m

            # Children: under 18.
            young = young_p = here
            if born_known:
                young = young_p = here & ~since(born + 18 * A_YEAR)
            else:
                young = 0
            orphan = code(person.orphan_care, row)
            orphan_unknown = FULL if orphan == UNKNOWN else 0
            institution = institution_p = community = community_p = 0
            if young_p:
                raised = span(person.orphan_from, person.orphan_until, row) if orphan > 0 else 0
                institution_p = young_p & ((raised if orphan == INSTITUTION else 0) | orphan_unknown)
                institution = young & institution_p & ~orphan_unknown
                community_p = young_p & ((raised if orphan == COMMUNITY else 0) | orphan_unknown)
                community = young & community_p & ~orphan_unknown
                a, m = monthly(institution, institution_p, 1200_00, received[4])
                annual += a
                missing += m
                a, m = monthly(community, community_p, 720_00, received[5])
                annual += a
                missing += m
                due, possible = spelled(person.child_in_hardship, person.hardship_from, person.hardship_until, row)
                due &= young & ~raised & ~orphan_unknown
                possible &= young_p & ~raised
                a, m = monthly(due, possible, 300_00, received[3])
                annual += a
                missing += m

            # Old age and disability, with what bars what.
            old_80 = old_80_p = old_90 = old_90_p = 0
            hard = here & hardship
            hard_p = here & hardship_p
            old_60 = 0
            old_60_p = here
            if born_known:
                old_60 = old_60_p = here & since(born + 60 * A_YEAR)
            if hard_p and old_60_p:
                if born_known:
                    eighties = since(born + 80 * A_YEAR) & ~since(born + 90 * A_YEAR)
                    nineties = since(born + 90 * A_YEAR) & ~since(born + 100 * A_YEAR)
                    old_80, old_80_p = hard & eighties, hard_p & eighties
                    old_90, old_90_p = hard & nineties, hard_p & nineties
                else:
                    old_80_p = old_90_p = hard_p
            incapacity = incapacity_p = 0
            if hard_p and old_60_p:
                incapacity, incapacity_p = spelled(
                    person.incapacitated, person.incapacitated_from, person.incapacitated_until, row
                )
                incapacity &= hard & old_60
                incapacity_p &= hard_p & old_60_p
            wubao, wubao_p = central | dispersed, central_p | dispersed_p
            living = living_p = care_due = care_p = 0
            if certificate_p:
                living = hard & certificate & ~(wubao_p | institution_p | community_p)
                living_p = hard_p & certificate_p & ~(wubao | institution | community)
                grade = code(person.disability_grade, row)
                category = code(person.disability_category, row)
                if grade <= 2 and category not in (2, 3):
                    care_p = here & certificate_p & ~wubao
                    if grade != UNKNOWN and category not in (UNKNOWN, MULTIPLE):
                        care_due = here & certificate & ~wubao_p
            if living_p:
                old_80, old_80_p, living, living_p = one_of_two(
                    old_80, old_80_p, living, living_p, received[6], received[9]
                )
                old_90, old_90_p, living, living_p = one_of_two(
                    old_90, old_90_p, living, living_p, received[7], received[9]
                )
                a, m = monthly(living, living_p, 80_00, received[9])
                annual += a
                missing += m
            if old_80:
                a, m = monthly(old_80, old_80_p, 100_00, received[6])
                annual += a
                missing += m
            if old_90:
                a, m = monthly(old_90, old_90_p, 200_00, received[7])
                annual += a
                missing += m
            if care_p and incapacity_p:
                care_due, care_p, incapacity, incapacity_p = one_of_two(
                    care_due, care_p, incapacity, incapacity_p, received[10], received[8]
                )
            if care_due:
                a, m = monthly(care_due, care_p, 80_00, received[10])
                annual += a
                missing += m
            if incapacity:
                a, m = monthly(incapacity, incapacity_p, 60_00, received[8])
                annual += a
                missing += m

            # School, of registered households.
            enrolled = here & registered
            if enrolled and (spring or autumn):
                stage, stage_p = in_stage(spring, autumn, KINDERGARTEN)
                if stage:
                    due, possible = flag(person.inclusive_kindergarten, row, FULL)
                    aged = aged_p = FULL
                    if born_known:
                        aged = SPRING if 3 <= (AUGUST_BEFORE - born) // A_YEAR <= 5 else 0
                        aged |= AUTUMN if 3 <= (AUGUST - born) // A_YEAR <= 5 else 0
                        aged_p = aged
                    else:
                        aged = 0
                    a, m = by_term(
                        enrolled & stage & due & aged,
                        enrolled & stage_p & possible & aged_p,
                        1200_00,
                        received[11],
                        False,
                    )
                    annual += a
                    missing += m
                stage, stage_p = in_stage(spring, autumn, COMPULSORY)
                if stage:
                    stage &= enrolled
                    stage_p &= enrolled
                    a, m = by_term(stage, stage_p, 3000_00, received[13], True)
                    annual += a
                    missing += m
                    due, possible = flag(person.boarding, row, FULL)
                    a, m = by_term(stage & due, stage_p & possible, 1250_00, received[12], False)
                    annual += a
                    missing += m
                senior, senior_p = in_stage(spring, autumn, SENIOR)
                higher, higher_p = in_stage(spring, autumn, HIGHER)
                if senior | higher:
                    senior &= enrolled
                    senior_p &= enrolled
                    higher &= enrolled
                    higher_p &= enrolled
                    a, m = by_term(senior, senior_p, 2000_00, received[14], False)
                    annual += a
                    missing += m
                    a, m = by_term(higher, higher_p, 3000_00, received[16], False)
                    annual += a
                    missing += m
                    if bit(person.tuition.known, row):
                        a, m = by_term(higher, higher_p, min(person.tuition.values[row], 8000_00), received[18], True)
                        annual += a
                        missing += m
                    # A stage is known or not, for all of a day's school policies alike: none is unknown beside a due one.
                    trained, trained_p = in_stage(spring, autumn, VOCATIONAL_SENIOR | VOCATIONAL_HIGHER)
                    trained &= enrolled
                    trained_p &= enrolled
                    trained, trained_p, senior, senior_p = one_of_two(
                        trained, trained_p, senior, senior_p, received[19], received[15]
                    )
                    higher, higher_p, trained, trained_p = one_of_two(
                        higher, higher_p, trained, trained_p, received[17], received[19]
                    )
                    a, m = by_term(trained, trained_p, 3000_00, received[19], True)
                    annual += a
                    missing += m
                    a, m = by_term(senior, senior_p, 3000_00, received[15], True)
                    annual += a
                    missing += m
                    a, m = by_term(higher, higher_p, 6000_00, received[17], True)
                    annual += a
                    missing += m

            # Supplementary insurance: the year's sum, as long as some day of the year was due.
            borne = region.self_paid[number - region.first_person]
            if borne > 0 and enrolled:
                amount = min((70 * borne + 50) // 100, 10_000_00)
                if enrolled & NOW:
                    annual += amount
                missing += short_of(amount, received[20], True)

            if paid_any:
                received[:] = 0

        homes.members[home] = members
        homes.surely[home] = surely
        homes.possibly[home] = possibly
        homes.annual[home] = annual
        homes.missing[home] = missing
        receipt = last_receipt
        begin = end


@inlined
def put(verdicts: Verdicts, row: int, surely: int, possibly: int) -> None:
    """Write one cell; the buffers begin as zeros."""
    if surely:
        verdicts.values[row >> 3] |= np.uint8(1 << (row & 7))
    if surely or not possibly:
        verdicts.known[row >> 3] |= np.uint8(1 << (row & 7))


@compiled
def judge_households(household: Households, first: int, homes: Homes, out: Assessed) -> None:
    """Income, guarantees, standards and housing aid, where everything about the persons is known."""
    figures = homes.figures
    for row in range(len(household.household_no)):
        home = household.household_no[row] - first
        members = np.int64(homes.members[home])
        settled = homes.settled[home]
        net = (
            figures[0, home]
            + figures[1, home]
            + figures[2, home]
            + figures[3, home]
            + figures[5, home]
            - figures[6, home]
        )
        out.net_income[row] = net
        below, below_p, above, above_p = 0, 1, 0, 1
        if settled:
            out.settled[row >> 3] |= np.uint8(1 << (row & 7))
            if members:
                out.per_capita_known[row >> 3] |= np.uint8(1 << (row & 7))
                half_up = (2 * abs(net) + members) // (2 * members)
                out.per_capita[row] = half_up if net >= 0 else -half_up
                below = below_p = 1 if net < LINE * members else 0
                above = above_p = 1 if net > LINE * members else 0
        put(out.below_line, row, below, below_p)

        surely, possibly = np.int64(homes.surely[home]), np.int64(homes.possibly[home])
        education = medical = central = 0
        education_p = medical_p = 1
        central_p = 0
        if members:
            education = 0 if possibly & EDUCATION_FAILS else 1
            education_p = 0 if surely & EDUCATION_FAILS else 1
            medical = 0 if possibly & MEDICAL_FAILS else 1
            medical_p = 0 if surely & MEDICAL_FAILS else 1
            central = 0 if possibly & NOT_CENTRAL else 1
            central_p = 0 if surely & NOT_CENTRAL else 1
        put(out.education, row, education, education_p)
        put(out.medical, row, medical, medical_p)

        grade = code(household.house_grade, row)
        danger, danger_p = flag(household.dangerous_house, row, 1)
        danger_p &= 1
        if grade == UNKNOWN:
            safe, safe_p = 1 - danger_p, 1 - danger
        else:
            safe = safe_p = 1 if grade <= GRADE_B else 0
        owned, owned_p = flag(household.house_owned, row, 1)
        housing = owned & safe | central
        housing_p = owned_p & safe_p & 1 | central_p
        put(out.housing, row, housing, housing_p)

        food, food_p = flag(household.food_secure, row, 1)
        clothing, clothing_p = flag(household.clothing_secure, row, 1)
        water, water_p = flag(household.water_safe, row, 1)
        assured = food & clothing & education & medical & housing
        assured_p = food_p & clothing_p & education_p & medical_p & housing_p
        put(out.meets_entry, row, below & (1 - assured_p), below_p & (1 - assured))
        put(out.meets_exit, row, above & assured & water, above_p & assured_p & water_p & 1)

        _, moved_p = flag(household.resettled, row, 1)
        # Unknown grades give no due, so only what surely holds is needed.
        if members and grade >= GRADE_C and not moved_p:
            poor = homes.registered[home] & NOW or surely & DISPERSED_OR_DIBAO or (surely & CERTIFICATE and below)
            if poor:
                if grade == GRADE_C:
                    homes.once[home] = 10_000_00
                    homes.missing[home] += short_of(10_000_00, homes.paid_for_repair[home], False)
                else:
                    homes.once[home] = 23_000_00
                    homes.missing[home] += short_of(23_000_00, homes.paid_for_rebuilding[home], False)
