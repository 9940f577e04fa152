"""The people of a company: inviting, changing, shutting out, helping back in."""

import datetime
import uuid
from dataclasses import dataclass

from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from allauth.mfa.models import Authenticator
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext as _

from zhiyin.accounts import devices, events
from zhiyin.accounts.actions.guards import (
    MANAGE,
    lock_company,
    locked,
    name_once,
    require_administrator_left,
    require_covers_role,
    role_of,
)
from zhiyin.accounts.errors import AlreadyMember, BelongsElsewhere, NameTaken
from zhiyin.accounts.models import Member, Tenant, Unit, User
from zhiyin.platform.actors import Actor
from zhiyin.platform.errors import Invalid, NotFound
from zhiyin.platform.keys import uuid7
from zhiyin.platform.outbox import Event
from zhiyin.platform.pinyin import name_key
from zhiyin.platform.record import record
from zhiyin.platform.tenancy import as_user


@dataclass(frozen=True, slots=True)
class PasswordLink:
    """What a person sets a password with; good for three days and one use."""

    uid: str
    key: str


def invite_member(
    *,
    actor: Actor,
    email: str | None,
    name: str,
    unit_id: uuid.UUID,
    role_id: uuid.UUID,
    password: str | None = None,
    now: datetime.datetime,
) -> Member:
    """Make a person a member of the company, and known to zhiyin when new.

    Without ``password`` a new person sets one by a link (``make_password_link``). Who is known already, from
    another company, keeps the password he has. Who has no e-mail address cannot sign in before ``set_member_email``
    gives one. Raises ``AlreadyMember``, ``TooMuch``, ``NotFound`` or
    ``Invalid``.
    """
    actor.require(MANAGE)
    email = _placeholder(actor) if email is None else _checked_email(email)
    role = role_of(role_id)
    require_covers_role(actor, role, unit_id)
    unit = Unit.objects.filter(pk=unit_id).first()
    if unit is None:
        raise NotFound(field="unit")
    user = User.objects.filter(email__iexact=email).first() or _new_user(email, password, now)
    name = _checked_name(name)
    try:
        with name_once():
            member = Member.objects.create(
                user=user, name=name, name_key=name_key(name)[:200], unit=unit, role=role, created_at=now
            )
    except NameTaken as error:
        raise AlreadyMember(field="email") from error
    record(
        events.MemberAdded(member_id=member.id),
        actor=actor,
        now=now,
        subject=("member", member.id),
        changes={"name": [None, name], "role": [None, role.name], "unit": [None, unit.name]},
    )
    return member


def change_member(
    *,
    actor: Actor,
    member_id: uuid.UUID,
    name: str,
    unit_id: uuid.UUID,
    role_id: uuid.UUID,
    version: int | None = None,
    now: datetime.datetime,
) -> Member:
    """Raises ``NotFound``, ``Conflict``, ``TooMuch``, ``LastAdministrator`` or ``Invalid``."""
    actor.require(MANAGE)
    lock_company(actor)
    member = locked(Member.objects.select_related("unit", "role"), member_id, version)
    unit, role = Unit.objects.filter(pk=unit_id).first(), role_of(role_id)
    if unit is None:
        raise NotFound(field="unit")
    before = {"name": member.name, "unit": member.unit.name, "role": member.role.name}
    if (role.id, unit.id) != (member.role_id, member.unit_id):
        require_covers_role(actor, member.role, member.unit_id)
        require_covers_role(actor, role, unit.id)
    member.name = _checked_name(name)
    member.name_key = name_key(member.name)[:200]
    member.unit, member.role = unit, role
    after = {"name": member.name, "unit": unit.name, "role": role.name}
    changes = {field: [before[field], after[field]] for field in before if before[field] != after[field]}
    if not changes:
        return member
    member.version += 1
    member.save(update_fields=["name", "name_key", "unit", "role", "version"])
    require_administrator_left()
    record(
        events.MemberChanged(member_id=member.id),
        actor=actor,
        now=now,
        subject=("member", member.id),
        changes=changes,
    )
    return member


def set_member_email(*, actor: Actor, member_id: uuid.UUID, email: str, now: datetime.datetime) -> Member:
    """Give somebody who has no e-mail address one to sign in with. Twice is no error.

    Raises ``NotFound``, ``TooMuch``, ``Invalid``, also for who has an address of their own, and ``AlreadyMember`` for one
    that another person has.
    """
    actor.require(MANAGE)
    member = _covered(actor, member_id)
    email = _checked_email(email)
    if member.user.email == email:
        return member
    if member.user.has_address:
        raise Invalid(_("This person has an e-mail address already."), field="email")
    if User.objects.filter(email__iexact=email).exists():
        raise AlreadyMember(field="email")
    member.user.email, member.user.mails = email, True
    member.user.save(update_fields=["email", "mails"])
    record(events.MemberChanged(member_id=member.id), actor=actor, now=now, subject=("member", member.id))
    return member


