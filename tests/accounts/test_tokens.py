"""Tokens: made, used, revoked."""

import datetime

import pytest
from django.test import Client
from django.utils import timezone

from tests.accounts.managing import NOW, trace
from tests.cast import Company
from zhiyin.accounts import access
from zhiyin.accounts.actions import tokens
from zhiyin.accounts.models import ApiToken
from zhiyin.platform.errors import Invalid, NotFound


def test_a_token_is_made_works_and_is_revoked(cast: Company) -> None:
    now = timezone.now()
    with cast.scope():
        made = tokens.create_token(
            actor=cast.lin.actor, name="shop", permissions=["orders.view"],
            expires_at=now + datetime.timedelta(days=30), now=now,
        )  # fmt: skip
        stored = ApiToken.objects.get()
    assert made.text not in (stored.prefix, bytes(stored.digest).hex())
    assert made.text[3:24] == access.token_text(cast.tenant.id, b"x" * 24)[3:24]
    client = Client(headers={"authorization": f"Bearer {made.text}"})
    assert client.get("/api/v1/me/").json()["permissions"] == ["orders.view"]
    with cast.scope():
        tokens.revoke_token(actor=cast.lin.actor, token_id=stored.id, now=now)
    assert client.get("/api/v1/me/").status_code == 401
    assert trace(cast) == ["token_created", "token_revoked"]


def test_a_token_makes_no_tokens(cast: Company) -> None:
    now = timezone.now()
    until = now + datetime.timedelta(days=30)
    with cast.scope():
        made = tokens.create_token(
            actor=cast.gao.actor, name="x", permissions=["accounts.manage"], expires_at=until, now=now
        )
    client = Client(headers={"authorization": f"Bearer {made.text}"})
    body = {"name": "y", "permissions": [], "expires_at": until.isoformat()}
    assert client.post("/api/v1/tokens/", body, content_type="application/json").status_code == 400


@pytest.mark.parametrize("days", [0, -1, 400])
def test_a_token_ends_within_a_year(cast: Company, days: int) -> None:
    with cast.scope(), pytest.raises(Invalid):
        tokens.create_token(
            actor=cast.lin.actor,
            name="x",
            permissions=[],
            expires_at=NOW + datetime.timedelta(days=days),
            now=NOW,
        )


def test_nobody_revokes_the_token_of_another(cast: Company) -> None:
    with cast.scope():
        made = tokens.create_token(
            actor=cast.lin.actor,
            name="x",
            permissions=[],
            expires_at=NOW + datetime.timedelta(days=1),
            now=NOW,
        )
        with pytest.raises(NotFound):
            tokens.revoke_token(actor=cast.chen.actor, token_id=made.token.id, now=NOW)
        tokens.revoke_token(actor=cast.gao.actor, token_id=made.token.id, now=NOW)
