"""What a proposed parameter would change, tried out over the snapshot of the current run: judged with the rulebook in force, and with the proposal.

Nothing is stored of it but what differs, household by household, for the person who is to sign. It is tried as of a day on which the proposed
value holds: that of the run, or the nearest one (trial_rules.py).
"""

import hashlib
import json
import shutil
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet

from bangfu.access.data import Actor, NotThere
from bangfu.access.policy import may, require
from bangfu.assessment.services.runs import Clock, folder_of
from bangfu.assessment.services.storing import current_run, run_numbered
from bangfu.assessment.trial_rules import StoodIn, day_of, rules_of
from bangfu.audit.data import Act, By
from bangfu.audit.services import record
from bangfu.engine.duck import open_engine
from bangfu.engine.regions import assess_snapshot
from bangfu.engine.request import Request, Wanted
from bangfu.engine.results import Target
from bangfu.engine.results.write import in_fen
from bangfu.engine.snapshot.layout import stored
from bangfu.kernel.days import day_from_date
from bangfu.kernel.errors import DomainError
from bangfu.kernel.schema import RESULT_TABLES, ResultTable, schema
from bangfu.kernel.words import Text
from bangfu.policies.in_force import in_force
from bangfu.policies.models import GOING, Effect, Proposal, State, Trial, Way
from bangfu.policies.services.proposing import refuse_decided
from bangfu.registry.bulk import chunked
from bangfu.registry.models import Household

TRIED = "a trial is of every household of its place; each is shown to those within whose scope it lies"
KILLED = Text(
    "试算几次都中途断了。请重新试算；再不成功，请联系管理员。",
    "It broke off each time. Try it again, and ask the administrator if that fails, too.",
)
SIDES = ("before", "after")
NOBODY = ("NO_SUCH_PLACE", "NOBODY_THERE")


def ask_trial(by: By, actor: Actor, proposal: int) -> int:
    """Let a proposal be tried over the current run's register, by whoever carries trials out. What was tried of it before is forgotten.

    Returns the trial. Raises NotThere, Denied, and DomainError where it was decided on, nothing was assessed yet, or (Unfit) it cannot be tried.
    """
    _require_may_try(actor, proposal)
    with transaction.atomic():
        found = Proposal.objects.unscoped(TRIED).select_for_update().get(pk=proposal)
        refuse_decided(found)
        run = current_run()
        if run is None or not (folder_of(run.pk) / "snapshot").is_dir():
            raise DomainError(
                "NOTHING_ASSESSED",
                Text(
                    "还没有可供试算的评估。请先在“评估”里评估一次，再试算。",
                    "There is no assessment to try it over. Assess the register first, then try.",
                ),
            )
        day = day_of(found, run.as_of)
        rules_of(found, day)
        Trial.objects.unscoped(TRIED).filter(proposal=found).delete()
        trial = Trial.objects.create(
            proposal=found,
            state=State.WAITING,
            run=run.pk,
            as_of=day,
            base=in_force().digest,
            asked_at=by.at,
        )
        record(by, Act("policies.try", f"proposal:{proposal}", found.place_id, {"parameter": found.parameter}))
        return trial.pk


def stop_trial(by: By, actor: Actor, proposal: int) -> None:
    """Stop the trial of a proposal, which ends at its next step. Raises NotThere, Denied, and DomainError where none waits or goes on."""
    place = _require_may_try(actor, proposal)
    with transaction.atomic():
        going = Trial.objects.unscoped(TRIED).filter(proposal=proposal, state__in=GOING)
        if not going.update(state=State.STOPPED, finished_at=by.at, progress=[]):
            raise DomainError(
                "NOT_BEING_TRIED",
                Text(
                    "没有正在进行的试算，不用停止。请刷新页面查看结果。",
                    "No trial waits or goes on, so that there is nothing to stop. Load the page again to see what came of it.",
                ),
            )
        record(by, Act("policies.stop_trial", f"proposal:{proposal}", place))


