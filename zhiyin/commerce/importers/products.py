"""Products from files: as a file of their own, and as the things sold in a file of orders."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from zhiyin.commerce.models import OrderLine, Product
from zhiyin.imports.formats import NUMBER
from zhiyin.imports.grouping import group
from zhiyin.imports.kinds import Check, Field, FieldType, Kind, Outcome
from zhiyin.imports.landing import Landing, Match, unreferred
from zhiyin.imports.messages import Message, gettext_noop, ngettext_lazy
from zhiyin.platform.pinyin import name_key

if TYPE_CHECKING:
    from zhiyin.imports.workspace import Workspace

CODES = (
    "product code", "product id", "product no", "stock code", "stockcode", "sku", "item code", "item no",
    "item id",
    "item number", "article", "article no", "article number", "asin", "barcode", "material", "part no",
    "part number",
    "商品编号", "商品编码", "商品代码", "商品id", "产品编号", "产品编码", "产品代码", "货号", "物料编码",
    "物料号", "存货编码",
    "条码", "条形码", "规格编码", "商家编码",
)  # fmt: skip
NAMES = (
    "product name", "product", "description", "item", "item name", "title", "product title",
    "item description", "goods",
    "product description", "商品名称", "商品", "产品名称", "产品", "品名", "货品名称", "宝贝标题", "宝贝名称",
    "商品标题", "存货名称", "物料名称",
)  # fmt: skip
DETAILS = {"name": 300, "category": 100, "unit": 20}
_MATCH = Match("landed_codes", "pno", "product_ids", "commerce_product", "t.code = l.code")
_WRITABLE = {
    "name": "text",
    "name_key": "text",
    "category": "text",
    "unit": "text",
    "price": "numeric",
    "cost": "numeric",
}


def gather_products(work: Workspace, identity: str, columns: dict[str, str]) -> int:
    """Make the table ``products`` (``pno`` in order of the rows) in DuckDB; codes are told apart by case.

    Of several values of a detail the first in the file counts. Gives the number of products.
    """
    columns = {name: column for name, column in columns.items() if column in work.mapping}
    group(work.con, "goods", f"{identity} AS code", columns)
    parts = [
        name if name in columns else f"NULL::{type_} AS {name}"
        for name, type_ in (*dict.fromkeys(("name", "category", "unit", "currency"), "VARCHAR").items(),
                            ("price", NUMBER), ("cost", NUMBER))
    ]  # fmt: skip
    work.con.execute(
        "CREATE TABLE products AS SELECT (row_number() OVER (ORDER BY first_row))::INTEGER AS pno, code,"
        f" {', '.join(parts)} FROM goods"
    )
    work.con.execute("DROP TABLE goods")
    return work.one("SELECT count(*) FROM products")


def match_products(work: Workspace, landing: Landing) -> int:
    """Make the temporary table ``product_ids`` (``pno``, ``id``) of those there already; how many are new."""
    columns = "pno int, code varchar(64)"
    landing.copy(work.con, "SELECT pno, code FROM products", "landed_codes", columns)
    return landing.match(_MATCH)


def write_products(work: Workspace, landing: Landing, *, update: bool) -> dict[str, int]:
    """Create the products that are new, and with ``update`` overwrite what the file says of the others.

    Afterwards ``product_ids`` holds them all.
    """
    new = match_products(work, landing)
    counts = {"products_created": 0, "products_changed": 0}
    if new or update:
        _land_details(work, landing)
    if new:
        counts["products_created"] = _insert(landing)
    if update:
        counts["products_changed"] = _update(landing)
    return counts


def _land_details(work: Workspace, landing: Landing) -> None:
    work.key("SELECT name FROM products", "product_name_keys", lambda text: name_key(text[:300]))
    cells = ", ".join(f"left(coalesce({key}, ''), {most})" for key, most in DETAILS.items())
    landing.copy(
        work.con,
        f"SELECT pno, code, {cells}, coalesce(key, ''), price, cost, coalesce(upper(currency), '')"
        " FROM products LEFT JOIN product_name_keys ON name = value ORDER BY pno",
        "landed_products",
        "pno int, code text, name text, category text, unit text, name_key text, price numeric(19, 4),"
        " cost numeric(19, 4), currency text",
    )


def _insert(landing: Landing) -> int:
    return landing.insert(
        _MATCH,
        "INSERT INTO commerce_product (id, tenant_id, code, name, name_key, category, unit, price, cost,"
        " currency, import_id, created_at, updated_at, version)"
        " SELECT {key}, %(tenant)s, code, name, name_key, category, unit, price,"
        " cost, coalesce(nullif(currency, ''), %(currency)s), %(import)s, %(now)s, %(now)s, 1"
        " FROM landed_products l WHERE {absent} ORDER BY pno"
        " ON CONFLICT (tenant_id, code) DO NOTHING",
    )


def _update(landing: Landing) -> int:
    """Overwrite where the file has something else; what stood there goes into the journal."""
    given = {
        column: f"l.{column} IS DISTINCT FROM t.{column} AND l.{column} IS NOT NULL"
        + (f" AND l.{column} <> ''" if type_ == "text" else "")
        for column, type_ in _WRITABLE.items()
    }
    return landing.overwrite(
        kind="product",
        table="commerce_product",
        landed="landed_products",
        ids="product_ids",
        key="pno",
        given=given,
    )


def undo_products(landing: Landing) -> dict[str, int]:
    """Delete the products that the import made, unless edited since or on a line; put back what it changed."""
    made = "FROM commerce_product p WHERE p.tenant_id = %(tenant)s AND p.import_id = %(import)s"
    # waits for orders and edits being written, so that they are seen
    landing.run(f"SELECT {made} FOR UPDATE")
    landing.create("sold_products", "id uuid")
    landing.run(
        "INSERT INTO sold_products SELECT DISTINCT product_id FROM commerce_orderline WHERE product_id IS"
        " NOT NULL"
    )
    landing.run("ANALYZE sold_products")
    total = landing.one(f"SELECT count(*) {made}")
    gone = landing.run(
        "DELETE FROM commerce_product p WHERE p.tenant_id = %(tenant)s AND p.import_id = %(import)s"
        " AND p.version = 1 AND NOT EXISTS (SELECT FROM sold_products s WHERE s.id = p.id)"
        f"{unreferred(Product, 'p', (OrderLine,))}"
    )
    restored = landing.restore("product", "commerce_product", _WRITABLE)
    return {"products_deleted": gone, "products_kept": total - gone, "products_restored": restored}


_REPEATED = ngettext_lazy(
    "{count} row repeats a product of the file; of several values the first counts.",
    "{count} rows repeat a product of the file; of several values the first counts.",
)


class Products(Kind):
    """One product a row."""

    name: ClassVar = "products"
    label: ClassVar = gettext_noop("Products")
    permission: ClassVar = "products.edit"
    fields: ClassVar = (
        Field("product_code", gettext_noop("Product code"), FieldType.CODE, (*CODES, "code", "id", "编号",
            "编码"), length=64),
        Field("product_name", gettext_noop("Product name"), synonyms=(*NAMES, "name", "名称"), length=300),
        Field("category", gettext_noop("Category"), synonyms=("category", "product category", "class",
            "group", "department", "series", "类别", "分类", "商品类别", "品类", "类目"), length=100),
        Field("unit", gettext_noop("Unit of measure"), synonyms=("unit", "uom", "unit of measure", "单位",
            "计量单位"), length=20),
        Field("price", gettext_noop("Price"), FieldType.AMOUNT, ("price", "unit price", "list price",
            "retail price", "sale price", "sales price", "价格", "单价", "售价", "零售价", "销售价", "标价")),
        Field("cost", gettext_noop("Cost"), FieldType.AMOUNT, ("cost", "unit cost", "purchase price", "成本",
            "成本价", "进价", "采购价")),
        Field("currency", gettext_noop("Currency"), FieldType.CURRENCY, ("currency", "币种", "货币"),
            length=3),
    )  # fmt: skip

    one_of: ClassVar = (("product_code", "product_name"),)

    def checks(self, work: Workspace) -> list[Check]:
        return [
            Check(
                f"{_thing(work)} IS NULL",
                Message(gettext_noop("The row names no product: no code and no name.")),
            ),
            Check("price < 0", Message(gettext_noop("The price is negative."))),
            Check("cost < 0", Message(gettext_noop("The cost is negative."))),
            currency_check(),
        ]

    def prepare(self, work: Workspace) -> Outcome:
        columns = {"name": "product_name"} | {
            key: key for key in ("category", "unit", "price", "cost", "currency")
        }
        count = gather_products(work, _thing(work), columns)
        outcome = Outcome({"products": count, "repeated": work.one("SELECT count(*) FROM typed") - count})
        if outcome.counts["repeated"]:
            outcome.messages.append(_REPEATED(outcome.counts["repeated"]))
        return outcome

    def compare(self, work: Workspace, landing: Landing) -> dict[str, int]:
        new = match_products(work, landing)
        return {"products_new": new, "products_known": work.one("SELECT count(*) FROM products") - new}

    def apply(self, work: Workspace, landing: Landing) -> dict[str, int]:
        return write_products(work, landing, update=True)

    def undo(self, landing: Landing) -> dict[str, int]:
        return undo_products(landing)


def _thing(work: Workspace) -> str:
    """What tells products apart: the code, in a file without codes the name."""
    return "product_code" if "product_code" in work.mapping else "left(product_name, 64)"


def currency_check() -> Check:
    """A currency is three letters (ISO 4217)."""
    return Check(
        "currency IS NOT NULL AND NOT regexp_full_match(upper(currency), '[A-Z]{3}')",
        Message(gettext_noop("The currency is not a code of three letters, such as CNY.")),
    )
