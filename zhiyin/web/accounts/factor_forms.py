"""django-allauth's forms of second factors under our own labels: its word for a code is ours for a number."""

from typing import Any

from allauth.mfa.base.forms import AuthenticateForm, ReauthenticateForm
from allauth.mfa.totp.forms import ActivateTOTPForm
from allauth.mfa.webauthn.forms import AddWebAuthnForm
from django.forms import Form
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


def _label(form: Form, name: str, label: str | Promise) -> None:
    form.fields[name].label = str(label)
    form.fields[name].widget.attrs.pop("placeholder", None)


class CodeForm(AuthenticateForm):  # type: ignore[misc]  # untyped there
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _label(self, "code", _("Six digits from the app, or a recovery code"))


class CodeAgainForm(ReauthenticateForm):  # type: ignore[misc]  # untyped there
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _label(self, "code", _("Six digits from the app, or a recovery code"))


class AppForm(ActivateTOTPForm):  # type: ignore[misc]  # untyped there
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _label(self, "code", _("Six digits from the app"))


class PasskeyForm(AddWebAuthnForm):  # type: ignore[misc]  # untyped there
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _label(self, "name", _("Name"))
