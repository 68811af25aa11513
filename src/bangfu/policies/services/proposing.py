"""Proposals: a value of a parameter, or the withdrawal of a published one; checked by the rulebook's own checker before anybody is asked to sign."""

from datetime import date

from django.db import transaction

from bangfu.access.data import Actor, NotThere
from bangfu.access.policy import require
from bangfu.audit.data import Act, By
from bangfu.audit.services import record
from bangfu.kernel.errors import DomainError
from bangfu.kernel.money import fen_from_yuan, yuan_from_fen
from bangfu.kernel.words import Lang, Text
from bangfu.places.selectors import place_row
from bangfu.policies.data import NewValue, Unfit
from bangfu.policies.in_force import FOR_ALL, in_force, with_proposals
from bangfu.policies.models import Kind, Proposal
from bangfu.rulebook.book import Book, Parameter, ParameterValue
from bangfu.rulebook.parameters import read_value
from bangfu.rulebook.resolve import show_value
from bangfu.rulebook.source import BookRefused, Where
from bangfu.rulebook.tree import Param

LONGEST = 200
_YES_NO = {"yes": True, "是": True, "no": False, "否": False}


def propose(by: By, actor: Actor, new: NewValue) -> int:
    """Propose a value; `by.reason` says why. Returns the proposal. Raises Denied, NotThere, Unfit (which field, and why)."""
    require(actor, "parameters.propose", new.place)
    account, reason, code = _grounds(by, actor, new.place)
    book = in_force().book
    parameter = _publishable(book, new.parameter)
    for name, text in (("source_zh", new.source.zh), ("source_en", new.source.en or new.source.zh)):
        _require_line(name, text, Text("请写明依据的文件名称和文号。", "Name the document that it rests on."))
    proposal = Proposal(
        kind=Kind.SET,
        parameter=parameter.id,
        value=written(parameter, _read(parameter, new.value)),
        from_day=new.from_day,
        until_day=new.until_day,
        year=new.year,
        place_id=new.place,
        code=code,
        source_zh=new.source.zh.strip(),
        source_en=(new.source.en or new.source.zh).strip(),
        reason=reason,
        backdated=_backdated(parameter, new, actor.day),
        proposed_by_id=account,
        proposed_at=by.at,
    )
    fit(proposal)
    return _propose(by, proposal, value_said(parameter, proposal.value, "zh"))


def propose_withdrawal(by: By, actor: Actor, published: int) -> int:
    """Propose that a published value be withdrawn, as if it had never been published. Raises Denied, NotThere, DomainError."""
    found = Proposal.objects.seen_by(actor).filter(pk=published).first()
    if found is None:
        raise NotThere
    require(actor, "parameters.propose", found.place_id)
    account, reason, _ = _grounds(by, actor, found.place_id)
    if not found.signed or found.kind != Kind.SET or is_withdrawn(found.pk):
        raise DomainError(
            "NOT_PUBLISHED",
            Text(
                "只能撤回已发布、还没有撤回的值。", "Only what is published, and not withdrawn yet, can be withdrawn."
            ),
        )
    proposal = Proposal(
        kind=Kind.WITHDRAW,
        parameter=found.parameter,
        from_day=found.from_day,
        until_day=found.until_day,
        year=found.year,
        place_id=found.place_id,
        code=found.code,
        source_zh=found.source_zh,
        source_en=found.source_en,
        reason=reason,
        backdated=is_past(found.from_day, found.year, actor.day),
        withdraws=found,
        proposed_by_id=account,
        proposed_at=by.at,
    )
    fit(proposal)
    return _propose(by, proposal)


def take_back(by: By, actor: Actor, proposal: int) -> None:
    """Take back what one proposed oneself, while nobody has decided on it. Raises NotThere, Denied, DomainError."""
    found = Proposal.objects.seen_by(actor).filter(pk=proposal).first()
    if found is None:
        raise NotThere
    require(actor, "parameters.propose", found.place_id)
    with transaction.atomic():
        rows = Proposal.objects.unscoped("the one who proposed it takes it back").select_for_update()
        found = rows.get(pk=proposal)
        if found.proposed_by_id != actor.account:
            raise DomainError(
                "ANOTHERS",
                Text("只有提出的人可以收回；您可以不予签发。", "Only who proposed it may; refuse it instead."),
            )
        refuse_decided(found)
        found.taken_back_at = by.at
        found.save()
        record(by, Act("policies.take_back", f"proposal:{proposal}", found.place_id, {"parameter": found.parameter}))


def publishable(book: Book) -> dict[str, Parameter]:
    """The parameters that may be published: not those by which the dossier asks for papers, which reads the shipped rulebook."""
    dossier = {
        node.name
        for kind in book.evidence.values()
        for node in (kind.required.walk() if kind.required else ())
        if isinstance(node, Param)
    }
    return {name: parameter for name, parameter in book.parameters.items() if name not in dossier}


def fit(proposal: Proposal) -> None:
    """Raises Unfit where the rulebook would not hold together with the proposal in it."""
    try:
        _ = with_proposals(proposal).book
    except BookRefused as refused:
        said = refused.faults[0].text
        more = Text(
            "同一地区已发布的值，期间不能重叠或留空档；必要时请先撤回原来的值，再重新提出。",
            "Published values of a place may neither overlap nor leave a gap. If need be, withdraw the earlier one first.",
        )
        field = "year" if proposal.year is not None else "from_day"
        raise Unfit("DOES_NOT_FIT", field, Text(f"{said.zh}{more.zh}", f"{said.en} {more.en}")) from refused


