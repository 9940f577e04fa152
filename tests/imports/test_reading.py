"""Any file is read, or refused with a sentence that says why."""

import datetime
import gzip
import io

import hypothesis.strategies as st
import openpyxl
import pyarrow as pa
import pyarrow.parquet
import pytest
from hypothesis import given, settings

from zhiyin.imports.reading import ROW, FileError, Options, open_file
from zhiyin.imports.reading.streams import Narrowed, Utf8


@pytest.fixture
def put(tmp_path):
    def put(content, name="sales.csv"):
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return put


def rows(path, **options):
    source = open_file(path, Options(**options))
    return source, [row for batch in source.batches() for row in batch.to_pylist()]


def refusal(path, **options):
    with pytest.raises(FileError) as caught:
        rows(path, **options)
    assert caught.value.message.english()
    return caught.value


TEXT = "订单号,客户,金额\nA1,王小明,12.50\nA2,李芳,3\n"


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ('订单编号,客户\nG1,"¥1,234.50"\nG2,"¥469.00"\nG3,"¥69.00"\nG4,"¥69.00"\n', "gb18030"),
        ('no,total\nG1,"¥1,234.50"\nG2,"¥469.00"\n', "gb18030"),
        ("nom,ville\nRenée,Genève\nJosé,Málaga\nÉlodie,Besançon\n", "cp1252"),
        ("no,total\n1,£5\n2,€7\n3,Ünal £9\n", "cp1252"),
    ],
)
def test_signs_do_not_hide_the_encoding(put, text, encoding):
    assert rows(put(text.encode(encoding)))[0].encoding == encoding


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|", "^"])
def test_encodings_and_delimiters_are_found_out(put, encoding, delimiter):
    source, found = rows(put(TEXT.replace(",", delimiter).encode(encoding)))
    assert source.columns == ("订单号", "客户", "金额")
    assert source.delimiter == delimiter
    assert found == [
        {ROW: 2, "订单号": "A1", "客户": "王小明", "金额": "12.50"},
        {ROW: 3, "订单号": "A2", "客户": "李芳", "金额": "3"},
    ]


@pytest.mark.parametrize("delimiter", ["||", "::", "|~|", "；", "~=~"])
@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_a_delimiter_of_several_characters(put, delimiter, encoding):
    content = TEXT.replace(",", delimiter) + delimiter.join(['"x' + delimiter + 'y"', "", "7\n"])
    path = put(content.encode(encoding))
    source, found = rows(path, delimiter=delimiter)
    assert (source.columns, source.delimiter) == (("订单号", "客户", "金额"), delimiter)
    cells = [tuple(row.values()) for row in found]
    assert cells == [(2, "A1", "王小明", "12.50"), (3, "A2", "李芳", "3"), (4, f"x{delimiter}y", "", "7")]


@pytest.mark.parametrize("delimiter", ["||", "::", "|~|"])
def test_an_obvious_delimiter_of_several_characters_is_found_out(put, delimiter):
    source, found = rows(put((TEXT + "A3,,5\n").replace(",", delimiter)))
    assert source.delimiter == delimiter
    assert [tuple(row.values()) for row in found][-1] == (4, "A3", "", "5")


@pytest.mark.parametrize("text", ["a|b|c\n1||3\n", "a,b\n1::2,3\n", "a,,c\n1,,3\n"])
def test_an_empty_cell_does_not_make_a_delimiter(put, text):
    assert len(rows(put(text))[0].delimiter) == 1


@pytest.mark.parametrize("size", [1, 2, 3, 7])
def test_a_delimiter_cut_by_the_end_of_a_chunk(size):
    text = Utf8(io.BytesIO(b"a|~|b||~|c|~|~|"), "utf-8")
    stream, found = Narrowed(text, "|~|"), b""
    while chunk := stream.read(size):
        found += chunk
    assert found == b"a\x1fb|\x1fc\x1f~|"


def test_a_row_of_another_width_under_a_long_delimiter(put):
    source, _ = rows(put('a||b\n1||2\n3||"x||y"||5\n'))
    assert source.ragged[0].cells == ("3", "x||y", "5")


@pytest.mark.parametrize(
    ("text", "row"),
    [
        ('a,b\n1,2\n3,"4\n5,6\n7,8\n', 3),
        ('a,b\n1,2\n"3,4\n5,6\n7,8\n', 3),
        ('a,b\n"1,2\n3,4', 2),
        ('a||b\n1||2\n"3||4\n5||6\n', 3),
    ],
)
def test_a_quotation_mark_that_is_never_closed_is_named_with_its_row(put, text, row):
    error = refusal(put(text))
    assert (error.code, error.message.values["row"]) == ("quote", row)


@pytest.mark.parametrize(
    "text", ['a,b\n1,"2\n3"\n', 'a,b\n1,"2\n3"', 'a,b\n1,2\n3,"x\ny",5\n', 'a,b\n1,5" pipe\n2,3\n']
)
def test_a_quotation_mark_that_is_closed_is_none_of_these(put, text):
    assert rows(put(text))[1]


def test_quotes_line_breaks_and_windows_line_ends(put):
    _, found = rows(put('a,b\r\n"x, ""y""","1\n2"\r\n3,4\r\n'))
    assert [(row[ROW], row["a"], row["b"]) for row in found] == [(2, 'x, "y"', "1\n2"), (3, "3", "4")]


