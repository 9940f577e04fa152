"""PDF of HTML made here, by WeasyPrint, which lays out with the system's Pango and fonts."""

import io
import logging
from collections.abc import Callable, Iterable
from typing import IO, Any

from django.utils.translation import gettext_lazy as _

from zhiyin.platform.errors import DomainError

FONTS = (
    '"Noto Sans CJK SC", "Noto Sans SC", "Source Han Sans SC", "PingFang SC", "Microsoft YaHei",'
    ' "WenQuanYi Micro Hei", sans-serif'
)

Part = Callable[[int], str]
"""HTML of a part of a document, given how many pages lie before it."""


class CannotPrint(DomainError):
    status = 503
    message = _(
        "This machine cannot make PDF files yet: its administrator installs Pango and a Chinese font (on Debian:"
        " libpangoft2-1.0-0, libharfbuzz-subset0, fonts-noto-cjk)."
    )


def write_pdf(parts: Iterable[Part], stream: IO[bytes], style: str = "") -> int:
    """Write the parts of a document one behind the other as one PDF, and return how many pages it has.

    ``style`` is CSS for all of them, beside what they say of themselves.
    What is laid out lies in memory a part at a time. The parts may name nothing outside themselves. Raises
    ``CannotPrint`` without Pango.
    """
    from pypdf import PdfWriter

    printer = _weasyprint()
    sheets = [printer.CSS(string=style)]
    with PdfWriter() as whole:
        for part in parts:
            laid_out = io.BytesIO()
            page = printer.HTML(string=part(len(whole.pages)), url_fetcher=_nothing)
            page.write_pdf(laid_out, stylesheets=sheets)
            whole.append(laid_out)
        whole.write(stream)
        return len(whole.pages)


def _weasyprint() -> Any:
    try:
        import weasyprint
    except OSError as error:  # what it finds missing is a shared library
        raise CannotPrint from error
    logging.getLogger("weasyprint.progress").setLevel(logging.WARNING)
    return weasyprint


def _nothing(url: str, *_more: Any, **_named: Any) -> Any:
    raise ValueError(f"a page to print names nothing outside itself: {url[:80]}")
