"""An order written by hand. All of the draft is in the form: without scripts each step sends the whole page."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _

from zhiyin.commerce import access, actions, queries
from zhiyin.commerce.actions import NewLine
from zhiyin.commerce.models import Product
from zhiyin.customers import access as customer_access
from zhiyin.customers import queries as customers
from zhiyin.customers.models import Customer
from zhiyin.platform.errors import Invalid, NotFound
from zhiyin.web.commerce.forms import LineInput, OrderForm, number_or_none, read_lines
from zhiyin.web.http import HttpRequest, notify, page, refusals, render

LONGEST = 200
# what htmx asks for, by the element that it replaces
PIECES = {
    "order-customer": "commerce/order_customer.html",
    "customer-picks": "commerce/customer_picks.html",
    "order-lines": "commerce/order_lines.html",
    "product-picks": "commerce/product_picks.html",
    "order-amounts": "commerce/order_amounts.html",
}


@dataclass(slots=True)
class Draft:
    """What was chosen and typed so far, and what the words typed last find."""

    customer: Customer | None = None
    who: str = ""
    customers: Sequence[Mapping[str, object]] = ()
    lines: list[LineInput] = field(default_factory=list)
    words: str = ""
    products: Sequence[Product] = ()
    added: bool = False
    lost: list[str] = field(default_factory=list)

    @property
    def total(self) -> Decimal:
        amounts = (line.amount for line in self.lines)
        return sum((amount for amount in amounts if amount is not None), Decimal(0))

    @property
    def errors(self) -> list[str]:
        """What keeps it from being recorded, beside what the form says."""
        found = [*self.lost]
        if self.who:
            found.append(_("Choose the customer from the list, or empty the field."))
        if self.words:
            found.append(_("Choose the product from the list, or empty the field."))
        if not self.lines:
            found.append(_("Add the first product."))
        if any(line.quantity_error or line.price_error for line in self.lines):
            found.append(_("Each line needs a quantity and a price."))
        return found


@page(permission="orders.edit")
def create(request: HttpRequest) -> HttpResponse:
    draft = _draft(request, adding=False)
    if request.method != "POST":
        return _page(request, draft, OrderForm(initial={"ordered_at": timezone.localtime()}))
    form = OrderForm(request.POST)
    for error in draft.errors:
        form.add_error(None, error)
    if form.is_valid():
        with refusals(form):
            made = actions.create_order(
                actor=request.actor,
                customer_id=draft.customer.pk if draft.customer else None,
                lines=[_new_line(line) for line in draft.lines],
                now=timezone.now(),
                **form.cleaned_data,
            )
            notify(request, _("The order is recorded."))
            return redirect("commerce:order", made.pk)
    return _page(request, draft, form)


@page(permission="orders.edit")
def draft(request: HttpRequest) -> HttpResponse:
    """The order reckoned anew: something was typed, looked for, chosen or taken away."""
    if request.method != "POST":
        return redirect("commerce:order_create")
    drafted = _draft(request, adding=True)
    piece = PIECES.get(request.htmx.target or "") if request.htmx else None
    if piece:
        return render(request, piece, _context(request, drafted))
    return _page(request, drafted, OrderForm(initial=request.POST.dict()))


def _page(request: HttpRequest, draft: Draft, form: OrderForm) -> HttpResponse:
    return render(request, "commerce/order_form.html", _context(request, draft) | {"form": form})


def _context(request: HttpRequest, draft: Draft) -> dict[str, Any]:
    return {
        "draft": draft,
        "currency": request.tenant.currency,
        "sees_customers": request.actor.may("customers.view"),
    }


def _draft(request: HttpRequest, *, adding: bool) -> Draft:
    draft = Draft()
    _read_lines(request, draft)
    _choose_customer(request, draft)
    _choose_product(request, draft, adding=adding)
    removed = request.POST.get("remove", "")
    if removed.isdecimal() and int(removed) < len(draft.lines):
        del draft.lines[int(removed)]
    return draft


def _choose_customer(request: HttpRequest, draft: Draft) -> None:
    """By a pick, by a code typed in full, or as before."""
    key = request.POST.get("choose") or request.POST.get("customer") or request.GET.get("customer") or ""
    if key and "drop" not in request.POST:
        draft.customer = _customer(request, key)
        if draft.customer is None:
            draft.lost.append(_("This customer cannot be found any more. Choose another."))
    draft.who = "" if draft.customer else _words(request, "who")
    if not draft.who or not request.actor.may("customers.view"):
        return
    exact = customers.customer_by_code(request.actor, draft.who)
    if exact and not _looks_on(request, "customer-picks"):
        draft.customer, draft.who = exact, ""
        return
    found = customers.quick_search(request.actor, draft.who)
    first = [{"id": exact.pk, "code": exact.code, "name": exact.name, "city": exact.city}] if exact else []
    draft.customers = [*first, *(row for row in found if not exact or row["id"] != exact.pk)]


def _choose_product(request: HttpRequest, draft: Draft, *, adding: bool) -> None:
    """A further line by a pick or by a code typed in full; else what the words find.

    Not ``adding``, as when the order is recorded: nobody has seen that line yet.
    """
    words = _words(request, "words")
    added = request.POST.get("add", "")
    product = _product(added) if added else None
    if product is None and words and adding and not _looks_on(request, "product-picks"):
        product = queries.product_by_code(words)
    if product:
        price = "" if product.price is None else f"{product.price.normalize():f}"
        draft.lines.append(LineInput(product, "1", price))
        draft.added = True
    elif words:
        draft.words, draft.products = words, queries.find_products(words)


def _words(request: HttpRequest, name: str) -> str:
    return request.POST.get(name, "").replace("\0", "")[:LONGEST].strip()


def _looks_on(request: HttpRequest, picks: str) -> bool:
    """Somebody is typing and sees the list: what fits already may still grow."""
    return bool(request.htmx) and request.htmx.target == picks


def _customer(request: HttpRequest, key: str) -> Customer | None:
    try:
        return customer_access.customer(request.actor, uuid.UUID(key))
    except (ValueError, NotFound):
        return None


def _product(key: str) -> Product:
    try:
        return access.product(uuid.UUID(key))
    except ValueError as error:
        raise NotFound from error


def _read_lines(request: HttpRequest, draft: Draft) -> None:
    typed = read_lines(request.POST)
    products = access.products(key for key, _quantity, _price in typed)
    draft.lines = [LineInput(products[key], *rest) for key, *rest in typed if key in products]
    if len(draft.lines) < len(typed):
        draft.lost.append(_("A product cannot be found any more; its line is left out."))


def _new_line(line: LineInput) -> NewLine:
    quantity, price = number_or_none(line.quantity), number_or_none(line.price)
    if quantity is None or price is None:
        raise Invalid(_("Each line needs a quantity and a price."), field="lines")
    return NewLine(line.product.pk, quantity, price)
