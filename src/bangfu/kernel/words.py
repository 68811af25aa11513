"""Words for people, always in both languages."""

from dataclasses import dataclass
from typing import Literal

Lang = Literal["zh", "en"]


@dataclass(frozen=True, slots=True)
class Text:
    """One message in Chinese and in English; kept as a pair so that neither can be forgotten."""

    zh: str
    en: str

    def say(self, lang: Lang) -> str:
        return self.zh if lang == "zh" else self.en


def width_of(text: str) -> int:
    """How wide a text is in a column, in half-width characters: a Chinese one takes two."""
    return sum(1 if sign.isascii() else 2 for sign in text)