def try_out(trial: int, clock: Clock) -> bool:
    """Carry out a trial that waits, or that a killed process began. Returns whether it did. What cannot be judged ends it, and it says why.

    One that is stopped, or asked for anew, meanwhile ends at its next step and leaves nothing.
    """
    waiting, folder = Trial.objects.unscoped(TRIED).filter(pk=trial, state__in=GOING), _folder_of(trial)
    if not waiting.update(state=State.RUNNING, progress=[], failure=[]):
        # Of one whose process was killed, and that nobody waits for any more.
        shutil.rmtree(folder, ignore_errors=True)
        return False
    found = Trial.objects.unscoped(TRIED).select_related("proposal").get(pk=trial)
    try:
        _try_out(found, folder, clock)
    except _Stopped:
        return True
    except DomainError as problem:
        _end(found, clock(), state=State.FAILED, failure=[problem.text.zh, problem.text.en])
    except BaseException:
        _end(found, clock(), state=State.FAILED)
        raise
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return True


def give_up_trial(trial: int, at: datetime) -> None:
    """Let a trial have failed whose job was killed each time."""
    rows = Trial.objects.unscoped(TRIED).filter(pk=trial, state__in=GOING)
    rows.update(state=State.FAILED, progress=[], failure=[KILLED.zh, KILLED.en], finished_at=at)
    shutil.rmtree(_folder_of(trial), ignore_errors=True)


def _folder_of(trial: int) -> Path:
    """Where the results of both sides lie while they are compared."""
    return Path(settings.RUNS_FOLDER) / f"trial-{trial}"


def refuse_outdated(trial: Trial) -> None:
    """Raises DomainError where the register was assessed anew since."""
    run = current_run()
    if run is None or run.pk != trial.run:
        raise DomainError(
            "ASSESSED_SINCE",
            Text(
                "试算之后全部在册户又评估过一次，影响的户可能有变。请重新试算，看过再签发。",
                "The register was assessed anew since, so that other households may be concerned. Try it again, and look before you sign.",
            ),
        )


class _Stopped(Exception):
    """Nobody waits for the trial any more."""


def _require_may_try(actor: Actor, proposal: int) -> int | None:
    """Who may propose or sign it may have it tried. Returns its place. Raises NotThere, Denied."""
    found = Proposal.objects.seen_by(actor).filter(pk=proposal).first()
    if found is None:
        raise NotThere
    if not may(actor, "parameters.approve", found.place_id):
        require(actor, "parameters.propose", found.place_id)
    return found.place_id


@dataclass
class _Sums:
    """Of a trial: households by way; by policy those that gain and lose, and its money a year on both sides."""

    ways: dict[str, int] = field(default_factory=lambda: {way.value: 0 for way in Way})
    policies: dict[str, dict[str, int]] = field(default_factory=dict)


def _try_out(trial: Trial, folder: Path, clock: Clock) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True, mode=0o700)
    proposal = trial.proposal
    if in_force().digest != trial.base:
        raise DomainError(
            "PUBLISHED_SINCE", Text("规则库有新的发布。请重新试算。", "Something was published meanwhile. Try again.")
        )
    rules = rules_of(proposal, trial.as_of)
    after = _judged(trial, proposal, folder, "after", rules.sides["after"].layers)
    before = _kept(trial) or _judged(trial, proposal, folder, "before", rules.sides["before"].layers)
    _tell(trial, Text("比较两次结果", "comparing the two"))
    with closing(open_engine(folder / "spill")) as con:
        for table in RESULT_TABLES:
            _show(con, f"after_{table}", table, after)
        for table in RESULT_TABLES:
            # Of those who live in the place: what the run kept is of all.
            _show(con, f"before_{table}", table, before, "SEMI JOIN after_assessment USING (household_id)")
        _store(con, trial, clock, rules.stood_in)


def _kept(trial: Trial) -> Path | None:
    """What the run itself found, where that is what the rulebook in force says of the trial's day."""
    run, results = run_numbered(trial.run), folder_of(trial.run) / "results"
    return results if (run.book, run.as_of) == (trial.base, trial.as_of) and results.is_dir() else None


