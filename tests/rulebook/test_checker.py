"""What the rule language refuses, and that a refusal names file, line and the offending part."""

from pathlib import Path

import pytest

from bangfu.kernel.errors import DomainError
from bangfu.rulebook import tree
from bangfu.rulebook.checker import PartSignature, ScopeName, Vocabulary, check_expression
from bangfu.rulebook.kept import shipped_rules
from bangfu.rulebook.load import load_book
from bangfu.rulebook.source import BookRefused, Where
from bangfu.rulebook.tree import BOOL, COUNT, MONEY, PERCENT, Type

WORDS = Vocabulary(
    params={
        "age_from": COUNT,
        "line": MONEY,
        "margin": PERCENT,
        "scope": Type("text", codes="param:scope"),
        "flag": BOOL,
    },
    choices={"param:scope": frozenset({"dibao", "either"})},
    parts={
        "registered": PartSignature("household", BOOL, True, False),
        "net_income": PartSignature("household", MONEY, False, False),
    },
    policies=frozenset({"rain_dew"}),
)


def checked(text: str, scope: ScopeName = "person") -> tree.Node:
    return check_expression(text, scope=scope, words=WORDS, where=Where("rules/terms.yaml", 7))


@pytest.mark.parametrize(
    ("text", "scope", "part"),
    [
        ("age / :age_from > 1", "person", "age / :age_from"),
        ("age > 18", "person", "18"),
        ("agee > 1", "person", "agee"),
        ("name = 'x'", "person", "name"),
        ("id_number IS NULL", "person", "id_number"),
        ("household_id = 'x'", "person", "household_id"),
        ("status = 'rich'", "person", "rich"),
        ("CAST(age AS DATE) = as_of", "person", "CAST"),
        ("age::INTEGER = 1", "person", "CAST"),
        ("(SELECT 1) = 1", "person", "SELECT"),
        ("age IN (SELECT 1)", "person", "SELECT"),
        ("EXISTS (SELECT 1)", "person", "EXISTS"),
        ("random() > 0", "person", "RAND"),
        ("current_date > as_of", "person", "CURRENT_DATE"),
        ("read_csv('x') = 1", "person", "READ_CSV"),
        ("sex + 1", "person", "sex + 1"),
        ("age = 'old'", "person", "age = 'old'"),
        ("age > tuition", "person", "age > tuition"),
        ("tuition * dibao_monthly > 0", "person", "tuition * dibao_monthly"),
        ("sex > '1'", "person", "sex > '1'"),
        ("other_causes = 'illness'", "household", "other_causes = 'illness'"),
        ("has(other_causes, 'plague')", "household", "HAS"),
        ("'a' = 'a'", "person", "'a' = 'a'"),
        ("NULL", "person", "NULL"),
        ("1; DROP TABLE person", "person", "DROP"),
        ("a.b = 1", "person", "a.b"),
        ('"age" > 1', "person", "age"),
        ("? = 1", "person", "?"),
        (":nothing = 1", "person", ":nothing"),
        ("age BETWEEN 0 AND", "person", "age BETWEEN 0 AND"),
        ("CASE age WHEN 1 THEN TRUE END", "person", "CASE age"),
        ("ledger(wages, income_year) > 0", "household", "LEDGER"),
        ("ledger(wage, last_year) > 0", "household", "LEDGER"),
        ("received(cash) > 0", "person", "RECEIVED"),
        ("age > 0", "household", "age"),
        ("some_of(member, status = 'poor')", "household", "status"),
        ("some_of(member, registered)", "household", "registered"),
        ("some_of(member, some_of(member, present))", "household", "some_of"),
        ("dibao_member IS TRUE", "person", "IS TRUE"),
        ("age LIKE '1%'", "person", "LIKE"),
        ("age IN (age)", "person", "IN"),
        ("sex IN ('1', '3')", "person", "'3'"),
        (":scope = 'rich'", "person", "rich"),
        ("amount > 0", "person", "amount"),
        ("ledger(wage, income_year) > 0", "receipt", "LEDGER"),
    ],
)
def test_what_the_language_does_not_know_is_refused_with_file_line_and_part(
    text: str, scope: ScopeName, part: str
) -> None:
    with pytest.raises(BookRefused) as refused:
        checked(text, scope)
    assert "rules/terms.yaml:7" in refused.value.text.zh
    assert "rules/terms.yaml:7" in refused.value.text.en
    assert part.lower() in refused.value.text.en.lower()


