"""One customer: header, tabs, timeline, inline edit."""

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from zhiyin.activities.choices import FollowUpKind
from zhiyin.commerce import queries as commerce
from zhiyin.commerce.choices import PaymentMethod
from zhiyin.customers import access, actions, queries
from zhiyin.customers.choices import (
    ConsentAnswer,
    ConsentChannel,
    FieldAccess,
    FieldType,
    RequestKind,
    RequestState,
    Stage,
    StandardPurpose,
    Status,
    TimelineKind,
)
from zhiyin.customers.fields import PREFIX, Registry, links, registry, shown
from zhiyin.customers.models import Customer, CustomField
from zhiyin.platform.errors import NotFound, PermissionDenied
from zhiyin.web.activities.parts import follow_ups_tab
from zhiyin.web.customers.forms import BY_RULES, CustomerForm, EditCustomerForm, NewCustomerForm
from zhiyin.web.customers.keeping import keeping
from zhiyin.web.customers.table import STAGE_CLASS, STATUS_CLASS, TAG_CLASS
from zhiyin.web.customers.views.consents import consents_tab
from zhiyin.web.customers.views.contacts import contact_rows, contacts_tab
from zhiyin.web.customers.views.documents import documents_tab
from zhiyin.web.customers.views.relations import relations_tab
from zhiyin.web.customers.views.sensitive import sensitive_parts
from zhiyin.web.customers.views.shares import access_tab
from zhiyin.web.customers.views.subject_requests import requests_part
from zhiyin.web.http import HttpRequest, notify, page, refusals, render
from zhiyin.web.lists import Tab
from zhiyin.web.templatetags.zhiyin import KeyNumber, day, exact_time, money, number, percent

INLINE = ("name", "short_name", "kind", "status", "stage", "owner_id", "country", "city", "source")
TABS = (
    "overview",
    "orders",
    "contacts",
    "relations",
    "follow_ups",
    "documents",
    "consents",
    "notes",
    "access",
)
ICONS = {
    TimelineKind.CREATED: "user-plus",
    TimelineKind.NOTE: "note",
    TimelineKind.FOLLOW_UP: "phone",
    TimelineKind.ORDER: "shopping-cart",
    TimelineKind.RETURN: "truck-return",
    TimelineKind.PAYMENT: "cash",
    TimelineKind.LEAD: "user-plus",
    TimelineKind.OPPORTUNITY: "target-arrow",
    TimelineKind.OWNER: "user-cog",
    TimelineKind.STATUS: "flag",
    TimelineKind.RELATION: "affiliate",
    TimelineKind.CONSENT: "shield-check",
    TimelineKind.MERGE: "arrows-join",
    TimelineKind.DOCUMENT: "file-text",
    TimelineKind.APPOINTMENT: "calendar-event",
    TimelineKind.REQUEST: "shield-check",
    TimelineKind.SHARE: "share",
}


@dataclass(frozen=True, slots=True)
class Touch:
    """One event as ``components/timeline_item.html`` shows it."""

    icon: str
    title: str
    text: str
    at: datetime
    url: str = ""
    pin_url: str = ""
    pinned: bool = False


@page(permission="customers.view")
def record(request: HttpRequest, customer_id: uuid.UUID) -> HttpResponse:
    tab = request.GET.get("tab", "overview")
    if tab not in TABS or (tab == "follow_ups" and not request.actor.may("activities.view")):
        raise NotFound
    try:
        customer = queries.record_customer(request.actor, customer_id)
    except NotFound:
        return redirect("customers:record", queries.led_on(request.actor, customer_id))
    sees_orders = request.actor.may("orders.view")
    bought = commerce.purchases_of(customer_id) if sees_orders else None
    how_far = queries.standing_of(request.actor, customer)
    may_edit = request.actor.may("customers.edit") and how_far != "read"
    context: dict[str, Any] = {
        "customer": customer,
        "bought": bought,
        "grade_class": TAG_CLASS.get(customer.grade.colour, "") if customer.grade else "",
        "status_class": STATUS_CLASS.get(Status(customer.status), ""),
        "stage_class": STAGE_CLASS.get(Stage(customer.stage), "") if customer.stage else "",
        "tags": _tags(customer_id),
        "numbers": _numbers(request, customer, bought),
        "tab": tab,
        "tabs": _tabs(request, customer_id, tab, bought),
        "touches": _touches(request, customer_id),
        "may_edit": may_edit,
        "may_dispose": how_far == "full",
        "only_reads": how_far == "read",
        "addresses": _addresses(request, customer_id, how_far),
        "hidden": access.hidden(request.actor),
        "standing": queries.standing(customer_id),
        "on_hold": queries.held().filter(customer=customer_id).exists(),
    }
    if tab == "consents":
        context |= consents_tab(request, customer, context["standing"]) | requests_part(request, customer)
    context |= _of_tab(request, customer, tab, sees_orders=sees_orders)
    return render(request, "customers/record.html", context)


