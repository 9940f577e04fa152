"""What Python's csv module reads in a file is what we read; and it reads our files of refused rows."""

import csv
import io

import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, given, settings

from tests.imports.importing import import_text, query
from tests.imports.test_orders import refused_text, texts
from zhiyin.imports.reading import open_file

NASTY = {
    "quoted amounts": 'code,amount\nA1,"1,234.50"\nA2,"-1,234,567.00"\nA3,(12)\n',
    "line breaks in cells": 'code,note\nA1,"one\ntwo"\nA2,"\n"\nA3,"one\r\ntwo"\n',
    "doubled quotes": 'code,note\nA1,"he said ""no"""\nA2,""""\nA3,"""x"", y"\n',
    "quotes within a cell": 'code,note\nA1,5" pipe\nA2,it\'s\nA3,x"y"z\n',
    "a delimiter at the end of each row": "code,note,\nA1,x,\nA2,y,\n",
    "empty cells": 'code,note,more\nA1,,\n,x,\n"",,"y"\n',
    "Windows line ends": 'code,note\r\nA1,"x\r\ny"\r\nA2,z\r\n',
    "no line end at the end": "code,note\nA1,x\nA2,y",
    "blanks around cells": "code,note\nA1, x \n A2,\ty\n",
    "semicolons": 'code;note\nA1;"x;y"\nA2;"1,5"\n',
    "tabs": 'code\tnote\nA1\t"x\ty"\nA2\t"a""b"\n',
}


def ours(path):
    source = open_file(path)
    rows = [list(row.values())[1:] for batch in source.batches() for row in batch.to_pylist()]
    return source, rows


@pytest.mark.parametrize("name", NASTY)
def test_nasty_files_are_read_as_the_csv_module_reads_them(tmp_path, name):
    path = tmp_path / "nasty.csv"
    path.write_bytes(NASTY[name].encode())
    source, found = ours(path)
    _header, *expected = csv.reader(io.StringIO(NASTY[name], newline=""), delimiter=source.delimiter)
    assert found == expected


CELL = st.text(st.sampled_from("ab \"',;\n\r\t0.é王"), max_size=8)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=st.lists(st.lists(CELL, min_size=3, max_size=3), min_size=1, max_size=8),
    end=st.sampled_from(["\n", "\r\n"]),
)
def test_whatever_the_csv_module_writes_is_read_back(tmp_path, rows, end):
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator=end, quoting=csv.QUOTE_ALL).writerows([["code", "note", "more"], *rows])
    path = tmp_path / "written.csv"
    path.write_bytes(out.getvalue().encode())
    assert ours(path)[1] == rows


ORDERS = ["order number", "date", "customer id", "product code", "product name", "quantity", "unit price"]
REFUSED = [
    ["A1", "soon", "K1", "P1", 'a 5" pipe, "long"', "1", "1,234.50"],
    ["A2", "2024-03-05", "K,2", "P2", "one\ntwo", "two", "2"],
    ["A3", "2024-03-05", "K3", "P3", 'one\r\n"two"', "1", "1.2.3"],
    ["A4", "2099-01-01", "K4", "P4", " blanks ", "1", "2"],
    ["A5", "2024-03-05", "K5", "P5", "王'小'明", "n/a", "=1+1"],
]
GOOD = ["B1", "2024-03-05", "K1", "P1", "x", "1", "1,234.50"]


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_refused_rows_come_back_as_they_were_with_their_reason(gao, end):
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator=end).writerows([ORDERS, *REFUSED[:3], GOOD, *REFUSED[3:]])
    batch = import_text(gao, out.getvalue(), kind="orders")
    assert query(gao, "SELECT number, total FROM commerce_order") == [("B1", 1234.5)]
    header, *told = csv.reader(io.StringIO(refused_text(gao, batch), newline=""))
    assert header == [*ORDERS, "Row", "Reason"]
    assert [[cell.removeprefix("'") for cell in row[:-2]] for row in told] == REFUSED
    assert [int(row[-2]) for row in told] == [2, 3, 4, 6, 7]
    assert all(row[-1] for row in told)
    assert set(texts(batch, "refusals")) == {
        "Date: not a date written YYYY-MM-DD.",
        "Quantity: not a number.",
        "Unit price: not a number.",
        "The date lies in the future.",
    }


def test_rows_of_another_width_come_back_with_all_their_cells(gao):
    text = (
        ",".join(ORDERS)
        + "\n"
        + ",".join(["B1", "2024-03-05", "K1", "P1", "x", "1", "2"])
        + '\nA1,"x,y"\nA2,1,2,3,4,5,6,"7,8",9\n'
    )
    batch = import_text(gao, text, kind="orders")
    _header, *told = csv.reader(io.StringIO(refused_text(gao, batch), newline=""))
    short, long = told
    assert short[:-2] == ["A1", "x,y", "", "", "", "", ""]
    assert long[:6] == ["A2", "1", "2", "3", "4", "5"]
    assert next(csv.reader([long[6]])) == ["6", "7,8", "9"], (
        "what is too much is told as one cell of the same writing"
    )


def test_quantity_times_price_beyond_all_numbers_is_refused(gao):
    rows = "A1,2024-03-05,K1,P1,x,9999999999999,9999999999999\n" + ",".join(GOOD[:6]) + ",2\n"
    batch = import_text(gao, ",".join(ORDERS) + "\n" + rows, kind="orders")
    assert batch.state == "applied", batch.job.error
    assert texts(batch, "refusals") == ["Quantity times price is too large."]
