"""Tests of losses.relaxed_emd: hand-computed values, and what a distance between sets is."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tests.losses.equations import activation, numpy_relaxed_emd, quick, seeds
from tfnst import losses


def value(distances: Any, *weights: Any) -> float:
    arrays = [np.array(x, "f")[None] for x in (distances, *weights)]
    return float(losses.relaxed_emd(*arrays)[0])


def test_by_hand() -> None:
    """Rows are 1 and 2 from their nearest; columns 1, 2 and 4."""
    distances = [[1, 3, 5], [2, 2, 4]]
    assert value(distances) == np.float32(7 / 3)
    assert value(np.transpose(distances)) == np.float32(7 / 3)
    assert value([[1, 1, 1], [7, 7, 7]]) == 4  # the second of them is unlike all of the others


def test_weights_count_and_what_has_none_is_not_there() -> None:
    distances = [[1, 3, 5], [2, 2, 4]]
    assert value(distances, [0.75, 0.25], [0.25, 0.25, 0.5]) == 2.75
    assert value(distances, [0.5, 0.5], [1, 0, 0]) == 1.5
    assert value(distances, [0, 1], [1, 1, 0]) == 2
    assert value([[0, 1]], [1], [0, 1]) == 1


@given(seeds, st.integers(1, 6), st.integers(1, 6))
@quick
def test_it_knows_no_order_and_is_zero_between_a_set_and_itself(
    seed: int, count: int, others: int
) -> None:
    random = np.random.default_rng(seed)
    one, other = (activation(seed, (1, n, 2, 5))[0] for n in (count, others))
    expected = numpy_relaxed_emd(one, other)
    columns = one.reshape(1, -1, 5)[:, random.permutation(2 * count)]
    target = other.reshape(1, -1, 5)[:, random.permutation(2 * others)]
    found = losses.relaxed_emd(losses.cosine_distances(columns, target))
    np.testing.assert_allclose(found, [expected], rtol=1e-4, atol=1e-6)
    turned = losses.relaxed_emd(losses.cosine_distances(target, columns))
    np.testing.assert_allclose(turned, found, rtol=1e-5, atol=1e-6)
    again = losses.relaxed_emd(losses.cosine_distances(columns, columns[:, ::-1]))
    np.testing.assert_allclose(again, 0, atol=1e-6)
