"""What the command palette finds: customers, products, orders."""

from dataclasses import dataclass

from django.http import HttpResponse
from django.urls import reverse

from zhiyin.commerce import queries as commerce
from zhiyin.customers import queries as customers
from zhiyin.web.http import HttpRequest, page, render

LONGEST = 200


@dataclass(frozen=True, slots=True)
class Found:
    icon: str
    name: str
    detail: str
    url: str


@page()
def search(request: HttpRequest) -> HttpResponse:
    words = request.GET.get("q", "").replace("\0", "")[:LONGEST].strip()
    found: list[Found] = []
    if words and request.actor.may("customers.view"):
        for row in customers.quick_search(request.actor, words):
            url = reverse("customers:record", args=[row["id"]])
            detail = " · ".join(str(row[name]) for name in ("code", "city") if row[name])
            found.append(Found("user", str(row["name"]), detail, url))
    if words and request.actor.may("orders.view"):
        for row in commerce.find_orders(request.actor, words):
            url = reverse("commerce:order", args=[row["id"]])
            found.append(Found("receipt", str(row["number"]), str(row["customer__name"] or ""), url))
    if words and request.actor.may("products.view"):
        for product in commerce.find_products(words, limit=5):
            url = reverse("commerce:product", args=[product.pk])
            found.append(Found("package", str(product), product.code, url))
    return render(request, "search.html", {"found": found, "words": words})
