"""Tests of tfnst.painting.appearance."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.conftest import untrained
from tfnst import images
from tfnst.images.color import keep_color
from tfnst.images.masks import blended
from tfnst.networks.style_network import StyleNetwork
from tfnst.painting import appearance
from tfnst.painting.appearance import GRADIENT, Look


@pytest.fixture(scope="module")
def network() -> StyleNetwork:
    return untrained("wave", "night", "scream")


def photo(height: int = 40, width: int = 52) -> np.ndarray:
    return np.random.default_rng(0).random((height, width, 3), np.float32)


def test_the_photos_colours_can_be_kept(network: StyleNetwork) -> None:
    picture = images.Picture(photo())
    painted = appearance.paint(network, picture, Look({"wave": 1}))
    np.testing.assert_array_equal(painted, network.stylize(photo(), "wave"))
    kept = appearance.paint(network, picture, Look({"wave": 1}, keep_color="luminance"))
    np.testing.assert_array_equal(kept, keep_color(photo(), painted, "luminance"))
    assert np.abs(kept - painted).mean() > 0.02


def test_what_a_mask_leaves_out_is_the_photo_whatever_the_colours(
    network: StyleNetwork, tmp_path: Path
) -> None:
    mask = np.zeros((40, 52, 3), np.float32)
    mask[5:30, 10:40] = 1
    images.save(tmp_path / "mask.png", mask)
    images.save(tmp_path / "palette.png", photo()[:20] ** 2)
    look = Look({"wave": 1}, mask=tmp_path / "mask.png", palette=tmp_path / "palette.png")
    painted = appearance.paint(network, images.Picture(photo()), look)
    outside = mask[..., 0] == 0
    np.testing.assert_array_equal(painted[outside], photo()[outside])
    whole = appearance.paint(
        network, images.Picture(photo()), Look({"wave": 1}, palette=tmp_path / "palette.png")
    )
    np.testing.assert_array_equal(painted, blended(photo(), whole, mask[..., 0]))
    assert np.abs(painted - photo())[~outside].mean() > 0.05


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"mask": "a.png", "subject": "subject"}, "mask is 'a.png' beside subject 'subject'"),
        ({"keep_color": "oklab", "palette": "b.png"}, "keep_color is 'oklab' beside palette"),
        ({"color_mask": "c.png"}, "color_mask goes with keep_color or palette"),
    ],
)
def test_fields_that_exclude_each_other(fields: dict[str, str], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        Look({"wave": 1}, **fields)  # type: ignore[arg-type]


def test_masks_from_files_are_resized_to_the_picture(network: StyleNetwork, tmp_path: Path) -> None:
    left = np.zeros((20, 26, 3), np.float32)
    left[:, :13] = 1
    images.save(tmp_path / "left.png", left)
    images.save(tmp_path / "right.png", 1 - left)
    masks = (tmp_path / "left.png", tmp_path / "right.png")
    look = Look({"wave": 1, "night": 1}, masks=masks)
    painted = appearance.paint(network, images.Picture(photo()), look)
    half = np.zeros((40, 52), np.float32)
    half[:, :26] = 1
    expected = network.stylize(
        photo(), {"wave": 1, "night": 1}, 1.0, {"wave": half, "night": 1 - half}
    )
    np.testing.assert_allclose(painted[:, :14], expected[:, :14], atol=0.02)
    with pytest.raises(ValueError, match="masks: 2 for 1 styles; give one for each"):
        Look({"wave": 1}, masks=masks)
    with pytest.raises(ValueError, match="with masks, give equal shares"):
        Look({"wave": 1, "night": 2}, masks=masks)


@pytest.mark.parametrize("count", [1, 2, 3])
def test_a_gradient_goes_from_left_to_right(count: int) -> None:
    masks = np.stack(appearance.left_to_right(4, 9, count), -1)
    assert masks.shape == (4, 9, count)
    if count == 1:
        np.testing.assert_allclose(masks[0, :, 0], np.linspace(0, 1, 9))
    else:
        np.testing.assert_allclose(masks.sum(-1), 1, atol=1e-6)
        assert masks[0, 0].tolist() == [1] + [0] * (count - 1)
        assert masks[0, -1].tolist() == [0] * (count - 1) + [1]


def test_a_gradient_of_one_style_begins_with_the_photo(network: StyleNetwork) -> None:
    painted = appearance.paint(
        network, images.Picture(photo()), Look({"wave": 1}, masks=(GRADIENT,))
    )
    difference = np.abs(painted - photo()).mean((0, 2))
    assert 3 * difference[:3].max() < difference[-8:].min()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("styles", {"wave": -1}),
        ("styles", {"wave": float("nan")}),
        ("styles", {"wave": "much"}),
        ("styles", ["wave"]),
        ("strength", 7),
        ("strength", "1"),
        ("masks", "gradient"),
        ("masks", (3,)),
        ("keep_color", 1),
        ("keep_color", "hsv"),
        ("subject", "sky"),
        ("mask", 3),
        ("size", 0),
        ("size", 32.5),
        ("quality", 0),
        ("quality", 101),
        ("stroke", 2),
        ("stroke", float("nan")),
        ("stroke", "fine"),
    ],
)
def test_looks_are_checked(name: str, value: object) -> None:
    with pytest.raises(ValueError) as caught:
        Look(**{"styles": {"wave": 1}, name: value})  # type: ignore[arg-type]
    assert str(caught.value).startswith(f"{name} is {value!r}; use ")
    assert "\n" not in str(caught.value)


def test_shares_may_be_numbers_of_numpy() -> None:
    shares = {"wave": np.float32(0.5), "night": np.int64(1)}
    assert Look(shares).styles == {"wave": 0.5, "night": 1.0}  # type: ignore[arg-type]
