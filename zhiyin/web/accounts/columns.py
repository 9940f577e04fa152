"""The heads of a list's columns: which can be sorted, and by which the list is sorted now."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.http import HttpRequest
from django.utils.functional import Promise


@dataclass(frozen=True, slots=True)
class Column:
    label: str | Promise
    sort_url: str = ""
    direction: str = ""
    numeric: bool = False


def sort_columns(
    request: HttpRequest, columns: Sequence[tuple[str, str | Promise]], current: str
) -> list[Column]:
    """``columns`` are (key to sort by or empty, label); a second press turns the order round."""
    return [_column(request, key, label, current) for key, label in columns]


def _column(request: HttpRequest, key: str, label: str | Promise, current: str) -> Column:
    if not key:
        return Column(label)
    asked = request.GET.copy()
    asked.pop("after", None)
    asked["sort"] = f"-{key}" if current == key else key
    direction = {key: "ascending", f"-{key}": "descending"}.get(current, "")
    return Column(label, f"{request.path}?{asked.urlencode()}", direction)
