"""Households, persons and what is theirs as identities; what is known of them as versions, each with the act that recorded it.

An identity never changes but for what is derived from current versions. A version is never changed but for its flags; the database refuses
it (protection.py), and lets an erasure alone empty what identifies somebody. As of day D and as
known at T, a fact is the version with the latest `valid_from` up to D among those of acts up to T, leaving out what was corrected or undone.
"""

from typing import Any, ClassVar

from django.db import models
from django.db.models import F, Q

from bangfu.access.models import Account, Post
from bangfu.access.scope import ScopedManager
from bangfu.audit.models import Entry
from bangfu.files.fields import FileDigest
from bangfu.files.scans import ENDINGS
from bangfu.kernel.schema import schema
from bangfu.places.models import Place
from bangfu.registry import rules
from bangfu.registry.columns import column_of, constraint_of
from bangfu.registry.facts import Group, groups, things


class How(models.TextChoices):
    """By which kind of act facts came in."""

    EDIT = "edit", "登记"
    IMPORT = "import", "导入"
    PROCEDURE = "procedure", "办理"
    UNDO = "undo", "撤销"


class Erasure(models.Model):
    """That what identifies a household, or one person of it, was emptied for good wherever it stood; its entry says who wanted it and why."""

    at = models.DateTimeField()
    entry = models.OneToOneField(Entry, on_delete=models.PROTECT, related_name="+")
    household = models.ForeignKey("Household", on_delete=models.PROTECT, related_name="+")
    person = models.ForeignKey("Person", on_delete=models.PROTECT, null=True, related_name="+")


def _erased() -> "models.ForeignKey[Any, Any]":
    """The erasure that emptied the row. Few name one."""
    return models.ForeignKey(Erasure, on_delete=models.PROTECT, null=True, related_name="+", db_index=False)


class Act(models.Model):
    """One act that recorded facts: who and why stands in its entry of the record, `source` says from what the facts were taken.

    An act is undone by another act, once; its facts then count as never recorded.
    """

    at = models.DateTimeField()
    how = models.CharField(max_length=16, choices=How.choices)
    entry = models.OneToOneField(Entry, on_delete=models.PROTECT, related_name="+")
    source = models.CharField(max_length=200, blank=True)
    undoes = models.OneToOneField("self", on_delete=models.PROTECT, null=True, related_name="undone_by")
    erased = _erased()

    class Meta:
        constraints = (
            models.CheckConstraint(condition=Q(how__in=How.values), name="registry_act_how_known"),
            models.CheckConstraint(
                condition=Q(how=How.UNDO, undoes__isnull=False) | (~Q(how=How.UNDO) & Q(undoes=None)),
                name="registry_act_undo_names_act",
            ),
        )
        indexes = (models.Index(fields=["at"], name="registry_act_at"),)


class Touched(models.Model):
    """That an act changed what is assessed of a household. `assessed`: its verdicts have been made anew since.

    Written in the act's own transaction. Verdicts of a household are stale while a row of it is not assessed.
    """

    household = models.ForeignKey("registry.Household", on_delete=models.PROTECT, related_name="+", db_index=False)
    act = models.ForeignKey(Act, on_delete=models.PROTECT, related_name="+")
    assessed = models.BooleanField(default=False)

    rule = staticmethod(rules.households("household__"))
    objects = ScopedManager["Touched"]()

    class Meta:
        constraints = (models.UniqueConstraint(fields=["household", "act"], name="registry_touched_once"),)
        indexes = (models.Index(fields=["household"], condition=Q(assessed=False), name="registry_touched_stale"),)


class Household(models.Model):
    """A household. `place` is where it lives as far as is known now, derived from its residence; None for one that was entered in error."""

    number = models.CharField(max_length=32, unique=True)
    place = models.ForeignKey(Place, on_delete=models.PROTECT, null=True, related_name="+")

    rule = staticmethod(rules.households())
    objects = ScopedManager["Household"]()

    class Meta:
        constraints = (models.CheckConstraint(condition=~Q(number=""), name="registry_household_numbered"),)


