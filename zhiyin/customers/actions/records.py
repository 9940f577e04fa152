"""Create, change and delete one customer."""

import datetime
import uuid
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from zhiyin.accounts.access import takers
from zhiyin.accounts.models import Unit
from zhiyin.customers import access
from zhiyin.customers.actions.assigned import Given, keep_assignments
from zhiyin.customers.actions.contacts import add_contact
from zhiyin.customers.actions.formulas import put_formulas
from zhiyin.customers.actions.index import reindex
from zhiyin.customers.actions.moves import checked_move, note_move
from zhiyin.customers.actions.placing import place_new
from zhiyin.customers.actions.sealing import settle_contacts
from zhiyin.customers.actions.timeline import add_to_timeline
from zhiyin.customers.choices import CustomerKind, FieldType, Gone, Stage, Status, TimelineKind
from zhiyin.customers.events import CustomerChanged, CustomerCreated
from zhiyin.customers.fields import CORE, PREFIX, formulas, registry
from zhiyin.customers.keys import code_key, new_code
from zhiyin.customers.models import Customer, CustomField
from zhiyin.customers.queries.disputes import InDispute, in_dispute
from zhiyin.customers.suppression import CODE, require_unsuppressed
from zhiyin.platform import files
from zhiyin.platform.actors import Actor
from zhiyin.platform.errors import Conflict, Invalid, NotFound
from zhiyin.platform.models import StoredFile
from zhiyin.platform.pinyin import name_key
from zhiyin.platform.record import record
from zhiyin.platform.tenancy import with_gone

EDITABLE = (
    "kind", "code", "name", "short_name", "country", "city", "status", "stage", "source", "owner_id",
    "unit_id",
)  # fmt: skip
_CHOICES = {"kind": CustomerKind, "status": Status, "stage": Stage}
_FOUND_BY = {"name", "short_name", "code"}


_LABELS = {each.name: each.label for each in CORE}


class CodeTaken(Conflict):
    message = _("Another customer has this code already.")


class CodeInBin(CodeTaken):
    message = _("A customer in the bin has this code. Restore it, or give another code.")


def create_customer(
    *,
    actor: Actor,
    name: str,
    code: str = "",
    fields: Mapping[str, Any] | None = None,
    contacts: Mapping[str, str] | None = None,
    by_rules: bool | None = None,
    now: datetime.datetime,
    **values: Any,
) -> Customer:
    """A new customer; without a code it gets one, without an owner the person who creates it. ``contacts`` are by kind.

    Where no owner is named the rules of assignment come first: ``by_rules`` says so, or that they do not; else
    they do for who reaches all records, and others keep whom they make.

    ``values`` are fields of ``EDITABLE``, ``fields`` the company's own by key; what is required of those is asked
    for unless ``fields`` is ``None``, as for whoever knows nothing of them. Raises ``Invalid`` and ``CodeTaken``.
    """
    actor.require("customers.edit")
    customer = Customer(created_at=now, updated_at=now)
    asks_rules = "owner_id" not in values and (actor.scope == "all" if by_rules is None else by_rules)
    values.setdefault("owner_id", actor.member_id)
    _apply(actor, customer, {**values, "name": name, "code": code or new_code(now)})
    own = _set_fields(actor, customer, fields, now, is_new=True)
    _write(customer)
    reindex(actor, customer)
    add_to_timeline(actor=actor, customer_id=customer.id, kind=TimelineKind.CREATED, occurred_at=now)
    record(
        CustomerCreated(customer.id),
        actor=actor,
        now=now,
        subject=("customer", customer.id),
        changes={field: [None, value] for field in EDITABLE if (value := getattr(customer, field))} | own,
    )
    for kind, value in (contacts or {}).items():
        _first_contact(actor, customer, kind, value, now)
    if asks_rules:
        _place_by_rules(actor, customer, now)
    return customer


def _first_contact(actor: Actor, customer: Customer, kind: str, value: str, now: datetime.datetime) -> None:
    try:
        add_contact(actor=actor, customer_id=customer.pk, kind=kind, value=value, now=now)
    except Invalid as error:
        raise Invalid(error.message, field=kind) from error


