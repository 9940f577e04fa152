"""One's own calendar in other programs, at a secret address."""

from django.http import HttpRequest as DjangoRequest
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from zhiyin.activities import actions, queries
from zhiyin.platform.tenancy import scope
from zhiyin.platform.tokens import tenant_of
from zhiyin.web.http import HttpRequest, notify, page, render
from zhiyin.web.lists import Tab


def program_tabs(here: str) -> list[Tab]:
    """The ways in which other programs have one's own calendar."""
    names = [("calendar_connection", _("Kept the same both ways")), ("calendar_feed", _("To be read only"))]
    return [Tab(label, reverse(f"activities:{name}"), name == here) for name, label in names]


@page(permission="activities.view")
def feed(request: HttpRequest) -> HttpResponse:
    """The address at which other programs read one's own calendar; a new one is shown this once."""
    address = ""
    if request.method == "POST":
        made = actions.create_feed(actor=request.actor, now=timezone.now())
        address = request.build_absolute_uri(reverse("activities:read_calendar_feed", args=[made.token]))
    context = {
        "address": address,
        "feed": queries.good_feed(request.actor),
        "tabs": program_tabs("calendar_feed"),
    }
    return render(request, "activities/calendar_feed.html", context)


@require_POST
@page(permission="activities.view")
def end_feed(request: HttpRequest) -> HttpResponse:
    actions.revoke_feed(actor=request.actor, now=timezone.now())
    notify(request, _("The address is not good any more."))
    return redirect("activities:calendar_feed")


@never_cache
def read_feed(_request: DjangoRequest, token: str) -> HttpResponse:
    """A calendar, for whatever program has its secret address."""
    tenant_id = tenant_of(actions.FEED_START, token)
    found = None
    if tenant_id is not None:
        with scope(tenant_id):
            found = actions.read_feed(token, timezone.now())
    if found is None:
        return HttpResponse(status=404)
    return HttpResponse(found, content_type="text/calendar; charset=utf-8")
