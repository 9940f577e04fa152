"""Keys by which Chinese names are sorted and found without a collation library."""

import functools
import unicodedata


def normalise(text: str) -> str:
    """Full-width to half-width, lower case, single blanks."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


@functools.lru_cache(maxsize=65_536)
def name_key(name: str) -> str:
    """A key that sorts Chinese names by pinyin and all others by letters; 400 characters at most."""
    text = normalise(name)
    if text.isascii():
        return text[:400]
    from pypinyin import Style, lazy_pinyin

    syllables = lazy_pinyin(text, style=Style.NORMAL, errors="default")
    return " ".join(" ".join(syllables).split())[:400]


@functools.lru_cache(maxsize=65_536)
def initials(name: str) -> str:
    """First letters of the syllables: 王小明 gives ``wxm``; empty for names without Chinese."""
    text = normalise(name)
    if text.isascii():
        return ""
    from pypinyin import Style, lazy_pinyin

    return "".join(lazy_pinyin(text, style=Style.FIRST_LETTER, errors="default")).replace(" ", "")