def test_title_rows_above_the_header_are_passed_over(put):
    source, found = rows(put("2024年销售报表,,\n\n订单号,客户,金额\nA1,王,1\n"))
    assert source.columns == ("订单号", "客户", "金额")
    assert found[0][ROW] == 4


def test_columns_without_or_with_the_same_name(put):
    source, _ = rows(put("name,,Name\nx,y,z\n"))
    assert source.columns == ("name", "Column 2", "Name (2)")


def test_rows_of_another_width_are_set_aside_with_their_number(put):
    source, found = rows(put("a,b\n1,2\n3\n4,5,6\n7,8\n"))
    assert [row[ROW] for row in found] == [2, 5]
    assert [(row.row, row.cells) for row in source.ragged] == [(3, ("3",)), (4, ("4", "5", "6"))]


def test_chinese_that_begins_late_is_still_recognised(put):
    source, found = rows(put(b"a,b\n" + b"x,y\n" * 400_000 + "中文,2\n".encode("gb18030")))
    assert source.encoding == "gb18030"
    assert found[-1]["a"] == "中文"


def test_gzip(put):
    _, found = rows(put(gzip.compress(TEXT.encode()), "sales.csv.gz"))
    assert len(found) == 2


def test_workbook(put):
    book, out = openpyxl.Workbook(), io.BytesIO()
    sheet = book.active
    for row in (
        ["销售", None],
        ["日期", "金额"],
        [datetime.datetime(2024, 3, 5), 12.5],
        [datetime.date(2024, 3, 6), 3],
    ):
        sheet.append(row)
    book.save(out)
    source, found = rows(put(out.getvalue(), "sales.xlsx"))
    assert source.format == "workbook"
    assert [(row[ROW], row["日期"], row["金额"]) for row in found] == [
        (3, "2024-03-05", "12.5"),
        (4, "2024-03-06", "3"),
    ]


def test_parquet_keeps_numbers_and_times(tmp_path):
    path = tmp_path / "a.parquet"
    table = pa.table(
        {"a": [1, None], "b": [datetime.datetime(2024, 3, 5), None], "c": ["x", "y"], "d": [[1], [2]]}
    )
    pyarrow.parquet.write_table(table, path)
    source, found = rows(path)
    assert source.columns == ("a", "b", "c")
    assert found[0] == {ROW: 2, "a": 1, "b": datetime.datetime(2024, 3, 5), "c": "x"}


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "empty"),
        (b"\n\n\n", "empty"),
        (b"%PDF-1.7", "unsupported"),
        (b"\x89PNG\r\n\x1a\n", "unsupported"),
        (bytes(range(256)) * 20, "binary"),
        (b"1,2\n3,4\n", "no_header"),
        (b"<html><table><tr><td>x</td></tr></table></html>", "unsupported"),
        (b"PK\x03\x04nonsense", "damaged"),
        (b"PAR1nonsense", "damaged"),
        (b"\xd0\xcf\x11\xe0nonsense", "damaged"),
        (b"a,b\n1,2\n" * 300_000 + b"x,\x00\n", "nul"),
        ("客户,b\n".encode() + b"x,y\n" * 400_000 + b"\xff\xfe,2\n", "encoding"),
        (b'a,b\n1,"' + b"x" * 9_000_000, "long_row"),
        (gzip.compress(b"a,b\n" + b"1,2\n" * 200, mtime=0)[:-20], "damaged"),
        (gzip.compress(b"a,b\n" + b"1,2\n" * 20_000_000, mtime=0), "bomb"),
        (gzip.compress(b"PAR1", mtime=0), "unsupported"),
    ],
)
def test_what_cannot_be_read_is_refused(put, content, code):
    assert refusal(put(content)).code == code


def test_a_wrong_byte_is_found_by_its_row(put):
    error = refusal(put("客户,b\n".encode() + b"x,y\n" * 10 + b"\xff\xfe,2\n"), encoding="utf-8")
    assert (error.code, error.message.values["row"]) == ("encoding", 12)


def test_a_row_longer_than_the_others_is_read_in_its_place(put):
    short = [f"{n},x" if n % 1000 else f"{n},too,many" for n in range(200_000)]
    long = ["long," + "y" * 1_500_000]
    source, found = rows(put("\n".join(["a,b", *short, *long, *short[:5]]) + "\n"))
    assert [row[ROW] for row in found] == [
        n for n, line in enumerate([*short, *long, *short[:5]], 2) if line.count(",") == 1
    ]
    assert found[-5]["b"] == "y" * 1_500_000
    assert len(source.ragged) == 201


def test_a_missing_file(tmp_path):
    assert refusal(tmp_path / "nothing.csv").code == "missing"


def test_no_header_when_told_so(put):
    source, found = rows(put("1,2\n3,4\n"), header=False)
    assert source.columns == ("A", "B")
    assert len(found) == 2


CELL = st.text(st.characters(blacklist_categories=["Cs", "Cc"], blacklist_characters="\ufeff"), max_size=12)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(CELL, CELL), min_size=1, max_size=20))
def test_what_was_written_is_read_again(tmp_path_factory, cells):
    import csv

    path = tmp_path_factory.mktemp("round") / "a.csv"
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file, quoting=csv.QUOTE_ALL)
        writer.writerow(["first", "second"])
        writer.writerows(cells)
    _, found = rows(path, delimiter=",")
    assert [(row["first"], row["second"]) for row in found] == cells
