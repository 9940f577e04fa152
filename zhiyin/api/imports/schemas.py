import datetime
import uuid
from typing import Any, Literal

from ninja import Schema
from pydantic import ConfigDict

from zhiyin.imports.choices import Alike, Known


class ImportFieldOut(Schema):
    name: str
    title: str
    type: str
    required: bool


class KindOut(Schema):
    """A kind of file and the fields that its columns can be."""

    name: str
    fields: list[ImportFieldOut]


class ImportOut(Schema):
    """A file and what became of it. ``mapping`` gives the column of each field.

    ``unknown`` gives the type of field that each other column looks like, ``new_fields`` what columns will become.
    """

    id: uuid.UUID
    kind: str
    file_name: str
    file_size: int
    state: str
    columns: list[str]
    mapping: dict[str, str]
    unknown: dict[str, str]
    new_fields: dict[str, str]
    date_formats: dict[str, str]
    options: dict[str, Any]
    source: str
    matching: dict[str, Any]
    result: dict[str, Any]
    messages: list[str]
    refusals: list[str]
    problem: str
    has_refused_file: bool
    job_id: uuid.UUID | None
    created_by_name: str
    created_at: datetime.datetime
    applied_at: datetime.datetime | None
    undone_at: datetime.datetime | None


class OptionsIn(Schema):
    """How the file is opened; what is left out is found out.

    ``delimiter`` is up to five characters; ``header: false`` says that the first row holds data.
    """

    encoding: str | None = None
    delimiter: str | None = None
    header: bool | None = None
    sheet: str | None = None


class MatchingIn(Schema):
    """What becomes of rows of customers who are there already: by their code, or, ``alike``, by one of the fields ``by``.

    ``ask`` sets the row aside, into the file of refused rows.
    """

    model_config = ConfigDict(extra="forbid")

    known: Known = Known.UPDATE
    alike: Alike = Alike.CREATE
    by: list[Literal["customer_phone", "customer_email", "customer_name"]] = []


class UploadIn(OptionsIn):
    """How the file is to be read; what is left out is found out, or as ``profile`` has it."""

    kind: Literal["", "customers", "products", "orders", "activities"] = ""
    profile: uuid.UUID | None = None


class ChoiceIn(Schema):
    """What is to be changed; what is left out stays. ``new_fields`` gives columns the type of the field to be made of each."""

    kind: Literal["customers", "products", "orders", "activities"] | None = None
    mapping: dict[str, str] | None = None
    date_formats: dict[str, str] | None = None
    options: OptionsIn | None = None
    source: str | None = None
    matching: MatchingIn | None = None
    new_fields: dict[str, str] | None = None


class ProfileIn(Schema):
    name: str


class ProfileChoiceIn(Schema):
    profile: uuid.UUID


class ProfileOut(Schema):
    id: uuid.UUID
    name: str
    kind: str
    mapping: dict[str, str]
    date_formats: dict[str, str]
    options: dict[str, Any]
    source: str
    matching: dict[str, Any]
