"""Who may look for duplicates, decide on them, and set the rules."""

from collections.abc import Mapping
from typing import Any

from django.utils import timezone

from tests.cast import Company
from tests.permissions.table import Row
from zhiyin.customers import actions
from zhiyin.customers.models import Suspect

Given = Mapping[str, Any]
# columns: anonymous, lin, chen, ma, wu, an, xu, gao, other gao
RULES = {"automatic": False, "precision": 0.99, "tell_others": True}


def pair(company: Company, _given: Given) -> Given:
    one, other = sorted(
        actions.create_customer(actor=company.lin.actor, name=name, now=timezone.now()).pk
        for name in ("甲", "乙")
    )
    made = Suspect.objects.create(one_id=one, other_id=other, probability=0.9, found_at=timezone.now())
    return {"pairs": [str(made.pk)], "verdict": "different"}


ROWS = [
    Row("GET", "customers:duplicates", "302 200*8"),
    Row("POST", "customers:search_duplicates", "302 403*6 302*2"),
    Row("POST", "customers:decide_duplicates", "302*6 403 302*2", data=pair),
    Row("GET", "customers:likely", "302 200*5 403 200*2", query="name=x"),
    Row("GET", "api:find_likely", "401 200*5 403 200*2", query="name=x"),
    Row("GET", "customers:duplicate_rules", "302 403*6 200*2"),
    Row("POST", "customers:duplicate_rules", "302 403*6 302*2", data={"precision": "0.99"}),
    Row("GET", "api:list_duplicates", "401 200*8"),
    Row("POST", "api:find_duplicates", "401 403*6 202*2"),
    Row("POST", "api:decide_duplicates", "401 200*5 403 200*2", data=pair),
    Row("GET", "api:read_duplicate_rules", "401 403*6 200*2"),
    Row("PUT", "api:change_duplicate_rules", "401 403*6 200*2", data=RULES),
]