def _place_by_rules(actor: Actor, customer: Customer, now: datetime.datetime) -> None:
    to = place_new(actor, [customer.pk], now).get(customer.pk)
    if to is None:
        return
    changes: dict[str, list[Any]] = {"rule": [None, to.rule.name], "reason": [None, to.reason]}
    unit_id = None if to.pool_id else to.unit_id
    for name, new in (("owner_id", to.owner_id), ("unit_id", unit_id)):
        if (old := getattr(customer, name)) != new:
            changes[name] = [old, new]
    if to.rule.pool:
        changes["pool"] = [None, to.rule.pool.name]
    customer.owner, customer.unit_id, customer.pool = to.owner, unit_id, to.rule.pool
    event = CustomerChanged(customer.pk, sorted(changes))
    record(event, actor=actor, now=now, subject=("customer", customer.pk), changes=changes)


def update_customer(
    *,
    actor: Actor,
    customer_id: uuid.UUID,
    changes: Mapping[str, Any],
    fields: Mapping[str, Any] | None = None,
    reason: str = "",
    version: int | None = None,
    now: datetime.datetime,
) -> Customer:
    """Change some fields of ``EDITABLE`` and, by key, some of the company's own; nothing is written when nothing
    is different.

    Another status needs a ``reason``, and must be one to which an arrow leads (``choices.MOVES``). ``version`` is the one that the person saw: another since then raises ``Conflict``.
    """
    actor.require("customers.edit")
    customer = access.customer(actor, customer_id, need="write", lock=True)
    if version is not None and version != customer.version:
        raise Conflict
    changes = {field: new for field, new in changes.items() if getattr(customer, field, None) != new}
    if changes.keys() & {"owner_id", "unit_id"}:
        access.customer(actor, customer_id, need="full")
        if in_dispute([customer_id]):
            raise InDispute
    before = {field: getattr(customer, field) for field in changes if field in EDITABLE}
    _apply(actor, customer, changes)
    different = {
        field: [old, new] for field, old in before.items() if (new := getattr(customer, field)) != old
    }
    if "status" in different:
        old, new = different["status"]
        different["reason"] = [None, checked_move(old, new, reason)]
    different |= _set_fields(actor, customer, fields, now, changed=different)
    if not different:
        return customer
    customer.version += 1
    customer.updated_at = now
    _write(customer)
    if _FOUND_BY & different.keys():
        reindex(actor, customer)
    if "status" in different:
        note_move(actor, customer, different["status"][0], different["reason"][1], now)
    _tell_timeline(actor, customer, different, now)
    record(
        CustomerChanged(customer.id, sorted(different)),
        actor=actor,
        now=now,
        subject=("customer", customer.id),
        changes=different,
    )
    return customer


def _apply(actor: Actor, customer: Customer, values: Mapping[str, Any]) -> None:
    """Put checked values onto the row, with the keys that follow from them."""
    is_new = customer._state.adding
    for field, value in values.items():
        if field not in EDITABLE:
            raise Invalid(_("There is no such field."), field=field)
        if value or not is_new:
            access.require_editable(actor, field, _LABELS.get(field, field), is_new=is_new)
        setattr(customer, field, _checked(field, value))
    customer.name_key = name_key(customer.name)
    former, customer.code_key = customer.code_key, code_key(customer.code)
    if not customer.code_key:
        raise Invalid(_("A customer needs a code."), field="code")
    if customer.code_key != former:
        require_unsuppressed(CODE, customer.code_key, field="code")
    if "owner_id" in values:
        _place(actor, customer, unit_given="unit_id" in values)
    if "unit_id" in values and customer.unit_id and not Unit.objects.filter(pk=customer.unit_id).exists():
        raise NotFound(_("There is no such unit."), field="unit_id")


