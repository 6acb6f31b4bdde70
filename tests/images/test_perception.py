"""Tests of images.perception against published values, and of colours made readable."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tfnst.images import perception

quick = settings(max_examples=40, deadline=None, database=None)
bytes_ = st.integers(0, 255)
colors = st.tuples(bytes_, bytes_, bytes_).map(lambda c: np.array(c) / 255)


def rgb(text: str) -> np.ndarray:
    return np.array([int(text[i : i + 2], 16) for i in (0, 2, 4)]) / 255


@pytest.mark.parametrize(
    ("text", "paper", "ratio"),
    [
        ("000000", "ffffff", 21.0),
        ("777777", "ffffff", 4.48),  # as WebAIM's contrast checker and WCAG's notes have them
        ("767676", "ffffff", 4.54),
        ("ff0000", "ffffff", 4.00),
        ("0000ff", "ffffff", 8.59),
        ("008000", "ffffff", 5.14),
        ("ffff00", "ffffff", 1.07),
        ("663399", "ffffff", 8.41),
        ("ffffff", "ffffff", 1.0),
    ],
)
def test_contrast_is_that_of_wcag(text: str, paper: str, ratio: float) -> None:
    assert perception.contrast(rgb(text), rgb(paper)) == pytest.approx(ratio, abs=0.006)
    assert perception.contrast(rgb(paper), rgb(text)) == pytest.approx(ratio, abs=0.006)


@pytest.mark.parametrize(
    ("color", "lab"),
    [  # of CSS Color 4's reference, and of Ottosson's page
        ("ffffff", (1.0, 0.0, 0.0)),
        ("ff0000", (0.628, 0.225, 0.126)),
        ("00ff00", (0.866, -0.234, 0.179)),
        ("0000ff", (0.452, -0.032, -0.312)),
        ("000000", (0.0, 0.0, 0.0)),
    ],
)
def test_oklab_is_as_published(color: str, lab: tuple[float, ...]) -> None:
    np.testing.assert_allclose(perception.oklab(rgb(color)), lab, atol=1e-3)


@quick
@given(colors)
def test_there_and_back_is_the_same_color(color: np.ndarray) -> None:
    np.testing.assert_allclose(perception.from_oklab(perception.oklab(color)), color, atol=2e-3)


def test_what_no_screen_shows_becomes_paler_and_keeps_lightness_and_hue() -> None:
    lab = np.array([[0.7, 0.4, 0.1], [0.5, 0.0, 0.0]])
    shown = perception.from_oklab(lab)
    assert shown.min() >= 0 and shown.max() <= 1
    back = perception.oklab(shown)
    np.testing.assert_allclose(back[:, 0], lab[:, 0], atol=5e-3)
    assert back[0, 1] / back[0, 2] == pytest.approx(4, rel=0.05) and back[0, 1] < 0.4


@quick
@given(colors, colors)
def test_any_color_can_be_made_readable_on_any_paper(color: np.ndarray, paper: np.ndarray) -> None:
    made = perception.readable(color, paper)
    assert perception.contrast(made, paper) >= perception.READABLE
    np.testing.assert_array_equal(made, perception.in_bytes(made))
    if perception.contrast(color, paper) >= perception.READABLE:
        np.testing.assert_allclose(made, color, atol=1e-6)


def test_the_nearer_way_is_taken_and_the_hue_stays() -> None:
    blue, paper = rgb("6080c0"), rgb("f0f0e0")
    made = perception.readable(blue, paper)
    assert 4.5 <= perception.contrast(made, paper) < 4.7
    before, after = perception.oklab(blue), perception.oklab(made)
    assert after[0] < before[0]
    assert np.arctan2(*after[1:]) == pytest.approx(np.arctan2(*before[1:]), abs=0.05)
    with pytest.raises(ValueError, match="least is 12; use a contrast up to 4"):
        perception.readable(blue, rgb("808080"), 12)
