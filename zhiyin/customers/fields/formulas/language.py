"""The language: what a formula says, of which type it is, and how it is worked out."""

from __future__ import annotations

import datetime
import decimal
import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _
from lark import Lark, Token, Tree
from lark.exceptions import LarkError

from zhiyin.customers.choices import FieldType
from zhiyin.customers.fields.formulas.functions import FUNCTIONS, NUMBERS, Given, alike
from zhiyin.customers.models import CustomField
from zhiyin.platform.errors import Invalid

DEEPEST = 40
_GRAMMAR = r"""
?start: either
?either: both ("or"i both)*
?both: refused ("and"i refused)*
?refused: "not"i refused -> negated | comparison
?comparison: sum (COMPARE sum)?
?sum: product (ADD product)*
?product: signed (MULTIPLY signed)*
?signed: "-" signed -> minus | atom
?atom: NUMBER -> number | STRING -> string | call | NAME -> name | "(" either ")"
call: NAME "(" [either ("," either)*] ")"
COMPARE: "<=" | ">=" | "<>" | "!=" | "=" | "<" | ">"
ADD: "+" | "-" | "&"
MULTIPLY: "*" | "/"
NAME: /[a-z_][a-z0-9_]*/i
NUMBER: /\d{1,15}(\.\d{1,6})?/
STRING: /"[^"\n]{0,200}"|'[^'\n]{0,200}'/
%ignore /\s+/
"""
_PARSER = Lark(_GRAMMAR, parser="lalr", maybe_placeholders=False)
Values = Mapping[str, Any]
Known = Mapping[str, tuple[FieldType, CustomField | None]]


@dataclass(frozen=True, slots=True)
class Formula:
    """``work`` takes values by name and the day that is today; ``None`` is what there is not."""

    type: FieldType
    work: Callable[[Values, datetime.date], Any]
    reads: frozenset[str] = frozenset()
    text: str | None = None
    own: CustomField | None = field(default=None, compare=False)


@functools.lru_cache(maxsize=512)
def parsed(text: str) -> Tree[Token] | Token:
    """The formula's tree. Raises ``Invalid``."""
    try:
        tree = _PARSER.parse(text)
    except LarkError as error:
        place = getattr(error, "column", -1)
        if place and place > 0:
            raise Invalid(_("This cannot be read from character %d on.") % place) from None
        raise Invalid(_("This formula has no end.")) from None
    except RecursionError:
        raise Invalid(_("This formula is too deep.")) from None
    if _depth(tree) > DEEPEST:
        raise Invalid(_("This formula is too deep."))
    return tree


def _depth(tree: Tree[Token] | Token) -> int:
    deepest, level = 0, [tree]
    while level:
        deepest += 1
        level = [child for each in level if isinstance(each, Tree) for child in each.children]
    return deepest


def names(text: str) -> frozenset[str]:
    """The fields that a formula reads."""
    tree = parsed(text) if text else None
    found = tree.find_data("name") if isinstance(tree, Tree) else ()
    return frozenset(str(each.children[0]).lower() for each in found)


def asks_day(text: str) -> bool:
    """Whether a formula gives another answer on another day."""
    tree = parsed(text)
    return isinstance(tree, Tree) and any(
        str(each.children[0]).lower() == "today" for each in tree.find_data("call")
    )


def compiled(text: str, known: Known) -> Formula:
    """A formula over ``known`` fields. Raises ``Invalid`` with what is wrong, in words."""
    return _build(parsed(text), known)


def _build(tree: Tree[Token] | Token, known: Known) -> Formula:
    assert isinstance(tree, Tree)
    return _BUILD[str(tree.data)](tree, known)


def _number(tree: Tree[Token], _known: Known) -> Formula:
    value = decimal.Decimal(str(tree.children[0]))
    return Formula(FieldType.NUMBER, lambda _values, _today: value)


def _string(tree: Tree[Token], _known: Known) -> Formula:
    text = str(tree.children[0])[1:-1]
    return Formula(FieldType.TEXT, lambda _values, _today: text, text=text)


def _name(tree: Tree[Token], known: Known) -> Formula:
    name = str(tree.children[0]).lower()
    if name in ("true", "false"):
        return Formula(FieldType.YES_NO, lambda _values, _today: name == "true")
    if name not in known:
        raise Invalid(_("There is no field “%s” that a formula could read.") % name)
    type, own = known[name]
    return Formula(type, lambda values, _today: values.get(name), frozenset([name]), own=own)


def _minus(tree: Tree[Token], known: Known) -> Formula:
    inner = _of(_build(tree.children[0], known), NUMBERS)
    return _joined(inner.type, [inner], lambda given, _today: None if given[0] is None else -given[0])


def _negated(tree: Tree[Token], known: Known) -> Formula:
    inner = _of(_build(tree.children[0], known), (FieldType.YES_NO,))
    return _joined(FieldType.YES_NO, [inner], lambda given, _today: not given[0])


def _logic(tree: Tree[Token], known: Known) -> Formula:
    parts = [_of(_build(each, known), (FieldType.YES_NO,)) for each in tree.children]
    join = any if tree.data == "either" else all
    return _joined(FieldType.YES_NO, parts, lambda given, _today: join(given))


