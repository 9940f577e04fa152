"""Pages before and around a company: choosing one of several."""

import uuid

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from zhiyin.accounts import access
from zhiyin.accounts.actions.company import enter_company
from zhiyin.platform.tenancy import scope
from zhiyin.web.accounts.views.common import now


@login_required
def switch(request: HttpRequest) -> HttpResponse:
    """Enter one of the companies that a person is a member of; it is kept in the session."""
    user_id = uuid.UUID(str(request.user.pk))
    companies = access.memberships(user_id)
    chosen = next(
        (tenant for tenant, _name in companies if str(tenant.id) == request.POST.get("tenant")), None
    )
    if chosen is None:
        return render(request, "accounts/switch.html", {"companies": companies})
    with scope(chosen.id):
        found = access.visitor(user_id)
        if found:
            enter_company(actor=found.actor, now=now())
    request.session[access.TENANT_KEY] = str(chosen.id)
    return redirect("web:home")
