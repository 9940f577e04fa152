"""What a request may bring along."""

from django.conf import settings
from django.core.files.uploadhandler import FileUploadHandler


class Limit(FileUploadHandler):
    """Keeps what goes beyond the limit from the disk: ``files.save`` then refuses the file in words."""

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes | None:
        """The chunk for the handlers after this one, or nothing."""
        return raw_data if start <= settings.ZHIYIN_UPLOAD_LIMIT_MB * 2**20 else None

    def file_complete(self, file_size: int) -> None:
        """The handlers after this one make the file."""
