"""Who may say how far roles see the fields of customers."""

from collections.abc import Mapping
from typing import Any

from tests.cast import Company
from tests.permissions.table import Row

Given = Mapping[str, Any]


def role(company: Company) -> Given:
    return {"role_id": company.roles["analyst"].pk}


# columns: anonymous, lin, chen, ma, wu, an, xu, gao, other gao
ROWS = [
    Row("GET", "customers:field_access", "302 403*6 200*2"),
    Row("POST", "customers:field_access", "302 403*6 302*2"),
    Row("GET", "api:list_governed_fields", "401 403*6 200*2"),
    Row("GET", "api:list_field_access", "401 403*6 200*2"),
    Row("PUT", "api:set_field_access", "401 403*6 200 404", given=role, data={"rules": {"phone": "masked"}}),
]
