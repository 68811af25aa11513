"""The command line's words: every command, its options, and what people read about them."""

import argparse
import math
import re
from collections.abc import Sequence
from datetime import date
from importlib import import_module
from pathlib import Path
from typing import NoReturn

from bangfu import __version__
from bangfu.kernel.days import day_from_iso
from bangfu.kernel.divisions import VILLAGE_DIGITS
from bangfu.kernel.errors import DomainError
from bangfu.kernel.schema import RESULT_TABLES, ResultTable
from bangfu.kernel.words import Text


class WrongUsage(DomainError):
    """The command's words do not fit; exit code 2."""


# Layouts of other systems that files are read and made in.
LAYOUTS = ("national",)
# What a stored assessment has no choice of.
NOT_STORED = (
    "income_year",
    "set",
    "rules",
    "place",
    "out",
    "format",
    "only_relevant",
    "tables",
    "engine",
    "skip_bad_rows",
    "errors",
    "marked",
    "force",
    "resume",
    "json",
)
# The options of `synth` whose bounds the engine knows, by the names that it has for them.
_BOUNDED = {
    "households": "--households",
    "as_of_year": "--year",
    "gap_rate": "--gaps",
    "error_rate": "--errors",
    "mean_size": "--mean-size",
}
# Between the two languages of a complaint about one argument, which argparse carries as one text.
_AND = "\0"
# What argparse says by itself, and how that is said in Chinese; its own words stand for anything that is not here.
_SAID_IN_CHINESE = (
    (r"argument (.+?): expected .*argument.*", r"\1 后面缺少一个值"),
    (r"argument (.+?): ignored explicit argument (.+)", r"\1 后面不带值：\2"),
    (r"argument (.+?): invalid choice: (.+) \(choose from (.+)\)", r"\1 不能是 \2；可以是：\3"),
    (r"argument (.+?): invalid int value: (.+)", r"\1 应为整数：\2"),
    (r"argument (.+?): not allowed with argument (.+)", r"\1 不能与 \2 同用"),
    (r"one of the arguments (.+) is required", r"应有其中之一：\1"),
    (r"the following arguments are required: (.+)", r"缺少 \1"),
    (r"unrecognized arguments: (.+)", r"不认识 \1"),
)


class _Parser(argparse.ArgumentParser):
    """An argument parser that raises instead of leaving, so that one place words and ends everything."""

    def error(self, message: str) -> NoReturn:
        usage = self.format_usage().removeprefix("usage:").strip()
        what = _in_both(message)
        raise WrongUsage(
            "WRONG_USAGE",
            Text(
                f"命令写法不对：{what.zh}\n用法：{usage}\n详见：{self.prog} --help",
                f"The command does not fit: {what.en}\nUsage: {usage}\nSee: {self.prog} --help",
            ),
        )


def _in_both(message: str) -> Text:
    """A complaint of argparse in both languages."""
    own = re.fullmatch(rf"argument (.+?): (.*){_AND}(.*)", message, re.DOTALL)
    if own:
        return Text(f"{own[1]} {own[2]}", f"argument {own[1]}: {own[3]}")
    for pattern, chinese in _SAID_IN_CHINESE:
        found = re.fullmatch(pattern, message, re.DOTALL)
        if found:
            return Text(found.expand(chinese), message)
    return Text(message, message)


def _unfit(zh: str, en: str) -> argparse.ArgumentTypeError:
    return argparse.ArgumentTypeError(zh + _AND + en)


def _day(text: str) -> int:
    try:
        if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
            raise ValueError(text)
        return day_from_iso(text)
    except ValueError as problem:
        raise _unfit(f"“{text}”不是日期，应如 2017-12-31", f"'{text}' is no day such as 2017-12-31") from problem


def _whole(text: str) -> int | None:
    return int(text) if re.fullmatch(r"[0-9]{1,9}", text) else None


def _income_year(text: str) -> int:
    year = _whole(text)
    if year is None or not 1990 <= year <= 2100:
        raise _unfit(f"“{text}”不是年份（1990—2100）", f"'{text}' is no year from 1990 to 2100")
    return year


