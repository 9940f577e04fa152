"""Columns by name and content; dates and amounts by all their values."""

import datetime
from decimal import Decimal

import duckdb
import hypothesis.strategies as st
import pytest
from hypothesis import given, settings

from zhiyin.imports import formats
from zhiyin.imports.kinds import kinds
from zhiyin.imports.recognise import likeliest_kind, recognise

NOW = "2026-11-22"


@pytest.fixture(scope="module")
def con():
    with duckdb.connect() as con:
        con.execute("SET TimeZone = 'UTC'")
        formats.install(con)
        yield con


def table(con, values):
    con.execute("CREATE OR REPLACE TABLE t (row_ BIGINT, v VARCHAR)")
    con.execute("INSERT INTO t SELECT unnest(?), unnest(?)", [list(range(len(values))), list(values)])


def dates(con, *values):
    table(con, values)
    decision = formats.decide_dates(con, "t", "v", now=NOW)
    assert decision is not None
    sql = formats.BY_NAME[decision.name].sql("v")
    return decision, [
        f"{d:%Y-%m-%d %H:%M}" if d else None
        for (d,) in con.execute(f"SELECT {sql}::TIMESTAMP FROM t ORDER BY row_").fetchall()
    ]


@pytest.mark.parametrize(
    ("value", "meant"),
    [
        ("2024-03-05", "2024-03-05 00:00"), ("2024/3/5 9:07", "2024-03-05 09:07"), ("2024.03.05",
            "2024-03-05 00:00"),
        ("2024-03-05T09:07:00", "2024-03-05 09:07"), ("2024-03-05T09:07:00Z", "2024-03-05 09:07"),
        ("2024-03-05T09:07:00+08:00", "2024-03-05 01:07"), ("2024年3月5日", "2024-03-05 00:00"),
        ("2024年03月05日 09:07", "2024-03-05 09:07"), ("2024年3月5日9时7分", "2024-03-05 09:07"),
        ("20240305", "2024-03-05 00:00"), ("20240305090700", "2024-03-05 09:07"), ("45356", "2024-03-05"
            " 00:00"),
        ("45356.5", "2024-03-05 12:00"), ("1709629620", "2024-03-05 09:07"), ("1709629620000", "2024-03-05"
            " 09:07"),
        ("5-Mar-2024", "2024-03-05 00:00"), ("Mar 5, 2024", "2024-03-05 00:00"), ("25.03.2024", "2024-03-25"
            " 00:00"),
        ("25/03/2024 09:07", "2024-03-25 09:07"), ("03/25/2024", "2024-03-25 00:00"), ("3/25/24 2:07 PM",
            "2024-03-25 14:07"),
    ],
)  # fmt: skip
def test_dates_in_any_format(con, value, meant):
    assert dates(con, value)[1] == [meant]


def test_day_or_month_first_is_decided_by_all_values(con):
    decision, found = dates(con, "01/02/2024", "13/02/2024")
    assert (decision.name, decision.ambiguous, found[0]) == ("%d/%m/%Y", False, "2024-02-01 00:00")
    decision, found = dates(con, "01/02/2024", "02/13/2024")
    assert (decision.name, decision.ambiguous, found[0]) == ("%m/%d/%Y", False, "2024-01-02 00:00")


def test_what_nothing_decides_is_said_to_be_ambiguous(con):
    decision, _ = dates(con, "01/02/2024", "02/03/2024")
    assert decision.ambiguous
    assert "Please check" in decision.reason.english()


def test_sales_do_not_lie_in_the_future_and_rows_follow_in_time(con):
    assert dates(con, "01/11/2026", "01/12/2026")[0].name == "%m/%d/%Y"
    decision, _ = dates(con, "01/02/2024", "02/02/2024", "03/02/2024", "04/02/2024")
    assert (decision.name, decision.ambiguous) == ("%d/%m/%Y", True)


def test_of_two_formats_the_more_common_is_taken(con):
    decision, found = dates(con, "2024-03-05", "2024-03-06", "05/03/2024")
    assert (decision.name, decision.misses, found[2]) == ("%Y-%m-%d", 1, None)


def numbers(con, *values):
    table(con, values)
    decision = formats.decide_numbers(con, "t", "v")
    sql = formats.number_sql(decision.name, "v")
    return decision, [n for (n,) in con.execute(f"SELECT {sql} FROM t ORDER BY row_").fetchall()]


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("12", "12"), ("1,234.50", "1234.5"), ("￥1,234", "1234"), ("¥ 12.5", "12.5"), ("$1,234.50",
            "1234.5"),
        ("(12.00)", "-12"), ("-￥5", "-5"), ("￥-5", "-5"), ("12.5-", "-12.5"), ("100元", "100"), ("USD"
            " 1,000", "1000"),
        ("１２３．５", "123.5"), ("1 234.5", "1234.5"), ("12,34,567.00", "1234567"), (".5", "0.5"), ("+3",
            "3"),
        ("1e3", "1000"), ("12abc", None), ("--5", None), ("-", None), ("1,2,3.0", None), ("两", None),
    ],
)  # fmt: skip
def test_amounts(con, text, meant):
    found = con.execute("SELECT number_point(?::VARCHAR)", [text]).fetchall()[0][0]
    assert found == (None if meant is None else Decimal(meant))


