"""A table is written only in its own app: through a manager, through an instance, or by SQL."""

import ast
import functools
import importlib
import inspect
import re
import textwrap
import types
from collections.abc import Iterator
from pathlib import Path

from django.apps import apps
from django.db import models

import zhiyin

PACKAGE = Path(zhiyin.__file__).parent
WRITES = {
    "save", "delete", "create", "bulk_create", "get_or_create", "update_or_create", "update", "bulk_update",
}  # fmt: skip
SQL = re.compile(
    r"\b(?:INSERT\s+INTO|UPDATE|DELETE\s+FROM|MERGE\s+INTO|TRUNCATE|COPY)\s+(?:ONLY\s+|TABLE\s+)?\"?(\w+)"
)
OWN = {config.label for config in apps.get_app_configs() if config.name.startswith("zhiyin.")}
OWNERS = {model._meta.db_table: model._meta.app_label for model in apps.get_models(include_auto_created=True)}
# who writes another app's table on purpose, with the reason; the list may only shrink
ELSEWHERE: dict[tuple[str, str], str] = {}

Model = type[models.Model]
Names = dict[str, object]


def sources() -> Iterator[Path]:
    """Every file of the domain apps, of pages and of the API."""
    for path in sorted(PACKAGE.rglob("*.py")):
        place = path.relative_to(PACKAGE)
        if len(place.parts) > 1 and "migrations" not in place.parts and place.parts[0] != "config":
            yield place


def writes(place: Path) -> Iterator[tuple[str, str, int]]:
    """Owner, name and line of each model and table that a file writes."""
    tree = ast.parse((PACKAGE / place).read_text())
    name = ".".join(("zhiyin", *place.with_suffix("").parts))
    module = importlib.import_module(name.removesuffix(".__init__"))
    yield from tables_written(tree)
    for model, line in models_written(tree, vars(module)):
        yield model._meta.app_label, model.__name__, line


