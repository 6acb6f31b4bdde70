"""Tests of tfnst.images.color."""

from __future__ import annotations

from typing import Any, get_args

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from tfnst import images
from tfnst.images import color
from tfnst.images.color import LUMA, ColorMethod, Colors, Root, keep_color, match_colors

PICTURES = arrays(np.float32, (3, 4, 3), elements=st.floats(0, 1, width=32))
every_method = pytest.mark.parametrize("method", get_args(ColorMethod))
every_root = pytest.mark.parametrize("root", get_args(Root))


def picture(seed: int, size: tuple[int, int] = (12, 16), spread: float = 0.12) -> np.ndarray:
    """Correlated colours that a linear map hardly takes out of range."""
    random = np.random.default_rng(seed)
    mixing = np.eye(3) + 0.5 * random.normal(size=(3, 3))
    colors = random.normal(size=(*size, 3)) @ mixing
    return np.clip(0.5 + spread * colors / np.abs(colors).std(), 0, 1).astype(np.float32)


@given(PICTURES, PICTURES)
def test_luminance_is_the_paintings_and_hue_the_photos(
    photo: np.ndarray, painting: np.ndarray
) -> None:
    answer = color.with_chroma(photo, painting)
    assert answer.dtype == np.float32 and answer.min() >= 0 and answer.max() <= 1
    np.testing.assert_allclose(answer @ LUMA, painting @ LUMA, atol=1e-5)
    wanted = photo - (photo @ LUMA)[..., None]
    got = answer - (answer @ LUMA)[..., None]
    # The same direction, never more colourful.
    assert (np.abs(got) <= np.abs(wanted) + 1e-5).all()
    np.testing.assert_allclose(
        got[..., 0] * wanted[..., 2], got[..., 2] * wanted[..., 0], atol=1e-5
    )


@every_method
@given(PICTURES)
def test_a_photo_painted_as_itself_is_itself(method: Any, photo: np.ndarray) -> None:
    kept = keep_color(photo, photo, method)
    assert kept.dtype == np.float32
    # A root of a covariance that is nearly singular is as exact as its smallest value allows.
    np.testing.assert_allclose(kept, photo, atol=2e-3 if method in get_args(Root) else 1e-4)


def test_matched_luminance_has_the_photos_mean_and_deviation() -> None:
    photo, painting = picture(1), picture(2, spread=0.06)
    kept = keep_color(photo, painting, "luminance") @ LUMA
    assert kept.mean() == pytest.approx((photo @ LUMA).mean(), abs=2e-3)
    assert kept.std() == pytest.approx((photo @ LUMA).std(), rel=0.02)


def test_oklab_keeps_lightness_of_the_painting_and_chroma_of_the_photo() -> None:
    photo, painting = picture(3, spread=0.04), picture(4, spread=0.04)
    kept = images.oklab(keep_color(photo, painting, "oklab"))
    np.testing.assert_allclose(kept[..., 0], images.oklab(painting)[..., 0], atol=1e-5)
    np.testing.assert_allclose(kept[..., 1:], images.oklab(photo)[..., 1:], atol=1e-5)


@every_root
def test_every_root_gives_the_references_mean_and_covariance(root: Any) -> None:
    reference = picture(6, (9, 7), 0.08)
    moved = match_colors(picture(5), reference, root).reshape(-1, 3)
    np.testing.assert_allclose(moved.mean(0), reference.reshape(-1, 3).mean(0), atol=1e-3)
    np.testing.assert_allclose(
        np.cov(moved.T), np.cov(reference.reshape(-1, 3).T), atol=0.03 * 0.08**2
    )


def test_the_symmetric_root_moves_colours_the_least() -> None:
    one, reference = picture(7), picture(8)
    moves = {
        root: np.square(match_colors(one, reference, root) - one).mean() for root in get_args(Root)
    }
    assert moves["symmetric"] < min(moves["pca"], moves["cholesky"])


def test_a_picture_of_one_colour_becomes_another_of_one_colour() -> None:
    flat = np.full((4, 5, 3), 0.3, np.float32)
    for root in get_args(Root):
        moved = match_colors(flat, np.full((2, 2, 3), [0.1, 0.5, 0.9]), root)
        np.testing.assert_allclose(moved, np.broadcast_to([0.1, 0.5, 0.9], flat.shape), atol=1e-4)
        assert np.isfinite(match_colors(flat, picture(9), root)).all()


@every_method
def test_what_is_done_before_and_after_gives_the_photos_colours(method: Any) -> None:
    photo, artwork = picture(10), picture(11, (8, 8))
    colors = Colors(method)
    content, (style,) = colors.before(photo, [artwork])
    if method in get_args(Root):
        np.testing.assert_array_equal(style, match_colors(artwork, photo, method))
        np.testing.assert_array_equal(colors.after(photo, photo, prepared=True), photo)
    elif method == "luminance":
        assert np.ptp(style, -1).max() == 0 == np.ptp(content, -1).max()
    else:
        np.testing.assert_array_equal(style, artwork)
    if method not in get_args(Root):
        np.testing.assert_allclose(colors.after(photo, content, prepared=True), photo, atol=1e-5)


def test_colours_are_kept_where_a_mask_says() -> None:
    photo, painting = picture(12), picture(13)
    mask = np.zeros((6, 8), np.float32)
    mask[:, 4:] = 1
    for colors in (Colors("oklab", mask=mask), Colors(palette=picture(14), mask=mask)):
        content, (artwork,) = colors.before(photo, [painting])
        assert content is photo and artwork is painting
        answer = colors.after(photo, painting, prepared=True)
        whole = Colors(colors.keep, colors.palette).after(photo, painting)
        np.testing.assert_allclose(answer[:, :5], painting[:, :5], atol=1e-6)
        np.testing.assert_allclose(answer[:, -5:], whole[:, -5:], atol=1e-6)


def test_a_palette_is_that_of_another_picture() -> None:
    palette, artwork = picture(15, (5, 5)), picture(16)
    colors = Colors(palette=palette)
    _, (moved,) = colors.before(picture(17), [artwork])
    np.testing.assert_array_equal(moved, match_colors(artwork, palette))
    np.testing.assert_array_equal(colors.after(picture(17), artwork), moved)
    np.testing.assert_array_equal(colors.after(picture(17), moved, prepared=True), moved)


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"keep": "hsv"}, "keep is 'hsv'; use one of oklab, luminance, cholesky, pca, symmetric"),
        ({"keep": "oklab", "palette": picture(1)}, "beside a palette; give one of them"),
        ({"mask": np.ones((3, 3))}, "mask goes with keep or palette"),
        ({"keep": "oklab", "mask": np.ones((3, 3, 1))}, r"mask has shape \(3, 3, 1\); give"),
        ({"keep": "oklab", "mask": np.full((3, 3), np.nan)}, "mask holds NaN"),
        ({"palette": np.ones((3, 3))}, r"palette has shape \(3, 3\); give"),
    ],
)
def test_what_does_not_fit_is_a_value_error(fields: Any, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        Colors(**fields)