def _addresses(request: HttpRequest, customer_id: uuid.UUID, how_far: access.Need) -> dict[str, str]:
    """Where each field that this person may change is edited; who writes by a share does not give away."""
    if how_far == "read" or not request.actor.may("customers.edit"):
        return {}
    record = reverse("customers:record", args=[customer_id])
    may = FieldAccess.OPEN
    open_to = [field for field in INLINE if access.field_access(request.actor, field) == may]
    if how_far != "full":
        open_to = [field for field in open_to if field != "owner_id"]
    return {field: f"{record}field/{field}/" for field in open_to}


_OTHER_TABS = {
    "relations": relations_tab,
    "follow_ups": follow_ups_tab,
    "documents": documents_tab,
    "access": access_tab,
}


def _of_tab(request: HttpRequest, customer: Customer, tab: str, *, sees_orders: bool) -> dict[str, Any]:
    """What one tab needs beside the header."""
    match tab:
        case "orders" if sees_orders:
            token = request.GET.get("after") or request.GET.get("before") or ""
            where = commerce.OrderFilter(customer=customer.pk)
            return {"page": commerce.list_orders(request.actor, where, after=token, limit=25)}
        case "contacts":
            return contacts_tab(request, customer.pk)
        case "relations" | "follow_ups" | "documents" | "access":
            return _OTHER_TABS[tab](request, customer)
        case "notes":
            return {"notes": queries.notes(customer.pk)}
        case "overview":
            known = registry(request.actor)
            sections = _sections(request, customer, known)
            return {
                "sections": sections,
                "keeping": keeping(request.actor, customer.pk),
                "empty_fields": sum(len(each.empty) for each in sections),
                "recent": commerce.latest_orders(request.actor, customer.pk) if sees_orders else [],
                "contacts": contact_rows(request, customer.pk),
                "notes": queries.notes(customer.pk, limit=3),
                "team": queries.team_of(customer.pk),
                "relationship": queries.relationship(request.actor, customer, known),
                **sensitive_parts(request, customer),
            }
    return {}


@dataclass(frozen=True, slots=True)
class OwnFact:
    """A value in words, where it is edited, and where it leads."""

    name: str
    label: str
    value: str
    url: str
    link: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """A company's own fields that stand together, those without a value apart."""

    name: str
    filled: list[OwnFact]
    empty: list[OwnFact]


def _sections(request: HttpRequest, customer: Customer, known: Registry) -> list[Section]:
    """The company's own fields by section, those without a value apart."""
    record = reverse("customers:record", args=[customer.pk])
    how_far = queries.standing_of(request.actor, customer)
    may_edit = request.actor.may("customers.edit") and how_far != "read"

    masked = {each.name for each in known if each.masked}
    editable = {each.name for each in known if each.editable and may_edit}

    def fact(own: CustomField) -> OwnFact:
        name, value = PREFIX + own.key, customer.custom.get(own.key)
        url = f"{record}field/{name}/" if name in editable else ""
        if own.type == FieldType.FILE:
            address = reverse("customers:own_file", args=[customer.pk, name])
            url = f"{address}change/" if url else ""
            if value is not None and name not in masked:
                return OwnFact(name, own.label, shown(own, value), url, address)
        if name in masked or value is None:
            return OwnFact(name, own.label, str(value or ""), url)
        if own.type == FieldType.LINK:
            words, link = _linked(request, own, value)
            return OwnFact(name, own.label, words, url, link)
        return OwnFact(name, own.label, _words(own, value, request.tenant.currency), url)

    found: list[Section] = []
    for section, owns in known.sections(customer.kind).items():
        facts = [fact(own) for own in owns]
        empty = [each for each in facts if not each.value and each.url]
        found.append(Section(section, [each for each in facts if each.value], empty))
    return [each for each in found if each.filled or each.empty]