class Person(models.Model):
    """A person. `household` is the one they belong to as far as is known now, derived from their membership."""

    number = models.CharField(max_length=32, unique=True)
    household = models.ForeignKey(Household, on_delete=models.PROTECT, null=True, related_name="persons")

    rule = staticmethod(rules.households("household__"))
    objects = ScopedManager["Person"]()

    class Meta:
        constraints = (models.CheckConstraint(condition=~Q(number=""), name="registry_person_numbered"),)


class Version(models.Model):
    """What held of a thing from `valid_from` on (included), until the next version's first day. `thing` is added for each group.

    `stands`: neither corrected nor undone. `is_current`: of those that stand, the one with the latest day. One service flips both.
    """

    thing_id: int
    corrects_id: int | None
    erased_id: int | None
    valid_from = models.DateField()
    act = models.ForeignKey(Act, on_delete=models.PROTECT, related_name="+")
    # Few rows correct one: their index is a part of one.
    corrects = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, related_name="corrected_by", db_index=False
    )
    stands = models.BooleanField()
    is_current = models.BooleanField()
    erased = _erased()

    objects: ClassVar[ScopedManager[Any]] = ScopedManager()

    class Meta:
        abstract = True


# What the facts themselves are, their list says.
VERSION_PRIVACY = dict.fromkeys(
    ("id", "thing", "valid_from", "act", "corrects", "stands", "is_current", "erased"), "internal"
)


class Line(models.Model):
    """What ledger lines and receipts share: an amount of a household in a year, recorded by an act.

    `withdrawn`: a correction by which the line it corrects is no more.
    """

    household = models.ForeignKey(Household, on_delete=models.PROTECT, related_name="%(class)ss")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="%(class)ss", db_index=False)
    year = models.SmallIntegerField()
    amount = models.BigIntegerField()
    act = models.ForeignKey(Act, on_delete=models.PROTECT, related_name="+")
    corrects = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, related_name="corrected_by", db_index=False
    )
    withdrawn = models.BooleanField(default=False)
    stands = models.BooleanField()

    rule = staticmethod(rules.households("household__"))
    objects: ClassVar[ScopedManager[Any]] = ScopedManager()

    class Meta:
        abstract = True


def _line_constraints(name: str) -> tuple[models.CheckConstraint, ...]:
    least, most = schema().bounds["money"]
    first, last = schema().bounds["year"]
    return (
        models.CheckConstraint(condition=Q(amount__gte=least, amount__lte=most), name=f"registry_{name}_amount_fits"),
        models.CheckConstraint(condition=Q(year__gte=first, year__lte=last), name=f"registry_{name}_year_fits"),
        models.CheckConstraint(
            condition=Q(withdrawn=False) | Q(stands=False), name=f"registry_{name}_withdrawn_is_gone"
        ),
        models.CheckConstraint(
            condition=Q(withdrawn=False) | Q(corrects__isnull=False, amount=0), name=f"registry_{name}_withdraws_one"
        ),
    )


def _corrections(name: str) -> models.Index:
    return models.Index(fields=["corrects"], condition=Q(corrects__isnull=False), name=name)


class Receipt(Line):
    """Money of a policy that a household, or somebody in it, received: paid on a day, or (None) stated as the year's total.

    `of_file`: stated by a register that came in as a file. It states the ledger itself, so that nothing is booked.
    """

    policy = models.CharField(max_length=64)
    paid_on = models.DateField(null=True)
    of_file = models.BooleanField(default=False)

    class Meta:
        constraints = (
            *_line_constraints("receipt"),
            models.CheckConstraint(condition=~Q(policy=""), name="registry_receipt_policy_named"),
        )
        indexes = (
            models.Index(fields=["household", "year"], condition=Q(stands=True), name="registry_receipt_standing"),
            _corrections("registry_receipt_corrs"),
        )


class LedgerLine(Line):
    """One line of a household's yearly income and expense. `receipt`: the money received that this line books."""

    item = models.CharField(max_length=32)
    note = models.CharField(max_length=200, blank=True)
    receipt = models.ForeignKey(Receipt, on_delete=models.PROTECT, null=True, related_name="booked", db_index=False)
    erased = _erased()

    class Meta:
        constraints = (
            *_line_constraints("ledgerline"),
            models.CheckConstraint(
                condition=Q(item__in=list(schema().codes["item"])), name="registry_ledgerline_item_known"
            ),
        )
        indexes = (
            models.Index(fields=["household", "year"], condition=Q(stands=True), name="registry_ledgerline_standing"),
            # Few lines are booked; of a receipt, its lines are asked for.
            models.Index(fields=["receipt"], condition=Q(receipt__isnull=False), name="registry_ledgerline_booked"),
            _corrections("registry_ledgerline_corrs"),
        )


