"""A register that comes as one .zip of CSV files: unpacked with suspicion, into a folder that is read like any other."""

import zipfile
import zlib
from contextlib import suppress
from pathlib import Path, PurePosixPath

from bangfu.engine.register.package import HARMLESS_BYTES, MOST_RATIO
from bangfu.kernel.errors import DomainError
from bangfu.kernel.words import Text

MOST_FILES = 30
MOST_BYTES = 1 << 30
_PIECE = 1 << 20
_UTF8 = 0x800
_BROKEN = (zipfile.BadZipFile, zlib.error, ValueError, EOFError, NotImplementedError, RuntimeError)


def unpack(archive: Path, folder: Path) -> None:
    """Write the CSV files of an archive into a folder, whatever folders they lie in there. Raises DomainError where that is not safe.

    Only the last part of a name is used, so that no file leaves the folder; nothing is inflated beyond what was claimed, nor a claim beyond bounds.
    """
    try:
        with zipfile.ZipFile(archive) as opened:
            listed = [each for each in opened.infolist() if not each.is_dir() and _name(each).lower().endswith(".csv")]
            _check(listed)
            for each in listed:
                with opened.open(each) as packed, (folder / _name(each)).open("xb") as file:
                    while piece := packed.read(_PIECE):
                        file.write(piece)
    except FileExistsError as problem:
        raise _two_of_a_name() from problem
    except _BROKEN as problem:
        raise _damaged(problem) from problem


def _name(info: zipfile.ZipInfo) -> str:
    """Windows writes Chinese names in GBK and does not say so."""
    name = info.filename
    if not info.flag_bits & _UTF8:
        with suppress(UnicodeError):
            name = name.encode("cp437").decode("gb18030")
    return PurePosixPath(name.replace("\\", "/")).name


def _check(listed: list[zipfile.ZipInfo]) -> None:
    whole = sum(each.file_size for each in listed)
    swollen = any(
        each.file_size > HARMLESS_BYTES and each.file_size > MOST_RATIO * each.compress_size for each in listed
    )
    if len(listed) > MOST_FILES or whole > MOST_BYTES or swollen:
        raise DomainError(
            "ARCHIVE_TOO_LARGE",
            Text(
                f"压缩包里的文件太多，或解压后大得异常，未读取。每表一个 CSV，至多 {MOST_FILES} 个，共 {MOST_BYTES >> 20} MB。",
                f"The archive holds too many files, or inflates to an abnormal size, and was not read. "
                f"One CSV for each table, at most {MOST_FILES} and {MOST_BYTES >> 20} MB in all.",
            ),
        )
    if any(each.flag_bits & 1 for each in listed):
        raise DomainError(
            "ARCHIVE_ENCRYPTED",
            Text(
                "压缩包设有密码。请去掉密码后重试。", "The archive is protected by a password. Remove it and try again."
            ),
        )


def _two_of_a_name() -> DomainError:
    return DomainError(
        "ARCHIVE_TWO_OF_A_NAME",
        Text("压缩包里有两个同名的文件。请只保留一个。", "The archive holds two files of one name. Keep one."),
    )


def _damaged(problem: Exception) -> DomainError:
    return DomainError(
        "ARCHIVE_DAMAGED",
        Text(
            "压缩包已损坏或不是 .zip 文件。请重新压缩后再传。",
            "The archive is damaged or no .zip file. Pack it again and hand it in anew.",
        ),
    )
