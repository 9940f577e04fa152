"""Imports are for those who may import: everybody's for those who see all records, else their own."""

import datetime
import io
from collections.abc import Callable, Mapping
from typing import Any

from tests.cast import Company
from tests.imports.importing import HEADER
from tests.permissions.table import ResentFile, Row
from zhiyin.imports import actions
from zhiyin.imports.models import Import
from zhiyin.platform import files

NOW = datetime.datetime(2026, 11, 22, tzinfo=datetime.UTC)
FILE = HEADER + "A1,2024-03-05,K1,P1,2,9.5\n"
ALLOWED = "302 403 403 404 403*3 {0} 404"
API = "401 403 403 404 403*3 {0} 404"
SHARED = ALLOWED.replace("404", "{0}", 1)
API_SHARED = API.replace("404", "{0}", 1)
Given = Callable[[Company], Mapping[str, Any]]


def import_of(name: str, state: str = "draft") -> Given:
    def given(company: Company) -> Mapping[str, Any]:
        actor = company.people[name].actor
        batch = actions.upload_file(
            actor=actor, stream=io.BytesIO(FILE.encode()), name="a.csv", kind="orders", now=NOW
        )
        Import.objects.filter(pk=batch.pk).update(state=state)
        return {"import_id": batch.id}

    return given


an_import = import_of("gao")
an_applied_import = import_of("gao", "applied")


def with_refused(company: Company) -> Mapping[str, Any]:
    given = an_import(company)
    stored = files.save(io.BytesIO(b"a\n"), name="refused.csv", actor=company.gao.actor, now=NOW)
    Import.objects.filter(pk=given["import_id"]).update(refused_file=stored)
    return given


def a_profile(company: Company) -> Mapping[str, Any]:
    given = an_import(company)
    profile = actions.save_profile(
        actor=company.gao.actor, import_id=given["import_id"], name="shop", now=NOW
    )
    return {"profile_id": profile.id}


def a_choice(company: Company) -> Mapping[str, Any]:
    an_import(company)
    return {}


def chosen(_company: Company, _given: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"ids": [str(Import.objects.get().pk)]}


def its_columns(_company: Company, given: Mapping[str, Any]) -> Mapping[str, Any]:
    return Import.objects.get(pk=given["import_id"]).mapping


def its_profile(company: Company, given: Mapping[str, Any]) -> Mapping[str, Any]:
    profile = actions.save_profile(
        actor=company.gao.actor, import_id=given["import_id"], name="shop", now=NOW
    )
    return {"profile": str(profile.id)}


def a_file(_company: Company, _given: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"file": ResentFile("a.csv", FILE.encode()), "kind": "orders"}


ROWS = [
    Row("GET", "imports:list", "302 403 403 200 403*3 200 200"),
    Row("GET", "imports:start", "302 403 403 200 403*3 200 200"),
    Row("POST", "imports:start", "302 403 403 302 403*3 302 302", data=a_file),
    Row("GET", "imports:profiles", "302 403 403 200 403*3 200 200"),
    Row("POST", "imports:delete_profile", SHARED.format(302), given=a_profile),
    Row("GET", "imports:show", ALLOWED.format(200), given=an_import),
    Row("POST", "imports:columns", ALLOWED.format(302), given=an_import, data=its_columns),
    Row("POST", "imports:reading", ALLOWED.format(302), given=an_import, data={"kind": "orders"}),
    Row("POST", "imports:use_profile", ALLOWED.format(302), given=an_import, data=its_profile),
    Row("POST", "imports:save_profile", ALLOWED.format(302), given=an_import, data={"name": "shop"}),
    Row("POST", "imports:apply", ALLOWED.format(302), given=an_import),
    Row("POST", "imports:undo", ALLOWED.format(302), given=an_applied_import),
    Row("POST", "imports:discard", ALLOWED.format(302), given=an_import),
    Row("POST", "imports:discard_chosen", ALLOWED.format(302), given=a_choice, data=chosen),
    Row("GET", "imports:refused", ALLOWED.format(200), given=with_refused),
    Row("GET", "imports:show", SHARED.format(200), given=import_of("ma"), note="of a manager"),
    Row("POST", "imports:apply", SHARED.format(302), given=import_of("ma"), note="of a manager"),
    Row("POST", "imports:undo", SHARED.format(302), given=import_of("ma", "applied"), note="of a manager"),
    Row("POST", "imports:discard", SHARED.format(302), given=import_of("ma"), note="of a manager"),
    Row("GET", "api:get_import", API_SHARED.format(200), given=import_of("ma"), note="of a manager"),
    Row("GET", "api:list_import_kinds", "401 403 403 200 403*3 200 200"),
    Row("GET", "api:list_imports", "401 403 403 200 403*3 200 200"),
    Row("POST", "api:upload_import", "401 403 403 201 403*3 201 201", data=a_file),
    Row("GET", "api:get_import", API.format(200), given=an_import),
    Row("PATCH", "api:change_import", API.format(200), given=an_import, data={"source": "web"}),
    Row("DELETE", "api:discard_import", API.format(204), given=an_import),
    Row("POST", "api:use_import_profile", API.format(200), given=an_import, data=its_profile),
    Row("POST", "api:check_import", API.format(202), given=an_import),
    Row("POST", "api:apply_import", API.format(202), given=an_import),
    Row("POST", "api:undo_import", API.format(202), given=an_applied_import),
    Row("GET", "api:get_refused_rows", API.format(200), given=with_refused),
    Row("GET", "api:list_import_profiles", "401 403 403 200 403*3 200 200"),
    Row("POST", "api:save_import_profile", API.format(201), given=an_import, data={"name": "shop"}),
    Row("DELETE", "api:delete_import_profile", API_SHARED.format(204), given=a_profile),
]