def test_decimal_commas_are_decided_by_all_values(con):
    decision, found = numbers(con, "1.234,50", "12,5", "1.000")
    assert decision.name == "comma"
    assert found == [Decimal("1234.5"), Decimal("12.5"), Decimal(1000)]
    assert numbers(con, "1,234.50", "1,000")[0].name == "point"
    assert numbers(con, "1,234")[0].ambiguous


@settings(max_examples=80, deadline=None)
@given(st.decimals(-(10**9), 10**9, places=4), st.sampled_from(["point", "comma"]))
def test_every_amount_comes_back(value, style):
    text = f"{value:,.4f}"
    if style == "comma":
        text = text.translate(str.maketrans(",.", ".,"))
    with duckdb.connect() as con:
        formats.install(con)
        assert con.execute(f"SELECT number_{style}(?::VARCHAR)", [text]).fetchall()[0][0] == value


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.dates(datetime.date(1990, 1, 1), datetime.date(2026, 1, 1)), min_size=1, max_size=10),
    st.sampled_from(["%Y-%m-%d", "%d/%m/%Y", "%m/%d/%Y", "%d.%m.%Y", "%Y%m%d", "%Y年%m月%d日"]),
)
def test_every_date_comes_back_unless_it_is_said_to_be_ambiguous(days, written):
    with duckdb.connect() as con:
        con.execute("SET TimeZone = 'UTC'")
        formats.install(con)
        decision, found = dates(con, *[day.strftime(written) for day in days])
        assert decision.ambiguous or found == [f"{day} 00:00" for day in days]


ORDERS = {
    "English shop": (["InvoiceNo", "StockCode", "Description", "Quantity", "InvoiceDate", "UnitPrice",
    "CustomerID", "Country"],
                     ["536365", "85123A", "WHITE LANTERN", "6", "12/1/2010 8:26", "2.55", "17850", "United"
                         " Kingdom"],
                     {"order_number": "InvoiceNo", "ordered_at": "InvoiceDate", "customer_code": "CustomerID",
                         "unit_price": "UnitPrice",
                      "product_code": "StockCode", "product_name": "Description", "quantity": "Quantity",
                      "country": "Country"}),
    "Chinese shop": (["订单编号", "买家会员名", "收货人姓名", "联系手机", "宝贝标题", "购买数量", "实付金额",
    "付款时间", "店铺名称"],
                     ["T2024", "xm123", "王小明", "13900000000", "电饭煲", "2", "￥1,299.00", "2024-03-05"
                         " 10:00:00", "旗舰店"],
                     {"order_number": "订单编号", "customer_code": "买家会员名",
                         "customer_name": "收货人姓名", "customer_phone": "联系手机",
                      "product_name": "宝贝标题", "quantity": "购买数量", "amount": "实付金额",
                      "ordered_at": "付款时间", "channel": "店铺名称"}),
    "bare purchases": (["sample_id", "date", "number_of_cds", "dollar_value"], ["1", "1997-01-01", "2",
    "29.33"],
                       {"customer_code": "sample_id", "ordered_at": "date", "quantity": "number_of_cds",
                           "amount": "dollar_value"}),
}  # fmt: skip


@pytest.mark.parametrize("shop", ORDERS)
def test_columns_are_recognised(shop):
    names, values, expected = ORDERS[shop]
    samples = {name: [value] for name, value in zip(names, values, strict=True)}
    kind = likeliest_kind(kinds().values(), samples)
    assert kind is not None
    assert kind.name == "orders"
    guesses = recognise(kind, samples)
    assert {name: guess.column for name, guess in guesses.items()} == expected
    assert all(guess.reason.english() for guess in guesses.values())


def test_content_speaks_where_names_do_not():
    samples = {"x": ["13900000000", "13800000001"], "y": ["a@b.example", "c@d.example"]}
    found = {guess.field: guess.column for guess in recognise(kinds()["customers"], samples).values()}
    assert (found["customer_phone"], found["customer_email"]) == ("x", "y")


def test_columns_that_say_nothing_are_not_guessed():
    assert likeliest_kind(kinds().values(), {"foo": ["bar"], "baz": ["qux"]}) is None
