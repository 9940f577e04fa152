"""Who hands over what a member has. 林岚 gives; 马超 is above her, 陈晨 beside her."""

from collections.abc import Mapping
from typing import Any

from django.utils import timezone

from tests.cast import Company
from tests.permissions.table import Row
from zhiyin.accounts.actions import handover
from zhiyin.accounts.handover import Plan, Taker
from zhiyin.customers import actions
from zhiyin.platform.models import Job

Given = Mapping[str, Any]
# columns: anonymous, lin, chen, ma, wu, an, xu, gao, other gao
LIST = "302 403 403 200 403*3 200*2"
ONE = "302 403 403 200 403*3 200 404"
API_ONE = "401 403 403 200 403*3 200 404"


def giver(company: Company) -> Given:
    actions.create_customer(actor=company.lin.actor, name="甲", now=timezone.now())
    return {"member_id": company.lin.member.pk}


def made(company: Company) -> Given:
    found = giver(company)
    plan = Plan(parts=("customers",), people=(Taker(member_id=company.chen.member.pk),))
    done = handover.hand_over(
        actor=company.gao.actor, giver_id=found["member_id"], plan=plan, now=timezone.now()
    )
    Job.objects.filter(pk=done.job_id).update(state="succeeded")
    return {"handover_id": done.pk}


def body(company: Company, _given: Given) -> Given:
    return {"parts": ["customers"], "people": [{"member_id": str(company.chen.member.pk)}]}


def form(company: Company, _given: Given) -> Given:
    return {"parts": ["customers"], "place": "people", "people": [str(company.chen.member.pk)]}


ROWS = [
    Row("GET", "customers:handovers", LIST),
    Row("GET", "customers:hand_over", ONE, giver),
    Row("POST", "customers:hand_over", ONE, giver, form),
    Row("GET", "customers:handover", ONE, made),
    Row("POST", "customers:undo_handover", "302 403 403 302 403*3 302 404", made),
    Row("GET", "api:count_holdings", API_ONE, giver),
    Row("POST", "api:preview_hand_over", API_ONE, giver, body),
    Row("POST", "api:hand_over", "401 403 403 201 403*3 201 404", giver, body),
    Row("GET", "api:list_handovers", "401 403 403 200 403*3 200*2"),
    Row("GET", "api:get_handover", API_ONE, made),
    Row("POST", "api:undo_hand_over", API_ONE, made),
]