@pytest.mark.parametrize(
    ("text", "scope", "kind", "daily"),
    [
        ("age BETWEEN :age_from AND :age_from", "person", BOOL, True),
        ("as_of > birth_date", "person", BOOL, False),
        ("stage IN ('primary', 'junior')", "person", BOOL, True),
        ("dibao_member", "person", BOOL, True),
        ("some_of(present, dibao_member)", "household", BOOL, True),
        ("some_of(member, serious_illness)", "household", BOOL, False),
        ("net_income < :line * members * (1 - :margin)", "household", BOOL, False),
        ("GREATEST(0, tuition)", "person", MONEY, False),
        ("year_of(birth_date)", "person", COUNT, False),
        ("COALESCE(dropout_reason = 'poverty', FALSE)", "person", BOOL, False),
        ("CASE WHEN disability_category = '7' THEN NULL ELSE :flag END", "person", BOOL, False),
    ],
)
def test_what_the_language_knows_is_typed(text: str, scope: ScopeName, kind: Type, daily: bool) -> None:
    node = checked(text, scope)
    assert (node.type, node.daily) == (kind, daily)


def test_a_percent_of_money_keeps_its_denominator_until_it_is_rounded() -> None:
    assert checked(":margin * tuition").type == Type("number", money=True, denominator=10_000)
    assert checked("LEAST(:margin * tuition, :line)").type == Type("number", money=True, denominator=10_000)


# ---- whole books


def laid_over(folder: Path, file: str, text: str) -> Path:
    path = folder / "local" / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return folder / "local"


