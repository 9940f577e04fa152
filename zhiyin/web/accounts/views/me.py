"""A person's own pages: profile, security with sessions, tokens."""

import ipaddress
import uuid
from urllib.parse import urlsplit

from allauth.mfa.models import Authenticator
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from zhiyin.accounts import devices, queries
from zhiyin.accounts.actions import tokens as token_actions
from zhiyin.accounts.actions.preferences import change_profile
from zhiyin.accounts.models import User
from zhiyin.web.accounts.devices import described
from zhiyin.web.accounts.forms import ProfileForm, TokenForm
from zhiyin.web.accounts.views.common import my_tabs, now
from zhiyin.web.http import HttpRequest, notify, page, refusals, render


@page()
def profile(request: HttpRequest) -> HttpResponse:
    """Name, language, appearance, time format."""
    user = _user(request)
    member = queries.myself(actor=request.actor)
    form = ProfileForm(
        request.POST or None,
        initial={
            "name": member.name,
            "language": user.language,
            "theme": user.theme,
            "time_format": user.time_format,
            "mails": user.mails,
        },
    )
    if request.method == "POST" and form.is_valid():
        with refusals(form):
            change_profile(actor=request.actor, now=now(), **form.cleaned_data)
            notify(request, _("Your profile is saved."))
            return redirect("accounts:profile")
    return render(
        request,
        "accounts/profile.html",
        {"form": form, "member": member, "tabs": my_tabs("accounts:profile")},
    )


@page()
def security(request: HttpRequest) -> HttpResponse:
    """Password, second factors, and where one is signed in."""
    user = _user(request)
    factors = list(Authenticator.objects.filter(user=user))
    codes = next((each for each in factors if each.type == Authenticator.Type.RECOVERY_CODES), None)
    context = {
        "totp": any(each.type == Authenticator.Type.TOTP for each in factors),
        "keys": [each for each in factors if each.type == Authenticator.Type.WEBAUTHN],
        "codes_left": len(codes.wrap().get_unused_codes()) if codes else None,
        "sessions": [
            described(session, request.session.session_key) for session in devices.open_sessions(user.pk)
        ],
        "tabs": my_tabs("accounts:security"),
        "named_url": _named_url(request),
    }
    return render(request, "accounts/security.html", context)


@require_POST
@page()
def end_session(request: HttpRequest, number: int) -> HttpResponse:
    """Sign out on one other device."""
    ended = devices.end_sessions(_user(request).pk, only=number, keep=request.session.session_key)
    if ended:
        notify(request, _("That device is signed out."))
    return redirect("accounts:security")


@require_POST
@page()
def end_other_sessions(request: HttpRequest) -> HttpResponse:
    """Sign out everywhere but here."""
    devices.end_sessions(_user(request).pk, keep=request.session.session_key)
    notify(request, _("All other devices are signed out."))
    return redirect("accounts:security")


@page()
def my_tokens(request: HttpRequest) -> HttpResponse:
    """One's own API tokens, and making one; the secret is shown this once."""
    form = TokenForm(request.POST or None, allowed=request.actor.permissions)
    made = None
    if request.method == "POST" and form.is_valid():
        with refusals(form):
            made = token_actions.create_token(
                actor=request.actor,
                name=form.cleaned_data["name"],
                permissions=form.cleaned_data["permissions"],
                expires_at=form.expires_at(now()),
                now=now(),
            )
            form = TokenForm(allowed=request.actor.permissions)
    rows = [
        (token, queries.token_state(token, now())) for token in queries.tokens(actor=request.actor, mine=True)
    ]
    context = {"form": form, "made": made, "rows": rows, "tabs": my_tabs("accounts:my_tokens")}
    return render(request, "accounts/my_tokens.html", context)


@require_POST
@page()
def revoke_my_token(request: HttpRequest, token_id: uuid.UUID) -> HttpResponse:
    token_actions.revoke_token(actor=request.actor, token_id=token_id, now=now())
    notify(request, _("The token is revoked."))
    return redirect("accounts:my_tokens")


def _user(request: HttpRequest) -> User:
    assert isinstance(request.user, User)
    return request.user


def _named_url(request: HttpRequest) -> str:
    """This page by a name when it was opened by a number, to which browsers bind no passkeys; else empty."""
    place = urlsplit(f"//{request.get_host()}")
    try:
        ipaddress.ip_address(place.hostname or "")
    except ValueError:
        return ""
    port = f":{place.port}" if place.port else ""
    return f"{request.scheme}://localhost{port}{request.path}"
