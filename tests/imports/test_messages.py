"""What an import says is right for one thing and for many, in the reader's language."""

import pytest
from django.utils import translation

from tests.imports.importing import HEADER, import_text
from tests.imports.test_orders import texts
from zhiyin.imports.messages import Message, ngettext_lazy

lines = ngettext_lazy("{count} line is new.", "{count} lines are new.")


@pytest.mark.parametrize(("count", "told"), [(1, "1 line is new."), (1234, "1,234 lines are new.")])
def test_one_and_many(count, told):
    with translation.override("en"):
        assert str(Message.from_json(lines(count).to_json())) == told
        assert str(lines(7).counting(count)) == told


def test_a_single_line_alike_and_a_single_return_are_told_in_the_singular(gao):
    done = import_text(
        gao,
        HEADER + "A1,2024-03-05,K1,P1,1,2\nA1,2024-03-05,K1,P1,1,2\nC2,2024-03-06,K1,P1,-1,2\n",
        kind="orders",
    )
    told = " ".join(texts(done))
    assert "1 line repeats a line" in told
    assert "1 line is a cancellation or return" in told


def test_telephones_and_addresses_that_are_none_are_told(gao):
    done = import_text(
        gao,
        "customer code,name,phone,email\nK1,A,notaphone,a@example.com\nK2,B,13800000000,notanemail\nK3,C,,\n",
        kind="customers",
    )
    assert texts(done) == [
        "1 telephone number cannot be read as such; it is kept as it is written.",
        "1 e-mail address cannot be read as such; it is kept as it is written.",
    ]
