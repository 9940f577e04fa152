"""What analysis and orders tell of a customer is hidden from who may not see it: shown, filtered, sorted, exported."""

import io
from dataclasses import replace

import pytest
from django.urls import reverse
from django.utils import timezone

from zhiyin.customers import queries
from zhiyin.customers.access import GUARDED
from zhiyin.customers.actions import create_customer
from zhiyin.customers.exports import HEADINGS, write_customers
from zhiyin.customers.models import Customer
from zhiyin.customers.queries import SORTS, CustomerFilter
from zhiyin.platform.errors import PermissionDenied

FILTERS = {
    "ordered": True, "last_from": "2026-01-01", "last_to": "2026-01-01", "spend_min": 1.0, "value_min": 1.0,
    "value_max": 1.0, "alive_max": 0.5, "group": ["champions"], "rfm": ["55"],
}  # fmt: skip


def without(actor, *permissions):
    return replace(actor, permissions=actor.permissions - set(permissions))


def test_every_guarded_name_is_a_column_a_filter_or_an_order():
    known = HEADINGS.keys() | SORTS.keys() | CustomerFilter.model_fields.keys()
    assert known >= frozenset().union(*GUARDED.values())
    assert FILTERS.keys() == frozenset().union(*GUARDED.values()) & CustomerFilter.model_fields.keys()


@pytest.mark.parametrize("name", FILTERS)
def test_a_filter_on_what_is_hidden_is_refused_in_list_and_count(cast, name):
    where = CustomerFilter.model_validate({name: FILTERS[name]})
    blind = without(cast.gao.actor, *GUARDED)
    with cast.scope():
        queries.list_customers(cast.gao.actor, where)
        queries.count_customers(cast.gao.actor, where)
        for ask in (queries.list_customers, queries.count_customers):
            with pytest.raises(PermissionDenied):
                ask(blind, where)


@pytest.mark.parametrize("sort", ["value", "-alive", "spend", "-last"])
def test_an_order_by_what_is_hidden_is_refused(cast, sort):
    with cast.scope():
        queries.list_customers(cast.gao.actor, CustomerFilter(), sort=sort)
        with pytest.raises(PermissionDenied):
            queries.list_customers(without(cast.gao.actor, *GUARDED), CustomerFilter(), sort=sort)


def test_an_export_leaves_out_what_is_hidden_even_when_asked(cast):
    actor = without(cast.gao.actor, "insight.view")
    stream = io.BytesIO()
    with cast.scope():
        write_customers(Customer.objects.none(), stream, columns=["name", "value"], actor=actor, style="csv")
    assert stream.getvalue().decode("utf-8-sig").strip() == str(HEADINGS["name"])


def test_an_agents_pages_show_no_value(cast):
    with cast.scope():
        create_customer(actor=cast.an.actor, name="王小明", now=timezone.now())
    page = cast.an.client.get(reverse("customers:list")).content.decode()
    assert "sort=-spend" in page
    assert "sort=-value" not in page
    assert cast.an.client.get(reverse("customers:list"), {"sort": "-value"}).status_code == 403
    panel = cast.an.client.get(reverse("customers:filters"), {"country": "x"}).content.decode()
    assert 'value="last"' in panel
    assert 'value="value"' not in panel
    assert cast.an.client.get("/api/v1/customers/?alive_max=0.5").status_code == 403


def test_the_company_as_a_whole_is_not_for_every_sales_person(cast):
    assert reverse("insight:overview") not in cast.lin.client.get("/").content.decode()
    assert reverse("insight:overview") in cast.xu.client.get("/").content.decode()
