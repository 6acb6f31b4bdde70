"""Tests of tfnst.painting.appearance."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.conftest import untrained
from tfnst import images
from tfnst.images.color import LUMA
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
    kept = appearance.paint(network, picture, Look({"wave": 1}, keep_color=True))
    np.testing.assert_allclose(kept @ LUMA, painted @ LUMA, atol=1e-5)
    assert np.abs(kept - painted).mean() > 0.02


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


@pytest.mark.parametrize("mode", ["L", "RGB", "P"])
def test_a_mask_of_labels_is_one_of_black_and_white(tmp_path: Path, mode: str) -> None:
    labels = np.zeros((16, 24), np.uint8)
    labels[:, 12:] = 1
    picture = Image.fromarray(labels)
    if mode == "P":
        picture.putpalette([0, 0, 0, 1, 1, 1])
    elif mode == "RGB":
        picture = picture.convert(mode)
    picture.save(tmp_path / "labels.png")
    np.testing.assert_array_equal(appearance.read_mask(tmp_path / "labels.png"), labels)


@pytest.mark.parametrize("values", [(0, 255), (0, 128), (0, 1, 2), (0,)])
def test_other_masks_are_shades_of_grey(tmp_path: Path, values: tuple[int, ...]) -> None:
    shades = np.resize(np.array(values, np.uint8), (16, 24))
    Image.fromarray(shades).save(tmp_path / "mask.png")
    np.testing.assert_allclose(appearance.read_mask(tmp_path / "mask.png"), shades / 255, atol=1e-6)


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