def _set_fields(
    actor: Actor,
    customer: Customer,
    given: Mapping[str, Any] | None,
    now: datetime.datetime,
    *,
    is_new: bool = False,
    changed: Iterable[str] = (),
) -> dict[str, list[Any]]:
    """Put checked values of the company's own fields, and what follows from them, onto the row; what is different
    now, for the log. ``changed`` are the core fields that are different already."""
    before = customer.custom
    if given is not None and (given or is_new):
        values = registry(actor).read(given, kept=before, kind=customer.kind, is_new=is_new)
        customer.custom = {key: value for key, value in {**before, **values}.items() if value is not None}
    if given is None and not is_new and not changed:
        return {}
    fields, today = access.fields_in_use(actor), timezone.localdate(now)
    put_formulas(customer, fields, today)
    after = customer.custom
    keys = [key for key in {**before, **after} if before.get(key) != after.get(key)]
    _drop_files(
        customer,
        [
            before[each.key]
            for each in fields
            if each.key in keys and each.type == FieldType.FILE and each.key in before
        ],
    )
    if given is not None or not is_new:
        touched = [each.key for each in fields] if is_new else [*keys, *(given or ()), *changed]
        _require_filled(actor, customer, fields, touched, today)
    return {PREFIX + key: [before.get(key), after.get(key)] for key in keys}


def _drop_files(customer: Customer, file_ids: Sequence[str]) -> None:
    """Forget files that were replaced or taken away, but those that a file merged into this one would have back."""
    if not file_ids:
        return
    with with_gone():
        merged = Customer.objects.filter(merged_into=customer.pk).values_list("custom", flat=True)
        kept = {value for own in merged for value in own.values() if isinstance(value, str)}
    for stored in StoredFile.objects.filter(pk__in=[each for each in file_ids if each not in kept]):
        files.delete(stored)


def _require_filled(
    actor: Actor,
    customer: Customer,
    fields: Sequence[CustomField],
    touched: Iterable[str],
    today: datetime.date,
) -> None:
    """Raise ``Invalid`` for a field that is required as things are now, and that this actor could fill in."""
    found = formulas.missing(customer, fields, touched, today)
    if found:
        own = {each.own.key for each in registry(actor) if each.own and each.editable}
        for each in found:
            if each.key in own:
                message = _("“%s” must be filled in as things are.") % each.label
                raise Invalid(message, field=PREFIX + each.key)


def _checked(field: str, value: Any) -> Any:
    if field in ("owner_id", "unit_id"):
        return value
    text = " ".join(str(value or "").split())
    column = Customer._meta.get_field(field)
    if "\0" in text:
        raise Invalid(field=field)
    if field == "name" and not text:
        raise Invalid(_("A customer needs a name."), field="name")
    longest = getattr(column, "max_length", None) or 0
    if len(text) > longest:
        raise Invalid(_("This is longer than %d characters.") % longest, field=field)
    choices = _CHOICES.get(field)
    if choices and text not in choices.values and not (field == "stage" and not text):
        raise Invalid(_("This is not one of the choices."), field=field)
    return text


def _place(actor: Actor, customer: Customer, *, unit_given: bool) -> None:
    """The owner must be an active member within reach; the customer moves into the owner's unit."""
    if customer.owner_id is None:
        return
    owner = takers(actor).filter(pk=customer.owner_id).first()
    if owner is None:
        raise Invalid(_("Choose somebody you may give customers to."), field="owner_id")
    if not unit_given:
        customer.unit_id = owner.unit_id


def _write(customer: Customer) -> None:
    try:
        with transaction.atomic():
            customer.save()
    except IntegrityError as error:
        if "customer_code_once" in str(error):
            raise (CodeInBin if _is_binned(customer.code_key) else CodeTaken)(field="code") from error
        raise


def _is_binned(code_key: str) -> bool:
    with with_gone():
        return Customer.objects.filter(code_key=code_key, gone=Gone.DELETED).exists()


def _tell_timeline(
    actor: Actor, customer: Customer, different: Mapping[str, list[Any]], now: datetime.datetime
) -> None:
    if "owner_id" in different:
        old, new = different["owner_id"]
        keep_assignments(actor, [Given(customer.pk, old, new)], now)
    elif "unit_id" in different:
        settle_contacts(actor.tenant_id, [customer.pk])  # a unit takes it out of its pool
    moved: dict[str, Any] = {field: different[field] for field in ("status", "stage") if field in different}
    if moved:
        if "reason" in different:
            moved["reason"] = different["reason"][1]
        add_to_timeline(
            actor=actor, customer_id=customer.pk, kind=TimelineKind.STATUS, occurred_at=now, data=moved
        )
