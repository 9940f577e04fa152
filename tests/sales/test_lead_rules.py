"""Rules for leads: the first that fits holds, people take turns, the clock runs and is brought before somebody once."""

import datetime
from typing import Any

import pytest

from tests.cast import Company
from zhiyin.accounts.models import Member
from zhiyin.platform.actors import Actor
from zhiyin.platform.errors import Conflict, Invalid, NotFound, PermissionDenied
from zhiyin.platform.models import AuditEntry, Notification
from zhiyin.sales import access, actions, queries
from zhiyin.sales.actions import LeadRules, LeadRuleTaken
from zhiyin.sales.models import Lead, LeadRule
from zhiyin.sales.queries import LeadFilter

Now = datetime.datetime


def made(company: Company, now: Now, **rules: Any) -> LeadRule:
    return actions.create_lead_rule(actor=company.gao.actor, rules=LeadRules(**rules), now=now)


def came(company: Company, now: Now, **values: Any) -> Lead:
    given = {"name": "周敏", "origin": "web", **values}
    return actions.create_lead(actor=company.ma.actor, now=now, **given)


def test_people_take_turns_and_who_left_is_passed_over(inside: Company, now: Now) -> None:
    lin, chen, wu = (each.member for each in (inside.lin, inside.chen, inside.wu))
    made(inside, now, name="官网", people=(lin.pk, chen.pk, wu.pk))
    Member.objects.filter(pk=chen.pk).update(is_active=False)
    owners = [came(inside, now).owner_id for _each in range(3)]
    assert owners == [lin.pk, wu.pk, lin.pk]
    assert came(inside, now).unit_id == wu.unit_id
    assert came(inside, now, owner_id=inside.ma.member.pk).owner_id == inside.ma.member.pk
    assert came(inside, now, origin="hand").owner_id == inside.ma.member.pk
    assert Notification.objects.filter(kind="sales.lead_given").count() == 4


def test_the_first_rule_that_fits_holds(inside: Company, now: Now) -> None:
    lin, chen = inside.lin.member.pk, inside.chen.member.pk
    made(inside, now, name="其余", position=9, people=(chen,))
    first = made(inside, now, name="展会", position=1, origins=("event",), sources=("广交会",), people=(lin,))
    assert came(inside, now, origin="event", source="广交会").owner_id == lin
    assert came(inside, now, origin="event", source="华交会").owner_id == chen
    actions.set_lead_rule_archived(actor=inside.gao.actor, rule_id=first.pk, archived=True, now=now)
    assert came(inside, now, origin="event", source="广交会").owner_id == chen
    assert [each.name for each in queries.lead_rules()] == ["其余", "展会"]


def test_nobody_answers_in_time(inside: Company, now: Now) -> None:
    boss = inside.ma.member.pk
    made(inside, now, name="官网", people=(inside.lin.member.pk,), answer_minutes=30, escalate_to_id=boss)
    lead = came(inside, now)
    assert lead.answer_by == now + datetime.timedelta(minutes=30)
    program, late = Actor.system(inside.tenant.pk), now + datetime.timedelta(minutes=30)
    assert actions.escalate_leads(actor=program, now=now + datetime.timedelta(minutes=29)) == 0
    assert actions.escalate_leads(actor=program, now=late) == 1
    assert actions.escalate_leads(actor=program, now=late) == 0
    told = Notification.objects.filter(kind="sales.lead_overdue").values_list("member_id", flat=True)
    assert set(told) == {boss, inside.lin.member.pk}
    with pytest.raises(PermissionDenied):
        actions.escalate_leads(actor=inside.lin.actor, now=late)


