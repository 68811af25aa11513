"""The rules of design/rules.md, read sentence by sentence, day by day, in plain and slow Python.

Nothing here is shared with the product: no import from bangfu, no rulebook file, no SQL. A cell in which this program
and an engine differ is an error in one of them, or a sentence of the contract that two readers read in two ways.

Money is integer fen and exact fractions of a fen; `None` is unknown throughout (and "nothing recorded" in the cells of
which facts.md says so). Comments in quotation marks are the sentences of facts.md and rules.md.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from functools import cached_property
from typing import Any

Truth = bool | None
Row = dict[str, Any]
Register = dict[str, list[Row]]

TOLERANCE = 1  # fen


@dataclass(frozen=True)
class Settings:
    """The parameters of rules.md that one run may set; the defaults are the contract's."""

    count_pension: bool = False
    count_living_costs: bool = True
    entry_margin: Fraction = Fraction(0)
    exit_margin: Fraction = Fraction(0)
    payment_lag_months: int = 1
    hardship_scope: str = "dibao"  # dibao | registered | either
    apply_unverified_exclusions: bool = True


@dataclass(frozen=True)
class Result:
    assessment: list[Row]
    entitlement: list[Row]


def assess(
    register: Register,
    *,
    as_of: date,
    income_year: int | None = None,
    poverty_line_fen: int,
    settings: Settings | None = None,
) -> Result:
    """Return one assessment row a household and one entitlement row a policy and possible beneficiary.

    Rows with verdict not_entitled and nothing received are all there. `excluded_by` is filled on excluded rows only.
    """
    run = Run(
        as_of=as_of,
        income_year=default_income_year(as_of) if income_year is None else income_year,
        poverty_line_fen=poverty_line_fen,
        settings=settings or Settings(),
    )
    result = Result(assessment=[], entitlement=[])
    for home in homes(register, run):
        rows = entitlement_rows(home)
        result.entitlement.extend(rows)
        result.assessment.append(assessment_row(home, rows))
    return result


# --- Three-valued logic -------------------------------------------------------------------------------------------
# "Three-valued logic throughout, as in SQL's AND, OR and NOT: a missing fact gives unknown. Every and some member are
# three-valued too: one known counter-example (or example) decides, else one unknown leaves it unknown."


def every(parts: Iterable[Truth]) -> Truth:
    seen = list(parts)
    if any(part is False for part in seen):
        return False
    if any(part is None for part in seen):
        return None
    return True


def some(parts: Iterable[Truth]) -> Truth:
    return negated(every([negated(part) for part in parts]))


def all_of(*parts: Truth) -> Truth:
    return every(parts)


def any_of(*parts: Truth) -> Truth:
    return some(parts)


def negated(part: Truth) -> Truth:
    return None if part is None else not part


def is_one_of(value: str | None, *codes: str) -> Truth:
    return None if value is None else value in codes


def is_between(number: int | None, least: int, most: int) -> Truth:
    return None if number is None else least <= number <= most


# --- Money --------------------------------------------------------------------------------------------------------


def to_fen(exact: Fraction | int) -> int:
    """Round to a whole fen: "once, half away from zero, from the exact value"."""
    exact = Fraction(exact)
    whole = int(abs(exact) + Fraction(1, 2))  # int() cuts, so this is half up on a number not below zero
    return whole if exact >= 0 else -whole


def yuan(amount: int) -> Fraction:
    return Fraction(amount * 100)


# --- Time ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Run:
    as_of: date
    income_year: int
    poverty_line_fen: int
    settings: Settings

    @property
    def policy_year(self) -> int:
        """Policy year: "the year of as_of"."""
        return self.as_of.year

    @cached_property
    def days_of_policy_year(self) -> tuple[date, ...]:
        """Return the days "of the policy year up to as_of"."""
        first = date(self.policy_year, 1, 1)
        return tuple(first + timedelta(days=n) for n in range((self.as_of - first).days + 1))

    @cached_property
    def month_days(self) -> tuple[date, ...]:
        """Return "the first day of each month of the policy year up to as_of"."""
        return tuple(day for day in self.days_of_policy_year if day.day == 1)

    @cached_property
    def term_days(self) -> tuple[date, ...]:
        """Return "1 March and 1 September up to as_of"."""
        return tuple(day for day in self.days_of_policy_year if (day.month, day.day) in ((3, 1), (9, 1)))


def default_income_year(as_of: date) -> int:
    """Return "the policy year if as_of is 31 December, else the year before"."""
    return as_of.year if (as_of.month, as_of.day) == (12, 31) else as_of.year - 1


def age_on(day: date, birth_date: date | None) -> int | None:
    """Return "full years by birthday (one born on 29 February has the birthday on 1 March in common years)"."""
    if birth_date is None:
        return None
    birthday_reached = (day.month, day.day) >= (birth_date.month, birth_date.day)
    return day.year - birth_date.year - (0 if birthday_reached else 1)


def school_age_on(day: date, birth_date: date | None) -> int | None:
    """Return "the age on the last 31 August on or before d"."""
    this_year = date(day.year, 8, 31)
    last = this_year if this_year <= day else date(day.year - 1, 8, 31)
    return age_on(last, birth_date)


def accrual_days(policy: Policy, run: Run) -> tuple[date, ...]:
    if policy.pace in ("m", "y", "e"):
        return run.month_days
    if policy.pace == "t":
        return run.term_days
    return ()  # "once and what is no cash have none"


