"""A bank's list of one month's dibao payments to the people of a synthetic register, as a bank would send it. Nobody in it exists."""

import csv
import hashlib
from pathlib import Path

import xlsxwriter

from bangfu.engine.duck import open_engine
from bangfu.engine.register import read_register
from bangfu.kernel.divisions import division_name
from bangfu.kernel.money import yuan_from_fen
from bangfu.kernel.schema import Code

HEADER = ("序号", "姓名", "身份证号码", "银行卡号", "村名", "项目名称", "发放金额（元）", "发放日期")
# Paid on the tenth of the month, to whoever was on dibao on its first day.
PAY_DAY = 10


def write_bank_list(register: Path, out: Path, *, policies: dict[str, Code], year: int, month: int) -> int:
    """Write the list to `out` (.xlsx, else CSV in GB18030): a title, the header, the payments, their sum. Returns how many there are."""
    rows = _payments(register, policies, year, month)
    total = sum(fen for *_, fen in rows)
    table: list[tuple[object, ...]] = [(f"{year}年{month}月农村低保金一卡通发放清单",), HEADER]
    for at, (person, name, number, village, fen) in enumerate(rows, start=1):
        paid = f"{year}-{month:02d}-{PAY_DAY:02d}"
        project = f"{year}年{month}月农村低保金"
        table.append((at, name, number, _card(person), village, project, yuan_from_fen(fen), paid))
    table.append(("合计", "", "", "", "", "", yuan_from_fen(total), ""))
    if out.suffix.lower() == ".xlsx":
        with xlsxwriter.Workbook(str(out)) as book:
            sheet = book.add_worksheet("清单")
            for at, row in enumerate(table):
                sheet.write_row(at, 0, row)
    else:
        with out.open("w", encoding="gb18030", newline="") as handle:
            csv.writer(handle).writerows(table)
    return len(rows)


def _payments(register: Path, policies: dict[str, Code], year: int, month: int) -> list[tuple[str, str, str, str, int]]:
    """Person, name, ID number, village and fen of those whose amount is known, by number."""
    con = open_engine()
    try:
        read_register(register, into=con, policies=policies)
        first = year * 10_000 + month * 100 + 1
        found = con.execute(
            """
            SELECT person_id, name, id_number, village_code, dibao_monthly
            FROM person JOIN household USING (household_no)
            WHERE dibao_member AND dibao_monthly > 0 AND name IS NOT NULL
              AND coalesce(dibao_from, 0) <= ? AND coalesce(dibao_until, 99999999) >= ?
              AND coalesce(died_on, 99999999) > ? AND coalesce(left_on, 99999999) > ?
            ORDER BY person_id
            """,
            [first] * 4,
        ).fetchall()
    finally:
        con.close()
    return [
        (person, name, number or "", division_name(village) or village, int(fen))
        for person, name, number, village, fen in found
    ]


def _card(person: str) -> str:
    """A number as long as a card's, which is none: no bank's begin with 0."""
    return "0" + str(int(hashlib.sha256(person.encode()).hexdigest(), 16))[:18]