class Payment(models.Model):
    """A payment of a payer's list, and the receipt that it became: by this the same payment is known again, whatever is corrected later.

    Payments that the list cannot tell apart are counted (`occurrence`, from 1); `reference` is the payer's own number, "" where the list
    has none. `undone`: the act that undid the one which booked it; it may then be booked again.
    """

    household = models.ForeignKey(Household, on_delete=models.PROTECT, related_name="payments")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="payments", db_index=False)
    policy = models.CharField(max_length=64)
    paid_on = models.DateField()
    amount = models.BigIntegerField()
    occurrence = models.SmallIntegerField()
    reference = models.CharField(max_length=100, blank=True)
    receipt = models.OneToOneField(Receipt, on_delete=models.PROTECT, related_name="payment")
    act = models.ForeignKey(Act, on_delete=models.PROTECT, related_name="+")
    undone = models.ForeignKey(Act, on_delete=models.PROTECT, null=True, related_name="+")

    rule = staticmethod(rules.households("household__"))
    objects = ScopedManager["Payment"]()

    class Meta:
        constraints = (
            models.CheckConstraint(condition=Q(amount__gt=0), name="registry_payment_is_money"),
            models.CheckConstraint(condition=Q(occurrence__gte=1), name="registry_payment_counted"),
            models.UniqueConstraint(
                fields=["person", "policy", "paid_on", "amount", "occurrence"],
                condition=Q(undone=None),
                name="registry_payment_once",
            ),
            models.UniqueConstraint(
                fields=["person", "policy", "paid_on", "amount", "reference"],
                condition=Q(undone=None) & ~Q(reference=""),
                name="registry_payment_reference_once",
            ),
        )


class PaymentList(models.Model):
    """A payer's list that was brought in: how many payments and fen it has, and what became of them. Nothing of it is lost."""

    act = models.OneToOneField(Act, on_delete=models.PROTECT, related_name="+")
    digest = models.CharField(max_length=64)
    lines = models.IntegerField()
    total = models.BigIntegerField()
    booked_lines = models.IntegerField()
    booked_total = models.BigIntegerField()
    known_lines = models.IntegerField()
    known_total = models.BigIntegerField()
    aside_lines = models.IntegerField()
    aside_total = models.BigIntegerField()

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=Q(lines=F("booked_lines") + F("known_lines") + F("aside_lines"))
                & Q(total=F("booked_total") + F("known_total") + F("aside_total")),
                name="registry_paymentlist_adds_up",
            ),
        )


class PaymentAside(models.Model):
    """A line of a list that somebody set aside instead of booking it, and why."""

    of = models.ForeignKey(PaymentList, on_delete=models.PROTECT, related_name="aside")
    row = models.IntegerField()
    amount = models.BigIntegerField()
    reason = models.CharField(max_length=200)
    erased = _erased()

    class Meta:
        constraints = (models.CheckConstraint(condition=~Q(reason=""), name="registry_paymentaside_has_reason"),)


class Settlement(models.Model):
    """That a household's ledger of a year was gone through with it and closed; `reopened` by a later act it may change again."""

    household = models.ForeignKey(Household, on_delete=models.PROTECT, related_name="settlements")
    year = models.SmallIntegerField()
    act = models.ForeignKey(Act, on_delete=models.PROTECT, related_name="+")
    settled_by = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    settled_on = models.DateField()
    reopened = models.ForeignKey(Act, on_delete=models.PROTECT, null=True, related_name="+")

    rule = staticmethod(rules.households("household__"))
    objects = ScopedManager["Settlement"]()

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["household", "year"], condition=Q(reopened=None), name="registry_settled_once"
            ),
        )


