"""Who asks for a yes to 林岚's deal, who answers, who sets rules up. 马超 is above her and is asked."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.utils import timezone

from tests.cast import Company, Person
from tests.permissions.table import Row
from zhiyin.approvals import actions
from zhiyin.approvals.actions import RuleSaid, StepSaid
from zhiyin.approvals.models import ApprovalRequest, ApprovalRule
from zhiyin.sales.models import Opportunity, Pipeline, Stage

Given = Mapping[str, Any]
# columns: anonymous, lin, chen, ma, wu, an, xu, gao, other gao
OPEN_TO_ALL = "200*8"
SEES = "200 404 200 404*3 200 404"
RULES = "302 403*6 200*2"
RULE = "302 403*6 200 404"
API_RULES = "401 403*6 200*2"


def _rule(company: Company) -> ApprovalRule:
    said = RuleSaid("sales.closing", "大单", (StepSaid(),), amount_from=Decimal(100_000))
    return actions.create_rule(actor=company.gao.actor, said=said, now=timezone.now())


def deal(company: Company) -> Given:
    """林岚's, and the rule that it needs a yes by."""
    _rule(company)
    pipeline = Pipeline.objects.create(name="销售")
    stage = Stage.objects.create(pipeline=pipeline, name="报价", position=1)
    made = Opportunity.objects.create(
        code="O-1", name="空调", name_key="空调", pipeline=pipeline, stage=stage, furthest=stage, currency="CNY",
        amount=Decimal(200_000), owner=company.lin.member, unit=company.lin.member.unit,
    )  # fmt: skip
    return {"subject": "sales.closing", "subject_id": made.pk}


def _asked(company: Company) -> ApprovalRequest:
    return actions.ask_approval(actor=company.lin.actor, **deal(company), reason="年底前", now=timezone.now())


def asked(company: Company) -> Given:
    return {"request_id": _asked(company).pk}


def returned(company: Company) -> Given:
    made = _asked(company)
    actions.decide_approval(
        actor=company.ma.actor, request_id=made.pk, answer="returned", comment="改", now=timezone.now()
    )
    return {"request_id": made.pk}


def ruled(company: Company) -> Given:
    return {"rule_id": _rule(company).pk}


def archived(company: Company) -> Given:
    made = _rule(company)
    actions.set_rule_archived(actor=company.gao.actor, rule_id=made.pk, archived=True, now=timezone.now())
    return {"rule_id": made.pk}


def away(company: Company) -> Given:
    """马超's."""
    today = timezone.localdate()
    made = actions.add_absence(
        actor=company.ma.actor, deputy_id=company.gao.member.pk, starts_on=today, ends_on=today,
        now=timezone.now(),
    )  # fmt: skip
    return {"absence_id": made.pk}


def _absence(person: Person) -> Given:
    today = timezone.localdate().isoformat()
    return {"deputy_id": str(person.member.pk), "starts_on": today, "ends_on": today}


def absence(company: Company, _given: Given) -> Given:
    return _absence(company.gao)


def asking(company: Company) -> Given:
    """Nothing goes into the address; 林岚's deal is asked for."""
    deal(company)
    return {}


def the_deal(_company: Company, _given: Given) -> Given:
    return {"subject": "sales.closing", "subject_id": str(Opportunity.objects.get().pk)}


FORM = {
    "subject": "sales.closing",
    "name": "新",
    "amount_from": "5000",
    "step0-who": "superior",
    "step0-mode": "any",
}
SAID = {"subject": "sales.closing", "name": "新", "amount_from": 5000, "steps": [{"who": "superior"}]}
YES = {"answer": "approved"}
ROWS = [
    Row("GET", "approvals:inbox", f"302 {OPEN_TO_ALL}"),
    Row("GET", "approvals:ask", "302 200 404 200 404 403 403 200 404", deal),
    Row("POST", "approvals:ask", "302 302 404 302 404 403 403 422 404", deal, {"reason": "年底前"}),
    Row("GET", "approvals:request", f"302 {SEES}", asked),
    Row("POST", "approvals:decide", "302 403 403 302 403*3 422 404", asked, YES),
    Row("POST", "approvals:comment", "302 302 404 302 404*3 302 404", asked, {"text": "好"}),
    Row("POST", "approvals:ask_again", "302 302 404 403 404*3 403 404", returned),
    Row("POST", "approvals:recall", "302 302 404 403 404*3 403 404", asked),
    Row("GET", "approvals:absences", "302 403*2 200 403*3 200*2"),
    Row("POST", "approvals:absences", "302 403*2 302 403*3 422*2", data=absence, note="for 高敏"),
    Row("POST", "approvals:remove_absence", "302 403*2 302 403*3 302 404", away),
    Row("GET", "approvals:rules", RULES),
    Row("GET", "approvals:create_rule", RULES),
    Row("POST", "approvals:create_rule", "302 403*6 302*2", data=FORM),
    Row("POST", "approvals:order_rules", "302 403*6 302*2"),
    Row("GET", "approvals:change_rule", RULE, ruled),
    Row("POST", "approvals:change_rule", "302 403*6 302 404", ruled, FORM),
    Row("POST", "approvals:archive_rule", "302 403*6 302 404", ruled),
    Row("POST", "approvals:restore_rule", "302 403*6 302 404", archived),
    Row("GET", "api:list_approvals", f"401 {OPEN_TO_ALL}"),
    Row("GET", "api:get_approval", f"401 {SEES}", asked),
    Row("POST", "api:ask_approval", "401 201 404 201 404 403 403 400 404", asking, the_deal),
    Row("POST", "api:decide_approval", "401 403 403 200 403*3 403 404", asked, YES),
    Row("POST", "api:comment_approval", "401 200 404 200 404*3 200 404", asked, {"text": "好"}),
    Row("POST", "api:ask_approval_again", "401 200 404 403 404*3 403 404", returned, {"reason": "改了"}),
    Row("POST", "api:recall_approval", "401 200 404 403 404*3 403 404", asked),
    Row("GET", "api:list_absences", "401 403*2 200 403*3 200*2"),
    Row("POST", "api:add_absence", "401 403*2 201 403*3 400*2", data=absence, note="for 高敏"),
    Row("DELETE", "api:remove_absence", "401 403*2 204 403*3 204 404", away),
    Row("GET", "api:list_approval_rules", API_RULES),
    Row("POST", "api:create_approval_rule", "401 403*6 201*2", data=SAID),
    Row("PUT", "api:order_approval_rules", API_RULES, data={"ids": []}),
    Row("PUT", "api:change_approval_rule", "401 403*6 200 404", ruled, SAID),
    Row("POST", "api:archive_approval_rule", "401 403*6 200 404", ruled),
    Row("POST", "api:restore_approval_rule", "401 403*6 200 404", archived),
]