def _setting(text: str) -> tuple[str, str]:
    name, sign, value = text.partition("=")
    if not sign or not name.strip():
        raise _unfit(f"“{text}”应为 名称=数值", f"'{text}' should be NAME=VALUE")
    return name.strip(), value.strip()


def _positive(text: str) -> int:
    number = _whole(text)
    if not number:
        raise _unfit(f"“{text}”应为正整数", f"'{text}' should be a positive whole number")
    return number


def _workbook(text: str) -> Path:
    if Path(text).suffix.lower() != ".xlsx":
        raise _unfit(
            f"“{text}”应以 .xlsx 结尾：写出的是工作簿", f"'{text}' must end in .xlsx: what is written is a workbook"
        )
    return Path(text)


def _payments(commands: "argparse._SubParsersAction[_Parser]") -> None:
    parser = commands.add_parser(
        "payments", help="把一卡通等发放清单记入在册资料 / book a bank's list of payments", allow_abbrev=False
    )
    parser.add_argument(
        "list", type=Path, metavar="FILE", help="一个 .xlsx 或 CSV 清单 / the list, one .xlsx or CSV file"
    )
    parser.add_argument(
        "--reason", required=True, metavar="TEXT", help="清单的来源，记入留痕 / where it is from, for the record"
    )
    parser.add_argument(
        "--policy", metavar="ID", help="清单没写项目的行是哪项政策 / the policy of rows that do not name one"
    )
    parser.add_argument(
        "--paid-on", type=_day, metavar="DATE", help="清单没写日期的行是哪天发的 / the day of rows that do not give one"
    )
    parser.add_argument(
        "--settle",
        type=Path,
        metavar="PATH",
        help="逐行的决定（CSV：row、person、policy、reason）/ decisions row by row, as CSV",
    )
    parser.add_argument("--apply", action="store_true", help="确认记入；不加则只预览 / do it; without this, only show")
    parser.add_argument(
        "--errors",
        type=Path,
        metavar="PATH",
        help="把待解决的全部写到此 CSV 文件 / write all that is to be settled to this file",
    )
    _common(parser)


def _size(text: str) -> float:
    if not re.fullmatch(r"[0-9]{1,2}(\.[0-9]{1,6})?", text):
        raise _unfit(f"“{text}”应为数，如 3.04", f"'{text}' should be a number such as 3.04")
    return float(text)


def _tables(text: str) -> tuple[ResultTable, ...]:
    names = [name.strip() for name in text.split(",")]
    if unknown := [name for name in names if name not in RESULT_TABLES]:
        allowed = ", ".join(RESULT_TABLES)
        raise _unfit(
            f"没有结果表“{unknown[0]}”；可以是：{allowed}",
            f"there is no result table '{unknown[0]}'; it may be {allowed}",
        )
    return tuple(name for name in RESULT_TABLES if name in names)


def _rate(text: str) -> float:
    try:
        rate = float(text)
    except ValueError:
        rate = math.nan
    if not math.isfinite(rate):
        raise _unfit(f"“{text}”应为数，如 0.05", f"'{text}' should be a number such as 0.05")
    return rate


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    """Read the command line. Raises WrongUsage; leaves through SystemExit(0) for --help and --version."""
    parser = _Parser(
        prog="bangfu",
        description="帮扶：一户一户算清楚应享什么、为什么 / each household's due, and why",
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"bangfu {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND", parser_class=_Parser)
    assess = _assess(commands)
    _prepare(commands)
    _explain(commands)
    _rulebook(commands)
    _template(commands)
    synth = _synth(commands)
    _serve(commands)
    _server(commands)
    _audit(commands)
    _backup(commands)
    _import(commands)
    _payments(commands)
    _export(commands)
    _differences(commands)
    _print(commands)
    given = parser.parse_args(arguments)
    if given.command == "assess" and (given.register is None) is not given.from_registry:
        assess.error("argument REGISTER: " + _AND.join(("与 --from-registry 二选一", "give it or --from-registry")))
    if given.command == "assess" and given.store:
        if not given.from_registry:
            assess.error("argument --store: " + _AND.join(("只与 --from-registry 同用", "only with --from-registry")))
        for option in NOT_STORED:
            if getattr(given, option) != assess.get_default(option):
                assess.error(
                    f"argument --{option.replace('_', '-')}: " + _AND.join(("不与 --store 同用", "not with --store"))
                )
    if given.command == "synth":
        _refuse_out_of_bounds(given, synth)
    if given.command == "synth" and given.demo:
        for option, value in _shaping(given).items():
            if value is not None:
                synth.error(f"argument {option}: not allowed with argument --demo")
    if given.command == "synth" and given.bank_list and (given.regions or given.layout):
        synth.error(f"argument --bank-list: not allowed with argument {'--regions' if given.regions else '--layout'}")
    if given.command == "synth" and given.layout:
        for option in ("--regions", "--format"):
            if _shaping(given)[option] is not None:
                synth.error(f"argument {option}: not allowed with argument --layout")
    if given.command == "synth" and not given.regions:
        for option in ("--workers", "--resume"):
            if _shaping(given)[option] is not None:
                synth.error(f"argument {option}: {_AND.join(('只与 --regions 同用', 'only together with --regions'))}")
    return given


