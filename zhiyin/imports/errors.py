from django.utils.translation import gettext_lazy as _

from zhiyin.imports.reading import FileError
from zhiyin.platform.errors import Conflict, Invalid


class Unreadable(Invalid):
    """The file cannot be read; ``code`` is that of the ``FileError``."""

    def __init__(self, error: FileError) -> None:
        super().__init__(str(error.message), field="file")
        self.code = error.code


class NotReady(Conflict):
    message = _("This import is being worked on, or cannot do this any more.")


class FileExpired(Conflict):
    message = _("The file was removed: its days are over. Upload it again.")


class ScopeChanged(Conflict):
    """A record of the file went out of the actor's scope between the check of the rows and the writing."""