def _comparison(tree: Tree[Token], known: Known) -> Formula:
    left, sign, right = tree.children
    one, other = _option(_build(left, known), _build(right, known))
    if not alike(one.type, other.type):
        raise Invalid(_("A %(one)s and a %(other)s cannot be compared.") % _types(one, other))
    compare = _COMPARE[str(sign)]

    def work(given: list[Any], _today: datetime.date) -> bool:
        return None not in given and compare(*given)

    return _joined(FieldType.YES_NO, [one, other], work)


def _option(one: Formula, other: Formula) -> tuple[Formula, Formula]:
    """A text beside a choice means one of its options, in whichever language."""
    if one.own is not None and other.text is not None:
        return one, _meant(one.own, other)
    return (_meant(other.own, one), other) if other.own is not None and one.text is not None else (one, other)


def _meant(own: CustomField, text: Formula) -> Formula:
    if not own.options or text.text is None:
        return text
    option = own.option(text.text)
    if option not in own.options:
        raise Invalid(
            _("“%(text)s” is not one of the choices of “%(field)s”.") % {"text": option, "field": own.label}
        )
    return Formula(FieldType.TEXT, lambda _values, _today: option, text=option)


def _sum(tree: Tree[Token], known: Known) -> Formula:
    result = _build(tree.children[0], known)
    for sign, part in zip(tree.children[1::2], tree.children[2::2], strict=True):
        result = _added(result, str(sign), _build(part, known))
    return result


def _added(one: Formula, sign: str, other: Formula) -> Formula:
    if sign == "&":
        for each in (one, other):
            _of(each, (FieldType.TEXT, FieldType.NUMBER, FieldType.MONEY))
        return _joined(FieldType.TEXT, [one, other], lambda given, _today: "".join(map(_written, given)))
    if FieldType.DATE in (one.type, other.type):
        raise Invalid(_("Days are added by add_days(day, number) and counted by days(from, to)."))
    type = (
        FieldType.MONEY
        if FieldType.MONEY in (_of(one, NUMBERS).type, _of(other, NUMBERS).type)
        else FieldType.NUMBER
    )
    turn = 1 if sign == "+" else -1
    return _joined(
        type, [one, other], lambda given, _today: None if None in given else given[0] + turn * given[1]
    )


def _written(value: Any) -> str:
    return "" if value is None else format(value, "f") if isinstance(value, decimal.Decimal) else str(value)


def _product(tree: Tree[Token], known: Known) -> Formula:
    result = _of(_build(tree.children[0], known), NUMBERS)
    for sign, part in zip(tree.children[1::2], tree.children[2::2], strict=True):
        result = _multiplied(result, str(sign), _of(_build(part, known), NUMBERS))
    return result


def _multiplied(one: Formula, sign: str, other: Formula) -> Formula:
    pays = [each.type == FieldType.MONEY for each in (one, other)]
    is_money = pays[0] if sign == "/" and not all(pays) else any(pays) and not (sign == "/" and all(pays))

    def work(given: list[Any], _today: datetime.date) -> decimal.Decimal | None:
        if None in given or (sign == "/" and given[1] == 0):
            return None
        product: decimal.Decimal = given[0] * given[1] if sign == "*" else given[0] / given[1]
        return product

    return _joined(FieldType.MONEY if is_money else FieldType.NUMBER, [one, other], work)


def _call(tree: Tree[Token], known: Known) -> Formula:
    name = str(tree.children[0]).lower()
    function = FUNCTIONS.get(name)
    if function is None:
        raise Invalid(_("There is no function “%s”.") % name)
    parts = [_build(each, known) for each in tree.children[1:]]
    if name == "contains" and len(parts) == 2:
        parts = list(_option(*parts))
    type = function.check(name, [Given(each.type) for each in parts])
    return _joined(type, parts, lambda given, today: function.work(today, *given))


def _joined(
    type: FieldType, parts: list[Formula], work: Callable[[list[Any], datetime.date], Any]
) -> Formula:
    return Formula(
        type,
        lambda values, today: work([each.work(values, today) for each in parts], today),
        frozenset().union(*(each.reads for each in parts)),
    )


def _of(formula: Formula, types: tuple[FieldType, ...]) -> Formula:
    if formula.type not in types:
        wanted = _(" or ").join(str(each.label) for each in types)
        raise Invalid(
            _("Here a %(wanted)s is needed, not a %(given)s.")
            % {"wanted": wanted, "given": formula.type.label}
        )
    return formula


def _types(one: Formula, other: Formula) -> dict[str, str]:
    return {"one": str(one.type.label), "other": str(other.type.label)}


_COMPARE: Mapping[str, Callable[[Any, Any], bool]] = {
    "=": lambda one, other: one == other,
    "<>": lambda one, other: one != other,
    "!=": lambda one, other: one != other,
    "<": lambda one, other: one < other,
    ">": lambda one, other: one > other,
    "<=": lambda one, other: one <= other,
    ">=": lambda one, other: one >= other,
}
_BUILD: Mapping[str, Callable[[Tree[Token], Known], Formula]] = {
    "number": _number,
    "string": _string,
    "name": _name,
    "minus": _minus,
    "negated": _negated,
    "either": _logic,
    "both": _logic,
    "comparison": _comparison,
    "sum": _sum,
    "product": _product,
    "call": _call,
}