def _common(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--lang", choices=("zh", "en"), default="zh", help="给人看的语言 / language for people (zh)")
    parser.add_argument("--debug", action="store_true", help="出错时显示细节 / show details of a failure")


def _rules(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--rules",
        action="append",
        type=Path,
        default=[],
        metavar="DIR",
        help="本地规则文件夹，盖在内置规则之上，可多次 / local rules laid over the book",
    )


def _faults(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--skip-bad-rows",
        action="store_true",
        help="有错误的户整户搁置，采用其余 / set households with faults aside, whole",
    )
    _fault_files(parser)


def _fault_files(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--errors", type=Path, metavar="PATH", help="把全部错误写到此 CSV 文件 / write every fault to this CSV file"
    )
    parser.add_argument(
        "--marked",
        type=Path,
        metavar="PATH.xlsx",
        help="有错误时，把标出错误的工作簿写到此处 / where there are faults, write the workbook here with each of them marked",
    )


def _run(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--income-year",
        type=_income_year,
        metavar="Y",
        help="收入年度 / income year (12月31日为当年，否则上年 / the year itself on 31 December, else the one before)",
    )
    parser.add_argument(
        "--set",
        action="append",
        type=_setting,
        default=[],
        metavar="NAME=VALUE",
        help="本次运行改一个参数，可多次 / change a parameter for this run",
    )
    _rules(parser)


def _assess(commands: "argparse._SubParsersAction[_Parser]") -> _Parser:
    parser = commands.add_parser("assess", help="评估登记资料 / assess a register", allow_abbrev=False)
    parser.add_argument(
        "register",
        type=Path,
        nargs="?",
        metavar="REGISTER",
        help="CSV 或 Parquet 文件夹、一个 .xlsx、快照 / a folder of CSV or Parquet, one .xlsx, or a snapshot",
    )
    parser.add_argument(
        "--from-registry",
        action="store_true",
        help="评估本机在册资料，不用 REGISTER / assess the register of this installation instead",
    )
    parser.add_argument(
        "--store",
        action="store_true",
        help="与 --from-registry 同用：存为当前结论 / with --from-registry: let the verdicts be current",
    )
    parser.add_argument("--as-of", type=_day, required=True, metavar="DATE", help="评估日期 / the day of assessment")
    _run(parser)
    parser.add_argument(
        "--place",
        default="",
        metavar="CODE",
        help="只评估此区划代码（前缀）或单位的户 / only households of this division code or unit",
    )
    parser.add_argument("--out", type=Path, metavar="PATH", help="结果文件夹或 .xlsx / the result's folder or .xlsx")
    parser.add_argument("--format", choices=("csv", "parquet", "xlsx"), help="结果格式 / format of the result")
    parser.add_argument(
        "--only-relevant",
        action="store_true",
        default=None,
        help="不写“不符合且未领取”的行（xlsx 默认） / leave out rows not entitled and not received",
    )
    parser.add_argument(
        "--tables",
        type=_tables,
        default=RESULT_TABLES,
        metavar="NAMES",
        help="只写这些结果表，用逗号分隔 / write these result tables only (assessment,entitlement,finding)",
    )
    parser.add_argument(
        "--engine",
        choices=("duckdb", "spark"),
        default="duckdb",
        help="由谁计算：内置的 duckdb，或另装的 spark（快照或多份资料） / who reckons: the built-in duckdb, or spark, installed apart",
    )
    parser.add_argument("--force", action="store_true", help="替换已有结果 / replace an earlier result")
    parser.add_argument(
        "--resume",
        action="store_true",
        help="接着做上次中断的（快照或多份资料） / go on where a run over a snapshot or several registers was interrupted",
    )
    _faults(parser)
    parser.add_argument("--json", action="store_true", help="汇总以 JSON 输出 / the summary as JSON")
    _common(parser)
    return parser


def _prepare(commands: "argparse._SubParsersAction[_Parser]") -> None:
    parser = commands.add_parser(
        "prepare", help="生成快照，供多次评估 / make a snapshot to assess from", allow_abbrev=False
    )
    parser.add_argument(
        "register",
        type=Path,
        metavar="REGISTER",
        help="登记资料，或每个子文件夹为一份登记资料的文件夹 / a register, or a folder whose sub-folders are registers",
    )
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="快照文件夹 / the snapshot's folder")
    parser.add_argument(
        "--region-digits",
        type=int,
        choices=range(1, VILLAGE_DIGITS + 1),
        default=4,
        metavar="N",
        help="村代码前几位相同的为一个地区 / first digits of the village code that make a region (4)",
    )
    _rules(parser)
    _faults(parser)
    parser.add_argument(
        "--resume", action="store_true", help="接着做上次中断的 / go on where an earlier run was interrupted"
    )
    parser.add_argument("--force", action="store_true", help="替换已有快照 / replace an earlier snapshot")
    parser.add_argument("--json", action="store_true", help="汇总以 JSON 输出 / the summary as JSON")
    _common(parser)


