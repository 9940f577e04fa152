"""What names are compared by: simplified characters, pinyin, surname and given name, the core of a company's name."""

import functools
import re
import unicodedata
from dataclasses import dataclass

COMPOUND_SURNAMES = frozenset(
    re.findall(
        "..",
        "欧阳司马上官诸葛皇甫尉迟公孙慕容令狐宇文长孙司徒夏侯东方独孤端木南宫西门轩辕司空澹台申屠太史闻人呼延百里公冶宗政濮阳淳于单于钟离"
        "赫连拓跋闾丘东郭万俟乐正鲜于",
    )
)
_TITLES = "先生|女士|小姐|太太|夫人|老师|老板|经理|总监|主任|医生|师傅|总|工|哥|姐"
_CALLED = re.compile(rf"^(?:[小老阿](?P<familiar>[一-鿿])|(?P<titled>[一-鿿]{{1,2}})(?:{_TITLES}))$")
_FULL_WITH_TITLE = re.compile(rf"^(?P<name>[一-鿿]{{2,4}}?)(?:{_TITLES})$")
_CHINESE = re.compile(r"[㐀-鿿𠀀-𲎯]")
_ENGLISH_TITLES = re.compile(r"^(mr|mrs|ms|miss|dr|prof|sir)\b\.?\s+")
_LEGAL = re.compile(
    r"(股份有限责任公司|有限责任公司|股份有限公司|集团有限公司|控股有限公司|有限公司|分公司|总公司|子公司|集团公司|股份公司|公司"
    r"|集团|股份|控股|有限合伙|合伙企业|个体工商户|普通合伙|特殊普通合伙)"
)
_ENGLISH_LEGAL = re.compile(
    r"\b(co|company|ltd|limited|inc|incorporated|corp|corporation|llc|plc|gmbh|ag|sa|bv|kg|group|holdings?|pty)\b"
)
_PLACE = re.compile(
    r"^(?:[一-鿿]{2,3}(?:省|自治区))?(?:[一-鿿]{2,4}?市)?(?:[一-鿿]{1,3}(?:区|县))?(?=[一-鿿]{2})"
)
_BRACKETS = re.compile(r"[(\[【〔][^)\]】〕]*[)\]】〕]")
_ORGANISATION = re.compile(
    r"公司|集团|有限|股份|商行|商店|超市|医院|学校|大学|学院|银行|工厂|经营部|事务所|研究院|研究所|合作社|酒店|饭店|餐厅|中心$|厂$|店$"
    r"|\b(ltd|limited|inc|gmbh|llc|corp|plc|company|group)\b"
)
_ROMAN = str.maketrans("", "", " -.'’`·•,")


@dataclass(frozen=True)
class Name:
    """A name taken apart; what is not known is ``None``. Company names have only ``core``."""

    surname: str | None = None
    given: str | None = None
    core: str | None = None


def normalise(text: str) -> str:
    """Full width to half width, simplified characters, lower case, single blanks.

    Characters are converted one by one: 張 becomes 张 whatever stands beside it.
    """
    plain = " ".join(unicodedata.normalize("NFKC", text).casefold().split())
    return plain if plain.isascii() else plain.translate(_simplified())


def pinyin(text: str, *, tones: bool = False) -> str:
    """Syllables written together: 小明 gives ``xiaoming`` (``xiǎomíng``); other letters without accents.

    Each character has its most usual reading, so that two spellings are read alike.
    """
    if text.isascii():
        return text.translate(_ROMAN)
    if tones:
        return text.translate(_syllables(tones=True)).translate(_ROMAN)
    read = unicodedata.normalize("NFKD", text.translate(_syllables(tones=False)))
    return "".join(c for c in read if not unicodedata.combining(c)).translate(_ROMAN)


def is_organisation(text: str) -> bool:
    """Whether a normalised name is that of a company or another body."""
    return bool(_ORGANISATION.search(text))


def take_apart(text: str) -> Name:
    """The parts of a normalised name.

    小王, 王先生 and Mr Wang are a surname alone. Of a Latin name the last word is the surname; names written
    the other way round (Wang Xiaoming) are found by comparing across. Chinese names of more characters than people
    have are those of companies.
    """
    if is_organisation(text):
        return Name(core=core_of(text))
    text = _BRACKETS.sub("", text).strip()
    if _CHINESE.search(text):
        return _chinese(text.replace(" ", ""))
    titled = _ENGLISH_TITLES.search(text)
    words = text[titled.end() :].split() if titled else text.replace(",", " ").split()
    if len(words) < 2:
        return Name(surname=words[0]) if words and titled else Name(given=words[0] if words else None)
    return Name(surname=words[-1], given=" ".join(words[:-1]))


def _chinese(text: str) -> Name:
    if "·" in text:
        given, _, surname = text.rpartition("·")
        return Name(surname=surname or None, given=given or None)
    if called := _CALLED.match(text):
        surname = called["familiar"] or called["titled"]
        if len(surname) == 1 or surname in COMPOUND_SURNAMES:
            return Name(surname=surname)
    if titled := _FULL_WITH_TITLE.match(text):
        text = titled["name"]
    length = 2 if text[:2] in COMPOUND_SURNAMES and len(text) > 2 else 1
    if len(text) > length + 2:
        return Name(core=core_of(text))
    return Name(surname=text[:length], given=text[length:] or None)


def core_of(text: str) -> str:
    """A company's name without legal form, brackets and leading place: 上海市明华贸易有限公司 gives 明华贸易."""
    bare = _BRACKETS.sub("", text)
    bare = _ENGLISH_LEGAL.sub(" ", bare) if not _CHINESE.search(bare) else _LEGAL.sub("", bare)
    bare = re.sub(r"[^\w]", "", bare)
    return _PLACE.sub("", bare) or bare or text


@functools.cache
def _simplified() -> dict[int, str]:
    import opencc

    convert = opencc.OpenCC("t2s").convert
    pairs = ((code, convert(chr(code))) for code in range(0x4E00, 0xA000))
    return {code: simple for code, simple in pairs if simple != chr(code)}


@functools.cache
def _syllables(*, tones: bool) -> dict[int, str]:
    from pypinyin.constants import PINYIN_DICT

    first = {code: readings.split(",")[0] for code, readings in PINYIN_DICT.items()}
    return first if tones else {code: _without_tone(reading) for code, reading in first.items()}


def _without_tone(reading: str) -> str:
    """ü stays apart from u, as v."""
    decomposed = unicodedata.normalize("NFKD", reading).replace("u\u0308", "v")
    return "".join(c for c in decomposed if not unicodedata.combining(c))