def deactivate_member(*, actor: Actor, member_id: uuid.UUID, now: datetime.datetime) -> Member:
    """Shut a person out at once, sessions and tokens too; what belongs to them stays. Twice is no error."""
    actor.require(MANAGE)
    lock_company(actor)
    member = _covered(actor, member_id)
    if not member.is_active:
        return member
    _switch(actor, member, events.MemberDeactivated(member_id=member.id), now)
    require_administrator_left()
    devices.end_sessions(member.user_id, tenant_id=actor.tenant_id)
    return member


def activate_member(*, actor: Actor, member_id: uuid.UUID, now: datetime.datetime) -> Member:
    """Let a person in again. Twice is no error."""
    actor.require(MANAGE)
    member = _covered(actor, member_id)
    if not member.is_active:
        _switch(actor, member, events.MemberActivated(member_id=member.id), now)
    return member


def _switch(actor: Actor, member: Member, event: Event, now: datetime.datetime) -> None:
    """Active or not: what the member is not now."""
    member.is_active = not member.is_active
    member.version += 1
    member.save(update_fields=["is_active", "version"])
    changes = {"is_active": [not member.is_active, member.is_active]}
    record(event, actor=actor, now=now, subject=("member", member.id), changes=changes)


def make_password_link(*, actor: Actor, member_id: uuid.UUID, now: datetime.datetime) -> PasswordLink:
    """A link with which a person sets a password, to be handed over by the administrator.

    Who holds the link can sign in as that person; so it is refused for somebody with more permissions
    or records (``TooMuch``), and for a member of another company too (``BelongsElsewhere``), who asks for it by mail.
    """
    actor.require(MANAGE)
    member = _covered(actor, member_id)
    _require_here_only(member)
    record(events.PasswordLinkMade(member_id=member.id), actor=actor, now=now, subject=("member", member.id))
    return PasswordLink(user_pk_to_url_str(member.user), default_token_generator.make_token(member.user))


def remove_second_factors(*, actor: Actor, member_id: uuid.UUID, now: datetime.datetime) -> int:
    """For who has lost the telephone or key: how many were removed. Refused as a password link is."""
    actor.require(MANAGE)
    member = _covered(actor, member_id)
    _require_here_only(member)
    factors = Authenticator.objects.filter(user=member.user)
    count: int = factors.count()
    factors.delete()
    record(
        events.SecondFactorsRemoved(member_id=member.id),
        actor=actor,
        now=now,
        subject=("member", member.id),
        changes={"second_factors": [count, 0]},
    )
    return count


def end_member_sessions(*, actor: Actor, member_id: uuid.UUID, now: datetime.datetime) -> int:
    """End all sessions that a person has open in this company; how many."""
    actor.require(MANAGE)
    member = _covered(actor, member_id)
    count = devices.end_sessions(member.user_id, tenant_id=actor.tenant_id)
    record(
        events.SessionsEnded(member_id=member.id),
        actor=actor,
        now=now,
        subject=("member", member.id),
        changes={"sessions": [count, 0]},
    )
    return count


def rename_myself(*, actor: Actor, name: str, now: datetime.datetime) -> Member:
    """Change one's own name in the company; raises ``NotFound`` for an actor that is no member."""
    if actor.member_id is None or actor.kind != "user":
        raise NotFound
    member = locked(Member.objects.all(), actor.member_id)
    before, member.name = member.name, _checked_name(name)
    if member.name == before:
        return member
    member.name_key = name_key(member.name)[:200]
    member.version += 1
    member.save(update_fields=["name", "name_key", "version"])
    record(
        events.MemberChanged(member_id=member.id),
        actor=actor,
        now=now,
        subject=("member", member.id),
        changes={"name": [before, member.name]},
    )
    return member


def belongs_elsewhere(member: Member) -> bool:
    """Whether the person is a member of another company too."""
    with as_user(member.user_id):
        return Member.objects.filter(user_id=member.user_id).exclude(tenant_id=member.tenant_id).exists()


def _covered(actor: Actor, member_id: uuid.UUID) -> Member:
    member = locked(Member.objects.select_related("role", "user"), member_id)
    require_covers_role(actor, member.role, member.unit_id)
    return member


def _require_here_only(member: Member) -> None:
    if belongs_elsewhere(member):
        raise BelongsElsewhere


def _new_user(email: str, password: str | None, now: datetime.datetime) -> User:
    user = User(email=email, created_at=now)
    user.mails = user.has_address
    if password is None:
        user.set_unusable_password()
    else:
        try:
            validate_password(password, user)
        except ValidationError as error:
            raise Invalid(" ".join(error.messages), field="password") from error
        user.set_password(password)
    user.save(force_insert=True)
    return user


def _placeholder(actor: Actor) -> str:
    code = Tenant.objects.values_list("code", flat=True).get(pk=actor.tenant_id)
    return f"{uuid7().hex}@{code}.invalid"


def _checked_email(email: str) -> str:
    email = email.strip().lower()
    try:
        validate_email(email)
    except ValidationError as error:
        raise Invalid(_("This is not an e-mail address."), field="email") from error
    return email


def _checked_name(name: str) -> str:
    name = " ".join(name.split())
    if not 0 < len(name) <= 100:
        raise Invalid(_("Give a name of 100 characters at most."), field="name")
    return name
