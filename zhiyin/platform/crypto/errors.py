"""What can be wrong with keys and what is under them. No message tells a value or a key."""

from django.utils.translation import gettext_lazy as _

from zhiyin.platform.errors import DomainError


class CryptoError(Exception):
    """The installation's keys are not fit to be used; the message says what to do."""


class MasterKeyMissing(CryptoError):
    """What wraps a company's keys is not on this machine."""

    def __init__(self, version: str) -> None:
        super().__init__(
            f"The master key {version} is not here. Put it back (the file master_key in the data folder, "
            "ZHIYIN_MASTER_KEY or ZHIYIN_KMS); without it no sensitive value can be read."
        )
        self.version = version


class Unreadable(CryptoError):
    """This was encrypted for somebody or something else, under another key, or was changed since."""

    def __init__(self) -> None:
        super().__init__("An encrypted value cannot be read: it is not what was written for this place.")


class Erased(DomainError):
    """The subject's key was destroyed."""

    status = 410
    message = _("This was erased for good.")