def _explain(commands: "argparse._SubParsersAction[_Parser]") -> None:
    parser = commands.add_parser("explain", help="说明一户的每个结论 / explain one household", allow_abbrev=False)
    parser.add_argument("register", type=Path, metavar="REGISTER")
    parser.add_argument("--household", required=True, metavar="ID", help="户编号 / household number")
    parser.add_argument("--policy", default="", metavar="ID", help="只说明一项政策 / one policy only")
    today = date.today()  # noqa: DTZ011  # the day on the wall where the command is given
    parser.add_argument(
        "--as-of",
        type=_day,
        default=today.year * 10_000 + today.month * 100 + today.day,
        metavar="DATE",
        help="评估日期，默认今天 / the day, today if not given",
    )
    _run(parser)
    parser.add_argument("--json", action="store_true", help="以 JSON 输出 / as JSON")
    _common(parser)


def _rulebook(commands: "argparse._SubParsersAction[_Parser]") -> None:
    parser = commands.add_parser(
        "rulebook", help="查看和检查规则库 / look into and check the rulebook", allow_abbrev=False
    )
    acts = parser.add_subparsers(
        dest="act", required=True, metavar="check|list|show|test|readings", parser_class=_Parser
    )
    for name, what in (
        ("check", "检查全部规则 / check every rule"),
        ("list", "列出全部规则 / list every rule"),
        ("show", "显示一条规则 / show one rule"),
        ("test", "运行算例 / run the worked cases"),
        ("readings", "待核的理解（docs/readings.md） / the readings page"),
    ):
        act = acts.add_parser(name, help=what, allow_abbrev=False)
        if name == "show":
            act.add_argument("id", metavar="ID")
        if name == "test":
            act.add_argument(
                "only", nargs="*", metavar="ID", help="只运行这些规则的算例 / only the cases of these rules"
            )
        _rules(act)
        _common(act)


def _template(commands: "argparse._SubParsersAction[_Parser]") -> None:
    parser = commands.add_parser("template", help="空白工作簿 / an empty workbook to fill", allow_abbrev=False)
    parser.add_argument("path", type=Path, metavar="PATH.xlsx")
    parser.add_argument("--force", action="store_true", help="替换已有文件 / replace an existing file")
    _rules(parser)
    _common(parser)


