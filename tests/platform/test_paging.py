"""Walking by key gives what sorting the whole list gives, in both directions."""

import datetime
import uuid
from typing import Any

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from zhiyin.analytics.models import CustomerValue
from zhiyin.customers.models import Tag
from zhiyin.platform.errors import Invalid
from zhiyin.platform.paging import keyset, position_token
from zhiyin.platform.tenancy import scope

pytestmark = pytest.mark.django_db
TENANT = uuid.uuid4()
NOW = timezone.now()
VALUES = st.lists(
    st.tuples(
        st.one_of(st.none(), st.sampled_from([0.0, 1.5, 0.1 + 0.2]), st.floats(-1e300, 1e300)),
        st.integers(0, 3),
        st.integers(0, 2),
    ),
    max_size=25,
)


def _row(value: float | None, orders: int, days: int) -> CustomerValue:
    moment = NOW - datetime.timedelta(days=days, microseconds=days)
    return CustomerValue(
        customer_id=uuid.uuid4(), analysis_id=uuid.uuid4(), orders=orders, first_at=moment, last_at=moment,
        spend=orders, margin=0, frequency=0, recency=0, age=0, mean_spend=0, recency_score=1,
        frequency_score=1, monetary_score=1, group="", value=value,
    )  # fmt: skip


def _expected(rows: list[CustomerValue], order: list[str]) -> list[uuid.UUID]:
    names = [name.lstrip("-") for name in order]

    def by(row: CustomerValue) -> list[Any]:
        return [*(getattr(row, name) for name in names), row.customer_id]

    some = [row for row in rows if getattr(row, names[0]) is not None]
    none = [row for row in rows if getattr(row, names[0]) is None]
    descending = order[0].startswith("-")
    some.sort(key=by, reverse=descending)
    none.sort(key=lambda row: by(row)[1:], reverse=descending)
    return [row.customer_id for row in some + none]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    VALUES,
    st.sampled_from(
        [["value"], ["-value"], ["orders"], ["-orders"], ["-last_at"], ["spend"], ["-value", "-orders"]]
    ),
    st.integers(1, 7),
    st.booleans(),
)
def test_pages_join_to_the_sorted_list(
    values: list[tuple[float | None, int, int]], order: list[str], limit: int, plain: bool
) -> None:
    with scope(TENANT):
        CustomerValue.objects.all().delete()
        rows = CustomerValue.objects.bulk_create(_row(*value) for value in values)
        queryset = CustomerValue.objects.all()
        if plain:
            queryset = queryset.values("customer_id", "value", "orders", "last_at", "spend")  # type: ignore[assignment]

        def keys(page: Any) -> list[uuid.UUID]:
            return [row["customer_id"] if plain else row.customer_id for row in page.rows]

        expected = _expected(rows, order)
        page = keyset(queryset, order=order, limit=limit, key="customer_id")
        assert page.previous is None
        forward, pages = keys(page), [keys(page)]
        while page.next:
            page = keyset(queryset, order=order, limit=limit, after=page.next, key="customer_id")
            pages.append(keys(page))
            forward += keys(page)
        assert forward == expected
        while page.previous:
            page = keyset(queryset, order=order, limit=limit, after=page.previous, key="customer_id")
            pages.pop()
            assert keys(page) == pages[-1]
        assert len(pages) == 1


def test_a_row_that_left_does_not_shift_the_next_page() -> None:
    with scope(TENANT):
        tags = [Tag.objects.create(name=f"tag {number}") for number in range(6)]
        page = keyset(Tag.objects.all(), order=["name"], limit=3)
        tags[2].delete()
        assert page.next
        rest = keyset(Tag.objects.all(), order=["name"], limit=3, after=page.next)
        assert [tag.name for tag in rest.rows] == ["tag 3", "tag 4", "tag 5"]
        assert rest.next is None


@pytest.mark.parametrize(
    "token",
    ["!", "e30", "bnVsbA", position_token(["a"]), position_token([None, uuid.UUID(int=1)]), "A" * 5000,
     position_token(["a", "not a key"]), position_token([["a"], uuid.UUID(int=1)]) + "="],
)  # fmt: skip
def test_a_token_that_does_not_fit_is_refused(token: str) -> None:
    with scope(TENANT), pytest.raises(Invalid):
        keyset(Tag.objects.all(), order=["name"], after=token)


def test_columns_in_two_directions_are_refused() -> None:
    with pytest.raises(ValueError):
        keyset(Tag.objects.all(), order=["name", "-id"])
