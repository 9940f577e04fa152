"""What only the owner of the database can do to an audit log."""

import contextlib
import uuid
from collections.abc import Iterator
from typing import Any

from django.db import connections

from zhiyin.platform.tenancy import scope


@contextlib.contextmanager
def as_owner(tenant: uuid.UUID, *tables: str) -> Iterator[Any]:
    """A cursor of the owner, within one tenant, with the triggers that guard these tables switched off."""
    with scope(tenant, using="owner"), connections["owner"].cursor() as cursor:
        cursor.execute("SET LOCAL zhiyin.maintenance = 'on'")
        for table in tables:
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER append_only")
        yield cursor
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for table in tables:
            cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER append_only")