def _shaping(given: argparse.Namespace) -> dict[str, object]:
    """The options of `synth` that shape a register, with what was given; None where nothing was."""
    names = "seed", "format", "year", "gaps", "errors", "mean_size", "ledger_years", "regions", "workers", "resume"
    return {f"--{name.replace('_', '-')}": getattr(given, name) for name in names}


def _refuse_out_of_bounds(given: argparse.Namespace, synth: _Parser) -> None:
    """Here and not by the engine, which does not know what the options are called."""
    # Loaded for this command alone, which needs it anyhow.
    bounds = import_module("bangfu.engine.synth.generate").BOUNDS
    for name, option in _BOUNDED.items():
        value, (least, most) = getattr(given, option[2:].replace("-", "_")), bounds[name]
        if value is not None and not least <= value <= most:
            synth.error(
                f"argument {option}: "
                + _AND.join((f"{value} 应在 {least} 到 {most} 之间", f"{value} should lie between {least} and {most}"))
            )


def _synth(commands: "argparse._SubParsersAction[_Parser]") -> _Parser:
    """The demo is always the same: what shapes a register has no default here, so that it can be refused beside --demo."""
    parser = commands.add_parser("synth", help="生成虚构的登记资料 / make a synthetic register", allow_abbrev=False)
    size = parser.add_mutually_exclusive_group(required=True)
    size.add_argument("--households", type=_positive, metavar="N", help="户数 / how many households")
    size.add_argument("--demo", action="store_true", help="演示区：945人 / the demo district of 945 people")
    parser.add_argument(
        "--bank-list",
        type=Path,
        metavar="PATH",
        help="另写一份3月低保金发放清单（.xlsx 或 CSV）/ write a bank's list of March's dibao, too",
    )
    parser.add_argument("--seed", type=int, metavar="S", help="随机种子 / the seed (1)")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR")
    parser.add_argument("--format", choices=("csv", "parquet"), help="格式 / format (csv)")
    parser.add_argument("--layout", choices=LAYOUTS, help="按全国系统导出表的版式 / in the layout of a national export")
    parser.add_argument("--year", type=_positive, metavar="Y", help="资料年度 / year of the register (2017)")
    parser.add_argument("--gaps", type=_rate, metavar="RATE", help="空白的比例 / rate of unknown cells (0.05)")
    parser.add_argument("--errors", type=_rate, metavar="RATE", help="错误的比例 / rate of implausible entries (0.02)")
    parser.add_argument("--mean-size", type=_size, metavar="N", help="户均人数 / persons a household (2.36)")
    parser.add_argument(
        "--ledger-years", type=int, choices=(1, 2), help="收支和领取的年数 / years of ledger and receipts (2)"
    )
    parser.add_argument(
        "--regions",
        action="store_true",
        default=None,
        help="按地区（村代码前4位）分文件夹，每个是一份登记资料 / a register a region, in a folder named by the first 4 digits",
    )
    parser.add_argument(
        "--workers",
        type=_positive,
        metavar="N",
        help="几个进程同时生成地区 / processes that make regions at a time (2)",
    )
    parser.add_argument(
        "--resume",
        action="store_true",
        default=None,
        help="接着做上次中断的 / go on where an earlier run was interrupted",
    )
    _common(parser)
    return parser


def _port(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 0 < int(text) < 65_536):
        raise _unfit(f"“{text}”不是端口号，应在 1 到 65535 之间", f"'{text}' is no port from 1 to 65535")
    return int(text)


def _serve(commands: "argparse._SubParsersAction[_Parser]") -> None:
    parser = commands.add_parser("serve", help="提供网页服务 / serve the desk in the browser", allow_abbrev=False)
    parser.add_argument("--host", default="127.0.0.1", metavar="ADDRESS", help="监听地址 / address (127.0.0.1)")
    parser.add_argument("--port", type=_port, default=8000, metavar="N", help="端口 / port (8000)")
    https = parser.add_mutually_exclusive_group()
    https.add_argument("--certificate", type=Path, metavar="FILE", help="TLS 证书（PEM） / TLS certificate (PEM)")
    parser.add_argument(
        "--key", type=Path, metavar="FILE", help="证书的私钥（PKCS#8） / the certificate's key (PKCS#8)"
    )
    https.add_argument(
        "--behind-proxy",
        action="store_true",
        help="本机上有代理负责 HTTPS / a proxy on this machine sees to HTTPS",
    )
    parser.add_argument(
        "--workers",
        type=_positive,
        default=1,
        metavar="N",
        help="进程数，SQLite 只能是 1 / processes; 1 with SQLite (1)",
    )
    _common(parser)