class Assignment(models.Model):
    """That a post helps a household, from a day (included) until a day (excluded; None while it lasts).

    `undone`: the act that undid the one by which it was made; it then counts as never made.
    """

    household = models.ForeignKey(Household, on_delete=models.PROTECT, related_name="assignments", db_index=False)
    post = models.ForeignKey(Post, on_delete=models.PROTECT, related_name="assignments")
    held_from = models.DateField()
    held_until = models.DateField(null=True)
    act = models.ForeignKey(Act, on_delete=models.PROTECT, related_name="+")
    # Few rows name one: a whole index would be taken for the way to all the others.
    ended_by = models.ForeignKey(Act, on_delete=models.PROTECT, null=True, related_name="+", db_index=False)
    undone = models.ForeignKey(Act, on_delete=models.PROTECT, null=True, related_name="+", db_index=False)

    rule = staticmethod(rules.households("household__"))
    objects = ScopedManager["Assignment"]()

    class Meta:
        indexes = (
            # Whether somebody helps a household on a day is asked of every household there is: by this alone.
            models.Index(
                fields=["household", "post", "held_from", "held_until", "undone"], name="registry_assignment_helps"
            ),
            models.Index(fields=["ended_by"], condition=Q(ended_by__isnull=False), name="registry_assignment_ended"),
            models.Index(fields=["undone"], condition=Q(undone__isnull=False), name="registry_assignment_undone"),
        )
        constraints = (
            models.CheckConstraint(
                condition=Q(held_until=None) | Q(held_until__gt=F("held_from")),
                name="registry_assignment_days_in_order",
            ),
            models.CheckConstraint(
                condition=Q(held_until=None, ended_by=None) | Q(held_until__isnull=False, ended_by__isnull=False),
                name="registry_assignment_end_has_its_act",
            ),
            models.UniqueConstraint(
                fields=["household", "post"], condition=Q(held_until=None, undone=None), name="registry_assignment_once"
            ),
        )


class Evidence(models.Model):
    """A paper of a dossier (C2.1.2): of a household, or of a person, whom it follows wherever they belong. Never changed.

    `kind` is the rulebook's. `kept_from`: the day since which it is in the dossier. `expires_on`: the last day on which it is good.
    `pages`: how many it has, where somebody said so. `stands`: the act that recorded it was not undone.
    """

    household = models.ForeignKey(Household, on_delete=models.PROTECT, null=True, related_name="evidence")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="evidence")
    kind = models.CharField(max_length=64)
    title = models.CharField(max_length=100, blank=True)
    kept_from = models.DateField()
    issued_on = models.DateField(null=True)
    expires_on = models.DateField(null=True)
    pages = models.SmallIntegerField(null=True)
    added_by = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    act = models.ForeignKey(Act, on_delete=models.PROTECT, related_name="+")
    stands = models.BooleanField()
    erased = _erased()

    rule = staticmethod(rules.of_either("household__", "person__household__"))
    objects = ScopedManager["Evidence"]()

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=Q(household=None, person__isnull=False) | Q(household__isnull=False, person=None),
                name="registry_evidence_of_one",
            ),
            models.CheckConstraint(condition=~Q(kind=""), name="registry_evidence_kind_named"),
            models.CheckConstraint(
                condition=Q(issued_on=None) | Q(expires_on=None) | Q(expires_on__gte=F("issued_on")),
                name="registry_evidence_days_in_order",
            ),
            models.CheckConstraint(condition=Q(pages=None) | Q(pages__gte=1), name="registry_evidence_pages_fit"),
        )


class EvidenceFile(models.Model):
    """One file of a paper, as it is in the store: a photograph of a page, or a PDF of several. Erased, it names no file any more."""

    evidence = models.ForeignKey(Evidence, on_delete=models.PROTECT, related_name="files")
    position = models.SmallIntegerField()
    file = FileDigest(blank=True)
    media = models.CharField(max_length=16, choices=[(media, media) for media in ENDINGS])
    size = models.BigIntegerField()
    pages = models.SmallIntegerField()
    erased = _erased()

    rule = staticmethod(rules.of_either("evidence__household__", "evidence__person__household__"))
    objects = ScopedManager["EvidenceFile"]()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["evidence", "position"], name="registry_evidencefile_in_order"),
            models.CheckConstraint(condition=Q(media__in=list(ENDINGS)), name="registry_evidencefile_media_known"),
        )


