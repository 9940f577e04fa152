"""Many keys at once."""

import uuid

from django.utils import timezone

from tests.cast import Company
from zhiyin.customers import actions
from zhiyin.customers.models import ContactPoint, Customer


def test_rows_are_found_by_any_collection_of_keys(inside: Company) -> None:
    actor, now = inside.gao.actor, timezone.now()
    one, two, _three = (actions.create_customer(actor=actor, name=name, now=now) for name in "甲乙丙")
    for keys in ([one.pk, two.pk], (one.pk, two.pk), {one.pk, two.pk}, {one.pk: 1, two.pk: 2}):
        assert set(Customer.objects.filter(pk__among=keys)) == {one, two}
    assert not Customer.objects.filter(pk__among=[]).exists()
    assert set(Customer.objects.exclude(pk__among=[one.pk])) >= {two}


def test_references_are_found_too(inside: Company) -> None:
    actor, now = inside.gao.actor, timezone.now()
    one = actions.create_customer(actor=actor, name="甲", contacts={"phone": "13800001234"}, now=now)
    actions.create_customer(actor=actor, name="乙", contacts={"phone": "13800001235"}, now=now)
    assert [point.customer_id for point in ContactPoint.objects.filter(customer__among=[one.pk])] == [one.pk]
    assert not ContactPoint.objects.filter(customer__among=[uuid.uuid4()]).exists()


def test_keys_are_one_array_not_a_join(inside: Company) -> None:
    sql, values = Customer.objects.filter(pk__among=[uuid.uuid4()] * 3).query.sql_with_params()
    assert "= ANY (" in sql
    assert "SELECT" not in sql.split("WHERE", 1)[1]
    assert len(values) == 1
