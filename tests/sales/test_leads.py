"""Leads: written down, taken up, converted without loss, found again, erased with the person."""

import datetime
from decimal import Decimal

import pytest

from tests.cast import Company
from zhiyin.customers import actions as customers
from zhiyin.customers import queries as customer_queries
from zhiyin.customers.actions.erasure.person import who
from zhiyin.customers.models import ContactPoint, Customer, TimelineEvent
from zhiyin.platform.errors import Conflict, Invalid, NotFound
from zhiyin.platform.models import AuditEntry, Notification
from zhiyin.sales import access, actions, queries
from zhiyin.sales.actions import AlreadyConverted, Deal
from zhiyin.sales.actions.erasure import clear_leads
from zhiyin.sales.models import Lead, Opportunity
from zhiyin.sales.queries import LeadFilter

Now = datetime.datetime
PHONE = "138 0013 8000"


def written(company: Company, now: Now, /, **values: object) -> Lead:
    given = {
        "name": "周敏", "company": "明远电器", "phone": PHONE, "email": "zhou@mingyuan.cn", "source": "广交会",
        "campaign": "春季", "details": "要十台泵", "origin": "event", "city": "杭州",
    }  # fmt: skip
    return actions.create_lead(actor=company.lin.actor, now=now, **(given | values))  # type: ignore[arg-type]


def test_a_lead_becomes_a_customer_and_an_opportunity_without_loss(inside: Company, now: Now) -> None:
    came = now - datetime.timedelta(days=2)
    lead = written(inside, came)
    made = actions.convert_lead(
        actor=inside.lin.actor, lead_id=lead.pk, deal=Deal("十台泵", Decimal(9000)), now=now
    )
    buyer, deal = Customer.objects.get(), Opportunity.objects.get()
    assert (buyer.name, buyer.kind, buyer.source, buyer.city, buyer.owner_id) == (
        "明远电器", "organisation", "广交会", "杭州", inside.lin.member.pk,
    )  # fmt: skip
    contacts = customer_queries.contact_points(inside.lin.actor, buyer.pk)
    assert {each.value for each in contacts} == {PHONE, "zhou@mingyuan.cn"}
    assert (deal.name, deal.amount, deal.source, deal.campaign, deal.details, deal.customer_id) == (
        "十台泵", Decimal(9000), "广交会", "春季", "要十台泵", buyer.pk,
    )  # fmt: skip
    touch = TimelineEvent.objects.get(kind="lead")
    assert (touch.occurred_at, touch.data["name"], touch.data["details"]) == (came, "周敏", "要十台泵")
    assert (made.customer_id, made.opportunity_id, made.state) == (buyer.pk, deal.pk, "converted")
    with pytest.raises(AlreadyConverted):
        actions.convert_lead(actor=inside.lin.actor, lead_id=lead.pk, now=now)
    with pytest.raises(AlreadyConverted):
        actions.update_lead(actor=inside.lin.actor, lead_id=lead.pk, changes={"name": "x"}, now=now)
    assert Customer.objects.count() == 1


def test_a_lead_that_is_a_customer_already_joins_it(inside: Company, now: Now) -> None:
    buyer = customers.create_customer(actor=inside.lin.actor, name="明远", contacts={"phone": PHONE}, now=now)
    lead = written(inside, now)
    found = queries.likely_customers(inside.lin.actor, lead)
    assert [(each.pk, why) for each, why in found.seen] == [(buyer.pk, ["phone"])]
    actions.convert_lead(actor=inside.lin.actor, lead_id=lead.pk, customer_id=buyer.pk, now=now)
    assert Customer.objects.count() == 1
    assert sorted(ContactPoint.objects.values_list("kind", flat=True)) == ["email", "phone"]
    assert not Opportunity.objects.exists()


def test_nobody_makes_it_part_of_a_customer_out_of_reach(inside: Company, now: Now) -> None:
    foreign = customers.create_customer(actor=inside.wu.actor, name="华南", now=now)
    lead = written(inside, now)
    with pytest.raises(NotFound):
        actions.convert_lead(actor=inside.lin.actor, lead_id=lead.pk, customer_id=foreign.pk, now=now)


def test_the_clock_stops_at_the_first_answer(inside: Company, now: Now) -> None:
    lead = written(inside, now - datetime.timedelta(hours=3))
    waiting = LeadFilter(waiting=True)
    assert len(queries.list_leads(inside.lin.actor, waiting).rows) == 1
    actions.set_lead_state(actor=inside.lin.actor, lead_id=lead.pk, state="working", now=now)
    later = now + datetime.timedelta(hours=1)
    found = actions.set_lead_state(actor=inside.lin.actor, lead_id=lead.pk, state="qualified", now=later)
    assert found.answered_at == now
    assert queries.list_leads(inside.lin.actor, waiting).rows == []
    with pytest.raises(Invalid) as refused:
        actions.set_lead_state(actor=inside.lin.actor, lead_id=lead.pk, state="unfit", now=later)
    assert refused.value.field == "reason"
    with pytest.raises(Invalid):
        actions.set_lead_state(actor=inside.lin.actor, lead_id=lead.pk, state="converted", now=later)


