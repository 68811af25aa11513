"""The command line's words: every command, its options, and what people read about them."""

import argparse
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import NoReturn

from bangfu import __version__
from bangfu.kernel.days import day_from_iso
from bangfu.kernel.errors import DomainError
from bangfu.kernel.words import Text


class WrongUsage(DomainError):
    """The command's words do not fit; exit code 2."""


class _Parser(argparse.ArgumentParser):
    """An argument parser that raises instead of leaving, so that one place words and ends everything."""

    def error(self, message: str) -> NoReturn:
        usage = self.format_usage().removeprefix("usage:").strip()
        raise WrongUsage(
            "WRONG_USAGE",
            Text(
                f"命令写法不对：{message}\n用法：{usage}\n详见：{self.prog} --help",
                f"The command does not fit: {message}\nUsage: {usage}\nSee: {self.prog} --help",
            ),
        )


def _day(text: str) -> int:
    try:
        return day_from_iso(text)
    except ValueError as problem:
        raise argparse.ArgumentTypeError(f"“{text}”不是日期，应如 2017-12-31 / not a day, as 2017-12-31") from problem


def _income_year(text: str) -> int:
    if not text.isdigit() or not 1990 <= int(text) <= 2100:
        raise argparse.ArgumentTypeError(f"“{text}”不是年份（1990—2100） / not a year (1990 to 2100)")
    return int(text)


def _setting(text: str) -> tuple[str, str]:
    name, sign, value = text.partition("=")
    if not sign or not name:
        raise argparse.ArgumentTypeError(f"“{text}”应为 名称=数值 / should be NAME=VALUE")
    return name.strip(), value.strip()


def _households(text: str) -> int:
    if not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"“{text}”应为正整数 / should be a positive whole number")
    return int(text)


def _rate(text: str) -> float:
    try:
        rate = float(text)
    except ValueError:
        rate = -1.0
    if not 0 <= rate <= 1:
        raise argparse.ArgumentTypeError(f"“{text}”应在 0 和 1 之间 / should lie between 0 and 1")
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
    _assess(commands)
    _explain(commands)
    _rulebook(commands)
    _template(commands)
    _synth(commands)
    return parser.parse_args(arguments)


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


def _assess(commands: "argparse._SubParsersAction[_Parser]") -> None:
    parser = commands.add_parser("assess", help="评估登记资料 / assess a register", allow_abbrev=False)
    parser.add_argument(
        "register",
        type=Path,
        metavar="REGISTER",
        help="CSV 或 Parquet 文件夹，或一个 .xlsx / a folder of CSV or Parquet, or one .xlsx",
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
    parser.add_argument("--force", action="store_true", help="替换已有结果 / replace an earlier result")
    parser.add_argument(
        "--skip-bad-rows",
        action="store_true",
        help="有错误的户整户搁置，评估其余 / set households with faults aside, whole",
    )
    parser.add_argument(
        "--errors", type=Path, metavar="PATH", help="把全部错误写到此 CSV 文件 / write every fault to this CSV file"
    )
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


def _synth(commands: "argparse._SubParsersAction[_Parser]") -> None:
    parser = commands.add_parser("synth", help="生成虚构的登记资料 / make a synthetic register", allow_abbrev=False)
    size = parser.add_mutually_exclusive_group(required=True)
    size.add_argument("--households", type=_households, metavar="N", help="户数 / how many households")
    size.add_argument("--demo", action="store_true", help="演示区：945人 / the demo district of 945 people")
    parser.add_argument("--seed", type=int, default=1, metavar="S")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR")
    parser.add_argument("--format", choices=("csv", "parquet"), default="csv")
    parser.add_argument("--year", type=_income_year, default=2017, metavar="Y", help="资料年度 / year of the register")
    parser.add_argument(
        "--gaps", type=_rate, default=0.05, metavar="RATE", help="空白的比例 / rate of unknown cells (0.05)"
    )
    parser.add_argument(
        "--errors", type=_rate, default=0.02, metavar="RATE", help="错误的比例 / rate of implausible entries (0.02)"
    )
    _common(parser)
