"""What all lists share: tabs, chips, the filter and the order asked for, and the columns and views that people keep."""

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar, get_origin

from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST
from django_htmx.http import HttpResponseClientRefresh
from pydantic import BaseModel, ValidationError

from zhiyin.customers import actions, queries
from zhiyin.customers.models import SavedView
from zhiyin.platform.errors import Invalid
from zhiyin.web.http import HttpRequest, notify, page
from zhiyin.web.tables import Column

View = Callable[..., HttpResponse]
Filter = TypeVar("Filter", bound=BaseModel)
PASSING = ("view", "after", "before", "columns")


@dataclass(frozen=True, slots=True)
class Tab:
    label: str
    url: str
    current: bool
    count: str = ""


@dataclass(frozen=True, slots=True)
class Chip:
    """What narrows a list: a field's ``label`` and what is asked of it, or a whole sentence in ``value``."""

    label: str
    value: str
    remove_url: str
    edit_url: str = ""

    @property
    def said(self) -> str:
        return self.label or self.value


@dataclass(frozen=True, slots=True)
class Kept:
    """A list whose columns and views are kept.

    ``name`` is the list's in the database and the session, ``address`` that of its page, ``columns`` gives all
    that somebody may see.
    """

    name: str
    permission: str
    address: str
    columns: Callable[[HttpRequest], Sequence[Column]]

    def chosen(self, request: HttpRequest) -> frozenset[str]:
        """The columns that this person wants to see; none where nothing was chosen."""
        return frozenset(request.GET.getlist("columns") or request.session.get(self._key, ()))

    def context(self, request: HttpRequest, tabs: Sequence[Tab]) -> dict[str, Any]:
        """Tabs and saved views for the page."""
        views = queries.saved_views(request.actor, self.name)
        asked = request.GET.get("view", "")
        view = next((each for each in views if str(each.pk) == asked), None)
        saved = [Tab(each.name, self._view_url(each), each is view) for each in views]
        return {"tabs": [*tabs, *saved], "view": view, "view_shared": view and not view.member_id}

    @property
    def _key(self) -> str:
        return f"{self.name}_columns"

    def _view_url(self, view: SavedView) -> str:
        query = f"{view.query}&view={view.pk}" if view.query else f"view={view.pk}"
        shown = "".join(f"&columns={key}" for key in view.columns)
        return f"{reverse(self.address)}?{query}{shown}"

    def keep_columns(self, request: HttpRequest) -> HttpResponse:
        """Keep the columns that this person wants to see, in this browser's session."""
        known = {column.key for column in self.columns(request)}
        request.session[self._key] = [key for key in request.POST.getlist("columns") if key in known]
        if request.htmx:
            return HttpResponse(status=204, headers={"HX-Refresh": "true"})
        return redirect(self.address)

    def save_view(self, request: HttpRequest) -> HttpResponse:
        view = actions.save_view(
            actor=request.actor,
            page=self.name,
            name=request.POST.get("name", ""),
            query=_lasting(request),
            columns=sorted(self.chosen(request)),
            shared=bool(request.POST.get("shared")),
            now=timezone.now(),
        )
        notify(request, _("The view is kept."))
        return redirect(self._view_url(view))

    def change_view(self, request: HttpRequest, view_id: uuid.UUID) -> HttpResponse:
        """The view gets the name in the form, and the filter, order and columns that the list has now."""
        view = actions.change_view(
            actor=request.actor,
            view_id=view_id,
            name=request.POST.get("name", ""),
            query=_lasting(request),
            columns=sorted(self.chosen(request)),
            now=timezone.now(),
        )
        notify(request, _("The view is kept."))
        return redirect(self._view_url(view))

    def delete_view(self, request: HttpRequest, view_id: uuid.UUID) -> HttpResponse:
        actions.delete_view(actor=request.actor, view_id=view_id, now=timezone.now())
        notify(request, _("The view is gone."), undo=reverse("customers:restore_view", args=[view_id]))
        return redirect(self.address)


def keeping(kept: Kept) -> tuple[View, View, View, View]:
    """The pages that keep columns, keep a view, change and forget one."""
    guard = page(permission=kept.permission)
    views = kept.keep_columns, kept.save_view, kept.change_view, kept.delete_view
    return tuple(require_POST(guard(view)) for view in views)  # type: ignore[return-value]


@require_POST
@page(permission=None)
def restore_view(request: HttpRequest, view_id: uuid.UUID) -> HttpResponse:
    """Have a forgotten view back: the button of the message, on whatever page."""
    actions.restore_view(actor=request.actor, view_id=view_id, now=timezone.now())
    notify(request, _("The view is there again."))
    return HttpResponseClientRefresh() if request.htmx else redirect("web:home")


def _lasting(request: HttpRequest) -> str:
    """The list's address in the form, without what only leads through it."""
    query = QueryDict(request.POST.get("query", "")).copy()
    for name in PASSING:
        query.pop(name, None)
    return query.urlencode()


def parse_filter(model: type[Filter], query: QueryDict) -> Filter:
    """The filter in an address. Raises ``Invalid`` and names the parameter at fault."""
    plain: dict[str, Any] = {}
    for name, field in model.model_fields.items():
        values = [value for value in query.getlist(name) if value != ""]
        if values:
            plain[name] = values if get_origin(field.annotation) is list else values[-1]
    try:
        return model.model_validate(plain)
    except ValidationError as error:
        name = str(error.errors()[0]["loc"][0])
        raise Invalid(_("This filter cannot be read: %s") % name, field=name) from error


def checked_sort(sort: str, known: Any, default: str) -> str:
    """An order from the address. Raises ``Invalid`` when there is no such order."""
    if not sort:
        return default
    if sort.removeprefix("-") not in known:
        raise Invalid(_("There is no such order."), field="sort")
    return sort


def carried(query: QueryDict) -> list[tuple[str, str]]:
    """What the search box's form carries along besides the words in it."""
    leave = ("q", "after", "before", "partial")
    return [(name, value) for name, values in query.lists() if name not in leave for value in values]