def test_two_people_change_one_lead(inside: Company, now: Now) -> None:
    lead = written(inside, now)
    change = {"lead_id": lead.pk, "version": 1, "now": now}
    actions.update_lead(actor=inside.lin.actor, changes={"city": "宁波"}, **change)  # type: ignore[arg-type]
    with pytest.raises(Conflict):
        actions.update_lead(actor=inside.ma.actor, changes={"city": "上海"}, **change)  # type: ignore[arg-type]
    assert AuditEntry.objects.filter(subject_id=lead.pk).count() == 2


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"name": " "}, "name"),
        ({"phone": "12"}, "phone"),
        ({"email": "nobody"}, "email"),
        ({"origin": "sky"}, "origin"),
        ({"city": "x" * 101}, "city"),
        ({"wish": "x"}, "wish"),
    ],
)
def test_what_is_wrong_is_named(inside: Company, now: Now, values: dict[str, object], field: str) -> None:
    with pytest.raises(Invalid) as refused:
        written(inside, now, **values)
    assert refused.value.field == field


def test_who_sees_it(inside: Company, now: Now) -> None:
    lead = written(inside, now)
    assert access.lead(inside.ma.actor, lead.pk) == lead
    with pytest.raises(NotFound):
        access.lead(inside.chen.actor, lead.pk)
    actions.update_lead(
        actor=inside.ma.actor, lead_id=lead.pk, changes={"owner_id": inside.chen.member.pk}, now=now
    )
    assert access.lead(inside.chen.actor, lead.pk) == lead
    with pytest.raises(NotFound):
        access.lead(inside.lin.actor, lead.pk)


def test_a_list_is_one_statement_a_page(
    inside: Company, now: Now, django_assert_max_num_queries: object
) -> None:
    for each in range(3):
        written(inside, now, name=f"周{each}", company="")
    lin = inside.lin.actor
    found = queries.list_leads(lin, LeadFilter(q="zhou1"))
    assert [row["name"] for row in found.rows] == ["周1"]
    with django_assert_max_num_queries(1):  # type: ignore[operator]
        assert len(queries.list_leads(lin, LeadFilter(), sort="name", limit=2).rows) == 2


def test_leads_go_with_who_is_erased(inside: Company, now: Now) -> None:
    gone = customers.create_customer(
        actor=inside.lin.actor, name="周敏", kind="person", contacts={"phone": PHONE}, now=now
    )
    written(inside, now, company="")
    stays = written(inside, now, name="李雷", company="", phone="13900139000", email="li@x.cn")
    assert clear_leads(who([gone.pk])) == {"leads": 1}
    assert Lead.objects.get() == stays


def test_from_the_form_to_a_customer(cast: Company, now: Now) -> None:
    form = {"name": "周敏 <b>", "origin": "call", "phone": "12", "owner_id": str(cast.lin.member.pk)}
    assert cast.lin.client.post("/sales/leads/new/", form).status_code == 422
    page = cast.lin.client.post("/sales/leads/new/", form | {"phone": PHONE}).headers["Location"]
    shown = cast.lin.client.get(page).text
    assert "周敏 &lt;b&gt;" in shown
    assert PHONE in shown
    assert PHONE in cast.lin.client.get("/sales/leads/?q=zhoumin").text
    assert cast.lin.client.post(f"{page}state/working/").status_code == 302
    answer = cast.lin.client.post(f"{page}convert/", {"deal": "泵", "amount": "12"})
    assert answer.headers["Location"].startswith("/sales/opportunities/")
    again = cast.lin.client.post(f"{page}convert/", {"deal": "泵"})
    assert again.status_code == 422
    assert '<div class="note is-bad" role="alert">' in again.text
    with cast.scope():
        buyer = Customer.objects.get()
    timeline = cast.lin.client.get(f"/customers/{buyer.pk}/timeline/").text
    assert page in timeline


def test_who_is_given_a_lead_is_told(inside: Company, now: Now) -> None:
    lead = written(inside, now)
    assert not Notification.objects.exists()
    actions.update_lead(
        actor=inside.ma.actor, lead_id=lead.pk, changes={"owner_id": inside.chen.member.pk}, now=now
    )
    told = Notification.objects.get()
    assert (told.member_id, told.kind, told.data["lead"]) == (
        inside.chen.member.pk, "sales.lead_given", str(lead.pk),
    )  # fmt: skip
