"""What is known of a customer in the customer file and by analysis."""

import functools
from collections.abc import Iterable
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet, Value
from django.db.models.functions import StrIndex, Upper
from django.db.models.lookups import Exact, GreaterThan
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from zhiyin.accounts.models import Member, Unit
from zhiyin.analytics.choices import ValueGroup
from zhiyin.customers import access
from zhiyin.customers.choices import ContactKind, FieldType
from zhiyin.customers.fields import Field, registry
from zhiyin.customers.fields.conditions import condition, matches
from zhiyin.customers.filters.options import grade_options, named, owner_options, tag_options, unit_options
from zhiyin.customers.filters.sealed import sealed_with
from zhiyin.customers.filters.searching import found
from zhiyin.customers.filters.seeing import found_openly, sees_all_words
from zhiyin.customers.filters.terms import Asking, Make, Option, Term, among
from zhiyin.customers.filters.tree import RelationTo
from zhiyin.customers.filters.values import OPERATORS, Days, FilterType, keys
from zhiyin.customers.keys import code_key, search_words
from zhiyin.customers.models import ContactPoint, Customer, CustomerTag, Grade, Relation, Tag
from zhiyin.platform import search
from zhiyin.platform.actors import Actor
from zhiyin.platform.errors import Invalid
from zhiyin.platform.pinyin import name_key, normalise
from zhiyin.platform.times import midnight

FILE, REACHED = gettext_lazy("Customer file"), gettext_lazy("Contact points")
OWN = gettext_lazy("Own fields")
WORTH, BOUGHT = gettext_lazy("Analysis"), gettext_lazy("Purchases")
SLOW_TEXT = frozenset({"contains", "starts", "not_in"})
_TYPES = {FieldType.LONG_TEXT: FilterType.TEXT}


def file_terms(actor: Actor) -> Iterable[Term]:
    """Every field that this actor may read, the company's own included. One SQL statement."""
    for each in registry(actor):
        yield _own(each) if each.own else _core(each)


def _type(field: Field) -> FilterType:
    return _TYPES.get(field.type) or FilterType(field.type)


def _own(field: Field) -> Term:
    if field.type in (FieldType.LINK, FieldType.FILE):
        return _link(field)
    kind = _type(field)
    own = field.own

    def options(_actor: Actor) -> list[Option]:
        return [(each, own.words(each)) for each in own.options] if own else []

    def make(_asking: Asking, op: str, value: Any) -> Q:
        return condition(field, op, value)

    return Term(
        field.name,
        field.label,
        kind,
        field.section or OWN,
        make,
        options=options if own and own.options else None,
        slow=frozenset({"contains"}),
        found=functools.partial(matches, field),
    )


def _link(field: Field) -> Term:
    """Links and files are asked whether they are there."""

    def make(_asking: Asking, _op: str, value: Any) -> Q:
        return condition(field, "filled" if value else "empty", None)

    return Term(
        field.name, field.label, FilterType.YES_NO, field.section or OWN, make, slow=frozenset({"is"})
    )


def _core(field: Field) -> Term:
    kind = _type(field)
    match field.name:
        case "name":
            return Term("name", field.label, kind, FILE, _name, slow=frozenset({"not_in"}))
        case "code":
            without = frozenset({"empty", "filled"})
            return Term("code", field.label, kind, FILE, _code, without=without, slow=SLOW_TEXT)
    options = _choices(field)
    return Term(
        field.name,
        field.label,
        kind,
        FILE,
        text(field.path),
        options=(lambda _actor: options) if options else None,
        closed=True,
        slow=frozenset() if options else SLOW_TEXT,
    )


def _choices(field: Field) -> list[Option]:
    """Those of a closed list in a column of the customer."""
    stored = Customer._meta.get_field(field.path)
    return [(str(value), str(label)) for value, label in getattr(stored, "choices", None) or ()]


def compare(path: str, op: str, value: Any) -> Q:  # noqa: PLR0911  # one operator a line
    match op:
        case "in":
            return Q(**{f"{path}__in": value})
        case "not_in":
            return ~Q(**{f"{path}__in": value})
        case "contains":
            return Q(**{f"{path}__icontains": value})
        case "starts":
            return Q(**{f"{path}__istartswith": value})
        case "at_least":
            return Q(**{f"{path}__gte": value})
        case "at_most":
            return Q(**{f"{path}__lte": value})
        case "between":
            return Q(**{f"{path}__gte": value[0], f"{path}__lte": value[1]})
    return Q(**{path: value})


def text(path: str) -> Make:
    """Text in a column that is empty rather than null."""

    def make(_asking: Asking, op: str, value: Any) -> Q:
        if op in ("empty", "filled"):
            return Q(**{path: ""}) if op == "empty" else ~Q(**{path: ""})
        return compare(path, op, value)

    return make


