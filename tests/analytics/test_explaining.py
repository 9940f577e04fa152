"""The reasons behind a value agree with the methods that made it."""

import datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from zhiyin.analytics.explaining import alive, spend_given, stepped
from zhiyin.analytics.methods.bgnbd import BGNBD
from zhiyin.analytics.methods.gammagamma import GammaGamma
from zhiyin.analytics.models import CustomerValue

positive = st.floats(0.05, 30)


@given(
    r=positive, alpha=positive, a=positive, b=st.floats(1.05, 30), x=st.integers(0, 300), T=st.floats(0, 500)
)
def test_the_plain_formula_is_the_models(
    r: float, alpha: float, a: float, b: float, x: int, T: float
) -> None:
    t_x = T * 0.6 if x else 0.0
    plain = alive({"r": r, "alpha": alpha, "a": a, "b": b}, x, t_x, T)
    ours = float(BGNBD(r, alpha, a, b).alive(x, t_x, T))
    assert plain == pytest.approx(ours, rel=1e-9, abs=1e-12)


@given(x=st.integers(0, 50), spend=st.floats(1, 5000))
def test_expected_spend_is_the_models(x: int, spend: float) -> None:
    model = GammaGamma(p=4.0, q=3.6, gamma=520.0)
    value = CustomerValue(frequency=x, mean_spend=spend if x else 0.0)
    found = spend_given({"parameters": {"p": 4.0, "q": 3.6, "gamma": 520.0}}, value)
    assert found == pytest.approx(float(model.mean_given(x, spend)))


@given(span=st.integers(0, 2000), step=st.integers(1, 60))
def test_steps_begin_and_end_where_they_should(span: int, step: int) -> None:
    start = datetime.date(2024, 1, 1)
    end = start + datetime.timedelta(days=span)
    days = stepped(start, end, step)
    assert (days[0], days[-1]) == (start, end)
    gaps = np.diff([day.toordinal() for day in days])
    assert np.all(gaps > 0)
    assert np.all(gaps[1:] == step)