@pytest.mark.parametrize(
    ("file", "text", "line", "says"),
    [
        ("terms.yaml", "- id: sex\n  label: {zh: 甲, en: a}\n  is: 'TRUE'\n", 1, "taken"),
        ("terms.yaml", "- id: a_term\n  of: person\n  label: {zh: 甲, en: a}\n  iz: 'TRUE'\n", 4, "unknown key"),
        ("terms.yaml", "- id: one\n  label: {zh: 甲, en: a}\n  is: two\n- id: two\n  label: {zh: 乙, en: b}\n  is: one\n", 1, "circle"),
        ("terms.yaml", "- id: one\n  label: {zh: 甲, en: a}\n  is: status = 'poor'\n- id: one\n  label: {zh: 乙, en: b}\n  is: status = 'poor'\n", 4, "already"),
        ("terms.yaml", "- id: one\n  label: {zh: 甲, en: a, b}\n  is: status = 'poor'\n", 2, "pair"),
        ("terms.yaml", "- id: [\n", 2, "YAML"),
        ("parameters/x.yaml", "- id: fresh\n  values: [{value: 1}]\n", 1, "unit"),
        ("parameters/x.yaml", "- id: elderly_80s_rate\n  values: [{value: 100.123}]\n", 2, "does not fit"),
        ("parameters/x.yaml", "- id: elderly_80s_rate\n  values: [{value: -1}]\n", 2, "does not fit"),
        ("parameters/x.yaml", "- id: elderly_80s_rate\n  values: [{value: much}]\n", 2, "does not fit"),
        ("parameters/x.yaml", "- id: count_pension\n  values: [{value: perhaps}]\n", 2, "does not fit"),
        ("parameters/x.yaml", "- id: hardship_scope\n  values: [{value: rich}]\n", 2, "either (dibao or registered households)"),
        ("parameters/x.yaml", "- id: fresh\n  label: {zh: 甲, en: a}\n  unit: choice\n  choices: [one, two]\n  values: [{value: one}]\n", 4, "codes with their words"),
        ("parameters/x.yaml", "- id: fresh\n  label: {zh: 甲, en: a}\n  unit: choice\n  choices: {one: 甲}\n  values: [{value: one}]\n", 4, "pair"),
        ("parameters/x.yaml", "- id: fresh\n  label: {zh: 甲, en: a}\n  unit: choice\n  values: [{value: one}]\n", 1, "has choices"),
        ("parameters/x.yaml", "- id: elderly_80s_rate\n  values:\n    - {value: 1, until: 2017-06-30}\n    - {value: 2, from: 2017-06-30}\n", 4, "overlap"),
        ("parameters/x.yaml", "- id: elderly_80s_rate\n  values:\n    - {value: 1, until: 2017-06-30}\n    - {value: 2, from: 2017-07-02}\n", 4, "gap"),
        ("parameters/x.yaml", "- id: elderly_80s_rate\n  values: [{value: 1, place: nowhere}]\n", 2, "place"),
        ("parameters/x.yaml", "- id: elderly_80s_rate\n  values: [{value: 1, place: ３７}]\n", 2, "place"),
        ("parameters/x.yaml", "- id: elderly_80s_rate\n  values:\n    - value: 1\n      from: 2017-06-30\n      until: 2017-01-01\n", 5, "before it begins"),
        ("parameters/x.yaml", "- id: elderly_80s_rate\n  values:\n    - {value: 5, from: 2017-07-01, until: 2017-06-30}\n    - {value: 3, from: 2017-07-01}\n", 3, "before it begins"),
        ("units.yaml", "- id: zone\n  label: {zh: 甲, en: a}\n  codes: ['３７１１０２']\n", 3, "division codes"),
        ("units.yaml", "- id: zone\n  label: {zh: 甲, en: a}\n  codes: ['']\n", 3, "division codes"),
        ("units.yaml", "- id: zone\n  label: {zh: 甲, en: a}\n", 1, "division codes"),
        ("calendar.yaml", "school_age_day: ０８-31\nautumn_starts: 09-01\nterms: []\n", 1, "month-day"),
        ("parameters/x.yaml", "- id: poverty_line\n  values: [{value: 1, from: 2017-01-01}]\n", 2, "year"),
        ("parameters/x.yaml", "- id: poverty_line\n  values: [{value: 1, year: 2017}, {value: 2, year: 2017}]\n", 2, "twice"),
        ("policies/health/x.yaml", "id: x\nlabel: {zh: 甲, en: a}\nclause: C1\nsector: housing\nevaluated: no\n", 4, "folder"),
        (
            "policies/health/x.yaml",
            "id: x\nlabel: {zh: 甲, en: a}\nclause: C1\nsector: health\nfrom: 2017-02-01\nuntil: 2017-01-31\nconditions: [registered]\nbenefit: {kind: service}\n",
            6,
            "before it begins",
        ),
        ("policies/health/x.yaml", "id: x\nlabel: {zh: 甲, en: a}\nclause: C1\nsector: health\nconditions: [registerd]\nbenefit: {kind: service}\n", 5, "registerd"),
        (
            "policies/health/x.yaml",
            "id: x\nlabel: {zh: 甲, en: a}\nclause: C1\nsector: health\nconditions:\n  - id: c\n    label: {zh: 甲, en: a}\n    when: highest_of(member, age) > age\n"
            "benefit: {kind: cash, accrues: month, nature: fixed, amount: ':elderly_80s_rate'}\n",
            6,
            "day by day",
        ),
        ("policies/health/x.yaml", "id: x\nlabel: {zh: 甲, en: a}\nclause: C1\nsector: health\nconditions: [registered]\nbenefit: {kind: cash, accrues: month, nature: fixed, amount: age}\n", 6, "money"),
        ("policies/health/x.yaml", "id: x\nlabel: {zh: '{nothing}', en: '{nothing}'}\nclause: C1\nsector: health\nconditions: [registered]\nbenefit: {kind: service}\n", 2, "no parameter"),
        ("exclusions.yaml", "- id: x\n  kind: one_of\n  policies: [dibao, rain_dew]\n", 1, "parameters alone"),
        ("exclusions.yaml", "- id: x\n  kind: one_of\n  policies: [rain_dew, elderly_80s]\n", 1, "already"),
        ("exclusions.yaml", "- id: x\n  kind: barred\n  barred: [wubao_central]\n  by: [rain_dew]\n", 0, "bars and is barred"),
        ("checks/x.yaml", "- id: x\n  of: household\n  severity: error\n  label: {zh: 甲, en: a}\n  source: s\n  when: members\n  message: {zh: 甲, en: a}\n", 6, "yes/no"),
        ("checks/x.yaml", "- id: x\n  of: household\n  severity: error\n  label: {zh: 甲, en: a}\n  source: s\n  when: members = 0\n  message: {zh: '{members}', en: a}\n", 7, "differ"),
        ("evidence.yaml", "- id: x\n  group: identity\n  label: {zh: 甲, en: a}\n  required: members\n", 4, "yes/no"),
        ("evidence.yaml", "- id: x\n  group: nowhere\n  label: {zh: 甲, en: a}\n", 2, "identity"),
        ("evidence.yaml", "- id: x\n  of: village\n  group: identity\n  label: {zh: 甲, en: a}\n", 2, "household | person"),
        ("evidence.yaml", "- id: registered\n  group: identity\n  label: {zh: 甲, en: a}\n", 1, "taken"),
        ("evidence.yaml", "- id: x\n  group: identity\n  label: {zh: 甲, en: a}\n  when: TRUE\n", 4, "unknown key"),
    ],
)  # fmt: skip
def test_a_wrong_book_is_refused_at_load_with_file_and_line(
    tmp_path: Path, file: str, text: str, line: int, says: str
) -> None:
    with pytest.raises(BookRefused) as refused:
        load_book([shipped_rules(), laid_over(tmp_path, file, text)])
    faults = refused.value.faults
    assert any(says in f.text.en for f in faults), [f.text.en for f in faults]
    if line:
        assert any(str(f.where) == f"local/{file}:{line}" for f in faults), [str(f.where) for f in faults]


