"""Tests of tfnst.images.masks."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageFilter

from tfnst import images
from tfnst.images import masks

RED, GREEN, BLUE = np.eye(3, dtype=np.float32)


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
    np.testing.assert_array_equal(masks.read_mask(tmp_path / "labels.png"), labels)


@pytest.mark.parametrize("values", [(0, 255), (0, 128), (0, 1, 20), (0,)])
def test_other_masks_are_shades_of_grey(tmp_path: Path, values: tuple[int, ...]) -> None:
    shades = np.resize(np.array(values, np.uint8), (16, 24))
    Image.fromarray(shades).save(tmp_path / "mask.png")
    np.testing.assert_allclose(masks.read_mask(tmp_path / "mask.png"), shades / 255, atol=1e-6)


@pytest.mark.parametrize("values", [(0, 1, 2), (0, 12)])
def test_classes_that_show_nothing_are_refused(tmp_path: Path, values: tuple[int, ...]) -> None:
    Image.fromarray(np.resize(np.array(values, np.uint8), (16, 24))).save(tmp_path / "mask.png")
    with pytest.raises(ValueError, match=r"mask.png: its brightest pixel has \S+ % of white"):
        masks.read_mask(tmp_path / "mask.png")


def test_labels_of_16_bits_are_labels_too(tmp_path: Path) -> None:
    labels = np.resize(np.array([0, 1], np.uint16), (16, 24))
    Image.fromarray(labels).save(tmp_path / "labels.png")
    np.testing.assert_array_equal(masks.read_mask(tmp_path / "labels.png"), labels)


def test_what_is_transparent_is_black(tmp_path: Path) -> None:
    picture = np.full((16, 24, 4), 255, np.uint8)
    picture[:, 12:, 3] = 0
    Image.fromarray(picture).save(tmp_path / "mask.png")
    np.testing.assert_array_equal(masks.read_mask(tmp_path / "mask.png"), picture[..., 3] / 255)


def test_a_mask_that_shows_nothing_or_has_colors_is_refused(tmp_path: Path) -> None:
    images.save(tmp_path / "black.png", np.zeros((16, 24, 3), np.float32))
    with pytest.raises(ValueError, match=r"black.png is black everywhere"):
        masks.read_visible_mask(tmp_path / "black.png")
    images.save(tmp_path / "labels.png", colored())
    with pytest.raises(ValueError, match=r"labels.png has colours; a mask is grey"):
        masks.read_visible_mask(tmp_path / "labels.png")


def colored() -> np.ndarray:
    """Half red, the rest green and blue."""
    picture = np.empty((20, 40, 3), np.float32)
    picture[:, :20], picture[:10, 20:], picture[10:, 20:] = RED, GREEN, BLUE
    return picture


def test_labels_are_the_flat_colours_from_the_most_frequent_on() -> None:
    labels = masks.labels_of(colored())
    np.testing.assert_array_equal(labels[0], RED)
    assert sorted(map(tuple, labels.tolist())) == sorted(map(tuple, np.eye(3).tolist()))
    for index, area in enumerate((0.5, 0.25, 0.25)):
        assert masks.label_mask(colored(), labels, index).mean() == area


def test_blurred_edges_of_labels_are_no_labels_and_belong_to_the_nearest() -> None:
    image = Image.fromarray((255 * np.kron(colored(), np.ones((5, 5, 1)))).astype(np.uint8))
    blurred = np.asarray(image.filter(ImageFilter.GaussianBlur(1)), np.float32) / 255
    labels = masks.labels_of(blurred)
    assert len(labels) == 3
    shares = [masks.label_mask(blurred, labels, index) for index in range(3)]
    assert sum(shares).min() == 1 == sum(shares).max()
    assert shares[0].mean() == pytest.approx(0.5, abs=0.02)


def test_a_photo_is_no_picture_of_labels() -> None:
    photo = np.random.default_rng(0).random((40, 40, 3), np.float32)
    with pytest.raises(ValueError, match="colours are no labels; paint each region in one flat"):
        masks.labels_of(photo)
    assert masks.is_colored(photo) and masks.is_colored(colored())
    assert not masks.is_colored(np.repeat(photo[..., :1], 3, -1))


def test_where_a_mask_is_0_the_photo_stays_bit_by_bit_and_no_edge_shows() -> None:
    random = np.random.default_rng(1)
    photo = random.random((60, 90, 3), np.float32)
    painting = random.random((60, 90, 3), np.float32)
    mask = np.zeros((60, 90), np.float32)
    mask[10:50, 30:] = 1
    answer = masks.blended(photo, painting, mask)
    np.testing.assert_array_equal(answer[mask == 0], photo[mask == 0])
    np.testing.assert_allclose(answer[13:47, 33:], painting[13:47, 33:], atol=1e-6)
    share = masks.blended(np.zeros_like(photo), np.ones_like(photo), mask)[30, :, 0]
    assert (np.diff(share) >= 0).all() and np.diff(share).max() < 0.6
    assert share[-1] == 1  # the picture's own border is no edge of the mask


def test_a_soft_mask_is_soft_and_a_whole_one_the_painting() -> None:
    photo, painting = np.zeros((20, 30, 3), np.float32), np.ones((20, 30, 3), np.float32)
    half = masks.blended(photo, painting, np.full((20, 30), 0.5, np.float32))
    np.testing.assert_allclose(half, 0.5)
    whole = masks.blended(photo, painting, np.ones((20, 30), np.float32))
    np.testing.assert_array_equal(whole, painting)
    nothing = masks.blended(photo, painting, np.zeros((20, 30), np.float32))
    np.testing.assert_array_equal(nothing, photo)


def test_a_union_is_at_most_1() -> None:
    parts = [np.full((2, 3), value, np.float32) for value in (0.2, 0.5, 0.6)]
    np.testing.assert_allclose(masks.union(parts[:2]), 0.7)
    np.testing.assert_array_equal(masks.union(parts), np.ones((2, 3)))
