"""How django-allauth signs people in here: nobody signs up, limits of our own, secrets encrypted."""

import base64
import functools
import hashlib
import math
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from cryptography.fernet import Fernet
from django.conf import settings
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import ngettext

from zhiyin.accounts import throttle
from zhiyin.accounts.network import client_address


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    def is_open_for_signup(self, request: HttpRequest) -> bool:  # noqa: ARG002  # allauth's interface
        return False

    def get_client_ip(self, request: HttpRequest) -> str:
        return client_address(request)

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        try:
            self._try = throttle.begin(request, credentials.get("email", ""), timezone.now())
        except throttle.TooManyTries as refusal:
            minutes = max(1, math.ceil(refusal.wait.total_seconds() / 60))
            raise ValidationError(
                ngettext(
                    "Too many tries from here. Wait %(count)d minute, or sign in on a device you have used "
                    "before, with a passkey, or through a link to set a new password.",
                    "Too many tries from here. Wait %(count)d minutes, or sign in on a device you have used "
                    "before, with a passkey, or through a link to set a new password.",
                    minutes,
                )
                % {"count": minutes},
                code="too_many_login_attempts",
            ) from refusal

    def authenticate(self, request: HttpRequest, **credentials: Any) -> Any:
        user = super().authenticate(request, **credentials)
        if user:
            self._try.succeeded()
        return user

    def reauthenticate(self, user: Any, password: str) -> bool:
        found = self.authenticate(self.request, email=user.email, password=password)
        return found is not None and found.pk == user.pk

    def post_login(self, request: HttpRequest, user: Any, **options: Any) -> HttpResponse:
        response: HttpResponse = super().post_login(request, user, **options)
        throttle.remember(request, response, user.email)
        return response


class MfaAdapter(DefaultMFAAdapter):  # type: ignore[misc]
    """Secrets of second factors lie encrypted in the database, under a key made from the signing key."""

    def encrypt(self, text: str) -> str:
        return _cipher().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        return _cipher().decrypt(encrypted_text.encode()).decode()


@functools.cache
def _cipher() -> Fernet:
    key = hashlib.blake2b(settings.SECRET_KEY.encode(), digest_size=32, person=b"zhiyin-mfa").digest()
    return Fernet(base64.urlsafe_b64encode(key))
