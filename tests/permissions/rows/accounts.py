"""Who may do what with accounts."""

from tests.permissions.table import Row

ROWS = [
    Row("GET", "api:me", "401 200*8"),
]