def nullable(path: str) -> Make:
    """A number in a column that may be null."""

    def make(_asking: Asking, op: str, value: Any) -> Q:
        if op in ("empty", "filled"):
            return Q(**{f"{path}__isnull": op == "empty"})
        return compare(path, op, value)

    return make


def moment(path: str) -> Make:
    """A time, asked for by days in the reader's time zone."""

    def make(_asking: Asking, op: str, value: Any) -> Q:
        if op in ("empty", "filled"):
            return Q(**{f"{path}__isnull": op == "empty"})
        return within(path, value)

    return make


def within(path: str, days: Days) -> Q:
    """From the beginning of the first day to the end of the last."""
    first, last = days
    condition = Q()
    if first:
        condition &= Q(**{f"{path}__gte": midnight(first)})
    if last:
        condition &= Q(**{f"{path}__lt": midnight(last, days=1)})
    return condition


def latest(rows: QuerySet[Any, Any], path: str, op: str, days: Days | None) -> Q:
    """The last of a customer's ``rows``, whose ``customer`` they name, by a time of theirs; none is empty."""
    of_it = rows.filter(customer=OuterRef("pk"))
    if days is None:
        there_is = Exists(of_it)
        return Q(~there_is) if op == "empty" else Q(there_is)
    found = Q(Exists(of_it.filter(within(path, days))))
    _first, last = days
    return found & Q(~Exists(of_it.filter(**{f"{path}__gte": midnight(last, days=1)}))) if last else found


def _name(asking: Asking, op: str, value: Any) -> Q:
    if op == "in":
        # the key has an index
        return Q(name_key__in=[name_key(each) for each in value], name__in=value)
    if op in ("contains", "starts"):
        return _part_of_name(asking.actor, op, value)
    return text("name")(asking, op, value)


def _part_of_name(actor: Actor, op: str, value: str) -> Q:
    # the planner takes LIKE for rare, and would not go by names until a page is full
    place = StrIndex(Upper("name"), Upper(Value(value)))
    return _searched(actor, value) & (Q(Exact(place, 1)) if op == "starts" else Q(GreaterThan(place, 0)))


def _searched(actor: Actor, value: str) -> Q:
    """Whoever the search box finds by these words, a superset of whose name or number has them; all if too short."""
    words = _words_in(actor, value)
    return Q(pk__in=found(words)) if words else Q()


def _words_in(actor: Actor, value: str) -> search.Query | None:
    letters = "".join(normalise(value).split())
    return None if letters.isascii() and len(letters) < 3 else search.query(actor.tenant_id, value)


def _code(_asking: Asking, op: str, value: Any) -> Q:
    if op in ("in", "not_in"):
        return compare("code_key", op, [code_key(each) for each in value])
    return compare("code", op, value)


def other_terms(_actor: Actor) -> Iterable[Term]:
    """Owner, unit, tags, days, relations, contact points and words."""
    return _others


def _someone(path: str) -> Make:
    def make(_asking: Asking, op: str, value: Any) -> Q:
        if op in ("empty", "filled"):
            return Q(**{f"{path}__isnull": op == "empty"})
        people = keys(value, nobody=True)
        ids = [each for each in people if each]
        condition = Q(**{f"{path}__in": ids}) if ids else Q()
        if None in people:
            condition |= Q(**{f"{path}__isnull": True})
        return condition if op == "in" else ~condition

    return make


def _tags(_asking: Asking, op: str, value: Any) -> Q:
    links = CustomerTag.objects.filter(customer=OuterRef("pk"))
    if op in ("empty", "filled"):
        return Q(~Exists(links)) if op == "empty" else Q(Exists(links))
    tags = keys(value)
    if op == "all":
        whole = Q()
        for tag in tags:
            whole &= Q(Exists(links.filter(tag=tag)))
        return whole
    carried = Exists(links.filter(tag__in=tags))
    return Q(carried) if op == "in" else Q(~carried)


def _related(asking: Asking, op: str, value: Any) -> Q:
    asked: RelationTo = value
    here, there = ("source", "target") if asked.way == "out" else ("target", "source")
    others = access.customers(asking.actor)
    if asked.customer:
        others = others.filter(pk=asked.customer)
    rows = Relation.objects.filter(Q(until=None) | Q(until__gte=asking.today))
    if asked.type:
        rows = rows.filter(type=asked.type)
    if asked.customer or not access.sees_everybody(asking.actor):
        rows = rows.filter(**{f"{there}__in": others})
    condition = Q(pk__in=rows.values(here))
    return condition if op == "has" else ~condition


def _reached(kind: str) -> Make:
    def make(asking: Asking, op: str, value: Any) -> Q:
        points = ContactPoint.objects.filter(customer=OuterRef("pk"), kind=kind)
        if op in ("empty", "filled"):
            return Q(~Exists(points)) if op == "empty" else Q(Exists(points))
        alternatives = Q()
        for each in value if isinstance(value, list) else [value]:
            alternatives |= _point(asking.actor, kind, op, each)
            if op in ("in", "not_in") and (also := sealed_with(asking.actor, [ContactKind(kind)], each)):
                alternatives |= Q(pk__in=also)
        return ~alternatives if op == "not_in" else alternatives

    return make


