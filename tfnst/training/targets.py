"""What the paintings of a style are to be like, and how far paintings are from it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import keras
import numpy as np
from keras import ops

from tfnst import images, losses
from tfnst.losses import terms
from tfnst.losses.bands import LEAST
from tfnst.training.settings import TrainingSettings

SMALLEST_VIEW = LEAST  # pixels a side of an artwork; at a quarter that is still seen
SCALES = (1, 2, 4)  # pixels a side whose mean is one, of painting and artwork alike
SHARES = (2 / 9, 3 / 9, 4 / 9)  # of style: marks are learnt soon, large forms late
# Of an artwork's energy in each band, the finest first: a network cannot place the finest marks
# as a painter does, and lays them as hatching over what is smooth.
BAND_SHARES = (0.72, 0.86, 1.0)
STYLE_TERMS = "style", "content", "bands", "coherence", "photo_detail", "smoothness", "lattice"
STROKE_SCALES = (1, 2)  # those at which strokes have directions
CONTENT_SCALES = (1, 2)  # at which content is held, of fine strokes and of broad ones
# Correlation of each band with the photo's that is free, for the finest strokes and the broadest.
PHOTO_DETAIL = ((0.18, 0.5, 0.68), (0.08, 0.3, 0.5))


class StyleTargets(NamedTuple):
    """What the paintings of S styles are to be like, each in K sizes of strokes.

    Attributes:
        statistics: for each of `SCALES`, for each style layer, the distributions: a Gaussian of
            batch dimension K·S, all of the finest strokes before those of the next.
        bands: `BAND_SHARES` of `losses.band_energies` of the artworks, (K·S, bands, 3).
        coherence: `losses.orientation_coherence` at each of `STROKE_SCALES`, (K·S, scales, 2).
    """

    statistics: list[dict[str, losses.Gaussian]]
    bands: Any
    coherence: Any


def style_targets(
    extractor: keras.Model,
    styles: Sequence[Sequence[np.ndarray]],
    settings: TrainingSettings,
    strokes: int = 2,
) -> StyleTargets:
    """The targets of some styles.

    Strokes are as large as the artworks are seen: for each of `style_sizes` a style has targets of
    its own, or where there are no strokes to choose from, those of all sizes at once.

    Args:
        extractor: a model image → {layer: activation}.
        styles: the artworks of each, (H, W, 3) in [0, 1], each of its own size. The statistics of
            several add up, and each counts the same.
        settings: which layers count, and how large artworks are.
        strokes: of the network, K: 2 for two sizes of strokes, 1 for one.

    Returns:
        What the paintings of the S styles are to be like.

    Raises:
        ValueError: an artwork too small or narrow for the deepest layer.
    """
    sizes = settings.style_sizes
    groups = [(size,) for size in sizes] if strokes > 1 else [sizes]
    targets = []
    for group in groups:
        for number, artworks in enumerate(styles, 1):
            seen = [_seen(artwork, size, number) for artwork in artworks for size in group]
            targets.append(view_targets(extractor, seen, settings))
    stacked: StyleTargets = terms.stack(targets)
    return stacked


def _seen(artwork: np.ndarray, size: int, number: int) -> np.ndarray:
    """An artwork with a long side of `size` at most, (1, H, W, 3)."""
    height, width, _ = artwork.shape
    small = images.resize(artwork, *images.fitted(height, width, min(size, max(height, width))))
    if min(small.shape[:2]) < SMALLEST_VIEW:
        raise ValueError(
            f"artwork of style {number}, of {width} x {height} pixels, is seen at "
            f"{small.shape[1]} x {small.shape[0]}; its shorter side there needs {SMALLEST_VIEW}, "
            "so give a larger or less narrow one"
        )
    return small[None]


def view_targets(
    extractor: keras.Model, artworks: Sequence[np.ndarray], settings: TrainingSettings
) -> StyleTargets:
    """What some artworks ask for together, each the same.

    Args:
        extractor: a model image → {layer: activation}.
        artworks: (1, H, W, 3) in [0, 1], as they are seen.
        settings: which layers count.

    Returns:
        The targets, of batch dimension 1.
    """
    shares = [1.0] * len(artworks)

    def target(term: terms.Term, views: Sequence[terms.View]) -> Any:
        return term.target(term.blend([term.measure(view) for view in views], shares))

    statistics = []
    for scale in SCALES:
        pictures = [reduced(ops.convert_to_tensor(artwork), scale) for artwork in artworks]
        views = [terms.View(picture, extractor(picture)) for picture in pictures]
        statistics.append(target(_style_term(settings, scale), views))
    bands = target(terms.BandTerm(), [terms.View(a, {}) for a in artworks])
    directions = sum(map(stroke_coherence, artworks)) / len(artworks)
    bands = np.array(BAND_SHARES, np.float32)[:, None] * bands
    return StyleTargets(statistics, bands, directions)


def stroke_coherence(image: Any, guide: Any | None = None) -> Any:
    """How far slopes of strokes go one way.

    Args:
        image: (B, H, W, 3) in [0, 1].
        guide: likewise, or None; see `losses.orientation_coherence`.

    Returns:
        `losses.orientation_coherence` at each of `STROKE_SCALES`, (B, scales, 2).
    """
    measured = [
        losses.orientation_coherence(
            reduced(image, scale), None if guide is None else reduced(guide, scale)
        )
        for scale in STROKE_SCALES
    ]
    return ops.stack(measured, 1)


def _style_term(settings: TrainingSettings, scale: int) -> terms.WassersteinTerm:
    """Of a scale: of a crop at a quarter of its size the last layer sees too few positions."""
    layers = settings.style_layers
    few = scale == SCALES[-1] and len(layers) > 1
    return terms.WassersteinTerm(layers[:-1] if few else layers)


def reduced(image: Any, scale: int) -> Any:
    """(B, H, W, 3), a pixel of which is the mean of `scale` × `scale` of the picture's."""
    return ops.average_pool(image, scale, data_format="channels_last") if scale > 1 else image


