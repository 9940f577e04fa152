"""Each field gets the column that is best for all of them together, as SciPy says it."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linear_sum_assignment

from zhiyin.imports.assignment import assign


@settings(max_examples=150, deadline=None)
@given(rows=st.integers(1, 9), wide=st.integers(1, 9), share=st.floats(0, 1), seed=st.integers(0, 2**32 - 1))
def test_the_sum_is_the_largest(rows, wide, share, seed):
    rng = np.random.default_rng(seed)
    weights = rng.random((rows, wide)).round(2) * (rng.random((rows, wide)) < share)
    best = weights[linear_sum_assignment(-weights)].sum()
    found = assign(weights.tolist())
    assert len(set(found.values())) == len(found)
    assert all(weights[row, place] > 0 for row, place in found.items())
    assert sum(weights[row, place] for row, place in found.items()) == pytest.approx(best)


def test_nothing_to_choose_from():
    assert assign([]) == {}
    assert assign([[], []]) == {}
