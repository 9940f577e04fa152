import uuid
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from zhiyin.imports import actions
from zhiyin.imports.choices import Alike, Known
from zhiyin.imports.formats import DATE_FORMATS
from zhiyin.imports.kinds import FieldType, Kind, kinds
from zhiyin.imports.matching import Matching
from zhiyin.imports.models import Import, ImportProfile
from zhiyin.imports.preview import Preview
from zhiyin.platform.actors import Actor


class UploadForm(forms.Form):
    file = forms.FileField(label=_("File"))
    kind = forms.ChoiceField(label=_("What is in it"), required=False)
    profile = forms.ModelChoiceField(
        ImportProfile.objects.none(), label=_("Read as a saved profile says"), required=False, empty_label="-"
    )
    no_header = forms.BooleanField(label=_("The first row holds data, not names of columns"), required=False)

    def __init__(
        self, *args: Any, allowed: list[Kind], profiles: QuerySet[ImportProfile], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        if profiles:
            self.fields["profile"].queryset = profiles  # type: ignore[attr-defined]
        else:
            del self.fields["profile"]
        named = [(kind.name, gettext(str(kind.label))) for kind in allowed]
        self.fields["kind"].choices = [("", _("Found out from the columns")), *named]  # type: ignore[attr-defined]

    @property
    def profile_id(self) -> uuid.UUID | None:
        profile: ImportProfile | None = self.cleaned_data.get("profile")
        return profile.pk if profile else None

    @property
    def options(self) -> dict[str, Any]:
        return {"header": False} if self.cleaned_data["no_header"] else {}


class ReadingForm(forms.Form):
    """How the file is opened."""

    kind = forms.ChoiceField(label=_("What is in it"))
    encoding = forms.ChoiceField(
        label=_("Encoding"),
        required=False,
        choices=[("", _("Found out")), *((name, name.upper()) for name in actions.ENCODINGS)],
    )
    delimiter = forms.CharField(
        label=_("Delimiter"),
        required=False,
        strip=False,
        max_length=actions.MOST_DELIMITER,
        help_text=_("One character or several, such as ; or ||. A tab is written \\t. Empty: found out."),
    )
    sheet = forms.ChoiceField(label=_("Sheet"), required=False)
    no_header = forms.BooleanField(label=_("The first row holds data, not names of columns"), required=False)

    def __init__(self, *args: Any, allowed: list[Kind], seen: Preview, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["kind"].choices = [(kind.name, gettext(str(kind.label))) for kind in allowed]  # type: ignore[attr-defined]
        self.fields["sheet"].choices = [("", seen.sheet or "-"), *((name, name) for name in seen.sheets)]  # type: ignore[attr-defined]
        if len(seen.sheets) < 2:
            del self.fields["sheet"]
        if seen.format != "text":
            del self.fields["encoding"], self.fields["delimiter"]
        elif seen.delimiter:
            self.fields["delimiter"].widget.attrs["placeholder"] = shown_delimiter(seen.delimiter)

    @property
    def options(self) -> dict[str, Any]:
        chosen = {name: self.cleaned_data.get(name) for name in ("encoding", "delimiter", "sheet")}
        return {**chosen, "header": False if self.cleaned_data["no_header"] else None}


def shown_delimiter(delimiter: str) -> str:
    """A delimiter as it is typed."""
    return "\\t" if delimiter == "\t" else delimiter


class ColumnsForm(forms.Form):
    """The column of each field, how dates are written, and whose order numbers they are."""

    # not "source": fields of the kind stand beside it under their own names
    shop = forms.CharField(
        label=_("Source"),
        required=False,
        max_length=64,
        help_text=_("Only where several shops number their orders independently."),
    )

    def __init__(self, *args: Any, actor: Actor, batch: Import, seen: Preview, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.kind = kinds()[batch.kind].seen_by(actor)
        self.fields["shop"].initial = batch.source
        choices = [("", "-"), *((column, column) for column in seen.columns)]
        for each in self.kind.fields:
            self.fields[each.name] = forms.ChoiceField(
                label=each.title,
                required=each.required,
                choices=choices,
                initial=batch.mapping.get(each.name, ""),
            )
            if each.type is FieldType.DATE:
                self.fields[f"format_{each.name}"] = forms.ChoiceField(
                    label=_("Written as"),
                    required=False,
                    choices=[("", _("Decided from the data")), *((f.name, f.label) for f in DATE_FORMATS)],
                    initial=batch.date_formats.get(each.name, ""),
                )
        self._offer_fields(actor, batch, seen)
        if batch.kind != "orders":
            del self.fields["shop"]
        if self.kind.matched_by:
            self._offer_matching(Matching.load(batch.matching))

    def _offer_fields(self, actor: Actor, batch: Import, seen: Preview) -> None:
        """A new field for each column that nothing is known of."""
        types = self.kind.new_types(actor)
        planned = {each["column"]: each["type"] for each in batch.new_fields}
        self.unknown = {f"new_{place}": column for place, column in enumerate(seen.unknown)} if types else {}
        names = dict(types)
        for name, column in self.unknown.items():
            self.fields[name] = forms.ChoiceField(
                label=column,
                required=False,
                choices=[("", _("Leave out")), *types],
                initial=planned.get(column, ""),
                help_text=_("Looks like: %s") % names.get(seen.unknown[column], ""),
            )

    @property
    def new_fields(self) -> dict[str, str]:
        return {column: kind for name, column in self.unknown.items() if (kind := self.cleaned_data[name])}

    @property
    def offered(self) -> list[forms.BoundField]:
        return [self[name] for name in self.unknown]

    def _offer_matching(self, rules: Matching) -> None:
        self.fields["known"] = forms.ChoiceField(
            label=_("A customer has the row's code already"),
            required=False,
            choices=Known.choices,
            initial=rules.known,
        )
        self.fields["alike"] = forms.ChoiceField(
            label=_("A customer without this code agrees with the row"),
            required=False,
            choices=Alike.choices,
            initial=rules.alike,
        )
        self.fields["by"] = forms.MultipleChoiceField(
            label=_("… in one of these"),
            required=False,
            choices=[(name, self.kind.field(name).title) for name in self.kind.matched_by],
            initial=rules.by,
            widget=forms.CheckboxSelectMultiple,
        )

    @property
    def matching(self) -> dict[str, Any] | None:
        if not self.kind.matched_by:
            return None
        return {name: self.cleaned_data[name] for name in ("known", "alike", "by")}

    @property
    def mapping(self) -> dict[str, str]:
        return {each.name: self.cleaned_data[each.name] for each in self.kind.fields}

    @property
    def date_formats(self) -> dict[str, str]:
        prefix = "format_"
        return {
            name.removeprefix(prefix): v for name, v in self.cleaned_data.items() if name.startswith(prefix)
        }


class ProfileForm(forms.Form):
    name = forms.CharField(label=_("Name of the profile"), max_length=100)