def _linked(request: HttpRequest, own: CustomField, value: Any) -> tuple[str, str]:
    """The name of what a link leads to, and its page if one may go there."""
    linked, target = links.of(own.target, value), links.targets().get(own.target)
    if linked is None or target is None:
        return _("No longer there"), ""
    if target.code == links.CUSTOMER:
        seen = access.customers(request.actor).filter(pk=linked.id).exists()
        return (linked.name, reverse(target.page, args=[linked.id])) if seen else (linked.code, "")
    may = target.page and request.actor.may("products.view")
    return linked.name, reverse(target.page, args=[linked.id]) if may else ""


def _words(own: CustomField, value: Any, currency: str) -> str:
    is_money = own.type == FieldType.MONEY and value is not None
    return money(value, currency) if is_money else shown(own, value)


def _tags(customer_id: uuid.UUID) -> list[dict[str, Any]]:
    found = queries.tags_of_one(customer_id)
    return [{**tag, "class": TAG_CLASS.get(str(tag["colour"]), "")} for tag in found]


def _numbers(request: HttpRequest, customer: Customer, bought: commerce.Purchases | None) -> list[KeyNumber]:
    currency = request.tenant.currency
    numbers: list[KeyNumber] = []
    if bought:
        back = _("%s returned") % number(bought.returns) if bought.returns else ""
        since = _("since %s") % day(bought.first_at) if bought.first_at else ""
        numbers = [
            KeyNumber(_("Orders"), number(bought.orders), back),
            KeyNumber(_("Spent"), money(bought.spend, currency), since),
            KeyNumber(_("Last order"), day(bought.last_at), _ago(bought.last_at)),
        ]
    worth = customer.value
    if worth and worth.value is not None and request.actor.may("insight.view"):
        interval = f"{money(worth.value_low, currency)} – {money(worth.value_high, currency)}"
        numbers.append(KeyNumber(_("Value"), money(worth.value, currency), interval, "#value"))
        if worth.alive is not None:
            numbers.append(
                KeyNumber(_("Still a customer"), percent(worth.alive, 0), _("probability"), "#value")
            )
    return numbers


def _ago(moment: datetime | None) -> str:
    if moment is None:
        return ""
    days = (timezone.now() - moment).days
    return _("%s days ago") % number(days) if days > 0 else _("today")


def _tabs(
    request: HttpRequest, customer_id: uuid.UUID, current: str, bought: commerce.Purchases | None
) -> list[Tab]:
    address = reverse("customers:record", args=[customer_id])
    labels = {
        "overview": _("Overview"),
        "opportunities": _("Opportunities"),
        "orders": _("Orders"),
        "contacts": _("Contact points"),
        "relations": _("Relations"),
        "follow_ups": _("Follow-ups"),
        "documents": _("Documents"),
        "consents": _("Consent"),
        "notes": _("Notes"),
        "access": _("Access"),
    }
    if bought is None:
        labels.pop("orders")
    if not request.actor.may("sales.view"):
        labels.pop("opportunities")
    if not request.actor.may("activities.view"):
        labels.pop("follow_ups")
    elsewhere = {
        "overview": address,
        "opportunities": f"{reverse('sales:opportunities')}?customer={customer_id}",
    }
    counts = {"orders": number(bought.orders + bought.returns) if bought else ""}
    return [
        Tab(
            label,
            elsewhere.get(name, f"{address}?tab={name}"),
            name == current,
            counts.get(name, ""),
        )
        for name, label in labels.items()
    ]


@page(permission="customers.view")
def timeline(request: HttpRequest, customer_id: uuid.UUID) -> HttpResponse:
    """The timeline, narrowed to one kind, or a further page of it."""
    queries.record_customer(request.actor, customer_id)
    return render(
        request,
        "customers/timeline.html",
        {"customer_id": customer_id, "touches": _touches(request, customer_id)},
    )


