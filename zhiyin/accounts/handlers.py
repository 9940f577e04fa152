"""News from below: what a member is told comes by mail as well."""

import uuid

from django.conf import settings
from django.core.mail import send_mail
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as _

from zhiyin.accounts.models import Member, Tenant
from zhiyin.platform import notifications, outbox
from zhiyin.platform.models import Notification


@outbox.handles("platform.member_notified")
def mail_notification(event: outbox.Delivered) -> None:
    """Send it to who wishes so and has not seen it yet. No customer is named in a mail."""
    if not settings.MAIL_CONFIGURED:
        return
    found = Notification.objects.filter(pk=event.data["notification_id"], seen_at=None).first()
    kind = notifications.kind(found.kind) if found else None
    member = _reader(event.data["member_id"])
    if found is None or kind is None or member is None:
        return
    tenant = Tenant.objects.get(pk=event.tenant_id)
    with translation.override(member.user.language or tenant.language):
        text = str(kind.text) % {**found.data, "customer": _("a customer")}
        context = {"text": text, "origin": settings.ORIGIN, "notification": found}
        body = render_to_string("accounts/mail/notification.txt", context)
        send_mail(f"{tenant.name}: {text[:100]}", body, None, [member.user.email])


def _reader(member_id: str) -> Member | None:
    """A member who may still sign in and wishes mails."""
    wishing = Member.objects.filter(is_active=True, user__is_active=True, user__mails=True)
    return wishing.select_related("user").filter(pk=uuid.UUID(member_id)).first()
