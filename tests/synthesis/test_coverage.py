"""Tests of tfnst.synthesis.coverage."""

from __future__ import annotations

import numpy as np

from tests.synthesis.drawings import grass, labels
from tfnst.synthesis import coverage as module
from tfnst.synthesis import neighbourhoods


def covered(known: np.ndarray, other: np.ndarray) -> float:
    a, b = (neighbourhoods.square(2).of(picture) for picture in (known, other))
    return module.coverage(a, b, 10, np.random.default_rng(0))


def test_a_picture_covers_itself_and_its_like() -> None:
    whole = grass(1, 96, 64)
    assert covered(whole, whole) > 0.99
    assert 0.75 < covered(whole[:48], whole[48:]) < 1


def test_a_picture_covers_nothing_unlike_it() -> None:
    noise = np.random.default_rng(0).random((48, 64, 3), np.float32)
    assert covered(grass(1, 48, 64), noise) < 0.1
    assert covered(labels(0, 48, 64), noise) < 0.1


def test_labels_are_covered_by_the_same_labels_in_other_places() -> None:
    first, second = labels(0, 48, 64), labels(1, 48, 64)
    assert covered(first, second) > 0.8
    assert covered(first, 1 - second) < 0.3


def test_a_flat_picture_covers_what_is_as_flat() -> None:
    flat = np.full((16, 16, 3), 0.5, np.float32)
    assert covered(flat, flat + 0.005) == 1
    assert covered(flat, flat + 0.1) == 0


def test_as_small_as_a_neighbourhood() -> None:
    small = grass(0, 8, 8)
    assert covered(small, small) == 1


def test_few_of_many_are_looked_at() -> None:
    generator = np.random.default_rng(0)
    drawn = module._drawn(10**6, 500, generator)
    assert len(drawn) == 500 == len(set(drawn.tolist())) and (np.diff(drawn) > 0).all()
    assert module._drawn(7, 500, generator).tolist() == list(range(7))