def judge(
    features: Callable[[Any], Mapping[str, Any]],
    photo: Any,
    painted: Any,
    statistics: Sequence[Mapping[str, losses.Gaussian]],
    settings: TrainingSettings,
    stroke: Any | None = None,
) -> tuple[Any, Any]:
    """Style loss and content distance of paintings.

    Args:
        features: image → {layer: activation}.
        photo: (B, H, W, 3) in [0, 1].
        painted: likewise.
        statistics: for each of `SCALES`, what each style layer is to be like, of batch dimension B
            or 1.
        settings: which layers count.
        stroke: (B,) from 0, fine, to 1: content is that much the distance at half the size, where
            broad strokes are as fine; None for fine ones alone.

    Returns:
        Both, (B,) each; of style the mean over layers, and over scales by `SHARES`.
    """
    scales = CONTENT_SCALES[:1] if stroke is None else CONTENT_SCALES
    images_by_scale = {scale: reduced(painted, scale) for scale in {*SCALES, *scales}}
    views = {scale: terms.View(x, features(x)) for scale, x in images_by_scale.items()}
    style = sum(
        share * _style_term(settings, scale).distance(views[scale], target)
        for share, scale, target in zip(SHARES, SCALES, statistics, strict=True)
    )
    content = [_content(features, reduced(photo, s), views[s], settings) for s in scales]
    return style, content[0] if stroke is None else (1 - stroke) * content[0] + stroke * content[1]


def _content(
    features: Callable[[Any], Mapping[str, Any]],
    photo: Any,
    view: terms.View,
    settings: TrainingSettings,
) -> Any:
    """Content distance of a view of a painting from a photo of its size, (B,)."""
    term = terms.ContentTerm(settings.content_layers)
    activations = {name: ops.stop_gradient(x) for name, x in features(photo).items()}
    return term.distance(view, term.target(term.measure(terms.View(photo, activations))))


def measure(
    features: Callable[[Any], Mapping[str, Any]],
    photo: Any,
    painted: Any,
    targets: StyleTargets,
    settings: TrainingSettings,
    stroke: Any | None = None,
) -> dict[str, Any]:
    """All that is wanted of paintings, (B,) each, by the names of `STYLE_TERMS`.

    Args:
        features: image → {layer: activation}.
        photo: (B, H, W, 3) in [0, 1].
        painted: likewise.
        targets: of batch dimension B.
        settings: which layers count.
        stroke: see `judge`.

    Returns:
        The losses, by name.
    """
    style, content = judge(features, photo, painted, targets.statistics, settings, stroke=stroke)
    directions, wanted = stroke_coherence(painted, photo), targets.coherence
    scales = range(len(STROKE_SCALES))
    coherence = [losses.coherence_loss(directions[:, i], wanted[:, i]) for i in scales]
    return {
        "style": style,
        "content": content,
        "bands": terms.BandTerm().distance(terms.View(painted, {}), targets.bands),
        "coherence": sum(coherence) / len(coherence),
        "photo_detail": photo_detail(
            painted, photo, ops.zeros_like(style) if stroke is None else stroke
        ),
        "smoothness": losses.edge_aware_smoothness(painted, photo),
        "lattice": losses.lattice_energy(painted),
    }


def photo_detail(painted: Any, photo: Any, stroke: Any) -> Any:
    """Of a photo's fine detail, what strokes of that size are too broad for.

    Args:
        painted: (B, H, W, 3) in [0, 1].
        photo: likewise.
        stroke: (B,) from 0, fine, to 1, broad.

    Returns:
        (B,), from 0: Σ max(0, r − free)², of the correlations r of bands and `PHOTO_DETAIL`.
    """
    fine, broad = np.array(PHOTO_DETAIL, np.float32)
    free = fine + stroke[:, None] * (broad - fine)
    correlations = losses.band_correlations(painted, ops.stop_gradient(photo))
    return ops.sum(ops.square(ops.relu(correlations - free)), 1)
