"""The products that a file of opportunities names: those there already, written a little otherwise, and new ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

from zhiyin.commerce.models import Product
from zhiyin.platform.pinyin import normalise

if TYPE_CHECKING:
    from zhiyin.imports.workspace import Workspace


def loose(text: str) -> str:
    """What a product is known by without case and blanks: ``GTXPro`` and ``GTX Pro`` are one."""
    return "".join(normalise(text).split())


def find_products(work: Workspace) -> None:
    """Make ``things``: for each way a product is written, the company's ``product`` (its id), or the ``code`` of a new one.

    By the code first, then by the name, then by either without blanks and case if only one is called so. Ways that
    differ only by these are one new product. Called inside the company's scope.
    """
    met = work.con.execute(
        "SELECT product FROM typed WHERE product IS NOT NULL GROUP BY 1 ORDER BY count(*) DESC, 1"
    ).fetchall()
    written = [product for (product,) in met]
    found = _known(written)
    new: dict[str, str] = {}
    for each in written:
        if each not in found:
            new.setdefault(loose(each), each[:64])
    work.con.execute("CREATE OR REPLACE TABLE things (product_named VARCHAR, product UUID, code VARCHAR)")
    codes = [None if each in found else new[loose(each)] for each in written]
    work.insert("things", [written, [found.get(each) for each in written], codes])


def _known(written: list[str]) -> dict[str, str]:
    """The one product that each way of writing means. One SQL statement."""
    if not written:
        return {}
    exact, roughly = set(written), {loose(each) for each in written}
    by_code: dict[str, set[str]] = {}
    by_name: dict[str, set[str]] = {}
    alike: dict[str, set[str]] = {}
    for key, code, name in Product.objects.values_list("pk", "code", "name").iterator(5000):
        for kept, text, wanted in (
            (by_code, code, exact), (by_name, name, exact), (alike, loose(code), roughly), (alike, loose(name), roughly),
        ):  # fmt: skip
            if text in wanted:
                kept.setdefault(text, set()).add(str(key))
    found = {}
    for each in written:
        ways = by_code.get(each, set()), by_name.get(each, set()), alike.get(loose(each), set())
        if only := next((way for way in ways if len(way) == 1), None):
            found[each] = min(only)
    return found