@require_POST
@page(permission="customers.edit")
def pin(request: HttpRequest, customer_id: uuid.UUID, event_id: uuid.UUID) -> HttpResponse:
    """Keep an entry of the timeline on top, or let it go."""
    pinned = request.POST.get("pinned") == "1"
    actions.pin_touch(
        actor=request.actor, customer_id=customer_id, event_id=event_id, pinned=pinned, now=timezone.now()
    )
    if not request.htmx:
        return redirect("customers:record", customer_id)
    context = {"customer_id": customer_id, "touches": _touches(request, customer_id)}
    return render(request, "customers/timeline.html", context)


def _touches(request: HttpRequest, customer_id: uuid.UUID) -> dict[str, Any]:
    show = request.GET.get("show", "")
    token = request.GET.get("older", "")
    found = queries.touches(request.actor, customer_id, show=show, after=token)
    kept = queries.pinned_touches(request.actor, customer_id) if not token and not show else []
    pins = {row["id"] for row in kept}
    may_pin = request.actor.may("customers.edit")
    return {
        "pinned": [_pinnable(row, customer_id, may_pin, pinned=True) for row in kept],
        "touches": [
            _pinnable(row, customer_id, may_pin, pinned=False) for row in found.rows if row["id"] not in pins
        ],
        "older": found.next,
        "show": show,
        "first": not token,
        "filters": [
            ("", _("All")),
            ("orders", _("Purchases")),
            ("notes", _("Notes")),
            ("appointments", _("Appointments")),
            ("sales", _("Opportunities")),
            ("changes", _("Changes")),
        ],
    }


def _pinnable(row: Mapping[str, Any], customer_id: uuid.UUID, may: bool, *, pinned: bool) -> Touch:
    url = reverse("customers:pin_touch", args=[customer_id, row["id"]]) if may else ""
    return replace(_touch(row), pin_url=url, pinned=pinned)


def _touch(row: Mapping[str, Any]) -> Touch:
    kind, data = row["kind"], row["data"]
    url = reverse("commerce:order", args=[row["object_id"]]) if "number" in data and row["object_id"] else ""
    title = str(TimelineKind(kind).label) if kind in TimelineKind.values else kind
    if url:
        title = f"{title} {data['number']}"
    if kind == TimelineKind.MERGE:
        url = reverse("customers:merged", args=[row["object_id"]])
    if kind == TimelineKind.LEAD:
        url = reverse("sales:lead", args=[row["object_id"]])
    if kind == TimelineKind.OPPORTUNITY:
        url = reverse("sales:opportunity", args=[row["object_id"]])
    if kind == TimelineKind.RELATION:
        url = reverse("customers:record", args=[data["other"]])
    return Touch(
        ICONS.get(kind, "point-filled"),
        title,
        _touch_text(kind, data, row["actor_name"]),
        row["occurred_at"],
        url,
    )


def _touch_text(kind: str, data: Mapping[str, Any], who: str) -> str:
    match kind:
        case TimelineKind.ORDER | TimelineKind.RETURN | TimelineKind.PAYMENT:
            total = data.get("total")
            amount = money(Decimal(str(total)), data.get("currency", "")) if total is not None else ""
            method = data.get("method", "")
            return f"{amount} {PaymentMethod(method).label}" if method in PaymentMethod.values else amount
        case TimelineKind.OWNER:
            moved = _("%(old)s → %(new)s") % {
                "old": data.get("from") or _("Nobody"),
                "new": data.get("to") or _("Nobody"),
            }
            return "\n".join(filter(None, [moved, " · ".join(filter(None, [data.get("reason"), who]))]))
        case TimelineKind.STATUS:
            moves = [(Status, data.get("status")), (Stage, data.get("stage"))]
            steps = [" → ".join(_choice(choices, each) for each in move) for choices, move in moves if move]
            return "\n".join([*steps, *filter(None, [data.get("reason")])])
    told = _TOLD.get(kind)
    return told(data, who) if told else who