def _server(commands: "argparse._SubParsersAction[_Parser]") -> None:
    parser = commands.add_parser("server", help="建立和维护服务器 / set up and keep a server", allow_abbrev=False)
    acts = parser.add_subparsers(
        dest="act", required=True, metavar="setup|found|demo|keys|files|erase", parser_class=_Parser
    )
    setup = acts.add_parser("setup", help="建立，可重复运行 / set up; safe to run again", allow_abbrev=False)
    _common(setup)
    found = acts.add_parser("found", help="建立首个管理员 / make the first administrator", allow_abbrev=False)
    found.add_argument("--login", required=True, metavar="NAME", help="登录名 / sign-in name")
    found.add_argument("--name", required=True, metavar="NAME", help="姓名 / the person's name")
    found.add_argument("--place", required=True, metavar="CODE", help="管理到哪里（区划代码） / code of the place")
    _common(found)
    demo = acts.add_parser("demo", help="建立演示用的机构和账号 / make a demo organisation", allow_abbrev=False)
    demo.add_argument(
        "--households",
        action="store_true",
        help="给导入的演示户配上结对、电话、档案等 / give imported demo households helpers, telephones, papers",
    )
    demo.add_argument(
        "--register",
        type=Path,
        metavar="DIR",
        help="导入的演示登记：由它做出银行清单等，放在旁边的 files / the imported register; bank lists and the like are made from it",
    )
    _common(demo)
    erase = acts.add_parser(
        "erase", help="抹去一人或一户的个人信息 / erase what identifies a person or a household", allow_abbrev=False
    )
    whom = erase.add_mutually_exclusive_group(required=True)
    whom.add_argument("--person", metavar="NUMBER", help="人编号 / number of the person")
    whom.add_argument(
        "--household", metavar="NUMBER", help="户编号，含全部成员 / number of the household, with its members"
    )
    erase.add_argument("--reason", required=True, metavar="TEXT", help="原因，记入留痕 / why, for the record")
    erase.add_argument(
        "--approved-by",
        required=True,
        metavar="LOGIN",
        help="批准人（区扶贫办）的登录名 / sign-in name of the officer who approved",
    )
    erase.add_argument(
        "--apply",
        action="store_true",
        help="确认抹去，不能恢复；不加则只预览 / do it, for good; without this, only show what would go",
    )
    _common(erase)
    keys = acts.add_parser("keys", help="密钥环 / the key ring", allow_abbrev=False)
    keys_acts = keys.add_subparsers(
        dest="keys_act", required=True, metavar="create|show|rotate|retire", parser_class=_Parser
    )
    for name, what in (
        ("create", "新建密钥环 / make a key ring"),
        ("show", "显示密钥编号和位置 / show the keys' ids and where they lie"),
        ("rotate", "换用新密钥并重新加密 / take a new key and seal everything anew"),
        ("retire", "移除不再使用的旧密钥 / drop old keys that seal nothing"),
    ):
        act = keys_acts.add_parser(name, help=what, allow_abbrev=False)
        if name in ("rotate", "retire"):
            act.add_argument("--reason", default="", metavar="TEXT", help="原因，记入留痕 / why, for the record")
        _common(act)

    files = acts.add_parser("files", help="扫描件和上传的文件 / scans and uploaded files", allow_abbrev=False)
    files_acts = files.add_subparsers(dest="files_act", required=True, metavar="check|sweep", parser_class=_Parser)
    for name, what in (
        ("check", "逐个核对是否都在、都完好 / see that each is there and whole"),
        ("sweep", "移除一天以前没有登记引用的文件 / remove what no row has named for a day"),
    ):
        _common(files_acts.add_parser(name, help=what, allow_abbrev=False))


