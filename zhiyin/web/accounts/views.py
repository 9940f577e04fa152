"""Pages before and around a company: choosing one of several."""

import uuid

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from zhiyin.accounts import access


@login_required
def switch(request: HttpRequest) -> HttpResponse:
    """Enter one of the companies that a person is a member of; it is kept in the session."""
    companies = access.memberships(uuid.UUID(str(request.user.pk)))
    chosen = request.POST.get("tenant", "")
    if any(str(tenant.id) == chosen for tenant, _name in companies):
        request.session[access.TENANT_KEY] = chosen
        return redirect("web:home")
    return render(request, "accounts/switch.html", {"companies": companies})