def _point(actor: Actor, kind: str, op: str, written: str) -> Q:
    """Whoever has a contact point with this value or a part of it; a whole number may lack its country."""
    key = search_words(written).casefold()
    points = ContactPoint.objects.filter(kind=kind)
    if kind == ContactKind.PHONE:
        rows = points.filter(**{f"value_key__{'endswith' if op in ('in', 'not_in') else 'contains'}": key})
        if len(key) < 3 or not key.isdecimal():
            raise Invalid(_("At least three digits of a number are needed."))
    elif op in ("in", "not_in"):
        return Q(pk__in=points.filter(value_key=key).values("customer"))
    else:
        rows = points.filter(**{f"value_key__{'startswith' if op == 'starts' else 'contains'}": key})
    found_by = (ContactKind.PHONE, ContactKind.EMAIL)
    return (_searched(actor, key) if kind in found_by else Q()) & Q(
        Exists(rows.filter(customer=OuterRef("pk")))
    )


def _words(asking: Asking, _op: str, value: Any) -> Q:
    words = search.query(asking.actor.tenant_id, search_words(value))
    if words and not sees_all_words(asking.actor):
        return Q(pk__in=found_openly(asking.actor, words))
    return Q(pk__in=found(words)) if words else Q(pk__in=[])


def _bought(_asking: Asking, _op: str, value: Any) -> Q:
    return Q(value__orders__isnull=not value)


_SEEN, _INSIGHT = "orders.view", "insight.view"
_ENDS = frozenset({"empty", "filled"})


def _worth(
    name: str, label: Any, kind: FilterType, make: Make, permission: str = _INSIGHT, **more: Any
) -> Term:
    section = BOUGHT if permission == _SEEN else WORTH
    return Term(name, label, kind, section, make, permission, **more)


_others = (
    Term(
        "owner", gettext_lazy("Owner"), FilterType.CHOICE, FILE, _someone("owner"), without=_ENDS,
        options=owner_options, names=named(Member),
    ),
    Term(
        "unit", gettext_lazy("Unit"), FilterType.CHOICE, FILE, _someone("unit"), without=_ENDS,
        options=unit_options, names=named(Unit),
    ),
    Term(
        "grade", gettext_lazy("Grade"), FilterType.CHOICE, FILE, _someone("grade"), without=_ENDS,
        options=grade_options, names=named(Grade),
    ),
    Term("tag", gettext_lazy("Tag"), FilterType.CHOICES, FILE, _tags, options=tag_options, names=named(Tag)),
    Term("created", gettext_lazy("Created"), FilterType.DATE, FILE, moment("created_at"), without=_ENDS),
    Term(
        "updated", gettext_lazy("Last changed"), FilterType.DATE, FILE, moment("updated_at"), without=_ENDS,
        slow=frozenset(OPERATORS[FilterType.DATE]),
    ),
    Term("relation", gettext_lazy("Relation"), FilterType.RELATION, FILE, _related),
    Term("words", gettext_lazy("Search"), FilterType.WORDS, FILE, _words),
    *(
        Term(
            kind.value, kind.label, FilterType.TEXT, REACHED, _reached(kind.value),
            slow=frozenset({"not_in", "starts", "contains"}) if kind == ContactKind.ADDRESS else frozenset(),
        )
        for kind in ContactKind
    ),
    _worth("ordered", gettext_lazy("Has bought"), FilterType.YES_NO, _bought, _SEEN),
    _worth("orders", gettext_lazy("Orders"), FilterType.NUMBER, nullable("value__orders"), _SEEN),
    _worth("spend", gettext_lazy("Spend"), FilterType.MONEY, nullable("value__spend_key"), _SEEN),
    _worth("first", gettext_lazy("First purchase"), FilterType.DATE, moment("value__first_at"), _SEEN),
    _worth("last", gettext_lazy("Last purchase"), FilterType.DATE, moment("value__last_at"), _SEEN),
    _worth("value", gettext_lazy("Value"), FilterType.MONEY, nullable("value__value")),
    _worth("alive", gettext_lazy("Probability of being a customer"), FilterType.PERCENT, nullable("value__alive")),
    _worth(
        "group", gettext_lazy("RFM group"), FilterType.CHOICE, nullable("value__group"),
        options=among(ValueGroup), closed=True,
    ),
    _worth("recency", gettext_lazy("Recency score"), FilterType.NUMBER, nullable("value__recency_score")),
    _worth("frequency", gettext_lazy("Frequency score"), FilterType.NUMBER, nullable("value__frequency_score")),
    _worth("monetary", gettext_lazy("Monetary score"), FilterType.NUMBER, nullable("value__monetary_score")),
    _worth("expected", gettext_lazy("Expected orders"), FilterType.NUMBER, nullable("value__expected_orders")),
)  # fmt: skip
