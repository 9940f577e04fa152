"""Audit entries in words."""

import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import TextChoices
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from zhiyin.accounts.models import Member, Unit
from zhiyin.activities.choices import TaskState
from zhiyin.customers import access
from zhiyin.customers.choices import ContactCheck, CustomerKind, GradeReason, Stage, Status, UndoKind
from zhiyin.customers.fields import PREFIX, own_among, shown, veiled_changes
from zhiyin.customers.models import CustomField
from zhiyin.platform.actors import Actor
from zhiyin.platform.models import AuditEntry
from zhiyin.sales.choices import LeadState

LABELS: dict[str, str | Promise] = {
    "accounts.tenant_created": _("Company founded"),
    "accounts.company_changed": _("Company settings changed"),
    "accounts.company_entered": _("Signed in"),
    "accounts.unit_created": _("Unit added"),
    "accounts.unit_renamed": _("Unit renamed"),
    "accounts.unit_moved": _("Unit moved"),
    "accounts.unit_deleted": _("Unit deleted"),
    "accounts.role_created": _("Role added"),
    "accounts.role_changed": _("Role changed"),
    "accounts.role_deleted": _("Role deleted"),
    "accounts.member_added": _("Person added"),
    "accounts.member_changed": _("Person changed"),
    "accounts.member_deactivated": _("Person shut out"),
    "accounts.member_activated": _("Person let in again"),
    "accounts.handed_over": _("What a member has handed over, or taken back"),
    "accounts.password_link_made": _("Link to set a password made"),
    "accounts.second_factors_removed": _("Second factors removed"),
    "accounts.sessions_ended": _("Sessions ended"),
    "accounts.token_created": _("API token made"),
    "accounts.token_revoked": _("API token revoked"),
    "accounts.preferences_changed": _("Own preferences changed"),
    "customers.customer_created": _("Customer added"),
    "customers.customer_changed": _("Customer changed"),
    "customers.customer_deleted": _("Customer put into the bin"),
    "customers.customers_deleted": _("Many customers put into the bin"),
    "customers.customers_restored": _("Customers restored from the bin"),
    "customers.customer_restored": _("Customer restored from the bin"),
    "customers.customers_purged": _("Customers purged from the bin"),
    "customers.customer_purged": _("Customer purged from the bin"),
    "customers.customers_changed": _("Many customers changed"),
    "customers.customers_exported": _("Customers exported"),
    "customers.change_undone": _("Change undone"),
    "customers.note_changed": _("Note written, changed or removed"),
    "customers.field_changed": _("Field of customers added, changed or archived"),
    "customers.formulas_worked_out": _("Formulas worked out"),
    "activities.follow_up_added": _("Follow-up written"),
    "activities.task_changed": _("Task added, changed, done, cancelled or opened again"),
    "activities.appointment_changed": _("Appointment arranged, changed, called off, answered or taken back"),
    "activities.connection_changed": _("Calendar connected, chosen, synchronised by hand or let go"),
    "activities.feed_changed": _("Address of a calendar made or ended"),
    "customers.touch_pinned": _("Entry of the timeline kept on top or let go"),
    "customers.relation_changed": _("Relation added, changed or removed"),
    "customers.relation_type_changed": _("Kind of relation added, changed or archived"),
    "customers.consent_recorded": _("Consent recorded"),
    "customers.customers_merged": _("Customers merged"),
    "customers.merge_undone": _("Merge undone"),
    "customers.duplicates_found": _("Duplicates searched for"),
    "customers.duplicates_decided": _("Pairs of likely duplicates decided"),
    "customers.duplicate_rules_changed": _("Rules for duplicates changed"),
    "customers.document_changed": _("Document added, changed, removed, given or its link ended"),
    "customers.pool_changed": _("Pool added, changed or archived"),
    "customers.pool_limit_changed": _("Limit of a pool added, changed or removed"),
    "customers.customers_pooled": _("Customers put into a pool"),
    "customers.customers_claimed": _("Customers of a pool claimed or assigned"),
    "customers.assignment_rule_changed": _("Rule of assignment added, changed, ordered or archived"),
    "customers.protection_rule_changed": _("Rule of protection added, changed or archived"),
    "customers.protection_prolonged": _("Protection prolonged by hand"),
    "customers.customers_reclaimed": _("Customers reclaimed whose protection lapsed"),
    "customers.lapsing_told": _("Owners warned of protection that ends"),
    "approvals.approval_changed": _("Approval asked for, answered, passed on or ended"),
    "approvals.rule_changed": _("Rule of approvals added, changed, ordered or archived"),
    "approvals.absence_changed": _("Deputy for approvals named or let go"),
    "customers.dispute_changed": _("Dispute opened, answered or decided"),
    "customers.restriction_changed": _("Customer restricted, or the restriction ended"),
    "customers.subject_request_changed": _(
        "Request of a person about their data received, changed or answered"
    ),
    "customers.retention_rule_changed": _("Rule of retention added, changed or archived"),
    "customers.retention_cleared": _("What is kept no longer was cleared"),
    "customers.legal_hold_changed": _("Legal hold set or ended"),
    "customers.purpose_changed": _("Purpose added, changed or archived"),
    "customers.customers_shared": _("Customers shared"),
    "customers.customers_unshared": _("Sharing of many customers ended"),
    "customers.sharing_ended": _("Sharing ended"),
    "customers.sensitive_rules_changed": _("Rules for sensitive values changed"),
    "platform.keys_rotated": _("Keys of sensitive values renewed"),
    "platform.member_notified": _("Somebody was notified"),
    "customers.tag_changed": _("Tag added, changed or deleted"),
    "customers.view_saved": _("View saved or deleted"),
    "commerce.product_changed": _("Product added or changed"),
    "commerce.order_created": _("Order recorded"),
    "commerce.order_returned": _("Return recorded"),
    "commerce.payment_recorded": _("Payment recorded"),
    "commerce.exchange_rates_changed": _("Exchange rates written down or removed"),
    "sales.pipeline_changed": _("Pipeline added or changed"),
    "sales.lead_form_changed": _("Form for leads set up or filled in"),
    "sales.lead_rule_changed": _("Rule for leads added, changed or archived"),
    "sales.forecast_taken": _("Forecast of sales kept"),
    "sales.competitor_changed": _("Competitor changed"),
    "sales.targets_changed": _("Targets set or changed"),
    "sales.territory_changed": _("Territory added or changed"),
    "sales.lead_changed": _("Lead added, changed or converted"),
    "sales.opportunity_changed": _("Opportunity added or changed"),
    "sales.opportunity_moved": _("Opportunity moved to another stage"),
    "imports.file_uploaded": _("File uploaded"),
    "imports.columns_chosen": _("Columns of a file chosen"),
    "imports.import_started": _("Import started"),
    "imports.import_applied": _("Import done"),
    "imports.import_undone": _("Import undone"),
    "imports.import_discarded": _("Import discarded"),
    "imports.profile_saved": _("Import profile saved"),
    "imports.profile_deleted": _("Import profile deleted"),
    "analytics.analysis_finished": _("Analysis done"),
    "analytics.settings_changed": _("Settings of the analysis changed"),
    "platform.job_started": _("Job started"),
    "platform.job_cancel_asked": _("Job cancelled"),
    "platform.job_retried": _("Job tried again"),
    "platform.deliveries_retried": _("Failed deliveries tried again"),
    "platform.delivery_dismissed": _("Failed delivery dismissed"),
    "platform.files_expired": _("Exported or uploaded files removed, as the company keeps them no longer"),
    "platform.checkpoint_made": _("Audit log signed"),
    "customers.grades_changed": _("Grades changed"),
    "customers.erasure_asked": _("Erasure of a person asked for"),
    "customers.customer_erased": _("Person erased"),
    "customers.suppression_lifted": _("Block of an erased person lifted"),
    "platform.entries_redacted": _("Audit entries redacted: what they told was erased"),
}
# what was only read, by the names that ``record_read`` gives it
READS: dict[str, str | Promise] = {
    "customers.subject_request_package_read": _("Copy of a person's data downloaded"),
    "customers.export_written": _("Export of customers written"),
    "customers.sensitive_revealed": _("Sensitive value looked at"),
}
FIELDS: dict[str, str | Promise] = {
    "name": _("Name"),
    "unit": _("Unit"),
    "role": _("Role"),
    "parent": _("Below"),
    "permissions": _("Permissions"),
    "scope": _("Which records"),
    "holds_all": _("Everything"),
    "field_rules": _("Access to fields"),
    "currency": _("Currency"),
    "time_zone": _("Time zone"),
    "language": _("Language"),
    "bin_days": _("Days in the bin"),
    "export_days": _("Days of exported files"),
    "upload_days": _("Days of uploaded files"),
    "files": _("Files"),
    "gone": _("In the bin"),
    "request_days": _("Days to answer requests about data"),
    "watermark": _("Mark exports with who made them"),
    "is_active": _("Active"),
    "member": _("Acts as"),
    "theme": _("Appearance"),
    "time_format": _("Time of day"),
    "mails": _("Notifications by mail as well"),
    "customers": _("Customers"),
    "owner": _("Owner"),
    "shared_by": _("Shared by"),
    "parts": _("What"),
    "open_tasks": _("Open tasks"),
    "appointments": _("Appointments to come"),
    "shares": _("Shares given"),
    "received": _("Shares received"),
    "claims": _("Right to claim from pools"),
    "owner_id": _("Owner"),
    "unit_id": _("Unit"),
    "tag": _("Tag put on"),
    "untag": _("Tag taken off"),
    "tags": _("Tags"),
    "note": _("Note"),
    "follow_up": _("Follow-up"),
    "task": _("Task"),
    "task_state": _("State of the task"),
    "lead_state": _("State of the lead"),
    "answer_by": _("Answer by"),
    "appointment": _("Appointment"),
    "feed": _("Address of the calendar"),
    "connection": _("Connected calendar"),
    "occurrence": _("One of a series"),
    "starts_at": _("Begins"),
    "ends_at": _("Ends"),
    "all_day": _("Whole days"),
    "zone": _("Time zone"),
    "rule": _("Rule"),
    "place": _("Place"),
    "answer": _("Answer"),
    "is_private": _("Private"),
    "remind_minutes": _("Remind"),
    "assignee": _("Who does it"),
    "due_on": _("Due"),
    "priority": _("Priority"),
    "pinned": _("Kept on top"),
    "undone": _("Undone"),
    "kind": _("Kind"),
    "code": _("Code"),
    "short_name": _("Short name"),
    "country": _("Country"),
    "city": _("City"),
    "status": _("Status"),
    "stage": _("Lifecycle stage"),
    "grade": _("Grade"),
    "grade_reason": _("Reason"),
    "grade_held_until": _("By hand until"),
    "reason": _("Reason"),
    "team_part": _("Part in the team"),
    "source": _("Source"),
    "phone": _("Phone"),
    "email": _("E-mail"),
    "address": _("Address"),
    "wechat": _("WeChat ID"),
    "openid": _("WeChat OpenID"),
    "unionid": _("WeChat UnionID"),
    "wecom": _("WeCom external ID"),
    "qq": _("QQ"),
    "weibo": _("Weibo"),
    "douyin": _("Douyin"),
    "contact_label": _("Label"),
    "contact_is_primary": _("Use this one first"),
    "contact_verified_on": _("Verified on"),
    "contact_verified_how": _("Verified by"),
    "contact_valid_until": _("Valid until"),
    "selection": _("Selection"),
    "relation": _("Relation"),
    "consent": _("Consent"),
    "pool": _("Pool"),
    "by_rules": _("By the rules of assignment"),
    "people": _("People, in turn"),
    "target": _("Give them to"),
    "daily_limit": _("A day at most"),
    "held_limit": _("At one time at most"),
    "cooling_days": _("Days of waiting for the former owner"),
    "ruling": _("Ruling"),
    "retention": _("Cleared by the rule"),
    "legal_hold": _("Legal hold"),
    "is_on": _("Clears each night"),
    "areas": _("What is cleared"),
    "days": _("Days"),
    "purpose_id": _("Kept for"),
    "values": _("Values"),
    "notes": _("Notes"),
    "documents": _("Documents"),
    "timeline": _("Timeline"),
    "follow_ups": _("Follow-ups"),
    "tasks": _("Tasks that are done or cancelled"),
    "id_number": _("ID number"),
    "bank_account": _("Bank account"),
    "protected_until": _("Protected until"),
    "warn_days": _("Days of warning"),
    "most_owned": _("One person has at most"),
    "purpose": _("For what"),
    "document": _("Document"),
    "version": _("Version"),
    "recipient": _("For whom"),
    "channel": _("By which way"),
    "answered_at": _("When"),
    "basis": _("Legal basis"),
    "wording": _("What people are asked"),
    "label": _("Name"),
    "section": _("Section"),
    "type": _("Type"),
    "key": _("Key"),
    "options": _("Choices"),
    "required": _("Must be filled in"),
    "default": _("Default"),
    "least": _("At least"),
    "most": _("At most"),
    "hint": _("Hint"),
    "roles": _("Only these roles see it"),
    "pattern": _("Regular expression that the whole text fits"),
    "title": _("Job title"),
    "since": _("Since"),
    "until": _("Until"),
    "price": _("Price"),
    "cost": _("Cost"),
    "total": _("Total"),
    "number": _("Number"),
    "lines": _("Lines"),
    "amount": _("Amount"),
    "size": _("Entries"),
    "rows": _("Rows"),
    "sensitive": _("Sensitive"),
    "why": _("Reason"),
    "field": _("Field"),
    "ask_reason": _("Whoever looks at a sensitive value must say why"),
    "columns": _("Columns"),
    "file": _("File"),
    "approval": _("Approval"),
    "discount": _("Discount"),
    "deputy": _("Deputy"),
    "day": _("Days"),
    "order": _("Order"),
    "subject": _("What needs an approval"),
    "steps": _("Steps"),
    "amount_from": _("Amount of at least"),
    "discount_from": _("Discount of at least, %"),
    "margin_below": _("Margin below, %"),
    "grades": _("Grades"),
}
# what the check of the log finds; ``platform.audit.verify`` says the same in English, outside zhiyin
PROBLEMS: dict[str, str | Promise] = {
    "malformed": _("Line %(line)s of the log cannot be read."),
    "altered": _("Entry %(sequence)s was altered."),
    "foreign": _("Entry %(sequence)s belongs to another company."),
    "unlinked": _("Entry %(sequence)s does not follow from the entries before it."),
    "moved": _("Entry %(sequence)s was moved."),
    "twice": _("Entry %(sequence)s is there twice."),
    "missing": _("Entry %(sequence)s is missing."),
    "cut": _("Entry %(sequence)s is missing at the end."),
    "seal": _("The seal over %(detail)s entries does not match them."),
    "headless": _("The log has no beginning."),
    "root": _("The root of the log does not match the entries."),
    "checkpoint": _(
        "The log is not what the checkpoint over %(detail)s entries says: it was rewritten since."
    ),
    "shorter": _("The log is shorter than the %(detail)s entries of a checkpoint: its end was removed."),
    "tenant": _("A checkpoint is about another log: %(detail)s"),
    "signature": _("A checkpoint is not signed with the key of this installation."),
    "unreadable": _("A checkpoint cannot be read."),
    "node": _("A stored node of the tree does not match the entries: %(detail)s"),
    "kept_seal": _("The stored seal over %(detail)s entries does not match them."),
    "kept_checkpoint": _("The stored checkpoint over %(detail)s entries was altered or removed."),
    "unsealed": _(
        "%(detail)s entries stand beside the log: they were put in without a seal, or their seal was removed."
    ),
}
CHOICES: dict[str, type[TextChoices]] = {
    "undone": UndoKind,
    "contact_verified_how": ContactCheck,
    "task_state": TaskState,
    "lead_state": LeadState,
    "kind": CustomerKind,
    "status": Status,
    "stage": Stage,
    "grade_reason": GradeReason,
}


