"""Tests of tfnst.synthesis.lbfgs: known minima, and the iterates on the way there."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from scipy.optimize import rosen, rosen_der

from tfnst.synthesis.lbfgs import descend


def test_a_quadratic_form_ends_at_its_minimum() -> None:
    random = np.random.default_rng(0)
    scales, aim = 10 ** random.uniform(-2, 2, 30), random.normal(size=30)
    values = []

    def value_and_slope(x: np.ndarray) -> tuple[float, np.ndarray]:
        values.append(0.5 * float(scales @ (x - aim) ** 2))
        return values[-1], scales * (x - aim)

    *_, last = itertools.islice(descend(value_and_slope, np.zeros(30)), 400)
    np.testing.assert_allclose(last, aim, atol=1e-3)


def test_rosenbrocks_valley_is_gone_down_step_by_step() -> None:
    start = np.array([-1.2, 1.0, -0.5, 2.0])
    points = list(itertools.islice(descend(lambda x: (rosen(x), rosen_der(x)), start), 200))
    values = [rosen(start), *map(rosen, points)]
    assert np.all(np.diff(values) < 0) and values[-1] < 1e-8
    np.testing.assert_allclose(points[-1], 1, atol=1e-3)


def test_it_ends_where_nothing_is_lower() -> None:
    assert list(descend(lambda x: (0.0, np.zeros(3)), np.ones(3))) == []
    points = list(descend(lambda x: (float(x @ x), 2 * x), np.array([3.0, -1.0])))
    np.testing.assert_allclose(points[-1], 0, atol=1e-6)


@pytest.mark.parametrize("beyond", [np.nan, np.inf])
def test_a_step_to_where_there_is_no_value_is_made_shorter(beyond: float) -> None:
    def value_and_slope(x: np.ndarray) -> tuple[float, np.ndarray]:
        value = float(x[0] - np.log(x[0])) if x[0] > 0 else beyond
        return value, 1 - 1 / x

    *_, last = itertools.islice(descend(value_and_slope, np.array([1e-3])), 50)
    assert last[0] == pytest.approx(1, abs=1e-3)
