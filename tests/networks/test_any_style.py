"""Tests of tfnst.networks.any_style: descriptions, paintings, masks, tiles and files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from tfnst import images
from tfnst.images import sizes
from tfnst.networks import any_style, any_style_architecture, tiles
from tfnst.networks.any_style import AnyStyleNetwork
from tfnst.networks.routes import RoutedNetwork
from tfnst.networks.settings import AnyStyleSettings


def picture(seed: int, height: int = 50, width: int = 70) -> np.ndarray:
    random = np.random.default_rng(seed)
    coarse = images.resize(random.random((7, 9, 3), np.float32), height, width)
    return (0.8 * coarse + 0.2 * random.random((height, width, 3), np.float32)).astype(np.float32)


PHOTO, ARTWORK, OTHER = picture(0), picture(1, 64, 60), picture(2, 40, 90)


def test_it_paints_in_the_photos_shape_and_not_the_same_after_another_artwork(
    any_network: AnyStyleNetwork,
) -> None:
    painted = any_network.stylize(PHOTO, ARTWORK)
    assert painted.shape == PHOTO.shape and painted.dtype == np.float32
    assert painted.min() >= 0 and painted.max() <= 1
    assert np.abs(painted - any_network.stylize(PHOTO, OTHER)).mean() > 1e-3
    np.testing.assert_array_equal(painted, any_network.stylize(PHOTO, ARTWORK))


def test_strength_0_is_the_photo_to_the_bit_and_more_is_farther(
    any_network: AnyStyleNetwork,
) -> None:
    paintings = [any_network.stylize(PHOTO, ARTWORK, strength) for strength in (0.0, 0.4, 1.0)]
    np.testing.assert_array_equal(paintings[0], PHOTO)
    near, far = (np.abs(painting - PHOTO).mean() for painting in paintings[1:])
    assert 0 < near < far


def test_a_description_stands_for_its_artwork(any_network: AnyStyleNetwork) -> None:
    vector = any_network.description(ARTWORK)
    assert vector.shape == (any_network.settings.length,) and vector.dtype == np.float32
    np.testing.assert_array_equal(
        any_network.stylize(PHOTO, vector), any_network.stylize(PHOTO, ARTWORK)
    )
    opaque = images.Picture(ARTWORK, np.ones(ARTWORK.shape[:2], np.float32))
    np.testing.assert_allclose(any_network.description(opaque), vector, atol=1e-6)


def test_strokes_are_as_large_as_the_artwork_is_seen(any_network: AnyStyleNetwork) -> None:
    large = picture(3, 600, 900)
    fine, broad, middle = (any_network.description(large, stroke) for stroke in (0.0, 1.0, None))
    np.testing.assert_allclose(
        fine, any_network.description(images.resize(large, 299, 448), 1.0), rtol=1e-4, atol=1e-4
    )
    assert np.abs(fine - broad).max() > 1e-2
    assert np.abs(middle - any_network.description(large, 0.5)).max() == 0


def test_several_artworks_are_mixed_by_their_shares(any_network: AnyStyleNetwork) -> None:
    both = {"one": ARTWORK, "two": OTHER}
    vectors = [any_network.description(artwork) for artwork in both.values()]
    mixed = any_network.stylize(PHOTO, both, shares={"one": 3, "two": 1})
    by_hand = any_network.stylize(PHOTO, (0.75 * vectors[0] + 0.25 * vectors[1]).astype("f"))
    np.testing.assert_allclose(mixed, by_hand, atol=1e-5)
    alone = any_network.stylize(PHOTO, both, shares={"one": 1})
    np.testing.assert_allclose(alone, any_network.stylize(PHOTO, ARTWORK), atol=1e-6)


def test_masks_paint_each_part_and_leave_the_photo_where_there_is_none(
    any_network: AnyStyleNetwork,
) -> None:
    left = np.zeros(PHOTO.shape[:2], np.float32)
    left[:, :20] = 1
    painted = any_network.stylize(PHOTO, {"one": ARTWORK}, masks={"one": left})
    np.testing.assert_array_equal(painted[:, 20:], PHOTO[:, 20:])
    assert np.abs(painted - PHOTO)[:, :16].mean() > 0.01
    everywhere = {"one": np.ones_like(left)}
    for strength in (1.0, 0.5):
        np.testing.assert_allclose(
            any_network.stylize(PHOTO, {"one": ARTWORK}, strength, masks=everywhere),
            any_network.stylize(PHOTO, ARTWORK, strength),
            atol=2e-5,
        )
    both = {"one": ARTWORK, "two": OTHER}
    for name, artwork in both.items():
        masks = dict.fromkeys(both, np.zeros_like(left)) | {name: np.ones_like(left)}
        np.testing.assert_allclose(
            any_network.stylize(PHOTO, both, masks=masks),
            any_network.stylize(PHOTO, artwork),
            atol=2e-5,
        )


@pytest.mark.parametrize("masks", [0, 1, 2])
def test_tiles_are_what_one_pass_gives(
    any_network: AnyStyleNetwork, masks: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    photo = picture(4, 420, 380)
    ramp = np.broadcast_to(np.linspace(0, 1, 380, dtype="f"), (420, 380))
    artworks = dict(list({"one": ARTWORK, "two": OTHER}.items())[: max(1, masks)])
    options: dict[str, Any] = {}
    if masks:
        options["masks"] = dict(zip(artworks, (ramp, 1 - ramp), strict=False))
    whole = any_network.stylize(photo, artworks, **options)
    monkeypatch.setattr(sizes, "ONE_PASS", 0)
    monkeypatch.setattr(tiles, "TILE", 96)
    pieces = any_network.stylize(photo, artworks, **options)
    np.testing.assert_allclose(pieces, whole, atol=2e-5)


def test_nothing_beyond_its_reach_changes_a_pixel(any_network: AnyStyleNetwork) -> None:
    """But through the moments: of ways that are given."""
    settings = any_network.settings
    reach = any_style_architecture.reach(settings)
    assert reach % settings.scale == 0
    network = RoutedNetwork(any_network.parts, settings, any_network.extractor, 1)
    side, random = 2 * reach + 64, np.random.default_rng(0)
    ways = {
        f"{name}_{part}": random.normal(size=(1, *shape)).astype("f")
        for name, size in zip(settings.layers, settings.dimensions, strict=True)
        for part, shape in (("matrix", (size, size)), ("offset", (size,)))
    }
    ways["summary"] = random.normal(size=(1, 2 * sum(settings.dimensions))).astype("f")
    ways["shares"] = np.ones((1, side, side, 1), "f")
    photo = random.random((1, side, side, 3), np.float32)
    other = random.random((1, side, side, 3), np.float32)
    middle = slice(reach, side - reach)
    seen = slice(0, side - 16)
    other[:, seen, seen] = photo[:, seen, seen]
    paintings = []
    for image in (photo, other):
        tensors = {k: keras.ops.convert_to_tensor(v) for k, v in {"image": image, **ways}.items()}
        paintings.append(np.asarray(network.paint(tensors))[0])
    near = slice(side - 48, side)
    assert np.abs(paintings[0] - paintings[1])[near, near].max() > 1e-3
    far = slice(middle.start, side - 16 - reach)
    np.testing.assert_allclose(paintings[0][far, far], paintings[1][far, far], atol=1e-5)


def test_a_narrow_artwork_is_seen_with_sides_of_8_px(any_network: AnyStyleNetwork) -> None:
    assert np.isfinite(any_network.description(picture(0, 1500, 10))).all()


@pytest.mark.parametrize("height, width", [(8, 8), (17, 33), (64, 9)])
def test_any_size_from_8_px(any_network: AnyStyleNetwork, height: int, width: int) -> None:
    painted = any_network.stylize(picture(0, height, width), ARTWORK)
    assert painted.shape == (height, width, 3) and np.isfinite(painted).all()


def test_keras_saves_and_loads_it(any_network: AnyStyleNetwork, tmp_path: Path) -> None:
    any_network.save(tmp_path / "any.keras")
    loaded = any_style.load_any_network(tmp_path / "any.keras")
    assert loaded.settings == any_network.settings
    np.testing.assert_array_equal(
        loaded.stylize(PHOTO, ARTWORK), any_network.stylize(PHOTO, ARTWORK)
    )


def test_an_archive_holds_all_but_the_encoder_in_half_precision(
    any_network: AnyStyleNetwork, tmp_path: Path
) -> None:
    any_style.write_any_network(any_network, tmp_path / "any.npz")
    read = any_style.load_any_network(tmp_path / "any.npz")
    np.testing.assert_allclose(
        read.stylize(PHOTO, ARTWORK), any_network.stylize(PHOTO, ARTWORK), atol=0.02
    )
    with np.load(tmp_path / "any.npz") as archive:
        own = sum(archive[name].size for name in archive.files if name != "config")
    assert own == any_network.count_params() - any_network.extractor.count_params()


def test_files_of_other_kinds_are_refused(
    any_network: AnyStyleNetwork, small_network: Any, tmp_path: Path
) -> None:
    small_network.save(tmp_path / "styles.keras")
    (tmp_path / "text.keras").write_text("no network")
    np.savez(tmp_path / "other.npz", a=np.zeros(3))
    for name, text in (
        ("styles.keras", "is no network for any artwork"),
        ("text.keras", "cannot be read"),
        ("other.npz", "holds no network"),
        ("missing.keras", "is not there"),
    ):
        with pytest.raises(ValueError, match=text):
            any_style.load_any_network(tmp_path / name)
    with pytest.raises(ValueError, match="'gallery' has styles of its own; leave out artworks"):
        any_style.load_any_network("gallery")
    with pytest.raises(ValueError, match="preset 'gallery' is unknown; use any"):
        AnyStyleNetwork.from_preset("gallery")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"strength": 1.5}, "strength is 1.5"),
        ({"stroke": 2}, "stroke is 2"),
        ({"shares": {"scream": 1}}, "style 'scream' is unknown; use one"),
        ({"masks": {"two": np.ones((50, 70))}}, "masks are for two; give one for each of one"),
        ({"artworks": {"one": np.zeros((4, 4, 3))}}, "artwork is 4 x 4 pixels"),
        ({"artworks": {}}, "styles is {}; give at least one share"),
        ({"image": np.zeros((50, 70))}, "image has shape"),
        ({"artworks": np.zeros(5)}, "artwork 'artwork' is a row of 5 numbers; give 85 finite"),
    ],
)
def test_misuse_is_told(any_network: AnyStyleNetwork, arguments: dict[str, Any], says: str) -> None:
    options = {"image": PHOTO, "artworks": {"one": ARTWORK}} | arguments
    with pytest.raises(ValueError, match=says):
        any_network.stylize(**options)


def test_components_have_about_unit_variance_on_what_they_were_taken_of() -> None:
    network = AnyStyleNetwork(AnyStyleSettings(dimensions=(4, 6, 8)))
    network.read_encoder()
    pictures = [picture(seed, 48, 64) for seed in range(4)]
    network.calibrate(pictures)
    image = keras.ops.convert_to_tensor(np.stack(pictures))
    parts = network.parts.layers
    for name, activation in network.extractor(image).items():
        columns = np.asarray(parts[f"{name}_components"](activation))
        flat = columns.reshape(-1, columns.shape[-1])
        np.testing.assert_allclose(flat.mean(0), 0, atol=1e-3)
        np.testing.assert_allclose(np.cov(flat.T), np.eye(flat.shape[1]), atol=2e-2)
