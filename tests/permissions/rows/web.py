"""Pages of no app."""

from tests.permissions.table import Row

ROWS = [
    Row("GET", "web:home", "302 200*8"),
    Row("POST", "web:preferences", "302*9", data={"language": "en"}),
    Row("GET", "api:openapi-json", "200*9"),
    Row("GET", "api:openapi-view", "200*9"),
]