def _said_text(data: Mapping[str, Any], who: str) -> str:
    """A note or a follow-up, and below it how, with which outcome, and who wrote it."""
    told = (
        _choice(FollowUpKind, data["kind"]) if "kind" in data else "",
        data.get("outcome", ""),
        data.get("author", who),
    )
    below = " · ".join(filter(None, told))
    return f"{data.get('body', '')}\n— {below}" if below else str(data.get("body", ""))


def _consent_text(data: Mapping[str, Any], who: str) -> str:
    purpose = data["purpose"] or _("Any contact at all")
    purpose = _choice(StandardPurpose, purpose) if data["standard"] else purpose
    channel = _choice(ConsentChannel, data["channel"]) if data["channel"] else _("Every way")
    return f"{purpose}: {_choice(ConsentAnswer, data['answer'])}\n{channel} · {who}"


def _relation_text(data: Mapping[str, Any], who: str) -> str:
    what = {"added": _("added"), "changed": _("changed"), "removed": _("removed")}.get(data["what"], "")
    told = " · ".join(each for each in (what, who) if each)
    return f"{data['label']}: {data['name']}\n{told}"


def _document_text(data: Mapping[str, Any], who: str) -> str:
    what = _("given to %s") if data["what"] == "given" else _("opened by %s")
    return f"{data['title']}\n{what % data['recipient']}" + (f" · {who}" if data["what"] == "given" else "")


def _merge_text(data: Mapping[str, Any], who: str) -> str:
    done = _("Merged with %s") if data["what"] == "merged" else _("Merge with %s undone")
    return f"{done % _(', ').join(data['names'])}\n{who}"


def _share_text(data: Mapping[str, Any], who: str) -> str:
    done = _("Shared with %s") if data["what"] == "shared" else _("Shared no more with %s")
    part = f": {data['part']}" if data.get("part") else ""
    return f"{done % data['with']}{part}\n{who}"


def _request_text(data: Mapping[str, Any], who: str) -> str:
    done = {"received": _("received"), "reopened": _("open again")}.get(data["what"])
    return f"{_choice(RequestKind, data['kind'])}: {done or _choice(RequestState, data['state'])}\n{who}"


def _appointment_text(data: Mapping[str, Any], who: str) -> str:
    what = {"arranged": _("arranged"), "moved": _("moved"), "called off": _("called off")}.get(
        data["what"], ""
    )
    starts = datetime.fromisoformat(data["starts"])
    when = day(starts.date()) if data["all_day"] else exact_time(timezone.localtime(starts))
    return f"{data['title'] or _('Appointment')}: {when}\n{what} · {who}"


def _lead_text(data: Mapping[str, Any], who: str) -> str:
    came = " · ".join(filter(None, [data["name"], data["company"], data["source"], data["campaign"], who]))
    return "\n".join(filter(None, [came, data["details"]]))


def _opportunity_text(data: Mapping[str, Any], who: str) -> str:
    amount = money(Decimal(data["amount"]), data["currency"]) if data.get("amount") else ""
    return "\n".join([f"{data['name']}: {data['stage']}", " · ".join(filter(None, [amount, who]))])


_TOLD: dict[str, Callable[[Mapping[str, Any], str], str]] = {
    TimelineKind.APPOINTMENT: _appointment_text,
    TimelineKind.DOCUMENT: _document_text,
    TimelineKind.LEAD: _lead_text,
    TimelineKind.OPPORTUNITY: _opportunity_text,
    TimelineKind.NOTE: _said_text,
    TimelineKind.FOLLOW_UP: _said_text,
    TimelineKind.RELATION: _relation_text,
    TimelineKind.CONSENT: _consent_text,
    TimelineKind.MERGE: _merge_text,
    TimelineKind.SHARE: _share_text,
    TimelineKind.REQUEST: _request_text,
}


def _choice(choices: Any, value: str) -> str:
    return str(choices(value).label) if value in choices.values else value or "–"


