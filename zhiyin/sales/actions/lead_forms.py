"""Forms on the web: set up by the company, filled in by strangers."""

import datetime
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from zhiyin.accounts.access import takers
from zhiyin.customers.suppression import Suppressed
from zhiyin.platform.actors import Actor
from zhiyin.platform.errors import Conflict, Invalid
from zhiyin.platform.record import Changes, record
from zhiyin.platform.text import checked
from zhiyin.platform.tokens import new_token
from zhiyin.platform.versions import require_seen
from zhiyin.sales import access
from zhiyin.sales.actions.leads import TEXTS, add_lead, apply_values, save, tell
from zhiyin.sales.choices import LeadField, LeadOrigin, LeadState
from zhiyin.sales.events import LeadFormChanged
from zhiyin.sales.models import Lead, LeadForm

FORM_START = "zyf_"
MOST_FORMS = 100
_TEXTS = {
    "name": 100,
    "title": 200,
    "intro": 2000,
    "thanks": 2000,
    "consent": 2000,
    "source": 100,
    "campaign": 100,
}
_NEEDED = {"name", "title"}
# of somebody who writes again, what is filled in where it was left empty
FILLED = ("company", "city", "phone", "phone_key", "email", "email_key", "consent")
OPEN = (LeadState.NEW, LeadState.WORKING, LeadState.QUALIFIED)


class LeadFormTaken(Conflict):
    message = _("There is a form of this name already.")


@dataclass(frozen=True, slots=True)
class FormRules:
    """A form as ``LeadForm`` describes it; at least one of telephone and e-mail is asked for."""

    name: str
    title: str
    intro: str = ""
    thanks: str = ""
    consent: str = ""
    fields: tuple[str, ...] = (LeadField.PHONE,)
    source: str = ""
    campaign: str = ""
    owner_id: uuid.UUID | None = None


def create_lead_form(*, actor: Actor, rules: FormRules, now: datetime.datetime) -> LeadForm:
    """A form with an address of its own. Raises ``LeadFormTaken`` and ``Invalid``."""
    actor.require("sales.manage")
    if LeadForm.objects.count() >= MOST_FORMS:
        raise Invalid(_("These are enough forms."))
    made = LeadForm(key=new_token(FORM_START, actor.tenant_id), created_at=now)
    _apply(actor, made, rules)
    made.save(force_insert=True)
    _tell(actor, made, "added", {name: [None, value] for name, value in _plain(made).items()}, now)
    return made


def change_lead_form(
    *, actor: Actor, form_id: uuid.UUID, rules: FormRules, version: int | None = None, now: datetime.datetime
) -> LeadForm:
    """Raises ``LeadFormTaken``, ``Invalid``, and ``Conflict`` when it is not of ``version`` any more."""
    actor.require("sales.manage")
    found = access.lead_form(form_id, lock=True)
    require_seen(None if version is None else str(version), str(found.version), found.name)
    before = _plain(found)
    _apply(actor, found, rules)
    changes = {name: [before[name], new] for name, new in _plain(found).items() if before[name] != new}
    if changes:
        found.version += 1
        found.save()
        _tell(actor, found, "changed", changes, now)
    return found


def set_lead_form_archived(
    *, actor: Actor, form_id: uuid.UUID, archived: bool, now: datetime.datetime
) -> LeadForm:
    """Nobody can fill in an archived form; its address is kept for when it is restored."""
    actor.require("sales.manage")
    found = access.lead_form(form_id, lock=True)
    if bool(found.archived_at) != archived:
        if not archived:
            _require_free(found)
        found.archived_at = now if archived else None
        found.save(update_fields=["archived_at"])
        _tell(
            actor, found, "archived" if archived else "restored", {"archived": [not archived, archived]}, now
        )
    return found