def labels() -> list[tuple[str, str]]:
    """Kinds of action with their words, for a choice; not read from the log, which may be long."""
    known = (LABELS | READS).items()
    return sorted(((action, str(words)) for action, words in known), key=lambda pair: pair[1])


def label(action: str) -> str:
    """An action's words; its code without the app's name where there are none."""
    return str((LABELS | READS).get(action, action.partition(".")[2].replace("_", " ") or action))


def problem(found: dict[str, Any]) -> str:
    """What the check of the log found, in the reader's language; as it was written where there are no words."""
    words = PROBLEMS.get(found.get("kind", ""))
    return str(words) % found if words else str(found.get("text", ""))


@dataclass(frozen=True, slots=True)
class Change:
    """A field's value before and after, in words."""

    field: str
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class Told:
    """An entry in words."""

    label: str
    changes: list[Change]


def told(
    entries: Sequence[AuditEntry], *, actor: Actor, most: int | None = None
) -> list[tuple[AuditEntry, Told]]:
    """A page of entries with their words, at most so many changes of each. Four statements at most.

    Of a company's own fields of customers, those that the reader's role sees.
    """
    names = _names(entries)
    withheld = access.withheld(actor, (entry.subject_id for entry in entries))
    for entry in entries:
        entry.changes = {} if entry.subject_id in withheld else veiled_changes(actor, entry.changes)
    own = own_among(actor, (field for entry in entries for field in entry.changes))
    return [(entry, described(entry, names, own, most=most)) for entry in entries]