def _audit(commands: "argparse._SubParsersAction[_Parser]") -> None:
    parser = commands.add_parser("audit", help="核对留痕 / check the record of acts", allow_abbrev=False)
    acts = parser.add_subparsers(dest="act", required=True, metavar="verify|checkpoint|erase", parser_class=_Parser)
    for name, what in (
        ("verify", "查出改动、缺失、插入和调换 / find edits, cuts, insertions and reorderings"),
        ("checkpoint", "现在写一个检查点 / write a checkpoint now"),
    ):
        act = acts.add_parser(name, help=what, allow_abbrev=False)
        act.add_argument("--checkpoints", type=Path, metavar="FILE", help="检查点文件 / file of checkpoints")
        _common(act)
    erase = acts.add_parser("erase", help="抹去一条留痕的文字 / erase the words of an entry", allow_abbrev=False)
    erase.add_argument("--entry", type=_positive, required=True, metavar="N", help="第几条 / number of the entry")
    erase.add_argument("--reason", required=True, metavar="TEXT", help="原因，记入留痕 / why, for the record")
    _common(erase)


def _backup(commands: "argparse._SubParsersAction[_Parser]") -> None:
    parser = commands.add_parser("backup", help="备份全部内容 / back up everything", allow_abbrev=False)
    parser.add_argument(
        "--out", type=Path, required=True, metavar="FILE", help="写到哪个新文件 / the new file to write"
    )
    parser.add_argument("--reason", default="", metavar="TEXT", help="原因，记入留痕 / why, for the record")
    _common(parser)
    parser = commands.add_parser(
        "restore", help="从备份恢复到空的数据库 / restore a backup into an empty database", allow_abbrev=False
    )
    parser.add_argument("backup", type=Path, metavar="FILE", help="备份文件 / the backup")
    parser.add_argument("--check", action="store_true", help="只核对是否完整 / only see whether it is whole")
    parser.add_argument("--reason", default="", metavar="TEXT", help="原因，记入留痕 / why, for the record")
    _common(parser)


def _import(commands: "argparse._SubParsersAction[_Parser]") -> None:
    parser = commands.add_parser(
        "import", help="把登记资料导入本机在册资料 / bring a register into this installation", allow_abbrev=False
    )
    parser.add_argument(
        "register",
        type=Path,
        metavar="FILE",
        help="一个 .xlsx，或 CSV、Parquet 文件夹 / one .xlsx, or a folder of CSV or Parquet",
    )
    parser.add_argument(
        "--as-of",
        type=_day,
        required=True,
        metavar="DATE",
        help="资料是哪一天的情况 / the day whose state the file gives",
    )
    parser.add_argument(
        "--layout",
        choices=("own", *LAYOUTS),
        help="版式；不写则按表头识别 / the file's layout; its headers tell, if not given",
    )
    parser.add_argument(
        "--apply", action="store_true", help="确认导入；不加则只预览 / do it; without this, only show what would change"
    )
    parser.add_argument(
        "--changes", type=Path, metavar="PATH", help="把全部变动写到此 CSV 文件 / write every change to this CSV file"
    )
    _fault_files(parser)
    _common(parser)


def _export(commands: "argparse._SubParsersAction[_Parser]") -> None:
    parser = commands.add_parser(
        "export", help="把在册资料导出为文件 / write a part of the register to a file", allow_abbrev=False
    )
    parser.add_argument("--place", required=True, metavar="CODE", help="哪里（区划代码） / code of the place")
    parser.add_argument(
        "--as-of", type=_day, required=True, metavar="DATE", help="哪一天的情况 / the day whose state is written"
    )
    parser.add_argument(
        "--reason",
        required=True,
        metavar="TEXT",
        help="用途，记入留痕并印在文件上 / why, for the record and on the file",
    )
    parser.add_argument(
        "--out", type=_workbook, required=True, metavar="FILE.xlsx", help="新文件 / the new file to write"
    )
    parser.add_argument("--layout", default="contract", metavar="NAME", help="格式 / layout: contract, national")
    parser.add_argument(
        "--full-numbers",
        action="store_true",
        help="含完整证件号码，不加则不含 / with full ID numbers, otherwise without any",
    )
    _common(parser)
    parser = commands.add_parser("whose", help="查文件是谁导出的 / tell who exported a file", allow_abbrev=False)
    parser.add_argument("file", type=Path, metavar="FILE.xlsx")
    _common(parser)


