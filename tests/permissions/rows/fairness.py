"""Who sees how fairly customers are spread: who manages pools."""

from collections.abc import Mapping
from typing import Any

from tests.cast import Company
from tests.permissions.table import Row

# columns: anonymous, lin, chen, ma, wu, an, xu, gao, other gao
PAGE = "302 403 403 200 403*3 200*2"
API = "401 403 403 200 403*3 200*2"


def lin(company: Company) -> Mapping[str, Any]:
    return {"member_id": company.lin.member.pk}


ROWS = [
    Row("GET", "customers:fairness", PAGE),
    Row("GET", "customers:dropped", "302 403 403 200 403*3 200 404", lin),
    Row("POST", "customers:work_out_holdings", "302 403 403 302 403*3 302*2"),
    Row("GET", "api:list_fairness", API),
    Row("GET", "api:list_dropped", API, lin),
    Row("POST", "api:work_out_holdings", API),
]