def test_every_fault_of_a_book_is_shown_at_once(tmp_path: Path) -> None:
    laid_over(
        tmp_path,
        "parameters/x.yaml",
        "- id: elderly_80s_rate\n  values: [{value: much}]\n- id: elderly_90s_rate\n  values: [{value: more}]\n",
    )
    with pytest.raises(BookRefused) as refused:
        load_book([shipped_rules(), tmp_path / "local"])
    assert [f.where.line for f in refused.value.faults] == [2, 4]


def test_a_policy_of_a_local_layer_replaces_the_shipped_one_whole(tmp_path: Path) -> None:
    folder = laid_over(
        tmp_path,
        "policies/civil_affairs/elderly_80s.yaml",
        "id: elderly_80s\nlabel: {zh: 甲, en: a}\nclause: local\nsector: civil_affairs\nconditions: [registered]\nbenefit: {kind: service}\n",
    )
    # It stands in a group of cash policies, which a service cannot: the contradiction is found at load.
    with pytest.raises(BookRefused) as refused:
        load_book([shipped_rules(), folder])
    assert any("elderly_80s" in f.text.en for f in refused.value.faults)


def test_an_expression_may_begin_with_a_parameter() -> None:
    """DuckDB's own dialect reads a leading `:x` as an alias; the language is not that dialect."""
    assert checked("(:line > tuition AND :flag)").type == BOOL
    assert checked("-:line < tuition").type == BOOL


@pytest.mark.parametrize(
    "file",
    [
        "参数/x.yaml",
        "x.yaml",
        "parameters/x.yml",
        "policies.yaml",
        "parameters/x.YAML",
        "parameters/x.yaml.txt",
        "parameters/x.txt",
        "parameters/x",
        "parameters/x.yaml/y",
        "cases/income.yaml.txt",
    ],
)
def test_a_file_that_no_rule_is_read_from_is_refused_not_passed_over(tmp_path: Path, file: str) -> None:
    with pytest.raises(BookRefused) as refused:
        load_book([shipped_rules(), laid_over(tmp_path, file, "- id: elderly_80s_rate\n  values: [{value: 1}]\n")])
    assert f"local/{file}" in refused.value.text.zh


@pytest.mark.parametrize(
    "file", ["README.md", "parameters/说明.md", "README", "readme.txt", ".git/HEAD", "Thumbs.db", "terms.yaml~"]
)
def test_notes_and_what_a_desktop_leaves_may_lie_beside_the_rules(tmp_path: Path, file: str) -> None:
    laid_over(tmp_path, "parameters/x.yaml", "- id: elderly_80s_rate\n  values: [{value: 1}]\n")
    load_book([shipped_rules(), laid_over(tmp_path, file, "\t- not: [a rule")])


@pytest.mark.parametrize("file", ["", "README.md"])
def test_a_layer_without_a_rule_is_refused_not_laid_over(tmp_path: Path, file: str) -> None:
    folder = laid_over(tmp_path, file, "") if file else tmp_path / "empty"
    folder.mkdir(exist_ok=True)
    with pytest.raises(DomainError, match="NO_RULES") as refused:
        load_book([shipped_rules(), folder])
    assert str(folder) in refused.value.text.zh
    assert "parameters/*.yaml" in refused.value.text.en


def test_a_layer_may_hold_cases_alone_to_try_the_shipped_rules_by(tmp_path: Path) -> None:
    load_book([shipped_rules(), laid_over(tmp_path, "cases/income.yaml", "cases: []\n")])


def test_a_span_may_be_of_one_day(tmp_path: Path) -> None:
    one = "- id: elderly_80s_rate\n  values: [{value: 1, from: 2017-06-30, until: 2017-06-30}]\n"
    load_book([shipped_rules(), laid_over(tmp_path, "parameters/x.yaml", one)])


def value_of(folder: Path, parameter: str, text: str) -> object:
    layer = laid_over(folder, "parameters/x.yaml", f"- id: {parameter}\n  values:\n    - {text}\n")
    return load_book([shipped_rules(), layer]).parameters[parameter].values[-1].value


