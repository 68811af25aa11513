"""What a password must be, and the temporary ones that the system makes."""

import re
import secrets
from functools import cache
from importlib.resources import files

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError

from bangfu.access.models import Account
from bangfu.kernel.errors import DomainError
from bangfu.kernel.words import Text

LONGEST = 128
# Without signs that are mistaken for each other on paper.
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"


# By the codes of Django's validators, whose own words are not to be had in Chinese for each.
WRONG = {
    "password_too_short": Text("密码太短，至少 10 位。", "It is too short: at least 10 signs."),
    "password_too_similar": Text("密码与登录名或姓名太像。", "It is too much like the sign-in name or the name."),
    "password_too_common": Text("密码太常见，别人一猜就中。", "Too many people use it; it is soon guessed."),
    "password_entirely_numeric": Text("密码不能全是数字。", "It must not be digits alone."),
    "local_word": Text(
        "不要用地名、单位名、工作用词加数字作密码。", "Use no word of the place or the work with digits added."
    ),
}


class NoLocalWord:
    """Refuses what anybody in the office would try first: a word of the place or the work, with digits around it."""

    def validate(self, password: str, user: Account | None = None) -> None:
        if re.sub(r"[\d\W_]+", "", password.casefold()) in local_words():
            raise ValidationError(WRONG["local_word"].en, code="local_word")


@cache
def local_words() -> frozenset[str]:
    lines = (files("bangfu.access") / "local_words.txt").read_text(encoding="utf-8").splitlines()
    return frozenset(line for line in lines if line and not line.startswith("#"))


def require_good(account: Account, password: str) -> None:
    """Raises DomainError that says everything that is wrong with a password."""
    if len(password) > LONGEST:
        raise DomainError(
            "PASSWORD_WEAK", Text(f"密码不超过 {LONGEST} 位。", f"A password has at most {LONGEST} signs.")
        )
    try:
        validate_password(password, account)
    except ValidationError as problem:
        wrong = [WRONG[each.code or ""] for each in problem.error_list]
        said = Text("".join(each.zh for each in wrong), " ".join(each.en for each in wrong))
        raise DomainError("PASSWORD_WEAK", said) from problem


def temporary_password() -> str:
    """Four groups of four, about 79 bits; easily read out and typed."""
    return "-".join("".join(secrets.choice(_LETTERS) for _ in range(4)) for _ in range(4))
