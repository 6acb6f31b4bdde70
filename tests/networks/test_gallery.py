"""Tests of the network that ships: its styles, and pictures without grids, frames or blobs."""

from __future__ import annotations

import json
import tempfile
from itertools import combinations, pairwise
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf
from ai_edge_litert.interpreter import Interpreter

from tfnst import assets, images
from tfnst.export import readme, verification
from tfnst.export.models import exportable
from tfnst.losses import band_correlations
from tfnst.networks.style_network import StyleNetwork

SIDE = 256


@pytest.fixture(scope="module")
def gallery() -> StyleNetwork:
    return StyleNetwork.from_preset("gallery")


@pytest.fixture(scope="module")
def photo() -> np.ndarray:
    return images.load(assets.photo(), SIDE).rgb


@pytest.fixture(scope="module")
def by_stroke(gallery: StyleNetwork, photo: np.ndarray) -> dict[float, dict[str, np.ndarray]]:
    return {
        stroke: {name: gallery.stylize(photo, name, stroke=stroke) for name in gallery.styles}
        for stroke in (0.0, 0.5, 1.0)
    }


@pytest.fixture(scope="module")
def paintings(by_stroke: dict[float, dict[str, np.ndarray]]) -> dict[str, np.ndarray]:
    """With the strokes that are usual."""
    return by_stroke[0.5]


def test_every_style_has_a_title_an_artist_and_a_year(gallery: StyleNetwork) -> None:
    known = assets.gallery()
    assert list(known) == list(gallery.styles) and len(known) >= 8
    for work in known.values():
        assert work["title"] and work["artist"] and work["year"]


def test_it_is_small_and_has_a_card(gallery: StyleNetwork) -> None:
    file = assets.NETWORKS["gallery"]
    assert file.stat().st_size < 2_000_000
    card = file.with_suffix(".md").read_text("utf-8")
    assert all(f"| {name} |" in card for name in gallery.styles)


def test_no_two_styles_are_alike(paintings: dict[str, np.ndarray]) -> None:
    for (one, first), (other, second) in combinations(paintings.items(), 2):
        assert np.abs(first - second).mean() > 0.03, (one, other)


def test_paintings_show_their_photo(
    gallery: StyleNetwork, photo: np.ndarray, paintings: dict[str, np.ndarray]
) -> None:
    """Coarse light and dark follow the photo, or its negative would do as well."""
    small = images.resize(photo.mean(-1), 24, 20)
    for name, painting in paintings.items():
        coarse = images.resize(painting.mean(-1), 24, 20)
        assert np.corrcoef(small.ravel(), coarse.ravel())[0, 1] > 0.4, name


def excess(picture: np.ndarray, period: int) -> float:
    """Power of a grid with that period over that of the frequencies around it, along both axes."""
    grey = picture.mean(-1)
    ratios = []
    for lines in (grey, grey.T):
        length = lines.shape[1] // (4 * period) * 4 * period
        window = (lines - lines.mean(1, keepdims=True))[:, :length] * np.hanning(length)
        power = np.mean(np.abs(np.fft.rfft(window, axis=1)) ** 2, 0)
        place = length // period
        near = np.r_[place - 12 : place - 3, place + 4 : place + 13]
        around = power[near[near < len(power)]]
        ratios.append(power[place - 1 : place + 2].max() / np.median(around))
    return max(ratios)


def test_no_grid_on_a_photo(by_stroke: dict[float, dict[str, np.ndarray]]) -> None:
    for stroke, paintings in by_stroke.items():
        for name, painting in paintings.items():
            for period in (2, 4, 8):
                assert excess(painting, period) < 10, (name, period, stroke)


def test_a_grid_would_be_found(photo: np.ndarray) -> None:
    for period in (2, 4, 8):
        spoilt = photo.copy()
        wave = np.cos(2 * np.pi / period * np.arange(photo.shape[1]))
        spoilt += 0.02 * period * wave[:, None].astype(np.float32)
        assert excess(spoilt, period) > 20 > 10 > excess(photo, period)


def test_flat_places_stay_flat(gallery: StyleNetwork) -> None:
    for name in gallery.styles:
        painted = gallery.stylize(np.full((SIDE, SIDE, 3), 0.5, np.float32), name)
        middle = painted[96:-96, 96:-96]
        assert np.ptp(middle, (0, 1)).max() < 0.02, name


def test_a_flat_picture_stays_flat_at_any_size(gallery: StyleNetwork) -> None:
    """Nothing but rounding differs from place to place, and not at every size alike."""
    for height, width in ((48, 272), (288, 80), (100, 384)):
        painted = gallery.stylize(np.full((height, width, 3), 0.5, np.float32), "starry_night")
        assert np.ptp(painted, (0, 1)).max() < 0.02


