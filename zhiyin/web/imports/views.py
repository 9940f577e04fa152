"""The wizard of imports: file, columns, check, result; and the list of what was imported."""

import uuid
from dataclasses import dataclass

from django.forms import BoundField
from django.http import FileResponse, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST
from django_htmx.http import HttpResponseClientRedirect

from zhiyin.imports import access, actions, queries
from zhiyin.imports.choices import ImportState
from zhiyin.imports.formats import Decision
from zhiyin.imports.messages import Message
from zhiyin.imports.models import Import
from zhiyin.imports.preview import Preview
from zhiyin.imports.recognise import Guess
from zhiyin.platform import files
from zhiyin.platform.errors import NotFound
from zhiyin.web.http import HttpRequest, notify, page, refusals, render
from zhiyin.web.imports.forms import ColumnsForm, ProfileForm, ReadingForm, UploadForm, shown_delimiter
from zhiyin.web.imports.words import FORMATS, effect_rows, written_rows

STEPS = [_("File"), _("Columns"), _("Check"), _("Result")]
_STEP_OF = {
    ImportState.DRAFT: 2,
    ImportState.CHECKING: 3,
    ImportState.CHECKED: 3,
    ImportState.APPLYING: 4,
}


@page(permission="imports.run")
def import_list(request: HttpRequest) -> HttpResponse:
    shown = queries.imports(request.actor, after=request.GET.get("after", ""))
    return render(request, "imports/list.html", {"page": shown}, partial="list")


@page(permission="imports.run")
def start(request: HttpRequest) -> HttpResponse:
    """Choose a file; it is uploaded and recognised at once."""
    form = UploadForm(
        request.POST or None,
        request.FILES or None,
        allowed=access.kinds_for(request.actor),
        profiles=queries.profiles(request.actor),
    )
    if request.method == "POST" and form.is_valid():
        sent = form.cleaned_data["file"]
        with refusals(form):
            batch = actions.upload_file(
                actor=request.actor,
                stream=sent.file,
                name=sent.name,
                kind=form.cleaned_data["kind"],
                options=form.options,
                profile_id=form.profile_id,
                now=timezone.now(),
            )
            return _go(request, batch)
    return render(request, "imports/start.html", {"form": form, "steps": STEPS}, partial="form")


@page(permission="imports.run")
def show(request: HttpRequest, import_id: uuid.UUID) -> HttpResponse:
    """Wherever the import stands: columns to choose, work under way, or the result."""
    batch = access.get_import(request.actor, import_id)
    if batch.state == ImportState.DRAFT or (batch.state == ImportState.FAILED and not batch.result):
        return _columns_page(request, batch)
    return render(request, "imports/result.html", _shown(batch), partial="state")


@require_POST
@page(permission="imports.run")
def columns(request: HttpRequest, import_id: uuid.UUID) -> HttpResponse:
    """Take the chosen columns and begin the check."""
    batch = access.get_import(request.actor, import_id)
    form = ColumnsForm(request.POST, actor=request.actor, batch=batch, seen=actions.file_preview(batch))
    if form.is_valid():
        with refusals(form):
            now = timezone.now()
            actions.choose_columns(
                actor=request.actor,
                import_id=import_id,
                mapping=form.mapping,
                date_formats=form.date_formats,
                source=form.cleaned_data.get("shop", ""),
                matching=form.matching,
                new_fields=form.new_fields,
                now=now,
            )
            actions.start(actor=request.actor, import_id=import_id, step="check", now=now)
            return redirect("imports:show", import_id)
    return _columns_page(request, batch, form)


@require_POST
@page(permission="imports.run")
def reading(request: HttpRequest, import_id: uuid.UUID) -> HttpResponse:
    """Open the file in another way, or as another kind."""
    batch = access.get_import(request.actor, import_id)
    seen = actions.file_preview(batch)
    form = ReadingForm(request.POST, allowed=access.kinds_for(request.actor), seen=seen)
    if form.is_valid():
        with refusals(form):
            actions.choose_columns(
                actor=request.actor,
                import_id=import_id,
                kind=form.cleaned_data["kind"],
                options=form.options,
                now=timezone.now(),
            )
            return redirect("imports:show", import_id)
    return _columns_page(request, batch, reading_form=form)


@require_POST
@page(permission="imports.run")
def use_profile(request: HttpRequest, import_id: uuid.UUID) -> HttpResponse:
    try:
        profile_id = uuid.UUID(request.POST.get("profile", ""))
    except ValueError as error:
        raise NotFound from error
    actions.use_profile(actor=request.actor, import_id=import_id, profile_id=profile_id, now=timezone.now())
    return redirect("imports:show", import_id)


@require_POST
@page(permission="imports.run")
def save_profile(request: HttpRequest, import_id: uuid.UUID) -> HttpResponse:
    profile = actions.save_profile(
        actor=request.actor, import_id=import_id, name=request.POST.get("name", ""), now=timezone.now()
    )
    notify(request, gettext("The profile “%(name)s” is saved.") % {"name": profile.name})
    return redirect("imports:show", import_id)