def test_an_answer_stops_the_clock(inside: Company, now: Now) -> None:
    made(inside, now, name="官网", answer_minutes=30)
    early = now - datetime.timedelta(hours=1)
    lead, other = came(inside, early), came(inside, early)
    overdue = LeadFilter(overdue=True)
    assert len(queries.list_leads(inside.ma.actor, overdue).rows) == 2
    actions.set_lead_state(actor=inside.ma.actor, lead_id=lead.pk, state="working", now=now)
    assert [row["id"] for row in queries.list_leads(inside.ma.actor, overdue).rows] == [other.pk]
    assert actions.escalate_leads(actor=Actor.system(inside.tenant.pk), now=now) == 1


def test_setting_up_says_what_is_wrong(inside: Company, now: Now) -> None:
    rule = made(inside, now, name="官网", people=(inside.wu.member.pk,))
    with pytest.raises(LeadRuleTaken):
        made(inside, now, name="官网", answer_minutes=5)
    wrong: dict[str, dict[str, Any]] = {
        "name": {"name": " ", "answer_minutes": 5},
        "people": {"name": "x"},
        "origins": {"name": "x", "origins": ("sky",), "answer_minutes": 5},
        "answer_minutes": {"name": "x", "answer_minutes": 0},
        "position": {"name": "x", "position": 101, "answer_minutes": 5},
    }
    for field, rules in wrong.items():
        with pytest.raises(Invalid) as refused:
            made(inside, now, **rules)
        assert refused.value.field == field
    change: dict[str, Any] = {"actor": inside.ma.actor, "rule_id": rule.pk, "now": now}
    stays = LeadRules("新", people=(inside.wu.member.pk,))
    actions.change_lead_rule(rules=stays, version=1, **change)
    with pytest.raises(Conflict):
        actions.change_lead_rule(rules=LeadRules("旧", answer_minutes=5), version=1, **change)
    actions.change_lead_rule(rules=LeadRules("新", people=(inside.lin.member.pk,)), **change)
    with pytest.raises(Invalid):
        actions.change_lead_rule(rules=stays, **change)
    with pytest.raises(PermissionDenied):
        actions.change_lead_rule(rules=stays, **change | {"actor": inside.lin.actor})
    assert access.lead_rule(rule.pk).people == [inside.lin.member.pk]
    assert AuditEntry.objects.filter(subject_id=rule.pk).count() == 3


def test_who_gives_it_away_by_the_rules_is_answered(cast: Company, now: Now) -> None:
    with cast.scope():
        made(cast, now, name="官网", people=(cast.wu.member.pk,), answer_minutes=30)
    answer = cast.lin.client.post("/api/v1/leads/", {"name": "周敏"}, content_type="application/json")
    assert (answer.status_code, answer.json()["owner_id"]) == (201, str(cast.wu.member.pk))
    form = {"name": "李雷", "origin": "call", "owner_id": ""}
    assert cast.lin.client.post("/sales/leads/new/", form).headers["Location"] == "/sales/leads/"
    with cast.scope(), pytest.raises(NotFound):
        access.lead(cast.lin.actor, Lead.objects.get(name="李雷").pk)
    assert "李雷" in cast.wu.client.get("/sales/leads/").text


def test_the_pages_of_rules(cast: Company) -> None:
    ma, lin = cast.ma.client, str(cast.lin.member.pk)
    form = {
        "name": "官网",
        "origins": ["web"],
        "sources": "官网\n广告\n",
        "people": [lin],
        "answer_minutes": "30",
    }
    assert ma.post("/settings/lead-rules/", form).status_code == 302
    with cast.scope():
        rule = LeadRule.objects.get()
        assert (rule.sources, rule.people) == (["官网", "广告"], [cast.lin.member.pk])
    shown = ma.get("/settings/lead-rules/").text
    assert "网站 · 官网、广告" in shown or "官网、广告" in shown
    assert "林岚" in shown
    page = f"/settings/lead-rules/{rule.pk}/"
    assert "广告" in ma.get(page).text
    assert ma.post(page, form | {"people": [], "answer_minutes": ""}).status_code == 422
    assert ma.post(page, form | {"version": "1", "name": "网"}).status_code == 302
    assert ma.post(page, form | {"version": "1", "name": "络"}).status_code == 422