@pytest.mark.parametrize(
    "written", ["0100", "010", "0x50", "0b11", "1:30", "1_000", "+5", "-010", "00", "!!int '0100'"]
)
def test_a_whole_number_that_yaml_reads_as_another_is_refused_at_its_line(tmp_path: Path, written: str) -> None:
    """0100 is 64 in YAML, 1:30 is 90."""
    with pytest.raises(BookRefused) as refused:
        value_of(tmp_path, "elderly_80s_rate", f"{{value: {written}}}")
    (fault,) = refused.value.faults
    assert str(fault.where) == "local/parameters/x.yaml:3"
    assert written.removeprefix("!!int ").strip("'") in fault.text.zh
    assert "quotes" in fault.text.en


@pytest.mark.parametrize(("written", "fen"), [("0", 0), ("100", 10_000), ("'0100'", 10_000), ("99.50", 9_950)])
def test_a_number_is_what_it_says(tmp_path: Path, written: str, fen: int) -> None:
    assert value_of(tmp_path, "elderly_80s_rate", f"{{value: {written}}}") == fen


@pytest.mark.parametrize(
    ("parameter", "text", "says"),
    [
        ("elderly_80s_rate", "{value: 1, place: 0371102}", "quotes"),
        ("elderly_80s_rate", "{value: .inf}", "does not fit"),
        ("elderly_80s_rate", "{value: .nan}", "does not fit"),
        ("elderly_80s_rate", "{value: 1:30.5}", "does not fit"),
        ("elderly_80s_rate", "{value: 1_000.5}", "does not fit"),
        ("elderly_80s_rate", "{value: yes}", "does not fit"),
        ("elderly_80s_rate", "{value: 2017-01-01}", "does not fit"),
        ("elderly_80s_rate", "{value: 1, place: no}", "code prefix"),
        ("elderly_80s_rate", "{value: 1, from: 2017-01-01 20:00:00}", "time of day"),
        ("elderly_80s_rate", "{value: 1, from: 2017-01-01T20:00:00-08:00}", "time of day"),
        ("elderly_80s_rate", "{value: 1, from: !!timestamp x}", "cannot be read"),
        ("elderly_80s_rate", "{value: !!bool x}", "cannot be read"),
        ("elderly_80s_rate", "{<<: {value: 1}}", "cannot be read"),
        ("poverty_line", "{value: 5000, year: 02017}", "quotes"),
        ("poverty_line", "{value: 5000, year: yes}", "1990"),
        ("poverty_line", "{value: 5000, year: '2017'}", "1990"),
        ("poverty_line", "{value: 5000, year: 20117}", "1990"),
        ("poverty_line", "{value: 5000, year: 17}", "1990"),
    ],
)
def test_what_yaml_makes_something_else_of_is_refused_at_its_line(
    tmp_path: Path, parameter: str, text: str, says: str
) -> None:
    with pytest.raises(BookRefused) as refused:
        value_of(tmp_path, parameter, text)
    (fault,) = refused.value.faults
    assert (str(fault.where), says in fault.text.en) == ("local/parameters/x.yaml:3", True), fault.text.en


def test_a_key_is_the_word_that_is_written(tmp_path: Path) -> None:
    """`no` would else be a choice called False."""
    choice = (
        "- id: fresh\n  label: {zh: 甲, en: a}\n  unit: choice\n  clause: C1\n"
        "  choices: {no: {zh: 否, en: none}, all: {zh: 全, en: all}}\n  values: [{value: 'no'}]\n"
    )
    book = load_book([shipped_rules(), laid_over(tmp_path, "parameters/x.yaml", choice)])
    assert set(book.parameters["fresh"].choices) == {"no", "all"}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("&a\n- *a\n", "itself"),
        ("- id: x\n  label: &b {zh: 甲, en: *b}\n", "itself"),
        ("- " * 3_000 + "a", "too deep"),
    ],
    ids=["a list in itself", "a text in itself", "a list in lists"],
)
def test_what_holds_itself_or_goes_too_deep_is_refused(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(BookRefused) as refused:
        load_book([shipped_rules(), laid_over(tmp_path, "parameters/x.yaml", text)])
    assert [says in fault.text.en for fault in refused.value.faults] == [True]


def test_an_alias_stands_for_what_it_names(tmp_path: Path) -> None:
    text = (
        "- {id: elderly_80s_rate, values: [{value: 1, source: &s {zh: 通知, en: notice}}]}\n"
        "- {id: elderly_90s_rate, values: [{value: 2, source: *s}]}\n"
    )
    book = load_book([shipped_rules(), laid_over(tmp_path, "parameters/x.yaml", text)])
    sources = [book.parameters[id_].values[-1].source for id_ in ("elderly_80s_rate", "elderly_90s_rate")]
    assert sources[0] == sources[1] is not None
