from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext, override

from zhiyin.customers.choices import CustomerKind, FieldType
from zhiyin.customers.ready import READY
from zhiyin.platform.tenancy import TenantModel
from zhiyin.platform.versions import version_of


class CustomField(TenantModel):
    """A field of the customer file that a company added; its values lie in ``Customer.custom`` under ``key``.

    ``kind`` narrows it to persons or organisations. ``least`` and ``most`` bound numbers and dates, and the length
    of text, written as values are. Without ``roles`` everybody sees it. Values follow from ``formula`` where there
    is one; while ``required_when`` is true, the field must be filled in; both are written as ``formulas`` says.

    Values of a ``sensitive`` one lie encrypted; see ``SensitiveValue``.

    One made after a ``READY`` one keeps English words, read in the reader's language.
    """

    key = models.CharField(max_length=40)
    ready = models.CharField(max_length=40, blank=True, db_default="", default="")
    label_kept = models.CharField(max_length=60, db_column="label")
    type = models.CharField(max_length=12, choices=FieldType)
    section_kept = models.CharField(max_length=60, blank=True, db_default="", db_column="section")
    position = models.PositiveIntegerField(default=0, db_default=0)
    kind = models.CharField(max_length=12, choices=CustomerKind, blank=True, db_default="")
    required = models.BooleanField(default=False, db_default=False)
    required_when = models.CharField(max_length=500, blank=True, default="", db_default="")
    formula = models.CharField(max_length=1000, blank=True, default="", db_default="")
    # what a link leads to
    target = models.CharField(max_length=20, blank=True, default="", db_default="")
    options = ArrayField(models.CharField(max_length=100), default=list, blank=True)
    least = models.CharField(max_length=20, blank=True, db_default="")
    most = models.CharField(max_length=20, blank=True, db_default="")
    pattern = models.CharField(max_length=200, blank=True, db_default="")
    default = models.CharField(max_length=200, blank=True, db_default="")
    # its values are codes that the search box finds whole
    searchable = models.BooleanField(default=False, db_default=False)
    sensitive = models.BooleanField(default=False, db_default=False)
    hint = models.CharField(max_length=200, blank=True, db_default="")
    roles = ArrayField(models.UUIDField(), default=list, blank=True)
    archived_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["tenant_id", "key"], name="field_key_once")]

    def __str__(self) -> str:
        return self.label

    @property
    def label(self) -> str:
        return self.words(self.label_kept)

    @label.setter
    def label(self, given: str) -> None:
        self.label_kept = self.kept("label", given)

    @property
    def section(self) -> str:
        return self.words(self.section_kept)

    @section.setter
    def section(self, given: str) -> None:
        self.section_kept = self.kept("section", given)

    def words(self, kept: str) -> str:
        """A text of this field, or one of its options, as it is read."""
        return gettext(kept) if self.ready and kept else kept

    def option(self, given: str) -> str:
        """The option that somebody means, who may have written it in another language."""
        if not self.ready or given in self.options:
            return given
        return next((each for each in self.options if given in _said(each)), given)

    def kept(self, name: str, given: str) -> str:
        """A text as it is kept: in English where it is the ready-made one in any language."""
        ready = getattr(READY.get(self.ready), name, "")
        return ready if ready and given in _said(ready) else given

    @property
    def version(self) -> str:
        """Another one after each change of what it asks for; its place among the others is no part of it."""
        names = (
            "label_kept", "section_kept", "kind", "required", "options", "least", "most", "pattern", "default", "hint",
            "required_when", "formula", "target",
        )  # fmt: skip
        return version_of(*(getattr(self, name) for name in names), sorted(self.roles), self.archived_at)


def _said(text: str) -> set[str]:
    """A ready-made text in all languages."""
    said = {text}
    for code, _name in settings.LANGUAGES:
        with override(code):
            said.add(gettext(text))
    return said
