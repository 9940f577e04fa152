"""Who may do what with consent. The customer of the rows is 林岚's: 马超 is above her, 陈晨 beside her."""

from collections.abc import Mapping
from typing import Any

from django.utils import timezone

from tests.cast import Company
from tests.permissions.table import Row
from zhiyin.customers import actions
from zhiyin.customers.actions import PurposeRules

Given = Mapping[str, Any]
# columns: anonymous, lin, chen, ma, wu, an, xu, gao, other gao
SEEN = "401 200 404 200 404 404 200 200 404"
SETTING = "302 403*6 200 404"
SET = "302 403*6 302 404"


def customer(company: Company) -> Given:
    made = actions.create_customer(actor=company.lin.actor, name="王小明", now=timezone.now())
    return {"customer_id": made.pk}


def purpose(company: Company) -> Given:
    made = actions.create_purpose(
        actor=company.gao.actor, rules=PurposeRules("会员日", "consent"), now=timezone.now()
    )
    return {"purpose_id": made.pk}


ANSWER = {"answer": "refused", "source": "talk"}
FORM = {"purpose": "all", **ANSWER}
RULES = {"name": "抽奖", "basis": "consent"}

ROWS = [
    Row("POST", "customers:record_consent", "302 302 404 302 404 404 403 302 404", given=customer, data=FORM),
    Row("GET", "customers:purposes", "302 403*6 200*2"),
    Row("GET", "customers:create_purpose", "302 403*6 200*2"),
    Row("POST", "customers:create_purpose", "302 403*6 302*2", data=RULES),
    Row("GET", "customers:purpose", SETTING, given=purpose),
    Row("POST", "customers:purpose", SET, given=purpose, data=RULES),
    Row("POST", "customers:archive_purpose", SET, given=purpose),
    Row("POST", "customers:restore_purpose", SET, given=purpose),
    Row("GET", "api:list_purposes", "401 200*8"),
    Row("POST", "api:create_purpose", "401 403*6 201*2", data=RULES),
    Row("PUT", "api:change_purpose", "401 403*6 200 404", given=purpose, data=RULES),
    Row("POST", "api:archive_purpose", "401 403*6 200 404", given=purpose),
    Row("POST", "api:restore_purpose", "401 403*6 200 404", given=purpose),
    Row("GET", "api:list_consents", SEEN, given=customer),
    Row("GET", "api:read_standing", SEEN, given=customer),
    Row("POST", "api:record_consent", "401 201 404 201 404 404 403 201 404", given=customer, data=ANSWER),
]