@require_POST
@page(permission="imports.run")
def apply(request: HttpRequest, import_id: uuid.UUID) -> HttpResponse:
    actions.start(actor=request.actor, import_id=import_id, step="apply", now=timezone.now())
    return redirect("imports:show", import_id)


@require_POST
@page(permission="imports.run")
def undo(request: HttpRequest, import_id: uuid.UUID) -> HttpResponse:
    actions.start(actor=request.actor, import_id=import_id, step="undo", now=timezone.now())
    return redirect("imports:show", import_id)


@require_POST
@page(permission="imports.run")
def discard(request: HttpRequest, import_id: uuid.UUID) -> HttpResponse:
    actions.discard_import(actor=request.actor, import_id=import_id, now=timezone.now())
    notify(request, _("The file is removed."))
    return redirect("imports:list")


@require_POST
@page(permission="imports.run")
def discard_chosen(request: HttpRequest) -> HttpResponse:
    """Remove the files ticked in the list, all or none."""
    try:
        chosen = [uuid.UUID(each) for each in request.POST.getlist("ids")]
    except ValueError as error:
        raise NotFound from error
    actions.discard_imports(actor=request.actor, import_ids=chosen, now=timezone.now())
    told = ngettext("%(count)s file is removed.", "%(count)s files are removed.", len(chosen))
    notify(request, told % {"count": len(chosen)})
    return redirect("imports:list")


@page(permission="imports.run")
def refused(request: HttpRequest, import_id: uuid.UUID) -> FileResponse:
    """The refused rows with their reasons."""
    batch = access.get_import(request.actor, import_id)
    if batch.refused_file is None:
        raise NotFound
    return files.download(batch.refused_file)


@page(permission="imports.run")
def profile_list(request: HttpRequest) -> HttpResponse:
    return render(request, "imports/profiles.html", {"profiles": queries.profiles(request.actor)})


@require_POST
@page(permission="imports.run")
def delete_profile(request: HttpRequest, profile_id: uuid.UUID) -> HttpResponse:
    actions.delete_profile(actor=request.actor, profile_id=profile_id, now=timezone.now())
    notify(request, _("The profile is deleted."))
    return redirect("imports:profiles")


@dataclass(frozen=True)
class Line:
    """One field in the table of columns."""

    bound: BoundField
    format: BoundField | None
    required: bool
    guess: Guess | None
    decision: Decision | None
    warning: Message | None
    own: bool


def _columns_page(
    request: HttpRequest,
    batch: Import,
    form: ColumnsForm | None = None,
    reading_form: ReadingForm | None = None,
) -> HttpResponse:
    seen = actions.file_preview(batch)
    form = form or ColumnsForm(actor=request.actor, batch=batch, seen=seen)
    initial = {
        **batch.options,
        "kind": batch.kind,
        "no_header": batch.options.get("header") is False,
        "delimiter": shown_delimiter(batch.options.get("delimiter", "")),
    }
    allowed = access.kinds_for(request.actor)
    lines = _lines(form, batch, seen)
    context = {
        "batch": batch,
        "seen": seen,
        "format": FORMATS.get(seen.format, seen.format),
        "delimiter": shown_delimiter(seen.delimiter),
        "form": reading_form if reading_form and reading_form.errors else form,
        "columns_form": form,
        "lines": [each for each in lines if not each.own],
        "own_lines": [each for each in lines if each.own],
        "own_used": any(each.own and each.bound.value() for each in lines),
        "reading_form": reading_form or ReadingForm(initial=initial, allowed=allowed, seen=seen),
        "profiles": queries.profiles(request.actor, batch.kind),
        "steps": STEPS,
    }
    return render(request, "imports/columns.html", context)


def _lines(form: ColumnsForm, batch: Import, seen: Preview) -> list[Line]:
    lines = []
    for each in form.kind.fields:
        guess = seen.guesses.get(each.name)
        same = guess is not None and guess.column == batch.mapping.get(each.name)
        format_name = f"format_{each.name}"
        lines.append(
            Line(
                form[each.name],
                form[format_name] if format_name in form.fields else None,
                each.required,
                guess if same else None,
                seen.decisions.get(each.name) if same else None,
                seen.warnings.get(each.name) if same else None,
                each.by_name,
            )
        )
    return lines


def _shown(batch: Import) -> dict[str, object]:
    found = queries.report(batch)
    return {
        "batch": batch,
        "report": found,
        "effects": effect_rows(found.effect) if found else [],
        "written": written_rows(found.effect) if found else [],
        "undone": effect_rows(found.undone) if found else [],
        "counts": effect_rows(found.counts) if found else [],
        "profile_form": ProfileForm(),
        "steps": STEPS,
        "step": _STEP_OF.get(ImportState(batch.state), 5),
    }


def _go(request: HttpRequest, batch: Import) -> HttpResponse:
    answer = redirect("imports:show", batch.id)
    return HttpResponseClientRedirect(answer.headers["Location"]) if request.htmx else answer
