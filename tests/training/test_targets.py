"""Tests of tfnst.training.targets: what an artwork asks for, and distances from it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import tensorflow as tf

from tests.training.samples import LAYERS, SETTINGS, artworks, halved
from tfnst import images, losses
from tfnst.features.vgg import FeatureExtractor
from tfnst.training.targets import PHOTO_DETAIL, judge, photo_detail, style_targets


def distribution(pictures: list[np.ndarray], layer: str) -> losses.Gaussian:
    """Of several pictures, each of which counts the same, by NumPy."""
    extractor = FeatureExtractor("vgg19-lite", LAYERS)
    columns = [np.asarray(extractor(p[None])[layer], np.float64) for p in pictures]
    columns = [c.reshape(-1, c.shape[-1]) for c in columns]
    mean = np.mean([c.mean(0) for c in columns], 0)
    outer = np.mean([c.T @ c / len(c) for c in columns], 0)
    values, vectors = np.linalg.eigh(outer - np.outer(mean, mean))
    return losses.Gaussian(mean, (vectors * np.sqrt(np.maximum(values, 0))) @ vectors.T)


def photos(seed: int) -> tf.Tensor:
    return tf.constant(np.random.default_rng(seed).random((2, 64, 64, 3), np.float32))


def test_targets_are_the_artworks_distributions_at_three_scales_for_two_sizes_of_strokes() -> None:
    extractor = FeatureExtractor("vgg19-lite", LAYERS)
    targets = style_targets(extractor, artworks(), SETTINGS)
    views = [images.resize(artworks()[1][0], 80, 66), artworks()[1][0]]
    for scale, statistics in zip((1, 2, 4), targets.statistics, strict=True):
        # At a quarter the deepest layer is left out.
        assert set(statistics) == set(LAYERS if scale < 4 else LAYERS[:1])
        for row, view in zip((1, 3), views, strict=True):
            expected = distribution([halved(view, scale)], LAYERS[0])
            np.testing.assert_allclose(
                statistics[LAYERS[0]].mean[row], expected.mean, rtol=1e-3, atol=1e-4
            )
            np.testing.assert_allclose(
                statistics[LAYERS[0]].root[row], expected.root, rtol=0.1, atol=0.02
            )
    for row, view in zip((1, 3), views, strict=True):
        energies = np.asarray(losses.band_energies(view[None])[0])
        expected = energies * np.array([[0.72], [0.86], [1.0]])
        np.testing.assert_allclose(targets.bands[row], expected, rtol=1e-4)
        for number, scale in enumerate((1, 2)):
            expected = losses.orientation_coherence(halved(view, scale)[None])[0]
            np.testing.assert_allclose(targets.coherence[row, number], expected, rtol=1e-3)


def test_without_strokes_to_choose_from_all_sizes_are_one_target() -> None:
    extractor = FeatureExtractor("vgg19-lite", LAYERS)
    targets = style_targets(extractor, artworks(), SETTINGS, strokes=1)
    views = [images.resize(artworks()[1][0], 80, 66), artworks()[1][0]]
    assert targets.bands.shape[0] == 2
    expected = distribution(views, LAYERS[0]).mean
    np.testing.assert_allclose(targets.statistics[0][LAYERS[0]].mean[1], expected, rtol=1e-3)


def test_the_statistics_of_several_paintings_add_up() -> None:
    extractor = FeatureExtractor("vgg19-lite", LAYERS)
    one, two = (several[0] for several in artworks())
    settings = replace(SETTINGS, style_sizes=(80,))
    targets = style_targets(extractor, [[one, two]], settings)
    views = [one, images.resize(two, 80, 66)]
    statistics = targets.statistics[0][LAYERS[0]]
    expected = distribution(views, LAYERS[0])
    np.testing.assert_allclose(statistics.mean[0], expected.mean, rtol=1e-3, atol=1e-4)
    np.testing.assert_allclose(statistics.root[0], expected.root, rtol=0.1, atol=0.02)


def test_an_artwork_too_narrow_to_be_seen_is_told() -> None:
    extractor = FeatureExtractor("vgg19-lite", LAYERS)
    narrow = np.zeros((200, 60, 3), np.float32)
    with pytest.raises(ValueError, match=r"style 1, of 60 x 200 pixels, is seen at .* needs 64"):
        style_targets(extractor, [[narrow]], SETTINGS)


def test_content_of_broad_strokes_is_held_at_half_the_size() -> None:
    extractor = FeatureExtractor("vgg19-lite", LAYERS)
    targets = style_targets(extractor, artworks()[:1], SETTINGS, strokes=1)
    photo, painted = photos(seed=1), photos(seed=2)
    strokes = tf.constant([0.0, 1.0])
    _, content = judge(extractor, photo, painted, targets.statistics, SETTINGS, stroke=strokes)
    for sample, scale in enumerate((1, 2)):
        one, other = (halved(x[sample].numpy(), scale)[None] for x in (painted, photo))
        of_photo = losses.standardize(extractor(other)["block2_conv1"])
        expected = losses.content_distance(extractor(one)["block2_conv1"], of_photo)
        np.testing.assert_allclose(content[sample], expected[0], rtol=1e-3)


def test_broad_strokes_are_free_of_less_of_the_photos_detail() -> None:
    """The photo itself correlates by 1 at each fineness, and a flat picture not at all."""
    photo = photos(seed=1)
    strokes = tf.constant([0.0, 1.0])
    detail = photo_detail(photo, photo, strokes)
    expected = ((1 - np.array(PHOTO_DETAIL)) ** 2).sum(1)
    np.testing.assert_allclose(detail, expected, rtol=1e-2)
    assert expected[1] > expected[0]
    flat = photo_detail(0 * photo, photo, strokes)
    np.testing.assert_array_equal(flat, [0, 0])
