"""The customers of an appointment, looked for and picked one by one. All of the draft is in the form."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse

from zhiyin.customers import access as customers
from zhiyin.customers.queries import quick_search
from zhiyin.web.activities import typed
from zhiyin.web.http import HttpRequest, render

Named = list[tuple[str, str]]
STEPS = ("choose", "drop", "find")
PIECES = {
    "appointment-customers": "activities/_appointment_customers.html",
    "appointment-picks": "activities/_appointment_picks.html",
}
_LISTS = ("members", "customers")


@dataclass(frozen=True, slots=True)
class Whom:
    """Keys and names of the customers so far, and what the words typed last find."""

    met: Named
    who: str
    found: Sequence[Mapping[str, object]]
    picked: bool

    def context(self, request: HttpRequest) -> dict[str, Any]:
        return {
            "who": self.who,
            "found": self.found,
            "picked": self.picked,
            "here": request.get_full_path(),
            "sees_customers": request.actor.may("customers.view"),
        }


def whom(request: HttpRequest, known: Named) -> Whom:
    """``known`` are those of the appointment, whoever sees them; others must be within the actor's reach."""
    names = dict(known)
    if request.method != "POST":
        return Whom(known, "", (), picked=False)
    chosen, dropped = request.POST.get("choose", ""), request.POST.get("drop", "")
    keys = [each for each in [*request.POST.getlist("customers"), chosen] if each and each != dropped]
    met = [(key, names[key]) if key in names else named(request, key) for key in dict.fromkeys(keys)]
    who = "" if chosen else request.POST.get("who", "").strip()[:200]
    found = quick_search(request.actor, who) if who and request.actor.may("customers.view") else ()
    return Whom(met, who, [each for each in found if str(each["id"]) not in keys], picked=bool(chosen))


def is_draft(request: HttpRequest) -> bool:
    """Whether somebody is still picking rather than saving."""
    if request.method != "POST":
        return False
    return any(each in request.POST for each in STEPS) or _piece(request) is not None


def typed_so_far(request: HttpRequest, whom: Whom) -> dict[str, Any]:
    """What is in the form, for the same form again."""
    values: dict[str, Any] = {
        name: request.POST.getlist(name) if name in _LISTS else request.POST[name] for name in request.POST
    }
    minutes = str(values.get("remind_minutes", ""))
    return {
        **values,
        "remind_minutes": int(minutes) if minutes.isdecimal() else None,
        "customers": [key for key, _name in whom.met],
    }


def answered(request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
    """The piece that was asked for, without scripts the whole page."""
    return render(request, _piece(request) or "activities/appointment.html", context)


def _piece(request: HttpRequest) -> str | None:
    return PIECES.get(request.htmx.target or "") if request.htmx else None


def named(request: HttpRequest, text: str) -> tuple[str, str]:
    found = customers.customer(request.actor, typed.needed_key(text))
    return str(found.pk), found.name
