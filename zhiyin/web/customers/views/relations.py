"""What a customer is to others: the tab of the record, writing one relation, the graph."""

import uuid
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from zhiyin.customers import access, actions, queries
from zhiyin.customers.choices import BuyingRole, CustomerKind
from zhiyin.customers.models import Customer, Relation, RelationType
from zhiyin.customers.queries import Related
from zhiyin.platform.actors import Actor
from zhiyin.platform.errors import Invalid, NotFound
from zhiyin.web.customers.forms import EditRelationForm, RelationForm
from zhiyin.web.http import HttpRequest, notify, page, refusals, render
from zhiyin.web.templatetags.zhiyin import KeyNumber, compact, day, number

SHOWN = 25
LONGEST = 200
DEPTHS = (1, 2, 3)
# what htmx asks for, by the element that it replaces
PIECES = {
    "relation-form": "customers/_relation_form.html",
    "relation-picks": "customers/_relation_picks.html",
}


@dataclass(frozen=True, slots=True)
class Side:
    """A kind of relation from one of its ends; ``value`` is how forms and addresses name it."""

    kind: RelationType
    way: str

    @property
    def value(self) -> str:
        return f"{self.kind.pk}:{self.way}"

    @property
    def label(self) -> str:
        """What the other one is to this one."""
        return str(self.kind.label if self.way == "out" else self.kind.inverse_label)

    @property
    def other_kind(self) -> str:
        return self.kind.target_kind if self.way == "out" else self.kind.source_kind

    def suits(self, customer: Customer) -> bool:
        wanted = self.kind.source_kind if self.way == "out" else self.kind.target_kind
        return wanted in ("", customer.kind)


@dataclass(frozen=True, slots=True)
class Group:
    """The relations of one kind from one end, the newest first.

    ``more`` leads to those that follow, ``listed`` to the list of all these customers.
    """

    side: Side
    rows: list[dict[str, Any]]
    count: str
    more: str
    listed: str = ""

    @property
    def has_people(self) -> bool:
        """The buying centre: an organisation's people with their part in buying."""
        return self.side.kind.has_role and self.side.way == "in"

    @property
    def unknown_roles(self) -> list[str]:
        held = {row["role"] for row in self.rows if row["lasts"]}
        weighty = (BuyingRole.DECISION_MAKER, BuyingRole.INFLUENCER, BuyingRole.BUYER, BuyingRole.USER)
        return [str(role.label) for role in weighty if role not in held] if not self.more else []


@dataclass(slots=True)
class Draft:
    """A relation being written: what it is, to whom, and what the words typed last find."""

    sides: list[Side]
    side: Side | None = None
    other: Customer | None = None
    who: str = ""
    found: Sequence[Any] = field(default_factory=list)


def relations_tab(request: HttpRequest, customer: Customer) -> dict[str, Any]:
    """What the record's tab shows. Four SQL statements at most."""
    actor, kinds = request.actor, queries.relation_types()
    groups = _groups(actor, customer, kinds)
    headed = [group.side.kind for group in groups if group.side.kind.rolls_up and group.side.way == "in"]
    context: dict[str, Any] = {"groups": groups, "rolled": _rolled(request, customer, headed)}
    if actor.may("customers.edit"):
        draft = Draft(_sides(kinds, customer))
        draft.side = draft.sides[0] if draft.sides else None
        context |= {"draft": draft, "form": RelationForm()}
    return context


def _groups(actor: Actor, customer: Customer, kinds: Sequence[RelationType]) -> list[Group]:
    rows = queries.related(actor, customer.pk, [each.pk for each in kinds], limit=SHOWN + 1)
    by_side: dict[tuple[uuid.UUID, str], list[Related]] = defaultdict(list)
    for row in rows:
        by_side[row["type_id"], row["way"]].append(row)
    long = [kind for (kind, _way), own in by_side.items() if len(own) > SHOWN]
    counts = queries.count_related(actor, customer.pk, long) if long else {}
    groups = []
    for side in (Side(kind, way) for kind in kinds for way in ("out", "in")):
        if own := by_side.get((side.kind.pk, side.way)):
            count = counts.get((side.kind.pk, side.way), len(own))
            shown = f"{number(queries.COUNTED)}+" if count > queries.COUNTED else number(count)
            listed = f"{reverse('customers:list')}?related={customer.pk}:{side.value}"
            groups.append(Group(side, _shown(own[:SHOWN]), shown, _more(customer, side, own), listed))
    return groups


def _more(customer: Customer, side: Side, rows: list[Related]) -> str:
    """Where the relations behind the shown ones are, when one more than those was read."""
    if len(rows) <= SHOWN:
        return ""
    address = reverse("customers:relation_rows", args=[customer.pk, side.kind.pk, side.way])
    return f"{address}?before={rows[SHOWN - 1]['id']}"


