"""Customers who may be one: the queue to be reviewed, with its evidence in words."""

import uuid
from collections import defaultdict
from collections.abc import Iterable, Mapping

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from zhiyin.customers import access
from zhiyin.customers.choices import Verdict
from zhiyin.customers.models import Customer, DuplicateRules, Suspect
from zhiyin.platform.actors import Actor
from zhiyin.platform.paging import Page, keyset

# how many of those who may be one are shown together
TOGETHER = 10
LIKELY = 0.5
FIELDS = {
    "name": _("Name"),
    "given_name": _("Given name"),
    "surname": _("Surname"),
    "company_name": _("Company's name"),
    "phone": _("Phone"),
    "email": _("E-mail"),
    "birthday": _("Birthday"),
    "id_number": _("ID number"),
    "code": _("Code"),
    "street_number": _("House number"),
    "house": _("Numbers in the address"),
    "address_1": _("Address"),
    "address_2": _("Address, second line"),
    "city": _("City"),
    "postcode": _("Postcode"),
    "province": _("Province"),
}
LEVELS = {
    "same": _("the same"),
    "homophone": _("sounds the same"),
    "alone": _("the same, written without the surname"),
    "near": _("differs by a character or two"),
    "alike": _("similar"),
    "part": _("one is part of the other"),
    "own": _("one that few others have"),
    "shared": _("one that several others have too"),
    "swapped": _("the same with parts swapped"),
    "parts": _("the same in part"),
    "different": _("different"),
}


def evidence(suspect: Suspect) -> list[tuple[str, str, str]]:
    """Field and how it agrees, in words, with the code of the latter; what differs comes last."""
    told = sorted(suspect.evidence.items(), key=lambda each: each[1] == "different")
    return [(str(FIELDS.get(field, field)), str(LEVELS.get(code, code)), code) for field, code in told]


def suspects(actor: Actor, *, verdict: str = Verdict.OPEN, after: str = "", limit: int = 50) -> Page[Suspect]:
    """A page of pairs of whom the actor sees both, the likeliest first. One SQL statement."""
    seen = access.customers(actor).values("pk")
    rows = Suspect.objects.filter(verdict=verdict, one_id__in=seen, other_id__in=seen)
    return keyset(rows, order=["-probability"], after=after, limit=limit)


def together(actor: Actor, pairs: Iterable[Suspect]) -> dict[uuid.UUID, list[uuid.UUID]]:
    """For each pair, by its key, who else is likely the same as one of the two. One SQL statement."""
    pairs = list(pairs)
    ids = {key for each in pairs for key in (each.one_id, each.other_id)}
    seen = access.customers(actor).values("pk")
    around = Suspect.objects.filter(
        Q(one_id__in=ids) | Q(other_id__in=ids),
        verdict__in=[Verdict.OPEN, Verdict.LATER],
        probability__gte=LIKELY,
        one_id__in=seen,
        other_id__in=seen,
    )
    beside: dict[uuid.UUID, set[uuid.UUID]] = defaultdict(set)
    for each in around:
        beside[each.one_id].add(each.other_id)
        beside[each.other_id].add(each.one_id)
    return {
        each.pk: list(
            dict.fromkeys([each.one_id, each.other_id, *sorted(beside[each.one_id] | beside[each.other_id])])
        )[:TOGETHER]
        for each in pairs
    }


def named(actor: Actor, ids: Iterable[uuid.UUID]) -> Mapping[uuid.UUID, Customer]:
    """Visible customers by key. One SQL statement."""
    return access.customers(actor).select_related("owner").in_bulk(list(ids))


def duplicate_rules() -> DuplicateRules:
    """The company's, or those that it begins with."""
    return DuplicateRules.objects.first() or DuplicateRules()