def receive_lead(
    *, actor: Actor, form_id: uuid.UUID, values: Mapping[str, str], agreed: bool, now: datetime.datetime
) -> Lead | None:
    """What a stranger sent: a new lead, or more about an open one that came by a form and is reached the same way.

    ``actor`` is the program itself. Nothing is kept of somebody who was erased, and the answer is ``None``; the form
    counts it. Raises ``Invalid``.
    """
    actor.require("sales.edit")
    form = access.lead_form(form_id, lock=True)
    asked = {name: values.get(name, "") for name in ("name", *form.fields)}
    if form.consent and not agreed:
        raise Invalid(_("Please agree to this first."), field="agreed")
    if not (asked.get("phone", "").strip() or asked.get("email", "").strip()):
        raise Invalid(_("Say how we can reach you."), field="phone" if "phone" in asked else "email")
    try:
        lead = _written(actor, form, asked, now)
        _count(actor, form, "came", now)
    except Suppressed:
        lead = None
        _count(actor, form, "refused", now)
    return lead


def _count(actor: Actor, form: LeadForm, what: str, now: datetime.datetime) -> None:
    before = getattr(form, what)
    setattr(form, what, before + 1)
    form.save(update_fields=[what])
    _tell(actor, form, what, {what: [before, before + 1]}, now)


def _written(actor: Actor, form: LeadForm, asked: Mapping[str, str], now: datetime.datetime) -> Lead:
    """The new lead, or the open one of the same telephone or e-mail address with what was said anew."""
    unsaid = dict.fromkeys((*FILLED, "details"), "")
    made = Lead(
        **unsaid | {"origin": LeadOrigin.WEB, "consent": form.consent, "created_at": now, "updated_at": now}
    )
    given = {"source": form.source, "campaign": form.campaign, "owner_id": form.owner_id}
    apply_values(actor, made, {**asked, **given})
    there = _same(made)
    if there is None:
        add_lead(actor, made, now)
        return made
    changes = {name: [getattr(there, name), new] for name, new in _news(there, made).items()}
    for name, (_old, new) in changes.items():
        setattr(there, name, new)
    if changes:
        save(there, now)
        tell(actor, there, "changed", changes, now)
    return there


def _same(made: Lead) -> Lead | None:
    reached = Q(pk__in=[])
    for name in ("phone_key", "email_key"):
        if key := getattr(made, name):
            reached |= Q(**{name: key})
    there = Lead.objects.select_for_update(no_key=True).filter(
        reached, origin=LeadOrigin.WEB, removed_at=None
    )
    return there.filter(state__in=OPEN).order_by("created_at", "id").first()


def _news(there: Lead, made: Lead) -> dict[str, str]:
    """What ``made`` says and ``there`` does not: fields left empty so far, and further wishes."""
    news = {name: new for name in FILLED if (new := getattr(made, name)) and not getattr(there, name)}
    if made.details and made.details not in there.details:
        news["details"] = f"{there.details}\n\n{made.details}".strip()[: TEXTS["details"]]
    return news


def _apply(actor: Actor, form: LeadForm, rules: FormRules) -> None:
    for name, longest in _TEXTS.items():
        setattr(form, name, checked(getattr(rules, name), name, longest, needed=name in _NEEDED))
    if not set(rules.fields) <= set(LeadField.values):
        raise Invalid(_("This is not one of the choices."), field="fields")
    if not {LeadField.PHONE, LeadField.EMAIL} & set(rules.fields):
        raise Invalid(_("Ask for the telephone or the e-mail address, or nobody can answer."), field="fields")
    form.fields = [name for name in LeadField.values if name in rules.fields]
    if rules.owner_id != form.owner_id:
        if rules.owner_id and not takers(actor).filter(pk=rules.owner_id).exists():
            raise Invalid(_("You cannot give it to this person."), field="owner_id")
        form.owner_id = rules.owner_id
    _require_free(form)


def _require_free(form: LeadForm) -> None:
    same = LeadForm.objects.filter(name=form.name, archived_at=None).exclude(pk=form.pk)
    if form.archived_at is None and same.exists():
        raise LeadFormTaken(field="name")


def _plain(form: LeadForm) -> dict[str, Any]:
    """As the audit log has it."""
    texts = {name: getattr(form, name) for name in _TEXTS}
    return {**texts, "fields": list(form.fields), "owner_id": str(form.owner_id) if form.owner_id else None}


def _tell(actor: Actor, form: LeadForm, what: str, changes: Changes, now: datetime.datetime) -> None:
    event = LeadFormChanged(form.pk, what)
    record(event, actor=actor, now=now, subject=("lead_form", form.pk), changes=changes)
