"""Charts as data: what the browser gets and what the table says are the same numbers."""

import json
from decimal import Decimal

import numpy as np
from django.template import Context, Template
from django.utils import translation

from zhiyin.web.charts import Cell, Chart, HeatTable, Series

CHART = Chart(
    key="value",
    title="A few customers bring most",
    categories=["a", "b", "c"],
    y_label="Margin",
    format="money",
    currency="CNY",
    series=[
        Series("Actual", [Decimal("1.5"), None, float("nan")]),
        Series("Model", list(np.array([1, 2, 3])), low=[0.5, 1.5, 2.5], high=[1.5, 2.5, 3.5]),
    ],
)


def test_numbers_that_json_does_not_know_become_gaps() -> None:
    data = json.loads(json.dumps(CHART.data(), allow_nan=False))
    assert data["series"][0]["values"] == [1.5, None, None]
    assert data["series"][1]["values"] == [1, 2, 3]
    assert data["categories"] == ["a", "b", "c"]


def test_the_table_has_a_column_for_each_line_and_its_interval() -> None:
    columns, rows = CHART.table()
    assert columns == ["", "Actual", "Model", "Model ↓", "Model ↑"]
    assert rows[0] == ["a", Decimal("1.5"), 1, 0.5, 1.5]


def test_a_scatter_chart_lists_its_points() -> None:
    chart = Chart(
        key="s", title="t", kind="scatter", x_label="x", y_label="y", series=[Series("A", [(1.0, 2.0)])]
    )
    assert chart.table() == (["", "x", "y"], [["A", 1.0, 2.0]])


def test_a_chart_states_its_finding_and_carries_its_table() -> None:
    with translation.override("en"):
        html = Template("{% load zhiyin %}{% chart figure %}").render(Context({"figure": CHART}))
    assert "A few customers bring most</h3>" in html
    assert "¥1.50" in html
    assert '<script type="application/json">' in html


def test_colours_run_from_nothing_to_the_largest_value() -> None:
    table = HeatTable(
        "t", "c", ["1"], [("row", [Cell(0, "0"), Cell(None, ""), Cell(0.001, "x"), Cell(50, "50")])]
    )
    assert [level for _cell, level in table.coloured()[0][1]] == [0, 0, 1, 9]
