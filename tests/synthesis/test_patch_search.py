"""Tests of tfnst.synthesis.patch_search."""

from __future__ import annotations

import numpy as np
import pytest

from tfnst.synthesis import patch_search
from tfnst.synthesis.patch_search import PatchSearch


def correlated(count: int) -> np.ndarray:
    """Rows of 40 numbers that are mixed from few, as neighbourhoods' pixels are."""
    random = np.random.default_rng(0)
    mixture = random.normal(size=(8, 40))
    rows = random.normal(size=(count, 8)) @ mixture + 0.01 * random.normal(size=(count, 40))
    return rows.astype(np.float32)


def squares(queries: np.ndarray, rows: np.ndarray) -> np.ndarray:
    return ((queries[:, None] - rows) ** 2).sum(-1)


def test_candidates_hold_one_nearly_as_near_as_the_nearest() -> None:
    data = correlated(900)
    rows, queries = data[:800], data[800:]
    search = PatchSearch(rows)
    candidates = search.candidates(search.project(queries))
    assert candidates.shape == (100, patch_search.CANDIDATES)
    everything = squares(queries, rows)
    best = np.take_along_axis(everything, candidates, 1).min(1)
    assert (best <= (1 + patch_search.SLACK) ** 2 * everything.min(1) * 1.1 + 1e-6).all()
    assert np.mean(best <= everything.min(1) * 1.001) > 0.8


def test_components_hold_the_variance() -> None:
    rows = correlated(400)
    search = PatchSearch(rows)
    components = search.project(rows)
    assert components.shape[1] <= patch_search.COMPONENTS
    assert components.var(0).sum() >= patch_search.VARIANCE * rows.var(0).sum()


def test_projections_of_parts_add_up() -> None:
    rows = correlated(50)
    search = PatchSearch(rows)
    parts = search.project(rows[:, :13]) + search.project(rows[:, 13:], 13)
    np.testing.assert_allclose(parts, search.project(rows), atol=1e-4)


@pytest.mark.parametrize("count", [1, 2, 3])
def test_few_rows_and_flat_ones_will_do(count: int) -> None:
    rows = np.full((count, 7), 0.5, np.float32)
    search = PatchSearch(rows)
    candidates = search.candidates(search.project(rows))
    assert candidates.shape == (count, count) and set(candidates.ravel()) == set(range(count))