class Judged(models.TextChoices):
    """What somebody said of a paper who compared it."""

    RIGHT = "right", "准确"
    WRONG = "wrong", "不准确"
    WITHDRAWN = "withdrawn", "已撤下"


class EvidenceCheck(models.Model):
    """What was said of a paper on a day; of several, the last counts. `stands`: the act by which it was said was not undone."""

    evidence = models.ForeignKey(Evidence, on_delete=models.PROTECT, related_name="checks")
    result = models.CharField(max_length=16, choices=Judged.choices)
    why = models.CharField(max_length=200, blank=True)
    checked_by = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    checked_on = models.DateField()
    act = models.ForeignKey(Act, on_delete=models.PROTECT, related_name="+")
    stands = models.BooleanField()
    erased = _erased()

    rule = staticmethod(rules.of_either("evidence__household__", "evidence__person__household__"))
    objects = ScopedManager["EvidenceCheck"]()

    class Meta:
        constraints = (
            models.CheckConstraint(condition=Q(result__in=Judged.values), name="registry_evidencecheck_result_known"),
            models.CheckConstraint(
                condition=Q(result=Judged.RIGHT) | ~Q(why=""), name="registry_evidencecheck_says_why"
            ),
        )


class Origin(models.TextChoices):
    """Where else something is stated of a household."""

    NATIONAL = "national", "全国系统"
    PRINTED = "printed", "打印件"


class Statement(models.Model):
    """That something was stated elsewhere: an export of another system of a day, or a paper that was printed. Never changed; the last one counts.

    `form` is the layout of the export, or the paper's kind; `digest` that of the bytes.
    """

    origin = models.CharField(max_length=16, choices=Origin.choices)
    form = models.CharField(max_length=64)
    said_on = models.DateField()
    name = models.CharField(max_length=200, blank=True)
    digest = models.CharField(max_length=64)
    at = models.DateTimeField()
    entry = models.OneToOneField(Entry, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = (
            models.CheckConstraint(condition=Q(origin__in=Origin.values), name="registry_statement_origin_known"),
        )


class Stated(models.Model):
    """What a statement said of a household, or (`person`: the number that it gives them) of somebody in it: texts by the columns of the national layout.

    An ID number is never among them; its index is, so that it can be compared.
    """

    statement = models.ForeignKey(Statement, on_delete=models.PROTECT, related_name="stated")
    household = models.ForeignKey(Household, on_delete=models.PROTECT, related_name="stated")
    person = models.CharField(max_length=32, blank=True)
    values = models.JSONField(null=True)
    number_index = models.CharField(max_length=64, blank=True)
    erased = _erased()

    rule = staticmethod(rules.households("household__"))
    objects = ScopedManager["Stated"]()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["statement", "household", "person"], name="registry_stated_once"),
        )


def _thing(name: str) -> type[models.Model]:
    """The identity of something that a household has several of."""
    attributes = {
        "__module__": __name__,
        "__doc__": f"One {name} of a household; what it is stands in its versions.",
        "household": models.ForeignKey(Household, on_delete=models.PROTECT, related_name=f"{name}s"),
        "privacy": {"id": "internal", "household": "internal"},
        "rule": staticmethod(rules.households("household__")),
        "objects": ScopedManager(),
    }
    return type(name.capitalize(), (models.Model,), attributes)


def _version(group: Group) -> type[Version]:
    """The table of a group's versions, made of its list of facts."""
    name = f"{group.name.title().replace('_', '')}Version"
    path = {"household": "thing__", "person": "thing__household__"}.get(group.of, "thing__household__")
    checks = [constraint_of(group.name, field) for field in group.fields.values()]
    meta = {
        "constraints": (
            models.UniqueConstraint(
                fields=["thing"], condition=Q(is_current=True), name=f"registry_{group.name}_one_current"
            ),
            models.UniqueConstraint(
                fields=["thing", "valid_from"], condition=Q(stands=True), name=f"registry_{group.name}_one_a_day"
            ),
            models.CheckConstraint(
                condition=Q(is_current=False) | Q(stands=True), name=f"registry_{group.name}_current_stands"
            ),
            models.CheckConstraint(
                condition=Q(corrects=None) | ~Q(corrects=F("id")), name=f"registry_{group.name}_corrects_another"
            ),
            *(check for check in checks if check is not None),
        ),
        "indexes": (_corrections(f"registry_{group.name[:12]}_corrs"),),
    }
    attributes: dict[str, Any] = {
        "__module__": __name__,
        "__doc__": f"Versions of {group.label.en}.",
        "Meta": type("Meta", (), meta),
        "thing": models.ForeignKey(THINGS[group.of], on_delete=models.PROTECT, related_name=f"{group.name}_versions"),
        "rule": staticmethod(rules.households(path)),
        "privacy": {**VERSION_PRIVACY, **{field.name: field.privacy for field in group.fields.values()}},
        **{field.name: column_of(field) for field in group.fields.values()},
    }
    return type(name, (Version,), attributes)