def described(
    entry: AuditEntry,
    names: Mapping[str, str],
    own: Mapping[str, CustomField] | None = None,
    *,
    most: int | None = None,
) -> Told:
    """An entry in words; ``names`` are those of the people and units whose keys it holds."""
    own = own or {}
    changes = [
        Change(own[field].label, *(shown(own[field], value) for value in (old, new)))
        if field in own
        else Change(str(FIELDS.get(field, field)), *(_written(field, value, names) for value in (old, new)))
        for field, old, new in _pairs(entry)
        if field in own or not field.startswith(PREFIX)
    ]
    return Told(label(entry.action), changes[:most])


def _pairs(entry: AuditEntry) -> Iterator[tuple[str, Any, Any]]:
    for field, pair in entry.changes.items():
        if isinstance(pair, list) and len(pair) == 2:
            yield field, *pair


def _names(entries: Iterable[AuditEntry]) -> dict[str, str]:
    """The names of the people and units that entries speak of by their keys."""
    asked: dict[str, set[str]] = {"owner_id": set(), "unit_id": set()}
    for entry in entries:
        for field, *pair in _pairs(entry):
            if field in asked:
                asked[field].update(key for key in pair if key)
    names: dict[uuid.UUID, str] = {}
    if asked["owner_id"]:
        names |= dict(Member.objects.filter(pk__in=asked["owner_id"]).values_list("pk", "name"))
    if asked["unit_id"]:
        names |= dict(Unit.objects.filter(pk__in=asked["unit_id"]).values_list("pk", "name"))
    return {str(key): name for key, name in names.items()}


def _written(field: str, value: Any, names: Mapping[str, str]) -> str:
    """Of many records their number; names for keys, and codes of choices as people read them."""
    if field == "customers" and isinstance(value, list):
        return str(len(value))
    if field in CHOICES and value in CHOICES[field].values:
        return str(CHOICES[field](value).label)
    return names.get(value) or _short(value) if isinstance(value, str) else _short(value)


def _short(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, dict):
        value = [f"{name}: {each}" for name, each in value.items()]
    if isinstance(value, list):
        value = ", ".join(str(each) for each in value)
    text = str(value)
    return text if len(text) <= 80 else text[:79] + "…"