def _differences(commands: "argparse._SubParsersAction[_Parser]") -> None:
    parser = commands.add_parser(
        "differences",
        help="三相符：本系统、全国系统导出表和打印件逐项核对 / our files beside the national export and what was printed",
        allow_abbrev=False,
    )
    what = parser.add_subparsers(dest="what", required=True, metavar="WHAT", parser_class=_Parser)
    load = what.add_parser(
        "load", help="载入导出表供核对，不改在册资料 / keep an export to compare with", allow_abbrev=False
    )
    load.add_argument(
        "file", type=Path, metavar="FILE", help="一个 .xlsx 或 CSV，或其文件夹 / .xlsx or CSV, or a folder"
    )
    load.add_argument("--as-of", type=_day, required=True, metavar="DATE", help="导出日期 / the day of the export")
    load.add_argument("--errors", type=Path, metavar="PATH", help="把全部错误写到此 CSV 文件 / write every fault there")
    _common(load)
    listed = what.add_parser(
        "list", help="列出不一致的项目 / what differs, in the order of the form", allow_abbrev=False
    )
    whose = listed.add_mutually_exclusive_group(required=True)
    whose.add_argument("--household", metavar="ID", help="户编号 / a household")
    whose.add_argument("--village", metavar="CODE", help="村代码 / all of a village")
    listed.add_argument("--as-of", type=_day, metavar="DATE", help="哪一天的情况，默认今天 / as of a day (today)")
    listed.add_argument("--all", action="store_true", help="一致的也列出 / those that agree, too")
    listed.add_argument("--out", type=Path, metavar="PATH", help="写到 .xlsx 或 .csv / write to .xlsx or .csv")
    _common(listed)


def _print(commands: "argparse._SubParsersAction[_Parser]") -> None:
    parser = commands.add_parser("print", help="打印文书 / print papers", allow_abbrev=False)
    parser.add_argument(
        "kind", metavar="KIND", nargs="?", help="哪种文书；不写则列出全部 / which paper; without it, all are listed"
    )
    subject = parser.add_mutually_exclusive_group()
    subject.add_argument("--household", metavar="N", help="户编号 / number of the household")
    subject.add_argument("--village", metavar="CODE", help="村或区域的代码 / code of a village or a larger place")
    subject.add_argument(
        "--preview", action="store_true", help="用虚构的人看样张 / a sample, of people who do not exist"
    )
    parser.add_argument(
        "--out",
        type=Path,
        metavar="PATH",
        help="写到哪个文件；每户一份的写到此文件夹 / the file, or folder where each has one",
    )
    parser.add_argument(
        "--format",
        choices=("pdf", "docx", "xlsx", "zip"),
        help="格式，缺省看文件名，再为该文书的第一种 / by the file's name, else the first that the paper has",
    )
    parser.add_argument(
        "--templates",
        action="append",
        type=Path,
        default=[],
        metavar="DIR",
        help="自己的模板文件夹，同名的代替内置的，可多次 / templates of one's own, laid over the shipped ones",
    )
    parser.add_argument(
        "--as-of", type=_day, metavar="DATE", help="哪一天的情况，缺省今天 / the day whose state is printed (today)"
    )
    parser.add_argument("--year", type=_income_year, metavar="YEAR", help="收支年度 / income year")
    parser.add_argument(
        "--numbers", action="store_true", help="印完整证件号码，须写 --reason / whole ID numbers; wants --reason"
    )
    parser.add_argument("--reason", default="", metavar="TEXT", help="原因，记入留痕 / why, for the record")
    parser.add_argument(
        "--resume",
        action="store_true",
        help="接着做：文件夹里已有的不再做 / go on: what is in the folder is not made again",
    )
    _rules(parser)
    _common(parser)