@page(permission="customers.edit")
def create(request: HttpRequest) -> HttpResponse:
    initial = {"kind": "person", "owner_id": request.actor.member_id, "owner_name": request.actor.name}
    form = NewCustomerForm(request.actor, request.POST or None, initial=initial)
    if form.is_valid():
        values = form.core_values(form.cleaned_data)
        typed = {kind: values.pop(kind, "") for kind in ("phone", "email")}
        contacts = {kind: value for kind, value in typed.items() if value}
        by_rules: dict[str, Any] = (
            {"by_rules": bool(values.pop("owner_id"))} if values.get("owner_id") == BY_RULES else {}
        )
        with refusals(form):
            customer = actions.create_customer(
                actor=request.actor,
                now=timezone.now(),
                fields=form.own_values(form.cleaned_data),
                contacts=contacts,
                **by_rules,
                **values,
            )
            return _welcome(request, customer)
    return render(request, "customers/form.html", {"form": form})


def _welcome(request: HttpRequest, customer: Customer) -> HttpResponse:
    """To the new customer, unless the rules gave it to somebody beyond this person's reach."""
    if access.customers(request.actor).filter(pk=customer.pk).exists():
        notify(request, _("%s is a customer now.") % customer.name)
        return redirect("customers:record", customer.pk)
    told = _("%(customer)s is a customer now, and went to %(who)s by the rules of assignment.")
    who = customer.owner or customer.pool or customer.unit
    notify(request, told % {"customer": customer.name, "who": who})
    return redirect("customers:list")


@page(permission="customers.edit")
def edit(request: HttpRequest, customer_id: uuid.UUID) -> HttpResponse:
    customer = queries.record_customer(request.actor, customer_id)
    initial = {name: getattr(customer, name) for name in CustomerForm.base_fields if name != "reason"}
    initial["custom"] = customer.custom
    initial["owner_name"] = customer.owner.name if customer.owner else ""
    form = EditCustomerForm(request.actor, request.POST or None, initial=initial)
    if form.is_valid():
        with refusals(form):
            actions.update_customer(
                actor=request.actor,
                customer_id=customer_id,
                changes=form.core_values(form.changed_data),
                fields=form.own_values(form.changed_data),
                reason=form.cleaned_data.get("reason", ""),
                version=customer.version,
                now=timezone.now(),
            )
            notify(request, _("Saved."))
            return redirect("customers:record", customer_id)
    return render(request, "customers/form.html", {"form": form, "customer": customer})


@page(permission="customers.edit")
def field(request: HttpRequest, customer_id: uuid.UUID, field: str) -> HttpResponse:
    """One field of the record, edited where it stands."""
    customer = queries.record_customer(request.actor, customer_id)
    initial = {"custom": customer.custom, "kind": customer.kind}
    if field in INLINE:
        initial[field] = getattr(customer, field)
    whole = CustomerForm(request.actor, request.POST or None, initial=initial)
    if field not in INLINE and not whole.is_own(field):
        raise NotFound
    if field not in whole.fields:
        raise PermissionDenied
    form = _only(whole, field, "reason") if field == "status" else _only(whole, field)
    if request.method == "POST" and form.is_valid():
        with refusals(form):
            customer = actions.update_customer(
                actor=request.actor,
                customer_id=customer_id,
                changes=form.core_values([field]),
                fields=form.own_values([field]),
                reason=form.cleaned_data.get("reason", ""),
                version=_version(request),
                now=timezone.now(),
            )
            response = HttpResponse(status=204)
            response["HX-Refresh"] = "true"
            return response if request.htmx else redirect("customers:record", customer_id)
    return render(request, "customers/field.html", {"form": form, "bound": form[field], "customer": customer})


def _only(form: CustomerForm, *names: str) -> CustomerForm:
    for other in list(form.fields):
        if other not in names:
            del form.fields[other]
    return form


def _version(request: HttpRequest) -> int | None:
    version = request.POST.get("version", "")
    return int(version) if version.isdecimal() and len(version) < 10 else None


@require_POST
@page(permission="customers.delete")
def delete(request: HttpRequest, customer_id: uuid.UUID) -> HttpResponse:
    done = actions.delete_customer(actor=request.actor, customer_id=customer_id, now=timezone.now())
    undo = reverse("customers:undo", args=[done.undo_id]) if request.actor.may("customers.edit") else None
    notify(request, _("The customer is in the bin."), undo=undo)
    return redirect("customers:list")
