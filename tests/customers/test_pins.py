"""What stays on top of a timeline."""

import datetime
import uuid

import pytest

from tests.cast import Company
from zhiyin.customers.actions import add_note, create_customer, pin_touch
from zhiyin.customers.models import Customer, TimelineEvent
from zhiyin.customers.queries import pinned_touches
from zhiyin.platform.errors import Conflict, NotFound

Now = datetime.datetime


@pytest.fixture
def customer(cast: Company, now: Now) -> Customer:
    with cast.scope():
        return create_customer(actor=cast.lin.actor, name="颐和", kind="organisation", now=now)


def test_pinned_and_let_go(cast: Company, customer: Customer, now: Now) -> None:
    with cast.scope():
        event = TimelineEvent.objects.get(customer=customer)
    address = f"/customers/{customer.pk}/timeline/{event.id}/pin/"
    shown = cast.lin.client.post(address, {"pinned": "1"}, headers={"HX-Request": "true"}).content.decode()
    assert shown.count("is-pinned") == 1
    assert shown.count(str(event.id)) == 1
    record = cast.ma.client.get(f"/customers/{customer.pk}/").content.decode()
    assert "is-pinned" in record
    assert (
        "is-pinned"
        not in cast.lin.client.post(address, {"pinned": "0"}, headers={"HX-Request": "true"}).content.decode()
    )


def test_not_what_is_not_there_nor_too_many(cast: Company, customer: Customer, now: Now) -> None:
    actor = cast.lin.actor
    with cast.scope():
        with pytest.raises(NotFound):
            pin_touch(actor=actor, customer_id=customer.pk, event_id=uuid.uuid4(), pinned=True, now=now)
        for number in range(20):
            later = now + datetime.timedelta(seconds=number)
            add_note(actor=actor, customer_id=customer.pk, body=f"{number}", now=later)
        keys = list(TimelineEvent.objects.filter(customer=customer).values_list("id", flat=True))
        for key in keys[:20]:
            pin_touch(actor=actor, customer_id=customer.pk, event_id=key, pinned=True, now=now)
        pin_touch(actor=actor, customer_id=customer.pk, event_id=keys[0], pinned=True, now=now)
        with pytest.raises(Conflict):
            pin_touch(actor=actor, customer_id=customer.pk, event_id=keys[20], pinned=True, now=now)
        assert len(pinned_touches(actor, customer.pk)) == 20