def is_expected_by_now(policy: Policy, day: date, run: Run) -> bool:
    """Say whether an accrual day's due is "expected by now"."""
    if policy.pace in ("m", "y"):
        # "all but those in the month of as_of and the n - 1 months before it (n = payment_lag_months, default 1)"
        return day.month <= run.as_of.month - run.settings.payment_lag_months
    if (day.month, day.day) == (3, 1):
        return run.as_of >= date(run.policy_year, 7, 31)  # "the spring day from 31 July on"
    return run.as_of >= date(run.policy_year, 12, 31)  # "the autumn day from 31 December on"


# --- Persons ------------------------------------------------------------------------------------------------------


def birth_date_of(row: Row) -> date | None:
    """Return the birth date, "where empty, taken from the date digits of id_number (18, 20 or 22 characters)"."""
    written: date | None = row.get("birth_date")
    if written is not None:
        return written
    number = row.get("id_number") or ""
    digits = number[6:14]
    if len(number) not in (18, 20, 22) or not (digits.isascii() and digits.isdigit()):
        return None
    try:
        return date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:  # "if they form a date"
        return None


class Person:
    """One row of `person`, with the questions that depend on a day."""

    def __init__(self, row: Row, run: Run, ledger: Sequence[Row]) -> None:
        self.row = row
        self.run = run
        self.person_id: str = row["person_id"]
        self.birth_date = birth_date_of(row)
        self.ledger = [entry for entry in ledger if entry.get("person_id") == self.person_id]

    def __getitem__(self, column: str) -> Any:
        return self.row.get(column)

    def is_present(self, day: date) -> bool:
        """Say whether "neither died_on nor left_on is on or before d and the birth date is unknown or not after d"."""
        gone = any(end is not None and end <= day for end in (self["died_on"], self["left_on"]))
        return not gone and (self.birth_date is None or self.birth_date <= day)

    def age(self, day: date) -> int | None:
        return age_on(day, self.birth_date)

    def school_age(self, day: date) -> int | None:
        return school_age_on(day, self.birth_date)

    def stage(self, day: date) -> str | None:
        """Return the student stage on a day of the policy year.

        "For dates in the policy year before 1 September, unless it is as_of, the stage is schooling_spring (where
        empty, schooling); on as_of and from 1 September it is schooling."
        """
        spring = day < date(self.run.policy_year, 9, 1) and day != self.run.as_of
        in_spring: str | None = self["schooling_spring"]
        at_present: str | None = self["schooling"]
        return in_spring if spring and in_spring is not None else at_present

    def spelled_code(self, column: str, span: str, day: date) -> str | None:
        """Return a code: "outside the span it is none; where the value is unknown it is unknown on every day"."""
        value = self[column]
        if value is None:
            return None
        return value if self._span_holds(span, day) else "none"

    def spelled_yes(self, column: str, span: str, day: date) -> Truth:
        """Return a spelled yes-no: outside the span it is no, unknown on every day where the value is unknown."""
        value = self[column]
        return None if value is None else value and self._span_holds(span, day)

    def _span_holds(self, span: str, day: date) -> bool:
        """Say whether "d lies in its span, both ends included"; an empty end is open."""
        start, end = self[f"{span}_from"], self[f"{span}_until"]
        return (start is None or start <= day) and (end is None or day <= end)

    def has_disability_certificate(self, day: date) -> Truth:
        return self.spelled_yes("disability_certificate", "disability", day)

    def is_incapacitated(self, day: date) -> Truth:
        return self.spelled_yes("incapacitated", "incapacitated", day)

    def is_dibao_member(self, day: date) -> Truth:
        return self.spelled_yes("dibao_member", "dibao", day)

    def is_child_in_hardship(self, day: date) -> Truth:
        return self.spelled_yes("child_in_hardship", "hardship", day)

    def wubao_care(self, day: date) -> str | None:
        return self.spelled_code("wubao_care", "wubao", day)

    def orphan_care(self, day: date) -> str | None:
        return self.spelled_code("orphan_care", "orphan", day)

    def own(self, item: str) -> int:
        """Return the person's own rows of one item in the policy year; a row that is not there is zero."""
        return sum(row["amount"] for row in self.ledger if row["year"] == self.run.policy_year and row["item"] == item)

    def own_medical_burden(self) -> int:
        return self.own("medical_cost") - sum(self.own(item) for item in MEDICAL_RELIEF)


# --- Households ---------------------------------------------------------------------------------------------------

