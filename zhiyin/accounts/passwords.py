"""Rules for passwords, after NIST SP 800-63B section 5.1.1: long, not common, not about oneself.

There are no rules of composition and no expiry. The list of common passwords is Django's (20,000 entries).
"""

from typing import Any

from django.contrib.auth.hashers import Argon2PasswordHasher
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from zhiyin.accounts.models import Member, Tenant, User
from zhiyin.platform.pinyin import name_key, normalise
from zhiyin.platform.tenancy import as_user

SHORTEST, LONGEST = 10, 256


class Argon2(Argon2PasswordHasher):
    """Argon2id as OWASP recommends: 19 MiB, two passes; at Django's 100 MiB few strangers fill a machine."""

    memory_cost = 19_456
    time_cost = 2
    parallelism = 1


class Length:
    """From 10 to 256 characters; the upper bound keeps hashing cheap."""

    def validate(self, password: str, user: Any = None) -> None:  # noqa: ARG002  # Django's interface
        if len(password) < SHORTEST:
            raise ValidationError(
                ngettext("Use at least %(count)d character.", "Use at least %(count)d characters.", SHORTEST),
                code="password_too_short",
                params={"count": SHORTEST},
            )
        if len(password) > LONGEST:
            raise ValidationError(
                _("Use at most %(count)d characters."), code="password_too_long", params={"count": LONGEST}
            )

    def get_help_text(self) -> str:
        return _("At least %(count)d characters; a few words make a good password.") % {"count": SHORTEST}


class NotPersonal:
    """Not made of the e-mail address, one's name or the company's: what is left without them must be long."""

    message = gettext_lazy("This password is too close to your name, e-mail address or company.")

    def validate(self, password: str, user: User | None = None) -> None:
        left = _letters(password)
        for word in sorted(_personal_words(user), key=len, reverse=True):
            left = left.replace(word, "")
        if len(left) < SHORTEST // 2 and left != _letters(password):
            raise ValidationError(self.message, code="password_personal")

    def get_help_text(self) -> str:
        return _("Not your name, e-mail address or company.")


def _letters(text: str) -> str:
    return "".join(character for character in normalise(text) if character.isalnum())


def _personal_words(user: User | None) -> set[str]:
    """E-mail address and its parts, names (with pinyin) and companies of ``user``, from three letters on."""
    texts = ["zhiyin", "知音"]
    if user is not None:
        local, _at, domain = user.email.partition("@")
        texts += [
            user.email,
            local,
            *local.replace("-", ".").replace("_", ".").split("."),
            *domain.split("."),
        ]
        if user.pk and not user._state.adding:
            texts += _memberships(user)
    words = {_letters(text) for text in texts} | {_letters(name_key(text)) for text in texts}
    return {word for word in words if len(word) >= (3 if word.isascii() else 2)}


def _memberships(user: User) -> list[str]:
    with as_user(user.pk):
        members = list(Member.objects.filter(user=user).values_list("name", "tenant_id"))
    tenants = Tenant.objects.filter(pk__in=[tenant for _name, tenant in members])
    return [name for name, _tenant in members] + [
        text for tenant in tenants for text in (tenant.name, tenant.code)
    ]