# The identity of each kind of thing, and the versions of each group of facts, by name.
THINGS: dict[str, type[models.Model]] = {
    "household": Household,
    "person": Person,
    **{name: _thing(name) for name, kind in things().items() if kind.several},
}
VERSIONS: dict[str, type[Version]] = {name: _version(group) for name, group in groups().items()}


class Listed(models.Model):
    """A household as lists find, count and sum it: one row, derived of what is current (listed.py) and, below, of the verdicts that stand.

    `place` None: in no list, since it was entered in error or merged into another. `assessed`: there is a verdict, which the rest is of;
    amounts are in fen, and None is unknown. `due`: surely due by now; `unexplained_policies`: received too much, or without a reason found yet; `asking_policies`: those of the unknown ones that pay money.
    `missing_papers`: of its dossier; None: not counted yet (missing_papers.py).
    """

    household = models.OneToOneField(Household, on_delete=models.PROTECT, primary_key=True, related_name="listed")
    number = models.CharField(max_length=32)
    place = models.ForeignKey(Place, on_delete=models.PROTECT, null=True, related_name="+", db_index=False)
    head = models.CharField(max_length=100, blank=True)
    members = models.SmallIntegerField()
    status = models.CharField(max_length=32, blank=True)
    category = models.CharField(max_length=32, blank=True)
    cause = models.CharField(max_length=32, blank=True)

    assessed = models.BooleanField(db_default=False)
    net_income = models.BigIntegerField(null=True)
    net_income_per_capita = models.BigIntegerField(null=True)
    below_line = models.BooleanField(null=True)
    meets_entry = models.BooleanField(null=True)
    meets_exit = models.BooleanField(null=True)
    food = models.BooleanField(null=True)
    clothing = models.BooleanField(null=True)
    education = models.BooleanField(null=True)
    medical = models.BooleanField(null=True)
    housing = models.BooleanField(null=True)
    water = models.BooleanField(null=True)
    missing_amount = models.BigIntegerField(null=True)
    due = models.BigIntegerField(db_default=0)
    received = models.BigIntegerField(db_default=0)
    due_policies = models.SmallIntegerField(db_default=0)
    paid_policies = models.SmallIntegerField(db_default=0)
    missing_policies = models.SmallIntegerField(db_default=0)
    unexplained_policies = models.SmallIntegerField(db_default=0)
    unknown_policies = models.SmallIntegerField(db_default=0)
    asking_policies = models.SmallIntegerField(db_default=0)
    errors = models.SmallIntegerField(db_default=0)
    warnings = models.SmallIntegerField(db_default=0)
    clues = models.SmallIntegerField(db_default=0)

    missing_papers = models.SmallIntegerField(null=True)

    rule = staticmethod(rules.households("household__", place="place"))
    objects = ScopedManager["Listed"]()

    class Meta:
        indexes = (models.Index(fields=["place", "number"], name="registry_listed_in_order"),)


class NamePart(models.Model):
    """By which beginnings somebody of a household is found (spelling.py). Derived, as `Listed` is."""

    household = models.ForeignKey(Household, on_delete=models.PROTECT, related_name="+")
    part = models.CharField(max_length=32)

    rule = staticmethod(rules.households("household__"))
    objects = ScopedManager["NamePart"]()

    class Meta:
        indexes = (
            # PostgreSQL compares beginnings sign by sign with this class alone; SQLite passes it over.
            models.Index(
                fields=["part", "household"],
                opclasses=["varchar_pattern_ops", "int8_ops"],
                name="registry_namepart_begins",
            ),
        )