def _judged(trial: Trial, proposal: Proposal, folder: Path, side: str, layers: tuple[Path, ...]) -> Path | None:
    """The results of one side; None where nobody lives in the place."""
    said = {
        "before": Text("按现行规则评估", "with the rulebook in force"),
        "after": Text("按拟发布的值评估", "with the proposal"),
    }

    def tell(so_far: Text) -> None:
        _tell(trial, Text(f"{said[side].zh}：{so_far.zh}", f"{said[side].en}: {so_far.en}"))

    request = Request(folder_of(trial.run) / "snapshot", day_from_date(trial.as_of), rules=layers, place=proposal.code)
    target = Target(folder / side, "parquet")
    wanted = Wanted(relevant=True)
    tell(Text("开始", "begun"))
    try:
        assess_snapshot(request, target, wanted, resume=False, progress=tell)
    except DomainError as problem:
        if problem.code in NOBODY:
            return None
        raise
    return target.path


def _show(con: duckdb.DuckDBPyConnection, name: str, table: ResultTable, path: Path | None, among: str = "") -> None:
    files = sorted((path / table).glob("*.parquet")) if path else []
    columns = schema().results[table]
    if files:
        con.execute(f"CREATE TEMP TABLE {name} AS SELECT {in_fen(columns)} FROM {stored(files)} {among}")
    else:
        kinds = {"money": "BIGINT", "count": "BIGINT", "yes_no": "BOOLEAN"}
        named = ", ".join(f'"{each.name}" {kinds.get(each.type, "VARCHAR")}' for each in columns.columns.values())
        con.execute(f"CREATE TEMP TABLE {name} ({named})")


def _store(con: duckdb.DuckDBPyConnection, trial: Trial, clock: Clock, stood_in: StoodIn | None) -> None:
    """Keep what differs, and end the trial: in one transaction. Nothing, where it was stopped or asked for anew meanwhile."""
    sums, digest = _Sums(), hashlib.sha256()
    digest.update(json.dumps([trial.proposal_id, trial.run, str(trial.as_of), trial.base]).encode())
    _sum_money(con, sums)
    with transaction.atomic():
        if not _going(trial).select_for_update().exists():
            raise _Stopped
        for some in chunked(list(_effects(con, sums))):
            numbers = [number for number, _ in some]
            ids = dict(Household.objects.unscoped(TRIED).filter(number__in=numbers).values_list("number", "pk"))
            for number, effect in some:
                effect.trial, effect.household_id = trial, ids[number]
                told = [number, effect.way, effect.before, effect.after, effect.policies, effect.others]
                digest.update(json.dumps(told, ensure_ascii=False).encode())
            Effect.objects.bulk_create(effect for _, effect in some)
        summary = {"ways": sums.ways, "policies": sums.policies}
        if stood_in is not None:
            summary["stood_in"] = asdict(stood_in)
        digest.update(json.dumps(summary, sort_keys=True).encode())
        _end(trial, clock(), state=State.DONE, digest=digest.hexdigest(), summary=summary, progress=[])


def _going(trial: Trial) -> "QuerySet[Trial]":
    """The row of a trial that is carried out; none, where nobody waits for it any more."""
    return Trial.objects.unscoped(TRIED).filter(pk=trial.pk, state=State.RUNNING)


def _tell(trial: Trial, so_far: Text) -> None:
    """Say how far it is. Raises _Stopped."""
    if not _going(trial).update(progress=[so_far.zh, so_far.en]):
        raise _Stopped


def _end(trial: Trial, at: datetime, **values: object) -> None:
    _going(trial).update(finished_at=at, **values)


# Of a row, in fen: what is due a year (what is paid once counts as of the year), and at most by now, also where another policy has taken its place since.
_YEARLY = "CASE WHEN {side}.verdict = 'entitled' THEN coalesce({side}.annual_amount, 0) + coalesce({side}.once_amount, 0) ELSE 0 END"
_BY_NOW = "coalesce({side}.due_high, 0)"
_SAID = ("verdict", "annual_amount", "once_amount", "due_low", "due_high", "reconciliation")
_KEYS = ("household_id", "person_id", "policy_id")


def _sum_money(con: duckdb.DuckDBPyConnection, sums: _Sums) -> None:
    """The money a year of each policy, on both sides."""
    for side in SIDES:
        yearly = _YEARLY.format(side="r")
        for policy, money in con.execute(
            f"SELECT policy_id, sum({yearly}) FROM {side}_entitlement r GROUP BY policy_id ORDER BY policy_id"
        ).fetchall():
            sums.policies.setdefault(policy, dict.fromkeys((*SIDES, "gain", "lose"), 0))[side] = int(money)