def _shown(rows: list[Related]) -> list[dict[str, Any]]:
    today = timezone.localdate()
    shown = []
    for row in rows:
        said = {name: row[name] for name in ("role", "title", "since", "until")}
        relation = Relation(**said)
        shown.append(
            {
                **row,
                "lasts": relation.lasts(today),
                "version": relation.version,
                "part": relation.get_role_display(),
            }
        )
    weights = [*BuyingRole.values, ""]
    return sorted(shown, key=lambda row: (not row["lasts"], weights.index(row["role"])))


def _rolled(request: HttpRequest, customer: Customer, kinds: Sequence[RelationType]) -> list[dict[str, Any]]:
    """The numbers of each group that this customer heads, as far as this person may see them."""
    sees_orders, sees_value = request.actor.may("orders.view"), request.actor.may("insight.view")
    if not (sees_orders or sees_value):
        return []
    currency, labels = request.tenant.currency, {each.pk: each for each in kinds}
    rolled = []
    for sums in queries.roll_up(request.actor, customer.pk, kinds):
        more = "+" if sums.cut else ""
        numbers = [KeyNumber(_("Customers"), number(sums.members) + more, _("with this one"))]
        if sees_orders:
            numbers += [
                KeyNumber(_("Orders"), number(sums.orders or 0) + more, ""),
                KeyNumber(_("Spent"), compact(sums.spend or 0, currency) + more, ""),
                KeyNumber(_("Last order"), day(sums.last_at), ""),
            ]
        if sees_value and sums.value is not None:
            interval = f"{compact(sums.value_low, currency)} – {compact(sums.value_high, currency)}"
            numbers.append(KeyNumber(_("Value"), compact(sums.value, currency) + more, interval))
        rolled.append({"label": labels[sums.type_id].inverse_label, "numbers": numbers, "cut": sums.cut})
    return rolled


def _sides(kinds: Sequence[RelationType], customer: Customer) -> list[Side]:
    """What this customer can newly be to others and they to it."""
    sides = []
    for kind in kinds:
        if not kind.archived_at:
            sides += [Side(kind, way) for way in (("out",) if kind.is_mutual else ("out", "in"))]
    return [side for side in sides if side.suits(customer)]


def _draft(request: HttpRequest, customer: Customer) -> Draft:
    draft = Draft(_sides(queries.relation_types(), customer))
    what = request.POST.get("what", "")
    draft.side = next((side for side in draft.sides if side.value == what), None) or next(
        iter(draft.sides), None
    )
    key = request.POST.get("choose") or request.POST.get("other") or ""
    if key and "drop" not in request.POST:
        draft.other = _customer(request.actor, key)
    if draft.other is None and draft.side:
        draft.who = request.POST.get("who", "").replace("\0", "")[:LONGEST].strip()
        found = queries.possible_ends(request.actor, draft.who, kind=draft.side.other_kind)
        draft.found = [row for row in found if row["id"] != customer.pk]
    return draft


def _customer(actor: Actor, key: str) -> Customer | None:
    try:
        return access.customer(actor, uuid.UUID(key))
    except (ValueError, NotFound):
        return None


@page(permission="customers.edit")
def add(request: HttpRequest, customer_id: uuid.UUID) -> HttpResponse:
    """Relate this customer to another."""
    customer = access.customer(request.actor, customer_id)
    draft = _draft(request, customer)
    form = RelationForm(request.POST if request.method == "POST" else None)
    if request.method == "POST":
        if draft.other is None:
            form.add_error(None, _("Choose the other customer from the list."))
        if form.is_valid() and draft.other and draft.side:
            with refusals(form):
                actions.add_relation(
                    actor=request.actor,
                    customer_id=customer_id,
                    other_id=draft.other.pk,
                    type_id=draft.side.kind.pk,
                    way=draft.side.way,  # type: ignore[arg-type]
                    now=timezone.now(),
                    **form.cleaned_data,
                )
                notify(request, _("Added."))
                return _back(customer_id)
    return _form_page(request, customer, draft, form)


@page(permission="customers.edit")
def draft(request: HttpRequest, customer_id: uuid.UUID) -> HttpResponse:
    """The form anew: something was typed, looked for or chosen."""
    if request.method != "POST":
        return redirect("customers:add_relation", customer_id)
    customer = access.customer(request.actor, customer_id)
    drafted = _draft(request, customer)
    form = RelationForm(initial=request.POST.dict())
    piece = PIECES.get(request.htmx.target or "") if request.htmx else None
    if piece:
        return render(request, piece, {"customer": customer, "draft": drafted, "form": form})
    return _form_page(request, customer, drafted, form)


def _form_page(request: HttpRequest, customer: Customer, draft: Draft, form: RelationForm) -> HttpResponse:
    return render(
        request, "customers/relation_add.html", {"customer": customer, "draft": draft, "form": form}
    )