def tables_written(tree: ast.Module) -> Iterator[tuple[str, str, int]]:
    """Owner, table and line of each write by SQL; of ``"… customers_" + name`` the owner is told as well."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            for table in SQL.findall(node.value):
                begun = table[:-1] if table.endswith("_") else ""
                owner = OWNERS.get(table) or (begun if begun in OWN else "")
                if owner:
                    yield owner, table, node.lineno


def models_written(tree: ast.Module, known: Names) -> Iterator[tuple[Model, int]]:
    """Each write through a model's manager, query set or instance, as far as names tell which model it is.

    ``known`` holds what the file's own names are.
    """
    imported = known | _imported(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.Module):
            names = _local(node, imported)
            for call in _own(node):
                if (
                    isinstance(call, ast.Call)
                    and isinstance(call.func, ast.Attribute)
                    and call.func.attr in WRITES
                    and (model := _model(call.func.value, names))
                ):
                    yield model, call.lineno


def _own(node: ast.AST) -> Iterator[ast.AST]:
    """What is in a function or file, without the functions inside."""
    for child in ast.iter_child_nodes(node):
        yield child
        if not isinstance(child, ast.FunctionDef):
            yield from _own(child)


def _imported(tree: ast.Module) -> Names:
    """What imports from zhiyin bring, also those inside functions and for the type checker alone."""
    found: Names = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("zhiyin"):
            module = importlib.import_module(str(node.module))
            for each in node.names:
                if not hasattr(module, each.name):
                    importlib.import_module(f"{node.module}.{each.name}")
                found[each.asname or each.name] = getattr(module, each.name)
    return found


def _local(node: ast.AST, imported: Names) -> Names:
    """The names in a function of which the model is told: by annotation, or by what they are given."""
    names = dict(imported)
    if isinstance(node, ast.FunctionDef):
        for argument in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs):
            names[argument.arg] = _annotated(argument.annotation, names)
    for each in _own(node):
        match each:
            case ast.Assign(targets=[ast.Name(name)], value=value) | ast.NamedExpr(ast.Name(name), value):
                names[name] = _model(value, names)
            case ast.For(target=ast.Name(name), iter=value):
                names[name] = _model(value, names)
            case ast.AnnAssign(target=ast.Name(name), annotation=annotation):
                names[name] = _annotated(annotation, names)
    return names


def _annotated(annotation: ast.expr | None, names: Names) -> Model | None:
    match annotation:
        case ast.Name(name):
            return _as_model(names.get(name))
        case ast.Constant(str(text)):
            return _annotated(ast.parse(text, mode="eval").body, names)
        case ast.BinOp(left=left, right=ast.Constant(None)):
            return _annotated(left, names)
        case ast.Subscript(value=ast.Name("QuerySet"), slice=inner):
            first = inner.elts[0] if isinstance(inner, ast.Tuple) else inner
            return _annotated(first, names)
    return None


def _model(node: ast.expr, names: Names) -> Model | None:
    """The model whose class, manager, query set or instance an expression is."""
    return _as_model(_object(node, names))


def _object(node: ast.expr, names: Names) -> object:
    match node:
        case ast.Name(name):
            return names.get(name)
        case ast.Subscript(value=value):
            return _model(value, names)
        case ast.Attribute(value=value, attr=attr):
            owner = _object(value, names)
            model = _as_model(owner)
            return _of_model(model, attr) if model else getattr(owner, attr, None)
        case ast.Call(func=func):
            called = _object(func, names)
            return _returned(called) if isinstance(called, types.FunctionType) else _as_model(called)
    return None


def _of_model(model: Model, attribute: str) -> Model | None:
    """What an attribute of a model, its manager or its instances is again: a related model, or the same."""
    for field in model._meta.get_fields():
        if attribute in (
            field.name,
            getattr(field, "attname", ""),
            getattr(field, "get_accessor_name", str)(),
        ):
            return _as_model(field.related_model)
    return model


@functools.cache
def _returned(function: types.FunctionType) -> Model | None:
    """The model of which a function of ours gives one or none, or a query set."""
    if not function.__module__.startswith("zhiyin.") or function.__name__ == "<lambda>":
        return None
    plain = inspect.unwrap(function)
    # the text, since Django forgets at once what a query set was said to be of
    (node,) = ast.parse(textwrap.dedent(inspect.getsource(plain))).body
    return _annotated(node.returns, plain.__globals__) if isinstance(node, ast.FunctionDef) else None


def _as_model(found: object) -> Model | None:
    return found if isinstance(found, type) and issubclass(found, models.Model) else None


def test_a_table_is_written_only_in_its_own_app() -> None:
    wrong, met = [], set()
    for place in sources():
        for owner, name, line in writes(place):
            if owner == place.parts[0] or owner not in OWN:
                continue
            met.add((str(place), name))
            if (str(place), name) not in ELSEWHERE:
                wrong.append(f"{place}:{line} writes {owner}'s {name}")
    assert not wrong, "call an action of the app that owns the table:\n" + "\n".join(sorted(wrong))
    assert ELSEWHERE.keys() <= met, f"take out of ELSEWHERE: {ELSEWHERE.keys() - met}"


def test_the_scan_would_notice_each_kind_of_write() -> None:
    tree = ast.parse("""
from django.db.models import QuerySet
from zhiyin.accounts.models import Role, Tenant
from zhiyin.commerce.models import Order
from zhiyin.customers import access as customers
from zhiyin.customers.models.customer import Customer

Role.objects.filter(x=1).update(x=2)

def action(actor, customer: Customer | None, rows: QuerySet[Order]) -> None:
    customer.save()
    customers.customer(actor, 1).delete()
    customers.customers(actor).filter(x=1).update(x=2)
    found = customers.customer(actor, 1)
    found.save(update_fields=["name"])
    for order in rows.order_by("id"):
        order.customer.save()
    if role := Role.objects.first():
        role.delete()
    {"name": found.name}.update(x=1)
    found.name.save()
    cursor.execute(f"UPDATE customers_{found}; DELETE FROM  accounts_role; INSERT INTO gone_customers SELECT")
""")
    assert sorted((line, model.__name__) for model, line in models_written(tree, {})) == [
        (8, "Role"), (11, "Customer"), (12, "Customer"), (13, "Customer"), (15, "Customer"), (17, "Customer"),
        (19, "Role"),
    ]  # fmt: skip
    assert [(owner, table) for owner, table, _line in tables_written(tree)] == [
        ("customers", "customers_"), ("accounts", "accounts_role"),
    ]  # fmt: skip
