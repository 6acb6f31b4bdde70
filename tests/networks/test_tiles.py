"""Tests of tfnst.networks.tiles."""

from __future__ import annotations

import keras
import numpy as np
import pytest

from tfnst import images
from tfnst.images import sizes
from tfnst.networks import tiles
from tfnst.networks.architecture import reach
from tfnst.networks.settings import NetworkSettings
from tfnst.networks.style_network import StyleNetwork

SETTINGS = NetworkSettings(widths=(0, 8, 12), blocks=2)


def network() -> StyleNetwork:
    keras.utils.set_random_seed(1)
    made = StyleNetwork(["wave", "night"], SETTINGS)
    random = np.random.default_rng(0)
    for weight in made.weights:
        if weight.name in ("gamma", "beta"):
            weight.assign(weight + random.normal(0, 0.3, weight.shape))
    return made


def photo(height: int = 300, width: int = 260) -> np.ndarray:
    random = np.random.default_rng(2)
    coarse = images.resize(random.random((9, 8, 3), np.float32), height, width)
    return 0.8 * coarse + 0.2 * random.random((height, width, 3), np.float32)


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tiles, "PATCH", 64)
    monkeypatch.setattr(tiles, "PATCHES", (3, 3))
    monkeypatch.setattr(sizes, "ONE_PASS", 0)


@pytest.mark.parametrize("masked", [False, True])
def test_there_is_no_seam_wherever_tiles_meet(
    masked: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, image = network(), photo()
    ramp = np.broadcast_to(np.linspace(0, 1, 260, dtype="f"), (300, 260))
    masks = {"wave": ramp} if masked else None
    answers = []
    for tile in (1024, 128, 96):
        monkeypatch.setattr(tiles, "TILE", tile)
        answers.append(made.stylize(image, "wave", 0.8, masks))
    for answer in answers[1:]:
        np.testing.assert_allclose(answer, answers[0], atol=1e-5)


def test_pieces_are_nearly_what_one_pass_gives(monkeypatch: pytest.MonkeyPatch) -> None:
    made, image = network(), photo(620, 580)
    monkeypatch.setattr(tiles, "PATCHES", (6, 7))
    pieces = made.stylize(image, "wave")
    monkeypatch.setattr(sizes, "ONE_PASS", 1 << 30)
    whole = made.stylize(image, "wave")
    assert np.sqrt(np.mean((pieces - whole) ** 2)) < 0.02
    # Each piece by its own statistics would be further off.
    own = made.stylize(image[:128, :128], "wave")
    assert np.sqrt(np.mean((own - whole[:128, :128]) ** 2)) > 0.03


@pytest.mark.parametrize("shape", [(8, 300), (40, 52), (64, 300), (300, 64)])
def test_small_and_narrow_pictures_have_patches_too(shape: tuple[int, int]) -> None:
    painted = network().stylize(photo(*shape), "night")
    assert painted.shape == (*shape, 3) and np.isfinite(painted).all()


def test_tiles_cover_a_picture_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tiles, "TILE", 64)
    margin, seen = reach(SETTINGS), np.zeros((200, 132), int)
    for outer, inner, target in tiles.tiles(seen.shape, margin, 4):
        seen[target] += 1
        rows = np.arange(200)[outer[0]][inner[0]]
        np.testing.assert_array_equal(rows, np.arange(200)[target[0]])
        assert outer[0].start % 4 == 0 and outer[1].start % 4 == 0
    assert (seen == 1).all()


def test_patches_are_in_the_middle_of_equal_shares() -> None:
    windows = tiles.patches((304, 480), 4)
    assert len(windows) == 9
    inner = slice(tiles.EDGE, -tiles.EDGE)
    for axis, full in enumerate((304, 480)):
        middles = sorted({(w[axis].ravel()[inner][[0, -1]].sum() + 1) / 2 for w in windows})
        np.testing.assert_allclose(middles, (np.arange(3) + 0.5) * full / 3, atol=4)


def test_what_lies_around_a_patch_beyond_the_borders_is_mirrored() -> None:
    lines = tiles.patches((132, 200), 4)[0][0].ravel()
    np.testing.assert_array_equal(lines, np.pad(np.arange(132), 32, "symmetric")[:128])


def test_patches_that_cover_a_picture_measure_nearly_what_one_pass_sees(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made, image = network(), photo(352, 288)  # 384 and 320 with the halo
    monkeypatch.setattr(tiles, "PATCHES", (5, 6))
    pieces = made.stylize(image, "night")
    monkeypatch.setattr(sizes, "ONE_PASS", 1 << 30)
    assert np.sqrt(np.mean((pieces - made.stylize(image, "night")) ** 2)) < 0.01


@pytest.mark.parametrize("masked", [False, True])
def test_pictures_of_all_sizes_share_one_tracing(
    masked: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    traced: list[str] = []
    honest = tiles.compiled
    monkeypatch.setattr(tiles, "compiled", lambda model: traced.append("") or honest(model))
    made = network()

    def paint(height: int, width: int) -> np.ndarray:
        masks = {"wave": np.ones((height, width))} if masked else None
        return made.stylize(photo(height, width), "wave", 1.0, masks)

    first = paint(300, 260)
    for height, width in ((300, 260), (280, 340), (3 * tiles.PATCH, 4 * tiles.PATCH)):
        paint(height, width)
    assert len(traced) == 2
    np.testing.assert_array_equal(paint(300, 260), first)
    paint(16, 300)  # narrow: another class
    assert len(traced) == 4
    made.set_weights([weight * 0 for weight in made.get_weights()])
    assert np.ptp(paint(300, 260)) < 1e-6  # weights may change