@page(permission="customers.edit")
def change(request: HttpRequest, customer_id: uuid.UUID, relation_id: uuid.UUID) -> HttpResponse:
    """Change what is said of a relation."""
    relation = access.relation(request.actor, customer_id, relation_id)
    initial = {name: getattr(relation, name) for name in RelationForm.base_fields}
    form = EditRelationForm(request.POST or None, initial=initial)
    if not relation.type.has_role:
        del form.fields["role"], form.fields["title"]
    if form.is_valid():
        with refusals(form):
            actions.change_relation(
                actor=request.actor,
                customer_id=customer_id,
                relation_id=relation_id,
                version=relation.version,
                now=timezone.now(),
                **form.cleaned_data,
            )
            notify(request, _("Saved."))
            return _back(customer_id)
    ends = {each.pk: each for each in (relation.source, relation.target)}
    customer = ends.pop(customer_id)
    way = "out" if relation.source_id == customer_id else "in"
    context = {
        "customer": customer,
        "other": next(iter(ends.values())),
        "side": Side(relation.type, way),
        "form": form,
    }
    return render(request, "customers/relation_edit.html", context)


@require_POST
@page(permission="customers.edit")
def remove(request: HttpRequest, customer_id: uuid.UUID, relation_id: uuid.UUID) -> HttpResponse:
    kept = actions.remove_relation(
        actor=request.actor,
        customer_id=customer_id,
        relation_id=relation_id,
        version=request.POST.get("version"),
        now=timezone.now(),
    )
    notify(request, _("The relation is gone."), undo=reverse("customers:undo", args=[kept.pk]))
    return _back(customer_id)


def _back(customer_id: uuid.UUID) -> HttpResponse:
    return redirect(f"{reverse('customers:record', args=[customer_id])}?tab=relations")


@page(permission="customers.view")
def rows(request: HttpRequest, customer_id: uuid.UUID, type_id: uuid.UUID, way: str) -> HttpResponse:
    """All relations of one kind, page by page; to htmx the rows that follow."""
    customer = access.customer(request.actor, customer_id)
    kind = next((each for each in queries.relation_types() if each.pk == type_id), None)
    if kind is None or way not in ("out", "in"):
        raise NotFound
    side = Side(kind, way)
    found = queries.related(
        request.actor, customer_id, [type_id], ways=[way], before=_before(request), limit=SHOWN + 1
    )
    group = Group(side, _shown(found[:SHOWN]), "", _more(customer, side, found))
    context = {"customer": customer, "group": group, "may_edit": request.actor.may("customers.edit")}
    return render(request, "customers/relation_rows.html", context, partial="rows")


def _before(request: HttpRequest) -> uuid.UUID | None:
    before = request.GET.get("before", "")
    try:
        return uuid.UUID(before) if before else None
    except ValueError as error:
        raise Invalid(
            _("This page link does not fit the list. Open the list again."), field="before"
        ) from error


@page(permission="customers.view")
def graph(request: HttpRequest, customer_id: uuid.UUID) -> HttpResponse:
    """The customers around one, as a picture that one walks and as a table."""
    customer = access.customer(request.actor, customer_id)
    asked = request.GET.get("depth", "2")
    depth = int(asked) if asked in {str(each) for each in DEPTHS} else 2
    kinds = queries.relation_types()
    found = queries.relation_graph(request.actor, customer_id, kinds, depth=depth)
    labels = {each.pk: each for each in kinds}
    lines: list[dict[str, Any]] = [
        {"source": found.nodes[source], "target": found.nodes[target], "label": str(labels[kind].label)}
        for kind, source, target in found.edges
    ]
    lines.sort(key=lambda line: (line["source"]["depth"] + line["target"]["depth"], line["label"]))
    context = {
        "customer": customer,
        "depth": depth,
        "depths": DEPTHS,
        "lines": lines,
        "cut": found.cut,
        "drawing": _drawing(found, lines, depth),
    }
    return render(request, "customers/graph.html", context)


def _drawing(found: queries.Graph, lines: Sequence[Any], depth: int) -> dict[str, Any]:
    """What ``assets/charts/graph.ts`` draws; the middle opens its record, the others move into the middle."""
    nodes = [
        {
            "id": str(key),
            "name": node["name"],
            "kind": node["kind"],
            "depth": node["depth"],
            "url": reverse("customers:graph" if node["depth"] else "customers:record", args=[key])
            + (f"?depth={depth}" if node["depth"] else "?tab=relations"),
        }
        for key, node in found.nodes.items()
    ]
    edges = [
        {"source": str(line["source"]["id"]), "target": str(line["target"]["id"]), "label": line["label"]}
        for line in lines
    ]
    return {"nodes": nodes, "edges": edges, "kinds": {str(each): str(each.label) for each in CustomerKind}}
