"""The people of the company: the list, inviting, and one person's page with what can be done about him."""

import uuid
from collections.abc import Callable

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.core.mail import send_mail
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as later
from django.views.decorators.http import require_POST
from django_htmx.http import HttpResponseClientRefresh

from zhiyin.accounts import devices, queries
from zhiyin.accounts.access import within
from zhiyin.accounts.actions import members as actions
from zhiyin.accounts.handover import PERMISSION
from zhiyin.accounts.models import Member
from zhiyin.web.accounts.columns import sort_columns
from zhiyin.web.accounts.devices import described
from zhiyin.web.accounts.forms import InviteForm, MemberForm, unit_choices
from zhiyin.web.accounts.views.common import now, settings_page
from zhiyin.web.http import HttpRequest, notify, page, refusals

COLUMNS = [
    ("name", later("Name")),
    ("email", later("E-mail address")),
    ("", later("Unit")),
    ("", later("Role")),
    ("seen", later("Last signed in")),
    ("", later("Status")),
]


@page(permission="accounts.manage")
def users(request: HttpRequest) -> HttpResponse:
    """Everybody, searched, sorted and filtered."""
    asked = request.GET
    state = {"active": True, "inactive": False}.get(asked.get("state", "active"))
    found = queries.members(
        actor=request.actor,
        search=asked.get("q", ""),
        role_id=_key(asked.get("role")),
        unit_id=_key(asked.get("unit")),
        active=state,
        order=asked.get("sort", "name"),
        after=asked.get("after", ""),
    )
    context = {
        "page": found,
        "columns": sort_columns(request, COLUMNS, asked.get("sort", "name")),
        "roles": [(str(role.id), role.name) for role in queries.roles(actor=request.actor)],
        "units": unit_choices(queries.units(actor=request.actor)),
        "asked": asked,
    }
    return settings_page(request, "accounts:users", "users.html", context, partial="list")


@page(permission="accounts.manage")
def invite(request: HttpRequest) -> HttpResponse:
    """Add a person; one who is new gets a link to set a password."""
    form = InviteForm(
        request.POST or None,
        units=queries.units(actor=request.actor),
        roles=queries.roles(actor=request.actor),
    )
    if request.method == "POST" and form.is_valid():
        with refusals(form):
            data = form.cleaned_data
            member = actions.invite_member(
                actor=request.actor,
                email=data["email"],
                name=data["name"],
                unit_id=uuid.UUID(data["unit"]),
                role_id=uuid.UUID(data["role"]),
                now=now(),
            )
            if member.user.has_usable_password() or actions.belongs_elsewhere(member):
                notify(
                    request, _("%(name)s is added, with the password used so far.") % {"name": member.name}
                )
                return redirect("accounts:users")
            return _show_link(request, member)
    return settings_page(request, "accounts:users", "invite.html", {"form": form})


@page(permission="accounts.manage")
def user(request: HttpRequest, member_id: uuid.UUID) -> HttpResponse:
    """One person."""
    member = queries.member(actor=request.actor, member_id=member_id)
    form = MemberForm(
        request.POST or None,
        units=queries.units(actor=request.actor),
        roles=queries.roles(actor=request.actor),
        initial={
            "name": member.name,
            "unit": str(member.unit_id),
            "role": str(member.role_id),
            "version": member.version,
        },
    )
    if request.method == "POST" and form.is_valid():
        with refusals(form):
            data = form.cleaned_data
            actions.change_member(
                actor=request.actor,
                member_id=member.id,
                name=data["name"],
                unit_id=uuid.UUID(data["unit"]),
                role_id=uuid.UUID(data["role"]),
                version=data["version"],
                now=now(),
            )
            notify(request, _("The changes are saved."))
            return redirect("accounts:user", member.id)
    sessions = devices.open_sessions(member.user_id, tenant_id=request.actor.tenant_id)
    context = {
        "form": form,
        "member": member,
        "sessions": [described(session, request.session.session_key) for session in sessions],
        "has_factors": Authenticator.objects.filter(user=member.user).exists(),
        "elsewhere": actions.belongs_elsewhere(member),
        "holds": queries.holder(request.actor, member.pk, now()).total
        if request.actor.may(PERMISSION) and within(request.actor).filter(pk=member.pk).exists()
        else 0,
        "invited": not member.user.has_usable_password(),
    }
    return settings_page(request, "accounts:users", "user.html", context)


@require_POST
@page(permission="accounts.manage")
def deactivate(request: HttpRequest, member_id: uuid.UUID) -> HttpResponse:
    member = actions.deactivate_member(actor=request.actor, member_id=member_id, now=now())
    undo = reverse("accounts:activate", args=[member_id])
    notify(request, _("%(name)s can no longer sign in.") % {"name": member.name}, undo=undo)
    return redirect("accounts:user", member_id)


@require_POST
@page(permission="accounts.manage")
def activate(request: HttpRequest, member_id: uuid.UUID) -> HttpResponse:
    member = actions.activate_member(actor=request.actor, member_id=member_id, now=now())
    notify(request, _("%(name)s can sign in again.") % {"name": member.name})
    if request.htmx:  # the undo button of a toast, on whatever page it is pressed
        return HttpResponseClientRefresh()
    return redirect("accounts:user", member_id)


@require_POST
@page(permission="accounts.manage")
def password_link(request: HttpRequest, member_id: uuid.UUID) -> HttpResponse:
    """A link to set a password, shown once and mailed where mail is configured."""
    return _show_link(request, queries.member(actor=request.actor, member_id=member_id))


@require_POST
@page(permission="accounts.manage")
def end_sessions(request: HttpRequest, member_id: uuid.UUID) -> HttpResponse:
    return _done(request, member_id, actions.end_member_sessions, _("All sessions are ended."))


@require_POST
@page(permission="accounts.manage")
def remove_factors(request: HttpRequest, member_id: uuid.UUID) -> HttpResponse:
    said = _(
        "The second factors are removed. The password alone opens the account until new ones are set up."
    )
    return _done(request, member_id, actions.remove_second_factors, said)


def _done(request: HttpRequest, member_id: uuid.UUID, action: Callable[..., int], said: str) -> HttpResponse:
    action(actor=request.actor, member_id=member_id, now=now())
    notify(request, said)
    return redirect("accounts:user", member_id)


def _show_link(request: HttpRequest, member: Member) -> HttpResponse:
    made = actions.make_password_link(actor=request.actor, member_id=member.id, now=now())
    path = reverse("account_reset_password_from_key", kwargs={"uidb36": made.uid, "key": made.key})
    context = {"member": member, "link": request.build_absolute_uri(path), "mailed": settings.MAIL_CONFIGURED}
    if settings.MAIL_CONFIGURED:
        text = render_to_string("accounts/mail/invitation.txt", {**context, "tenant": request.tenant})
        title = _("Your access to %(company)s") % {"company": request.tenant.name}
        transaction.on_commit(lambda: send_mail(title, text, None, [member.user.email]))
    return settings_page(request, "accounts:users", "link.html", context)


def _key(text: str | None) -> uuid.UUID | None:
    try:
        return uuid.UUID(text) if text else None
    except ValueError:
        return None
