"""Tests of tfnst.networks.mixture."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tfnst.networks.mixture import (
    checked_stroke,
    mask_shares,
    parse_shares,
    row_weights,
    stroke_rows,
)

KNOWN = ("wave", "night", "scream")
shares = st.dictionaries(st.sampled_from(KNOWN), st.floats(1e-3, 1e6), min_size=1)


def test_strength_is_the_photos_share() -> None:
    np.testing.assert_array_equal(row_weights(KNOWN, "night"), [0, 0, 1, 0])
    mixed = row_weights(KNOWN, {"wave": 3, "scream": 1}, 0.5)
    np.testing.assert_array_equal(mixed, [0.5, 0.375, 0, 0.125])
    assert mixed.dtype == np.float32


@settings(max_examples=50, deadline=None, database=None)
@given(shares, st.floats(0, 1))
def test_weights_add_up_to_one(styles: dict[str, float], strength: float) -> None:
    weights = row_weights(KNOWN, styles, strength)
    assert weights.min() >= 0
    np.testing.assert_allclose(weights.sum(), 1, rtol=1e-5)
    assert set(np.flatnonzero(weights[1:] > 1e-30)) <= {KNOWN.index(name) for name in styles}


@pytest.mark.parametrize(
    ("styles", "strength", "message"),
    [
        ("waves", 1.0, "style 'waves' is unknown; use wave, night"),
        ({"wave": -1}, 1.0, "share of style 'wave' is -1"),
        ({"wave": float("nan")}, 1.0, "share of style 'wave' is nan"),
        ({"wave": 0}, 1.0, "give at least one share above 0"),
        ({}, 1.0, "give at least one share above 0"),
        (
            {"wave": 1e308, "night": 1e308},
            1.0,
            "share of style 'wave' is 1e[+]308; .*below 1e[+]09",
        ),
        ({"wave": "1"}, 1.0, "share of style 'wave' is '1'"),
        (["wave"], 1.0, r"styles is \['wave'\]; give a name, or {name: share}"),
        ("wave", "1", "strength is '1'"),
        ("wave", 1.5, "strength is 1.5; use a number from 0 to 1"),
    ],
)
def test_what_is_no_mixture_is_told(styles: object, strength: float, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        row_weights(KNOWN, styles, strength)  # type: ignore[arg-type]


@given(st.floats(0, 1))
def test_a_stroke_is_a_mixture_of_the_rows_of_both_sizes(stroke: float) -> None:
    weights = row_weights(KNOWN, {"wave": 3, "scream": 1}, 0.5)
    rows = stroke_rows(np.stack([weights, weights]), stroke)
    expected = [0.5, 0.375 * (1 - stroke), 0, 0.125 * (1 - stroke)]
    expected += [0.375 * stroke, 0, 0.125 * stroke]
    np.testing.assert_allclose(rows, [expected] * 2, atol=1e-7)
    np.testing.assert_array_equal(stroke_rows(weights, None), weights)


def test_strokes_are_checked() -> None:
    assert checked_stroke(None, 2) == 0.5 and checked_stroke(1, 2) == 1
    assert checked_stroke(None, 1) is None
    with pytest.raises(ValueError, match=r"stroke is 0.5, but this network has one size"):
        checked_stroke(0.5, 1)
    for wrong in (-0.1, 1.5, float("nan"), "large", True):
        with pytest.raises(ValueError, match=r"stroke is .*; use a number from 0 \(fine\) to 1"):
            checked_stroke(wrong, 2)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "mask", [np.full((40, 52), "a"), np.full((40, 52), None), np.full((40, 52), 1j)]
)
def test_masks_of_other_types_are_told(mask: np.ndarray) -> None:
    with pytest.raises(ValueError, match="mask of 'wave' has dtype"):
        mask_shares({"wave": mask}, "wave", (40, 52))
    with pytest.raises(ValueError, match="masks is a list"):
        mask_shares([mask], "wave", (40, 52))  # type: ignore[arg-type]


def test_shares_are_told_by_texts() -> None:
    assert parse_shares(["wave=3,night", "scream=0.5"], KNOWN) == dict(wave=3, night=1, scream=0.5)
    assert list(parse_shares(["night", "wave"], KNOWN)) == ["night", "wave"]
    assert parse_shares([], ("wave",)) == {"wave": 1}


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        ([], "style is missing; use wave, night, scream"),
        (["wave=much"], "share of style 'wave' is 'much'; use a number from 0, below 1e+09"),
        (["wave", "night,wave=2"], "style 'wave' is named twice; name it once"),
    ],
)
def test_texts_that_tell_no_shares(texts: list[str], message: str) -> None:
    with pytest.raises(ValueError) as caught:
        parse_shares(texts, KNOWN)
    assert str(caught.value) == message