ITEM_GROUPS: dict[str, tuple[str, ...]] = {
    "wage": ("wage_local", "wage_away", "wage_post"),
    "business": ("crop", "livestock", "other_business"),
    "property": ("rent", "interest", "dividend", "expropriation", "other_property"),
    "transfer": (
        "pension",
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
    "rigid": (
        "education_cost",
        "education_aid",
        "medical_cost",
        "medical_reimbursed",
        "medical_supplementary",
        "medical_waived",
        "medical_aid_paid",
    ),
}
MEDICAL_RELIEF = ("medical_reimbursed", "medical_supplementary", "medical_waived", "medical_aid_paid")


def homes(register: Register, run: Run) -> list[Home]:
    return [Home(row, register, run) for row in register["household"]]


def _of_household(rows: Iterable[Row], household_id: str) -> list[Row]:
    return [row for row in rows if row["household_id"] == household_id]


class Home:
    """One household with its persons and rows, and the questions that rules.md asks of it."""

    def __init__(self, row: Row, register: Register, run: Run) -> None:
        self.row = row
        self.run = run
        self.household_id: str = row["household_id"]
        self.ledger = _of_household(register["ledger"], self.household_id)
        self.receipts = _of_household(register["receipt"], self.household_id)
        self.persons = [
            Person(person, run, self.ledger) for person in _of_household(register["person"], self.household_id)
        ]

    def __getitem__(self, column: str) -> Any:
        return self.row.get(column)

    def present(self, day: date) -> list[Person]:
        return [person for person in self.persons if person.is_present(day)]

    @cached_property
    def counted_members(self) -> list[Person]:
        """Return the counted members: "A counted member is present on as_of"."""
        return self.present(self.run.as_of)

    @cached_property
    def candidates(self) -> list[Person]:
        """Return "the persons present on some day of the policy year up to as_of"."""
        days = self.run.days_of_policy_year
        return [person for person in self.persons if any(person.is_present(day) for day in days)]

    def is_registered(self, day: date) -> bool:
        begun = self["registered_on"] is None or self["registered_on"] <= day
        if self["status"] in ("poor", "relapsed", "exited"):
            return begun  # "registered_on empty or <= d"
        if self["status"] == "exited_no_policy":
            # "only where exited_on is known, d <= exited_on, and registered_on empty or <= d"
            return begun and self["exited_on"] is not None and day <= self["exited_on"]
        return False

    def in_hardship(self, day: date) -> Truth:
        """Answer "hardship on d", by the parameter hardship_scope."""
        # "dibao_member holds on d for some person of the household present on d"
        by_dibao = some(person.is_dibao_member(day) for person in self.present(day))
        by_registration = self.is_registered(day)
        scope = self.run.settings.hardship_scope
        if scope == "dibao":
            return by_dibao
        if scope == "registered":
            return by_registration
        assert scope == "either"
        return any_of(by_dibao, by_registration)

    def has_illness_among_the_causes(self) -> Truth:
        """Answer "main_cause or one of other_causes is illness".

        "Unknown only where main_cause is unknown and other_causes does not name it."
        """
        if "illness" in (self["other_causes"] or "").split(";"):
            return True
        return is_one_of(self["main_cause"], "illness")

    # Income

    @cached_property
    def is_settled(self) -> bool:
        """Say whether "it has at least one ledger row of that year outside the rigid group"."""
        return any(
            row["year"] == self.run.income_year and row["item"] not in ITEM_GROUPS["rigid"] for row in self.ledger
        )

    def _sum(self, items: Iterable[str]) -> int:
        chosen = set(items)
        return sum(
            row["amount"] for row in self.ledger if row["year"] == self.run.income_year and row["item"] in chosen
        )

    def income_figures(self) -> dict[str, int | None]:
        """Return every income and rigid figure of the income year, all unknown where the income is not settled."""
        if not self.is_settled:
            return dict.fromkeys(FIGURES, None)
        transfer = [i for i in ITEM_GROUPS["transfer"] if i != "pension" or self.run.settings.count_pension]
        expense = [i for i in ITEM_GROUPS["business_expense"] if i != "living" or self.run.settings.count_living_costs]
        figures = {
            "wage": self._sum(ITEM_GROUPS["wage"]),
            "business": self._sum(ITEM_GROUPS["business"]),
            "property": self._sum(ITEM_GROUPS["property"]),
            "transfer": self._sum(transfer),
            "pension": self._sum(["pension"]),
            "land_loss": self._sum(ITEM_GROUPS["land_loss"]),
            "business_expense": self._sum(expense),
        }
        # "net_income = wage + business + property + transfer + land_loss - business_expense"
        incomes = ("wage", "business", "property", "transfer", "land_loss")
        figures["net_income"] = sum(figures[name] for name in incomes) - figures["business_expense"]
        figures["rigid_education"] = self._sum(["education_cost"]) - self._sum(["education_aid"])
        figures["rigid_medical"] = self._sum(["medical_cost"]) - self._sum(MEDICAL_RELIEF)
        return dict(figures)

    @cached_property
    def net_income_per_capita(self) -> Fraction | None:
        """Return the exact quotient; "a household without counted members has none: it is unknown"."""
        net = self.income_figures()["net_income"]
        return Fraction(net, len(self.counted_members)) if net is not None and self.counted_members else None

    @cached_property
    def is_below_line(self) -> Truth:
        if self.net_income_per_capita is None:
            return None
        return self.net_income_per_capita < self.run.poverty_line_fen * (1 - self.run.settings.entry_margin)

    @cached_property
    def is_above_line(self) -> Truth:
        if self.net_income_per_capita is None:
            return None
        return self.net_income_per_capita > self.run.poverty_line_fen * (1 + self.run.settings.exit_margin)

    # Guarantees, "as at as_of"

    def education_guarantee(self) -> Truth:
        if not self.counted_members:
            return None
        return negated(some(self._fails_education(person) for person in self.counted_members))

    def _fails_education(self, person: Person) -> Truth:
        school_age = person.school_age(self.run.as_of)
        out_of_school = is_one_of(person["schooling"], "none")
        reason = person["dropout_reason"]
        # "school age 6-14 has schooling none and dropout_reason poverty, unwilling or other"; "in the first [an empty
        # reason] is unknown"
        first = all_of(is_between(school_age, 6, 14), out_of_school, is_one_of(reason, "poverty", "unwilling", "other"))
        # "school age 6-18 has schooling none and dropout_reason poverty"; here "an empty reason is no poverty"
        second = all_of(is_between(school_age, 6, 18), out_of_school, reason == "poverty")
        return any_of(first, second)

    def medical_guarantee(self) -> Truth:
        if not self.counted_members:
            return None
        return every(self._has_medical_guarantee(person) for person in self.counted_members)

    def _has_medical_guarantee(self, person: Person) -> Truth:
        burden_without_aid = all_of(
            person["serious_illness"], negated(person["medical_aid"]), person.own_medical_burden() > 0
        )
        return all_of(person["basic_medical_insured"], person["serious_illness_insured"], negated(burden_without_aid))

    def housing_guarantee(self) -> Truth:
        if self["house_grade"] is not None:
            safe: Truth = self["house_grade"] in ("A", "B")
        else:
            safe = negated(self["dangerous_house"])
        # "also true where there are counted members and wubao_care central holds for every one"
        all_central = all_of(
            bool(self.counted_members),
            every(is_one_of(person.wubao_care(self.run.as_of), "central") for person in self.counted_members),
        )
        return any_of(all_of(self["house_owned"], safe), all_central)

    # Receipts

    def received(self, policy: Policy, person_id: str | None) -> int:
        """Return the receipts "of the policy year; for once, of all years up to it".

        "A receipt of a household policy counts for the household whatever its person_id says."
        """
        year = self.run.policy_year
        return sum(
            row["amount"]
            for row in self.receipts
            if row["policy_id"] == policy.policy_id
            and (policy.of_household or row.get("person_id") == person_id)
            and (row["year"] <= year if policy.pace == "once" else row["year"] == year)
        )


def is_something(received: int) -> bool:
    """Say whether it is "something received", which "means more than 0.01"."""
    return received > TOLERANCE


FIGURES = (
    "wage",
    "business",
    "property",
    "transfer",
    "pension",
    "land_loss",
    "business_expense",
    "net_income",
    "rigid_education",
    "rigid_medical",
)


# --- The 35 policies ----------------------------------------------------------------------------------------------

Condition = Callable[[Home, Person, date], Truth]
Amount = Callable[[Home, Person], Fraction | None]


@dataclass(frozen=True)
class Policy:
    """One line of the table.

    `amount` is the rate a month (`m`), the yearly sum (`y`, `t`), the policy year's sum (`e`) or the sum once.
    """

    policy_id: str
    clause: str
    condition: Condition | None  # None for the two household policies, which have their own
    pace: str | None = None  # m | y | t | e | once; None is no cash
    amount: Amount | None = None
    nature: str | None = None  # fixed | mean | minimum | ceiling
    drawn_outside_the_register: bool = False  # the mark † of the table
    grade: str | None = None  # of a household policy

    @property
    def is_cash(self) -> bool:
        return self.pace is not None

    @property
    def of_household(self) -> bool:
        return self.grade is not None


def fixed_sum(amount: int) -> Amount:
    return lambda home, person: yuan(amount)


def approved_dibao(home: Home, person: Person) -> Fraction | None:
    monthly = person["dibao_monthly"]
    return None if monthly is None else Fraction(monthly)


def tuition_up_to_cap(home: Home, person: Person) -> Fraction | None:
    """Answer "min(tuition, 8,000)"; "least and greatest of an unknown are unknown"."""
    tuition = person["tuition"]
    return None if tuition is None else min(Fraction(tuition), yuan(8000))


def supplementary_reimbursement(home: Home, person: Person) -> Fraction | None:
    """Answer "min(70 % x max(0, medical_cost - medical_reimbursed), 10,000), of the person's own rows"."""
    self_paid = max(0, person.own("medical_cost") - person.own("medical_reimbursed"))
    return min(Fraction(70, 100) * self_paid, yuan(10_000))


def is_able_to_work(person: Person) -> Truth:
    return is_one_of(person["labour"], "ordinary", "skilled", "weak")


def starts_a_business(home: Home, person: Person, day: date) -> Truth:
    return all_of(
        home.is_registered(day),
        is_between(person.age(day), 18, 59),
        is_able_to_work(person),
        person["starts_business"],
    )


def wants_work_between(least: int, most: int) -> Condition:
    return lambda home, person, day: all_of(
        home.is_registered(day),
        is_between(person.age(day), least, most),
        is_able_to_work(person),
        person["wants_work"],
    )


def is_graduate_seeking_work(home: Home, person: Person, day: date) -> Truth:
    return all_of(home.is_registered(day), is_between(person.age(day), 18, 35), person["graduate_seeking_work"])


def has_wubao_care(care: str) -> Condition:
    return lambda home, person, day: is_one_of(person.wubao_care(day), care)


def draws_dibao(home: Home, person: Person, day: date) -> Truth:
    return all_of(person.is_dibao_member(day), is_one_of(person.wubao_care(day), "none"))


def is_under_18(person: Person, day: date) -> Truth:
    age = person.age(day)
    return None if age is None else age < 18


def is_child_in_hardship(home: Home, person: Person, day: date) -> Truth:
    return all_of(
        is_under_18(person, day), person.is_child_in_hardship(day), is_one_of(person.orphan_care(day), "none")
    )


def has_orphan_care(care: str) -> Condition:
    return lambda home, person, day: all_of(is_under_18(person, day), is_one_of(person.orphan_care(day), care))


def is_elder_in_hardship(least: int, most: int) -> Condition:
    return lambda home, person, day: all_of(home.in_hardship(day), is_between(person.age(day), least, most))


def is_incapacitated_elder(home: Home, person: Person, day: date) -> Truth:
    age = person.age(day)
    return all_of(home.in_hardship(day), None if age is None else age >= 60, person.is_incapacitated(day))


def is_disabled_in_hardship(home: Home, person: Person, day: date) -> Truth:
    return all_of(home.in_hardship(day), person.has_disability_certificate(day))


def needs_disability_care(home: Home, person: Person, day: date) -> Truth:
    category = person["disability_category"]
    # "7 makes it unknown: its parts are not in the register"
    fitting = None if category == "7" else is_one_of(category, "1", "4", "5", "6")
    return all_of(person.has_disability_certificate(day), is_one_of(person["disability_grade"], "1", "2"), fitting)


def is_in_inclusive_kindergarten(home: Home, person: Person, day: date) -> Truth:
    return all_of(
        home.is_registered(day),
        is_between(person.school_age(day), 3, 5),
        is_one_of(person.stage(day), "kindergarten"),
        person["inclusive_kindergarten"],
    )


def is_pupil(home: Home, person: Person, day: date) -> Truth:
    return is_one_of(person.stage(day), *COMPULSORY)


def is_boarder(home: Home, person: Person, day: date) -> Truth:
    return all_of(home.is_registered(day), is_one_of(person.stage(day), *COMPULSORY), person["boarding"])


def is_registered_student(*stages: str) -> Condition:
    return lambda home, person, day: all_of(home.is_registered(day), is_one_of(person.stage(day), *stages))


def is_ill_by_cause(home: Home, person: Person, day: date) -> Truth:
    return all_of(
        home.is_registered(day),
        home.has_illness_among_the_causes(),
        any_of(person["chronic_illness"], person["serious_illness"]),
    )


def is_registered(home: Home, person: Person, day: date) -> Truth:
    return home.is_registered(day)


COMPULSORY = ("primary", "junior")
SENIOR = ("senior", "vocational_secondary")
HIGHER = ("vocational_higher", "undergraduate", "postgraduate")
VOCATIONAL = ("vocational_secondary", "vocational_higher")

POLICIES: tuple[Policy, ...] = (
    Policy("startup_loan", "(1)", starts_a_business),
    Policy("skills_training", "(1)", wants_work_between(16, 59)),
    Policy("graduate_employment", "(1)", is_graduate_seeking_work),
    Policy("public_post", "(1)", wants_work_between(16, 69)),
    Policy("wubao_central", "(2)", has_wubao_care("central"), "y", fixed_sum(4400), "fixed"),
    Policy("wubao_dispersed", "(2)", has_wubao_care("dispersed"), "y", fixed_sum(3400), "fixed"),
    Policy("dibao", "(2)", draws_dibao, "m", approved_dibao, "fixed"),
    Policy("child_in_hardship", "(2)", is_child_in_hardship, "m", fixed_sum(300), "fixed"),
    Policy("orphan_institution", "(2)", has_orphan_care("institution"), "m", fixed_sum(1200), "fixed"),
    Policy("orphan_community", "(2)", has_orphan_care("community"), "m", fixed_sum(720), "fixed"),
    Policy("elderly_80s", "(2)", is_elder_in_hardship(80, 89), "m", fixed_sum(100), "fixed", True),
    Policy("elderly_90s", "(2)", is_elder_in_hardship(90, 99), "m", fixed_sum(200), "fixed", True),
    Policy("incapacity_care", "(2)", is_incapacitated_elder, "m", fixed_sum(60), "minimum", True),
    Policy("disability_living", "(4)", is_disabled_in_hardship, "m", fixed_sum(80), "fixed", True),
    Policy("disability_care", "(4)", needs_disability_care, "m", fixed_sum(80), "fixed"),
    Policy("preschool_grant", "(5)", is_in_inclusive_kindergarten, "t", fixed_sum(1200), "mean", True),
    Policy("preschool_fee_waiver", "(5)", is_in_inclusive_kindergarten),
    Policy("compulsory_fee_waiver", "(5)", is_pupil),
    Policy("boarder_living", "(5)", is_boarder, "t", fixed_sum(1250), "ceiling", True),
    Policy("compulsory_transport_living", "(5)", is_registered_student(*COMPULSORY), "t", fixed_sum(3000), "fixed"),
    Policy("senior_fee_waiver", "(5)", is_registered_student(*SENIOR)),
    Policy("senior_grant", "(5)", is_registered_student(*SENIOR), "t", fixed_sum(2000), "mean", True),
    Policy("senior_living", "(5)", is_registered_student(*SENIOR), "t", fixed_sum(3000), "fixed"),
    Policy("higher_grant", "(5)", is_registered_student(*HIGHER), "t", fixed_sum(3000), "mean", True),
    Policy("origin_student_loan", "(5)", is_registered_student(*HIGHER)),
    Policy("higher_living", "(5)", is_registered_student(*HIGHER), "t", fixed_sum(6000), "fixed"),
    Policy("higher_tuition", "(5)", is_registered_student(*HIGHER), "t", tuition_up_to_cap, "fixed"),
    Policy("rain_dew", "(5)", is_registered_student(*VOCATIONAL), "t", fixed_sum(3000), "fixed"),
    Policy("eight_ones", "(6)", is_ill_by_cause),
    Policy("treat_first", "(6)", is_registered),
    Policy("two_free_two_half", "(6)", is_registered),
    Policy("supplementary_insurance", "(6)", is_registered, "e", supplementary_reimbursement, "minimum"),
    Policy("designated_inpatient", "(6)", is_ill_by_cause),
    Policy("house_repair", "(7)", None, "once", fixed_sum(10_000), "mean", grade="C"),
    Policy("house_rebuild", "(7)", None, "once", fixed_sum(23_000), "mean", grade="D"),
)
BY_ID: dict[str, Policy] = {policy.policy_id: policy for policy in POLICIES}
PERSON_POLICIES = tuple(policy for policy in POLICIES if not policy.of_household)
HOUSEHOLD_POLICIES = tuple(policy for policy in POLICIES if policy.of_household)


# --- Standing -----------------------------------------------------------------------------------------------------

DUE, EXCLUDED, UNKNOWN, NOT = "due", "excluded", "unknown", "not"
Standings = dict[str, str]  # policy_id to due | excluded | unknown | not

# "disability_living and disability_care by wubao_central or wubao_dispersed; disability_living by orphan_institution or
# orphan_community"
BARRING: dict[str, tuple[str, ...]] = {
    "disability_living": ("wubao_central", "wubao_dispersed", "orphan_institution", "orphan_community"),
    "disability_care": ("wubao_central", "wubao_dispersed"),
}
STUDENT_GROUP = ("rain_dew", "compulsory_transport_living", "senior_living", "higher_living")
UNVERIFIED_GROUPS = (("elderly_90s", "elderly_80s", "disability_living"), ("disability_care", "incapacity_care"))


def as_standing(conditions: Truth) -> str:
    return {True: DUE, False: NOT, None: UNKNOWN}[conditions]


def conditions_on(home: Home, person: Person, policy: Policy, day: date) -> Truth:
    """Answer "what the conditions (presence included) say on it"."""
    assert policy.condition is not None
    return all_of(person.is_present(day), policy.condition(home, person, day))


def standings_on(home: Home, person: Person, day: date) -> tuple[Standings, dict[str, str]]:
    """Return the standing of every person policy on a day, and for the excluded ones the policy in their place."""
    said = {policy.policy_id: as_standing(conditions_on(home, person, policy, day)) for policy in PERSON_POLICIES}
    takes_its_place: dict[str, str] = {}
    groups: tuple[tuple[str, ...], ...] = (STUDENT_GROUP,)
    if home.run.settings.apply_unverified_exclusions:
        said = after_barring(said, takes_its_place)
        groups += UNVERIFIED_GROUPS
    for group in groups:
        keep_one_of(group, said, takes_its_place, home, person)
    return said, takes_its_place


def after_barring(said: Standings, takes_its_place: dict[str, str]) -> Standings:
    """Apply the first exclusion, "among what the conditions say on that day"."""
    left = dict(said)
    for barred, barring in BARRING.items():
        due = [policy_id for policy_id in barring if said[policy_id] == DUE]
        unknown = [policy_id for policy_id in barring if said[policy_id] == UNKNOWN]
        if due and said[barred] in (DUE, UNKNOWN):
            # "Where a barring policy is due, the barred one, due or unknown, is excluded"
            left[barred] = EXCLUDED
            takes_its_place[barred] = due[0]  # "the first listed barring policy that is due"
        elif not due and unknown and said[barred] == DUE:
            # "where none is due and one is unknown, a barred one that was due is unknown"
            left[barred] = UNKNOWN
    return left


def keep_one_of(
    group: tuple[str, ...], said: Standings, takes_its_place: dict[str, str], home: Home, person: Person
) -> None:
    """Apply the second exclusion to one group, "of what is left"; changes `said` and `takes_its_place`."""
    due = [policy_id for policy_id in group if said[policy_id] == DUE]
    unknown = [policy_id for policy_id in group if said[policy_id] == UNKNOWN]
    if not due:
        return
    chosen, by_receipt = choice_from(due, group, home, person)
    for policy_id in due:
        if policy_id != chosen:  # "The chosen of the due ones stands, the other due ones are excluded."
            said[policy_id] = EXCLUDED
            takes_its_place[policy_id] = chosen
    # "But where it was not chosen by receipt, and some single unknown one of the group (after 1.), put beside the due
    # ones, would be chosen instead, the chosen one is unknown on that day (the others stay excluded)."
    if not by_receipt and any(choice_from([*due, one], group, home, person)[0] == one for one in unknown):
        said[chosen] = UNKNOWN


def choice_from(candidates: Sequence[str], group: tuple[str, ...], home: Home, person: Person) -> tuple[str, bool]:
    """Choose one policy of a set; the second value says whether the receipts chose it.

    "If something was received this policy year for exactly one of them, that one; else the largest yearly amount, ties
    in the order listed."
    """
    received = [p for p in candidates if is_something(home.received(BY_ID[p], person.person_id))]
    if len(received) == 1:
        return received[0], True
    listed = [policy_id for policy_id in group if policy_id in candidates]
    largest = max(yearly_amount_of_group_member(policy_id, home, person) for policy_id in listed)
    first = next(p for p in listed if yearly_amount_of_group_member(p, home, person) == largest)
    return first, False


def yearly_amount_of_group_member(policy_id: str, home: Home, person: Person) -> Fraction:
    amount = yearly_amount(BY_ID[policy_id], home, person)
    assert amount is not None, "no policy that can be excluded has an unknown amount"
    return amount


def yearly_amount(policy: Policy, home: Home, person: Person) -> Fraction | None:
    """Return "12 x the rate, or the yearly sum"."""
    assert policy.amount is not None
    amount = policy.amount(home, person)
    if amount is None:
        return None
    return 12 * amount if policy.pace == "m" else amount


def amount_a_day(policy: Policy, home: Home, person: Person) -> Fraction | None:
    """Return what one accrual day is worth: the month's rate, a twelfth of the year's sum, half of two terms' sum."""
    assert policy.amount is not None
    amount = policy.amount(home, person)
    if amount is None:
        return None
    return amount / {"m": 1, "y": 12, "t": 2}[policy.pace or ""]


# --- Verdicts and dues --------------------------------------------------------------------------------------------

VERDICT_OF = {DUE: "entitled", EXCLUDED: "excluded", UNKNOWN: "unknown"}


def verdict_of(policy: Policy, standing: str, on_accrual_days: Sequence[str], amount: Fraction | None) -> str:
    """Return the verdict from the standing on as_of and those on the accrual days."""
    if standing != NOT:
        return VERDICT_OF[standing]
    # "where that standing is not: ended if it was due on some accrual day (for e only where the amount is > 0)"
    if DUE in on_accrual_days and (policy.pace != "e" or (amount is not None and amount > 0)):
        return "ended"
    return "unknown" if UNKNOWN in on_accrual_days else "not_entitled"


@dataclass(frozen=True)
class Dues:
    low: int | None
    high: int | None
    days_in_low: int
    days_in_high: int


def dues_of(policy: Policy, verdict: str, on_accrual_days: dict[date, str], home: Home, person: Person) -> Dues | None:
    """Return the dues of "entitled, ended and excluded rows" of a cash policy, else None."""
    if not policy.is_cash or verdict not in ("entitled", "ended", "excluded"):
        return None
    if policy.pace == "e":
        # "For e and once: both the amount where entitled (for e also where ended)."
        amount = yearly_amount(policy, home, person)
        assert amount is not None
        assert verdict != "excluded"
        return Dues(to_fen(amount), to_fen(amount), 1, 1)
    a_day = amount_a_day(policy, home, person)
    # "due_high counts the accrual days that are due or unknown, due_low those that are due and expected by now"
    high = [day for day, standing in on_accrual_days.items() if standing in (DUE, UNKNOWN)]
    low = [
        day
        for day, standing in on_accrual_days.items()
        if standing == DUE and is_expected_by_now(policy, day, home.run)
    ]
    return Dues(due_for(len(low), a_day), due_for(len(high), a_day), len(low), len(high))


def due_for(days: int, a_day: Fraction | None) -> int | None:
    """Return the due of so many days: "A count of no days is a due of 0.00 even where the amount is unknown"."""
    if days == 0:
        return 0
    return None if a_day is None else to_fen(days * a_day)


# --- Reconciliation -----------------------------------------------------------------------------------------------


def is_more(one: int, other: int) -> bool:
    """Compare "with a tolerance of 0.01 in every comparison"."""
    return one > other + TOLERANCE


def reconciliation_of(
    policy: Policy, verdict: str, dues: Dues | None, received: int, *, amount_known: bool, home: Home
) -> str | None:
    if not policy.is_cash:
        return None  # "cash policies only"
    if verdict == "unknown":
        return "unverified" if is_something(received) else None
    if verdict == "not_entitled":
        return reconciled_without_title(policy, home) if is_something(received) else None
    assert dues is not None
    if not amount_known:
        return reconciled_without_amount(dues, received)
    assert dues.low is not None
    assert dues.high is not None
    if not is_something(received):
        return "missing" if is_more(dues.low, 0) else "pending" if is_more(dues.high, 0) else None
    if verdict == "excluded" and not is_more(dues.high, 0):
        return "unexplained"  # "excluded with due_high 0: unexplained"
    return reconciled_by_nature(policy.nature, dues.low, dues.high, received)


def reconciled_by_nature(nature: str | None, low: int, high: int, received: int) -> str:
    under, over = is_more(low, received), is_more(received, high)
    if nature == "fixed":
        return "under" if under else "over" if over else "matched"
    if nature == "minimum":
        return "under" if under else "matched"
    if nature == "ceiling":
        return "over" if over else "matched"
    assert nature == "mean"
    return "matched"


def reconciled_without_amount(dues: Dues, received: int) -> str | None:
    """Reconcile "entitled or ended, the policy's amount unknown, whatever the count of days"."""
    if is_something(received):
        return "unverified"
    return "missing" if dues.days_in_low else "pending" if dues.days_in_high else None


def reconciled_without_title(policy: Policy, home: Home) -> str:
    """Reconcile "not_entitled and something received"."""
    if policy.drawn_outside_the_register:
        return "unverified"
    if policy.of_household:
        before = home["house_grade_before"]
        return "unverified" if before is None else "matched" if before == policy.grade else "unexplained"
    return "unexplained"


# --- Rows ---------------------------------------------------------------------------------------------------------


def entitlement_rows(home: Home) -> list[Row]:
    rows = [row for person in home.candidates for row in rows_of_candidate(home, person)]
    rows += [row_of_household_policy(home, policy) for policy in HOUSEHOLD_POLICIES]
    rows += rows_of_receipts_without_candidate(home)
    return rows


def rows_of_candidate(home: Home, person: Person) -> list[Row]:
    run = home.run
    days = {*run.month_days, *run.term_days, run.as_of}
    on_day = {day: standings_on(home, person, day) for day in sorted(days)}
    now, takes_its_place = on_day[run.as_of]
    return [
        row_of_candidate(
            home,
            person,
            policy,
            standing=now[policy.policy_id],
            on_accrual_days={day: on_day[day][0][policy.policy_id] for day in accrual_days(policy, run)},
            taken_by=takes_its_place.get(policy.policy_id),
        )
        for policy in PERSON_POLICIES
    ]


def row_of_candidate(
    home: Home,
    person: Person,
    policy: Policy,
    *,
    standing: str,
    on_accrual_days: dict[date, str],
    taken_by: str | None,
) -> Row:
    yearly = yearly_amount(policy, home, person) if policy.is_cash else None
    verdict = verdict_of(policy, standing, list(on_accrual_days.values()), yearly)
    dues = dues_of(policy, verdict, on_accrual_days, home, person)
    received = home.received(policy, person.person_id)
    return {
        "household_id": home.household_id,
        "person_id": person.person_id,
        "policy_id": policy.policy_id,
        "verdict": verdict,
        "annual_amount": to_fen(yearly) if verdict == "entitled" and yearly is not None else None,
        "once_amount": None,
        "due_low": dues.low if dues else None,
        "due_high": dues.high if dues else None,
        "received": received,
        "reconciliation": reconciliation_of(
            policy, verdict, dues, received, amount_known=yearly is not None, home=home
        ),
        "excluded_by": taken_by if verdict == "excluded" else None,
    }


def house_conditions(home: Home, policy: Policy) -> Truth:
    """Answer the conditions of house_repair and house_rebuild on as_of."""
    as_of, members = home.run.as_of, home.counted_members
    if not members:
        return False  # "They need at least one counted member (else not_entitled)."
    if home["house_grade"] is None and home["dangerous_house"] is False:
        graded: Truth = False  # "where house_grade is empty and dangerous_house is no, the grade condition is false"
    else:
        graded = is_one_of(home["house_grade"], policy.grade or "")
    # "poor: registered, or wubao_care dispersed or dibao_member for some counted member, or disability_certificate for
    # some counted member and below_line"
    poor = any_of(
        home.is_registered(as_of),
        some(
            any_of(is_one_of(person.wubao_care(as_of), "dispersed"), person.is_dibao_member(as_of))
            for person in members
        ),
        all_of(some(person.has_disability_certificate(as_of) for person in members), home.is_below_line),
    )
    return all_of(graded, negated(home["resettled"]), poor)


def row_of_household_policy(home: Home, policy: Policy) -> Row:
    standing = as_standing(house_conditions(home, policy))
    verdict = VERDICT_OF.get(standing, "not_entitled")  # once: no accrual days, so neither ended nor unknown by one
    amount = {"house_repair": 10_000_00, "house_rebuild": 23_000_00}[policy.policy_id]
    dues = Dues(amount, amount, 1, 1) if verdict == "entitled" else None
    received = home.received(policy, None)
    return {
        "household_id": home.household_id,
        "person_id": None,
        "policy_id": policy.policy_id,
        "verdict": verdict,
        "annual_amount": None,
        "once_amount": amount if verdict == "entitled" else None,
        "due_low": dues.low if dues else None,
        "due_high": dues.high if dues else None,
        "received": received,
        "reconciliation": reconciliation_of(policy, verdict, dues, received, amount_known=True, home=home),
        "excluded_by": None,
    }


def rows_of_receipts_without_candidate(home: Home) -> list[Row]:
    """Return the rows of persons who are no candidates, and of nobody, that exist only because of a receipt.

    "A person who is no candidate but has something received for a person policy (died or left in an earlier year), or a
    receipt of a person policy without a person, still gets a row: not_entitled, reconciled so."
    """
    candidates = {person.person_id for person in home.candidates}
    pairs = {
        (row.get("person_id"), row["policy_id"])
        for row in home.receipts
        if row["year"] == home.run.policy_year and not BY_ID[row["policy_id"]].of_household
    }
    rows = []
    for person_id, policy_id in sorted(pairs, key=lambda pair: (pair[0] or "", pair[1])):
        received = home.received(BY_ID[policy_id], person_id)
        if person_id in candidates or not (person_id is None or is_something(received)):
            continue
        rows.append(row_of_receipt(home, BY_ID[policy_id], person_id, received))
    return rows


def row_of_receipt(home: Home, policy: Policy, person_id: str | None, received: int) -> Row:
    verdict = "not_entitled"
    return {
        "household_id": home.household_id,
        "person_id": person_id,
        "policy_id": policy.policy_id,
        "verdict": verdict,
        "annual_amount": None,
        "once_amount": None,
        "due_low": None,
        "due_high": None,
        "received": received,
        "reconciliation": reconciliation_of(policy, verdict, None, received, amount_known=True, home=home),
        "excluded_by": None,
    }


def missing_amount_of(rows: Iterable[Row]) -> int:
    """Return "for missing and under rows with known dues, due_low - received, summed (once policies included)"."""
    return sum(
        row["due_low"] - row["received"]
        for row in rows
        if row["reconciliation"] in ("missing", "under") and row["due_low"] is not None
    )


def assessment_row(home: Home, rows: Sequence[Row]) -> Row:
    per_capita = home.net_income_per_capita
    food, clothing, water = home["food_secure"], home["clothing_secure"], home["water_safe"]
    education, medical, housing = home.education_guarantee(), home.medical_guarantee(), home.housing_guarantee()
    guaranteed = all_of(food, clothing, education, medical, housing)
    return {
        "household_id": home.household_id,
        "members": len(home.counted_members),
        **home.income_figures(),
        "net_income_per_capita": None if per_capita is None else to_fen(per_capita),
        "poverty_line": home.run.poverty_line_fen,
        "below_line": home.is_below_line,
        "food": food,
        "clothing": clothing,
        "education": education,
        "medical": medical,
        "housing": housing,
        "water": water,
        "meets_entry": all_of(home.is_below_line, negated(guaranteed)),
        "meets_exit": all_of(home.is_above_line, guaranteed, water),
        # "totals add the rounded rows, and rows with an empty amount add nothing"
        "entitled_annual": sum(row["annual_amount"] or 0 for row in rows),
        "entitled_once": sum(row["once_amount"] or 0 for row in rows),
        "missing_amount": missing_amount_of(rows),
    }