def _effects(con: duckdb.DuckDBPyConnection, sums: _Sums) -> Iterator[tuple[str, Effect]]:
    """What would change of each household, by its number and in that order; what is summed up of them is added to `sums`."""
    rows: dict[str, list[_Row]] = {}
    others: dict[str, list[list[Any]]] = {}
    for number, *said in con.execute(_differing_policies()).fetchall():
        rows.setdefault(number, []).append(_Row(*said))
    for number, *said in con.execute(
        f"{_differing_standards()} UNION ALL {_differing_findings()} ORDER BY ALL"
    ).fetchall():
        others.setdefault(number, []).append(said)
    concerned = {row.policy for mine in rows.values() for row in mine}
    sums.policies = {name: said for name, said in sums.policies.items() if name in concerned}
    for number in sorted({*rows, *others}):
        mine = rows.get(number, [])
        way = _way(mine)
        sums.ways[way] += 1
        for policy in dict.fromkeys(row.policy for row in mine):
            one = _way([row for row in mine if row.policy == policy])
            if one != Way.OTHER:
                sums.policies[policy][one] += 1
        yield (
            number,
            Effect(
                way=way,
                before=sum(row.before for row in mine),
                after=sum(row.after for row in mine),
                policies=[[r.policy, r.person or "", r.was or "", r.would or "", r.before, r.after] for r in mine],
                others=others.get(number, []),
            ),
        )


@dataclass(frozen=True, slots=True)
class _Row:
    """Of a policy for a person (None: the household): the verdict, money a year and due by now, before and after."""

    policy: str
    person: str | None
    was: str | None
    would: str | None
    before: int
    after: int
    due_before: int
    due_after: int


def _way(rows: Sequence[_Row]) -> Way:
    """By money a year; where that is the same by what is due by now, and then (a waiver, a service) by how many policies are due."""
    before = sum(r.before for r in rows), sum(r.due_before for r in rows), sum(r.was == "entitled" for r in rows)
    after = sum(r.after for r in rows), sum(r.due_after for r in rows), sum(r.would == "entitled" for r in rows)
    if before == after:
        return Way.OTHER
    return Way.GAIN if after > before else Way.LOSE


def _differing_policies() -> str:
    """household, policy, person, verdict, money a year and due by now, each before and after: where anything of it differs."""
    differ = " OR ".join(f'b."{name}" IS DISTINCT FROM a."{name}"' for name in _SAID)
    same = " AND ".join(f"b.{key} IS NOT DISTINCT FROM a.{key}" for key in _KEYS)
    either = ", ".join(f"coalesce(b.{key}, a.{key})" for key in ("household_id", "policy_id", "person_id"))
    money = ", ".join(f"{said.format(side=side)}::BIGINT" for said in (_YEARLY, _BY_NOW) for side in "ba")
    return f"""
        SELECT {either}, b.verdict, a.verdict, {money}
        FROM before_entitlement b FULL JOIN after_entitlement a ON {same} WHERE {differ} ORDER BY ALL
    """


def _differing_standards() -> str:
    """household, name, before and after (NULL is unknown) of the guarantees and standards that would change."""
    names = [column.name for column in schema().results["assessment"].columns.values() if column.type == "yes_no"]
    each = " UNION ALL ".join(
        f"""SELECT household_id, '{name}' AS name, b."{name}"::BIGINT AS was, a."{name}"::BIGINT AS would
        FROM before_assessment b JOIN after_assessment a USING (household_id) WHERE b."{name}" IS DISTINCT FROM a."{name}" """
        for name in names
    )
    return f"SELECT * FROM ({each})"


def _differing_findings() -> str:
    """The same of checks: how many findings of each before and after."""
    counted = "SELECT household_id, check_id, count(*) AS n FROM {}_finding GROUP BY ALL"
    return f"""
        SELECT household_id, check_id, coalesce(b.n, 0), coalesce(a.n, 0)
        FROM ({counted.format("before")}) b FULL JOIN ({counted.format("after")}) a USING (household_id, check_id)
        WHERE b.n IS DISTINCT FROM a.n
    """
