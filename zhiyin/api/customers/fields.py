"""Operations on the fields of the customer file."""

import datetime
import uuid
from dataclasses import replace
from typing import Annotated, Literal

from django.utils.translation import gettext
from ninja import Schema
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from zhiyin.api.customers.schemas import TEXT, Seen, Text200
from zhiyin.api.http import Request, Routes, now
from zhiyin.customers import actions, fields, queries
from zhiyin.customers.actions import FieldRules
from zhiyin.customers.choices import CustomerKind, FieldType
from zhiyin.customers.models import CustomField

routes = Routes("customers")
Text60 = Annotated[str, StringConstraints(max_length=60, pattern=TEXT)]
Filled60 = Annotated[str, StringConstraints(min_length=1, max_length=60, pattern=TEXT)]
Text40 = Annotated[str, StringConstraints(max_length=40, pattern=TEXT)]
Text20 = Annotated[str, StringConstraints(max_length=20, pattern=TEXT)]
Text500 = Annotated[str, StringConstraints(max_length=500, pattern=TEXT)]
Text1000 = Annotated[str, StringConstraints(max_length=1000, pattern=TEXT)]
Option = Annotated[str, StringConstraints(max_length=100, pattern=TEXT)]


class KnownFieldOut(Schema):
    """A field that the caller may see: one that every company has, or the company's own (``own``)."""

    name: str = Field(description="Of an own field the key in ``fields``.")
    label: str
    type: FieldType
    section: str
    own: bool
    kind: CustomerKind | Literal[""]
    required: bool
    options: list[str]
    worked_out: bool = Field(description="Its values follow from others, and are not written.")
    option_labels: list[str] = Field(description="The options in the reader's language.")


class ReadyOut(Schema):
    """A ready-made field that the company does not have yet."""

    code: str
    label: str
    section: str
    type: FieldType
    kind: CustomerKind | None


class ReadyIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    codes: list[Text40] = Field(min_length=1, max_length=200)


class SectionStep(BaseModel):
    model_config = ConfigDict(extra="forbid")

    section: Text60
    up: bool


class FieldOut(Schema):
    """A company's own field with all its rules."""

    id: uuid.UUID
    version: str
    key: str
    label: str
    type: FieldType
    section: str
    kind: CustomerKind | Literal[""]
    required: bool
    options: list[str]
    least: str
    most: str
    pattern: str
    default: str
    hint: str
    required_when: str
    formula: str
    target: str
    searchable: bool
    roles: list[uuid.UUID]
    archived_at: datetime.datetime | None


class RulesIn(Schema):
    model_config = ConfigDict(extra="forbid")

    label: Filled60
    section: Text60 = ""
    kind: CustomerKind | Literal[""] = Field("", description="Empty for persons and organisations.")
    required: bool = False
    options: list[Option] = Field([], max_length=500)
    least: Text20 = Field("", description="Smallest number, first day, or shortest length of text.")
    most: Text20 = ""
    pattern: Text200 = Field("", description="Regular expression that the whole text fits.")
    default: Text200 = ""
    hint: Text200 = ""
    required_when: Text500 = Field(
        "", description="A condition over other fields under which it must be filled in."
    )
    formula: Text1000 = Field("", description="Over other fields; then nobody writes its values.")
    searchable: bool = Field(
        False, description="Of text and numbers: a code that the search box finds whole."
    )
    roles: list[uuid.UUID] = Field([], max_length=200, description="Who sees it; empty for everybody.")

    def rules(self) -> FieldRules:
        given = self.model_dump(include=set(RulesIn.model_fields))
        return FieldRules(**{**given, "options": tuple(self.options), "roles": tuple(self.roles)})


class FieldIn(RulesIn):
    type: FieldType
    target: Text20 = Field("", description="What a link leads to: customer, member or product.")
    key: Text40 = Field("", description="Left empty, it is made of the label. It never changes.")