def test_borders_are_no_frames(
    gallery: StyleNetwork, photo: np.ndarray, by_stroke: dict[float, dict[str, np.ndarray]]
) -> None:
    """What is near a border is painted as if the picture went on, mirrored."""
    further = np.pad(photo, ((64, 64), (64, 64), (0, 0)), "symmetric")
    for stroke in (0.0, 1.0):
        for name, painting in by_stroke[stroke].items():
            inside = gallery.stylize(further, name, stroke=stroke)[64:-64, 64:-64]
            assert frame(painting, inside) < 0.1, (name, stroke)


def test_a_frame_would_be_found(photo: np.ndarray) -> None:
    for side in range(4):
        spoilt = photo.copy()
        sides(spoilt)[side][:3] -= 0.15
        assert frame(spoilt, photo) > 0.14


def frame(picture: np.ndarray, expected: np.ndarray) -> float:
    """How far strips of three pixels are from what is expected, beyond what is so farther inside.

    A sky that has another colour as a whole, because the picture ends, is no frame.
    """
    differences = [a - b for a, b in zip(sides(picture), sides(expected), strict=True)]
    strips = [x[:3].mean((0, 1)) - x[12:24].mean((0, 1)) for x in differences]
    return float(np.abs(strips).max())


def test_broad_strokes_leave_out_more_of_the_photos_detail(
    photo: np.ndarray, by_stroke: dict[float, dict[str, np.ndarray]]
) -> None:
    """And differ from fine ones, in every style."""
    detail = {
        stroke: np.mean([band_correlations(p[None], photo[None])[0] for p in paintings.values()], 0)
        for stroke, paintings in by_stroke.items()
    }
    assert (detail[1.0] < np.array([0.8, 0.9, 1.0]) * detail[0.0]).all(), detail
    for name, fine in by_stroke[0.0].items():
        assert np.abs(fine - by_stroke[1.0][name]).mean() > 0.03, name


def sides(picture: np.ndarray) -> list[np.ndarray]:
    """The picture with each of its borders as the first rows."""
    turned = picture.transpose(1, 0, 2)
    return [picture, picture[::-1], turned, turned[::-1]]


def test_strength_and_mixtures_are_continuous(gallery: StyleNetwork, photo: np.ndarray) -> None:
    first, second = gallery.styles[:2]
    for mixture in (
        lambda t: gallery.stylize(photo, first, t),
        lambda t: gallery.stylize(photo, {first: t, second: 1 - t}),
    ):
        frames = [mixture(t) for t in np.linspace(0, 1, 9)]
        steps = [np.abs(b - a).mean() for a, b in pairwise(frames)]
        assert max(steps) < 4 * np.mean(steps)


@pytest.mark.parametrize("mapped", [False, True], ids=["weights", "map"])
def test_litert_runs_it_in_one_partition(gallery: StyleNetwork, mapped: bool) -> None:
    """In half precision, too, within 1.4 MB, and with the answer that Keras gives."""
    side, rows = 64, 1 + len(gallery.styles)
    image = images.resize(images.load(assets.photo()).rgb, side, side)[None]
    weights = gallery.weights_for(gallery.styles[0])[None]
    model: keras.Model = gallery
    if mapped:
        model, weights = gallery.mapped(), np.tile(weights[:, None, None], (1, side, side, 1))
    stroke = np.full((1, 1), 0.5, np.float32)
    arrays = {"image": image, "style_weights": weights, "stroke": stroke}
    inputs = {
        name: keras.InputSpec(shape=array.shape, dtype="float32", name=name)
        for name, array in arrays.items()
    }
    with tempfile.TemporaryDirectory() as folder:
        model.export(Path(folder) / "saved", verbose=False, input_signature=[inputs])
        converter = tf.lite.TFLiteConverter.from_saved_model(str(Path(folder) / "saved"))
        converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS]
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        converter.target_spec.supported_types = [tf.float16]
        file = converter.convert()
    assert len(file) < 1_400_000 and rows == 17
    interpreter = Interpreter(model_content=file)
    answer = interpreter.get_signature_runner("serving_default")(**arrays)
    expected = model(arrays)["stylized"]
    np.testing.assert_allclose(answer["stylized"], expected, atol=0.01)
    operations = [one["op_name"] for one in interpreter._get_ops_details()]
    assert operations.count("DELEGATE") == 1 and operations[-1] == "DELEGATE"


def test_the_exported_gallery_is_this_one(gallery: StyleNetwork) -> None:
    """Or `tfnst export gallery -o saved_models/gallery` has to write it again."""
    folder = Path(__file__).parents[2] / "saved_models" / "gallery"
    card = json.loads((folder / "card.json").read_text("utf-8"))
    now = dict(exportable(gallery, "gallery").card) | assets.ABOUT["gallery"]
    assert {name: card[name] for name in now} == now and card["network"] == now["network"]
    assert card["artworks"] == assets.gallery()
    for name, text in readme.pages(card).items():
        assert (folder / name).read_text("utf-8") == text, name
    assert [report for report in verification.verify(folder) if report.error] == []
    assert sum(file.stat().st_size for file in folder.rglob("*") if file.is_file()) < 12_000_000