def is_withdrawn(published: int) -> bool:
    """Whether a published value was withdrawn."""
    return Proposal.objects.unscoped(FOR_ALL).filter(withdraws=published, signed=True).exists()


def refuse_decided(found: Proposal) -> None:
    if found.decided_at is not None or found.taken_back_at is not None:
        raise DomainError(
            "DECIDED", Text("这一项已经办过，或已收回。", "This has been decided on already, or was taken back.")
        )


def _propose(by: By, proposal: Proposal, value: str = "—") -> int:
    with transaction.atomic():
        proposal.save()
        words = {
            "parameter": proposal.parameter,
            "new": value,
            "from": str(proposal.year or proposal.from_day),
            "until": str(proposal.until_day or "—"),
            "source": proposal.source_zh,
        }
        act = "policies.propose" if proposal.kind == Kind.SET else "policies.propose_withdrawal"
        record(by, Act(act, f"proposal:{proposal.pk}", proposal.place_id, words))
        return proposal.pk


def _grounds(by: By, actor: Actor, place: int) -> tuple[int, str, str]:
    """Who proposes, why, and what the rulebook calls the place."""
    row = place_row(place)
    if actor.account is None or row is None or row.abolished:
        raise NotThere
    _require_line("reason", by.reason, Text("请写明原因。", "Say why."))
    return actor.account, by.reason.strip(), row.code


def _publishable(book: Book, name: str) -> Parameter:
    if name not in book.parameters:
        raise NotThere
    found = publishable(book).get(name)
    if found is None:
        raise Unfit(
            "NOT_PUBLISHABLE",
            "value",
            Text(
                "这个参数决定档案袋要哪些资料，只能随规则库更新，不能在这里发布。",
                "This one decides which papers a dossier needs: it changes with the rulebook, and is not published here.",
            ),
        )
    return found


def _read(parameter: Parameter, text: str) -> ParameterValue:
    """The value in the parameter's unit. Raises Unfit."""
    plain = text.strip()
    raw: object = plain
    if parameter.unit == "yes_no":
        raw = _YES_NO.get(plain.lower(), plain)
    elif parameter.unit == "percent":
        raw = plain.removesuffix("%")
    try:
        return read_value(raw, parameter.unit, parameter.choices, Where("", 0))
    except BookRefused as refused:
        raise Unfit("VALUE_UNFIT", "value", refused.faults[0].text) from refused


def written(parameter: Parameter, value: ParameterValue) -> str:
    """As the rulebook's files have it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if parameter.unit in ("yuan", "percent"):
        return yuan_from_fen(int(value)).removesuffix(".00")
    return str(value)


def value_said(parameter: Parameter, written: str, lang: Lang) -> str:
    """What the rulebook's files have, as people read it."""
    match parameter.unit:
        case "yes_no":
            return show_value(parameter, written == "yes", lang)
        case "choice":
            return show_value(parameter, written, lang)
        case "yuan":
            return show_value(parameter, fen_from_yuan(written), lang)
        case "percent":
            return f"{written}%"
    return written


def _backdated(parameter: Parameter, new: NewValue, day: date) -> bool:
    """Whether it begins in the past. Raises Unfit where days and year are not those that the parameter has, or a past beginning was not confirmed."""
    if parameter.by_income_year:
        if new.year is None or new.from_day or new.until_day:
            raise Unfit(
                "YEAR_WANTED",
                "year",
                Text("这个参数按收入年度取值，请写年度。", "This one has a value a year: give the year."),
            )
        if not 2000 <= new.year <= day.year + 5:
            raise Unfit("YEAR_UNFIT", "year", Text("年度不对。", "That year cannot be meant."))
    elif new.year is not None or new.from_day is None:
        raise Unfit("DAY_WANTED", "from_day", Text("请写从哪一天起执行。", "Give the day from which it holds."))
    elif new.until_day is not None and new.until_day < new.from_day:
        raise Unfit("DAYS_UNFIT", "until_day", Text("结束日期早于开始日期。", "It would end before it begins."))
    past = is_past(new.from_day, new.year, day)
    if past and not new.backdated:
        said = what_past_changes(new.from_day, new.year, day)
        raise Unfit("PAST_NOT_CONFIRMED", "backdated", Text(f"{said.zh}请勾选确认。", f"{said.en} Tick to confirm."))
    return past


def is_past(from_day: date | None, year: int | None, day: date) -> bool:
    """Whether a value, from a day on or for a year, begins before a day."""
    return year < day.year if year is not None else from_day is not None and from_day < day


def what_past_changes(from_day: date | None, year: int | None, day: date) -> Text:
    """What a beginning in the past changes."""
    since = f"{year}年度" if year is not None else f"{from_day}"
    since_en = f"the year {year}" if year is not None else f"{from_day}"
    return Text(
        f"{since}在今天（{day}）之前。确认后：从那时起的应享金额重新计算，当年已过各月的应发数随之改变，可能多出应补或多领；"
        "以前的评估和已打印的文书保持原样，结论从下一次评估起按新值给出。",
        f"{since_en} lies before today ({day}). If so: what has been due since then is counted anew, the months of this year that are over "
        "included, so that money may turn out missing or too much. Earlier assessments and papers already printed stay as they are; "
        "verdicts follow the new value from the next assessment on.",
    )


def _require_line(field: str, text: str, missing: Text) -> None:
    plain = text.strip()
    if not plain:
        raise Unfit("MISSING", field, missing)
    if len(plain) > LONGEST or not plain.isprintable():
        raise Unfit(
            "LINE_UNFIT",
            field,
            Text(f"须在 {LONGEST} 字以内，写在一行里。", f"One line of at most {LONGEST} signs."),
        )