class FieldChange(RulesIn):
    version: Seen = None


class Step(BaseModel):
    """Which way a field moves among those of its section."""

    model_config = ConfigDict(extra="forbid")

    up: bool


@routes.get("/customer-fields/", permission="customers.view", response=list[KnownFieldOut])
def list_known_fields(request: Request) -> list[dict[str, object]]:
    """The fields of a customer that one may see, in the order of pages."""
    return [
        {
            "name": each.own.key if each.own else each.name,
            "label": str(each.label),
            "type": each.type,
            "section": each.section,
            "own": each.own is not None,
            "kind": each.own.kind if each.own else "",
            "required": each.own.required if each.own else each.name == "name",
            "options": each.own.options if each.own else [],
            "worked_out": each.worked_out,
            "option_labels": [each.own.words(option) for option in each.own.options] if each.own else [],
        }
        for each in fields.registry(request.actor)
    ]


@routes.get("/customer-fields/own/", permission="settings.manage", response=list[FieldOut])
def list_fields(request: Request) -> list[CustomField]:
    """The company's own fields with their rules, archived ones too."""
    return queries.all_fields(request.actor)


@routes.get("/customer-fields/ready/", permission="settings.manage", response=list[ReadyOut])
def list_ready_fields(request: Request) -> list[dict[str, object]]:
    """What many companies want to know, as fields ready to be added."""
    return [
        {
            "code": each.code,
            "label": gettext(each.label),
            "section": gettext(each.section),
            "type": each.type,
            "kind": each.kind,
        }
        for each in queries.ready_to_add(queries.all_fields(request.actor))
    ]


@routes.post("/customer-fields/ready/", permission="settings.manage", response=list[FieldOut], status=201)
def add_ready_fields(request: Request, body: ReadyIn) -> list[CustomField]:
    """Make ready-made fields the company's own; those that it has already are left as they are."""
    return actions.add_ready_fields(actor=request.actor, codes=body.codes, now=now())


@routes.post("/customer-fields/sections/move/", permission="settings.manage", response=None, status=204)
def move_section(request: Request, body: SectionStep) -> None:
    """Let a section of fields change places with the one before it, or behind it."""
    actions.move_section(actor=request.actor, section=body.section, up=body.up, now=now())


@routes.post("/customer-fields/own/", permission="settings.manage", response=FieldOut, status=201)
def create_field(request: Request, body: FieldIn) -> CustomField:
    return actions.create_field(
        actor=request.actor,
        type=body.type,
        key=body.key,
        rules=replace(body.rules(), target=body.target),
        now=now(),
    )


@routes.put("/customer-fields/own/{uuid:field_id}/", permission="settings.manage", response=FieldOut)
def change_field(request: Request, field_id: uuid.UUID, body: FieldChange) -> CustomField:
    """A field as it shall be; its key and type stay."""
    return actions.change_field(
        actor=request.actor, field_id=field_id, rules=body.rules(), version=body.version, now=now()
    )


@routes.post("/customer-fields/own/{uuid:field_id}/move/", permission="settings.manage", response=FieldOut)
def move_field(request: Request, field_id: uuid.UUID, body: Step) -> CustomField:
    return actions.move_field(actor=request.actor, field_id=field_id, up=body.up, now=now())


@routes.post("/customer-fields/own/{uuid:field_id}/restore/", permission="settings.manage", response=FieldOut)
def restore_field(request: Request, field_id: uuid.UUID, version: Seen = None) -> CustomField:
    """Put an archived field back, with its values."""
    return actions.restore_field(actor=request.actor, field_id=field_id, version=version, now=now())


@routes.delete("/customer-fields/own/{uuid:field_id}/", permission="settings.manage")
def archive_field(request: Request, field_id: uuid.UUID, version: Seen = None) -> None:
    """Take a field off every page; its values are kept."""
    actions.archive_field(actor=request.actor, field_id=field_id, version=version, now=now())
