"""One picture by gradient descent: Gatys' algorithm, coarse to fine, balanced by measurement."""

from __future__ import annotations

import functools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from scipy.ndimage import gaussian_filter

from tfnst import devices, images
from tfnst.arguments import require, shown
from tfnst.features import vgg, vgg_architecture, vgg_weights
from tfnst.images.color import Colors
from tfnst.images.masks import blended, union
from tfnst.synthesis import canvases, default_objective, inputs, objective, tiles
from tfnst.synthesis.canvas import Canvas, Stage
from tfnst.synthesis.objective import Objective, WeightedTerm
from tfnst.synthesis.progress import DivergenceError, LevelProgress
from tfnst.synthesis.regions import Region, check_styles, regional
from tfnst.synthesis.regions import checked as checked_regions
from tfnst.synthesis.settings import PRESETS, Settings
from tfnst.synthesis.style_bands import banded, checked_bands, shares_of

FINISH = 0.3  # of the finest level's steps, those with neighbours found layer by layer


@dataclass(frozen=True)
class Progress(LevelProgress):
    """Where a painting stands.

    The losses are those of the last step, of the picture before averaging and with its halo; NaN
    where the objective has no term of that name.

    Attributes:
        content_distance: `losses.content_distance`, the mean over layers.
        style_loss: against the style blended with the photo where the strength is below ½.
        variation: `losses.total_variation`.
        content_weight: of the content distance, as it was balanced.
        distances: of every term, by its name.
    """

    content_distance: float
    style_loss: float
    variation: float
    content_weight: float
    distances: dict[str, float]


def level_sizes(size: int, smallest: int, growth: float) -> list[int]:
    """The long sides of the pyramid, `growth` apart, from `smallest` or somewhat more to `size`."""
    finer = max(0, math.floor(math.log(size / smallest, growth) + 1e-9))
    return [round(size / growth**k) for k in range(finer, -1, -1)]


class StyleTransfer:
    """A photo on its way to a painting in the style of one or more pictures.

    Args:
        content: the photo, (H, W, 3) RGB in [0, 1], or a `Picture`.
        styles: one artwork, likewise, or several, each of its own size; what is transparent in a
            `Picture` is white.
        settings: see `Settings`.
        shares: how much each style counts; relative to each other, equal by default.
        terms: the objective; by default `default_terms(settings)`, to which others can be added.
        style_masks: for each style an (H, W) array of its size in [0, 1], of how much each pixel
            is part of the style, or None for all of it; not with regions, which have their own.
        style_scales: for each style the long side that it is seen at over that of the result, in
            place of `settings.style_scale`.
        style_bands: for each style "all", "fine" or "coarse": what of it counts, its marks, its
            large forms or both; see `synthesis.style_bands`.
        regions: parts of the photo, each painted after parts of the styles: see `Region`. Where
            their masks are 0 the photo stays, bit by bit; None for one painting all over.
        network: "auto", "vgg19", "vgg19-lite", or a model image → {layer: activation} of one's own.
        weights: of the network; see `FeatureExtractor`.
        start: the picture to start from, with `settings.start` "picture".
        colors: whose colours the painting has; the styles' by default.

    Raises:
        ValueError: a picture, share, term, mask, network, layer or start that does not fit, or a
            size too large for terms that want the picture in one piece.
    """

    def __init__(
        self,
        content: images.Pixels,
        styles: images.Pixels | Sequence[images.Pixels],
        settings: Settings = PRESETS["normal"],
        *,
        shares: Sequence[float] | None = None,
        terms: Sequence[WeightedTerm] | None = None,
        style_masks: Sequence[np.ndarray | None] | None = None,
        style_scales: Sequence[float] | None = None,
        style_bands: Sequence[str] | None = None,
        regions: Sequence[Region] | None = None,
        network: str | keras.Model = "auto",
        weights: str | Path | None = "auto",
        start: images.Pixels | None = None,
        colors: Colors | None = None,
    ) -> None:
        devices.require_tensorflow("painting by gradient descent")
        require("settings", settings, Settings, "a Settings, such as Settings(size=512)")
        self.settings = settings
        self.content = images.validate(content, "content", images.MIN_SIDE)
        self.styles = inputs.checked_styles(styles)
        require("colors", colors or Colors(), Colors, "a Colors, or None")
        self.colors = colors or Colors()
        self._painted, self._learnt = self.colors.before(self.content, self.styles)
        self.shares = inputs.checked_shares(shares, len(self.styles))
        self.masks = inputs.checked_masks(style_masks, self.styles)
        terms = default_objective.default_terms(settings) if terms is None else terms
        self.scales = inputs.checked_scales(style_scales, settings, len(self.styles))
        self.bands = checked_bands(style_bands, len(self.styles))
        if set(self.bands) != {"all"}:
            terms = banded(terms)
        self.terms = objective.checked(terms)
        self.regions: list[Region] = []
        if regions is not None:
            if style_masks is not None:
                raise ValueError("style_masks goes without regions; give each region its parts")
            self.regions = checked_regions(regions, self.content, self.styles)
            check_styles(self.regions, self.shares, self.bands)
            self.terms = objective.checked(regional(self.terms, self.regions))
        if (settings.start == "picture") != (start is not None):
            raise ValueError("start: give a picture with settings.start 'picture', and only then")
        self.start = None if start is None else images.validate(start, "start", images.MIN_SIDE)
        self.shape = inputs.checked_shape(self.content, settings.size)
        layers = objective.layers_of(self.terms)
        self.extractor = feature_model(network, weights, layers, settings)
        tiles.check_size(self.shape, self.terms, self.extractor, settings.size)
        sizes = level_sizes(settings.size, settings.smallest, settings.growth)
        counts = (*settings.steps, *settings.steps[-1:] * len(sizes))
        self.plan = list(counts[: len(sizes)])
        self.sizes, self.apart = sizes, len(sizes)
        if settings.method == "neighbours":  # found anew for the last steps, layer by layer
            finish = max(1, round(FINISH * self.plan[-1]))
            self.plan[-1:] = [self.plan[-1] - finish, finish]
            self.sizes = [*sizes, settings.size]
        if settings.strength == 0:
            self.plan = [0] * len(self.sizes)  # the photo: nothing to do
        self.steps_done = 0
        self._latest: np.ndarray | None = None
        self._measured: dict[int, dict[str, Any]] = {}  # by the size of the canvas

    def share_measurements(self, other: StyleTransfer) -> None:
        """Take what another painting has measured, where that is of the same artworks.

        Measures nothing that was measured before, of many photos painted after one artwork.

        Args:
            other: of another photo; where artworks, masks, scales, terms or network differ nothing
                is shared.
        """
        same = (
            self.extractor is other.extractor
            and self.terms == other.terms
            and not (self.regions or other.regions)
            and (self.shares, self.scales, self.bands) == (other.shares, other.scales, other.bands)
            and _equal(self._learnt, other._learnt)
            and _equal(self.masks, other.masks)
        )
        if same:
            self._measured = other._measured

    @property
    def finished(self) -> bool:
        """Whether every step of the plan has been done."""
        return self.steps_done == sum(self.plan)

    def run(self, every: int = 10) -> Iterator[Progress]:
        """Paint, yielding `Progress` at every so many steps and each level's last; leave to stop.

        How often it is yielded changes nothing of the painting. L-BFGS takes 25 steps at a time,
        and the reports of these come together.

        Raises:
            DivergenceError: a loss or the picture is not finite; `picture()` is the last that was.
            ValueError: `every` is below 1.
        """
        if every < 1:
            raise ValueError(f"every is {every!r}; use a whole number from 1")
        canvas = canvases.take(self.extractor, self.settings, self.terms)
        self.steps_done = 0
        for level, (size, steps) in enumerate(zip(self.sizes, self.plan, strict=True)):
            self._begin_level(canvas, size, level)
            first = self.steps_done
            marks = [n for n in range(1, steps + 1) if (first + n) % every == 0 or n == steps]
            for stage in canvas.stages(marks) if marks else ():
                if not (np.isfinite(stage.distances).all() and np.isfinite(stage.picture).all()):
                    raise DivergenceError(
                        "the loss is not a finite number; a learning_rate below "
                        f"{self.settings.learning_rate:g} or precision 'float32' may help"
                    )
                self._latest = stage.picture
                self.steps_done = first + stage.steps
                yield self._progress(level, stage, canvas.objective)
        canvases.give_back(canvas)

    def _progress(self, level: int, stage: Stage, target: Objective) -> Progress:
        work = [steps * size**2 for steps, size in zip(self.plan, self.sizes, strict=True)]
        distances = target.named(stage.distances)
        return Progress(
            level=level,
            levels=len(self.plan),
            height=stage.picture.shape[0],
            width=stage.picture.shape[1],
            step=self.steps_done,
            steps=sum(self.plan),
            fraction=(sum(work[:level]) + stage.steps * self.sizes[level] ** 2) / sum(work),
            content_distance=distances.get("content", math.nan),
            style_loss=self._style_loss(distances),
            variation=distances.get("variation", math.nan),
            content_weight=float(target.weights.get("content", math.nan)),
            distances=distances,
        )

    def _style_loss(self, distances: dict[str, float]) -> float:
        """That of "style"; the mean of its parts, of regions and bands, by their weights."""
        parts = [
            (distances[weighted.name], weighted.weight)
            for weighted in self.terms
            if weighted.name == "style" or weighted.name.startswith(("style in ", "style of "))
        ]
        total = sum(weight for _, weight in parts)
        return sum(loss * weight for loss, weight in parts) / total if total else math.nan

    def picture(self) -> np.ndarray:
        """The average at the last report: (H, W, 3) float32 in [0, 1], as large as the result."""
        photo = images.resize(self.content, *self.shape)
        latest = self._painted if self._latest is None else self._latest
        painting = images.resize(latest, *self.shape)
        painting = self.colors.after(photo, painting, prepared=True)
        if not self.regions:
            return painting
        mask = images.resize(union([region.mask for region in self.regions]), *self.shape)
        return blended(photo, painting, mask)

    def style_measurements(self, size: int) -> dict[str, Any]:
        """What terms measure of the artworks, blended, as seen beside a canvas of that long side.

        By the terms' names; see `objective.measure`.
        """
        measurements = []
        for index, (style, mask) in enumerate(zip(self._learnt, self.masks, strict=True)):
            side = max(round(size * self.scales[index]), images.MIN_SIDE)
            height, width, _ = style.shape
            shape = images.fitted(height, width, min(side, max(height, width)))
            image = _resized(style, shape)
            visible = None if mask is None else _resized(mask[..., None], shape)
            parts = None
            if self.regions:
                shown = [np.asarray(region.parts[index]) for region in self.regions]
                parts = _resized(np.stack(shown, -1), shape)
            measurements.append(self._measurement(image, visible, parts))
        shares = shares_of(self.terms, self.shares, self.bands)
        return objective.blend(self.terms, measurements, shares)

    def _measurement(
        self, image: np.ndarray, mask: np.ndarray | None, regions: np.ndarray | None
    ) -> dict[str, Any]:
        """Of one artwork, with its halo and as one of a batch."""
        _, height, width, _ = image.shape
        if tiles.by_tiles(height, width, self.terms, self.extractor):
            return self._tiling.measure(image, mask)
        scales = objective.scales_of(self.terms)
        view = objective.view(self.extractor, image, scales, mask, regions=regions)
        return objective.measure(self.terms, view)

    @functools.cached_property
    def _tiling(self) -> tiles.Tiling:
        return tiles.Tiling(self.extractor, self.terms)

    def _begin_level(self, canvas: Canvas, size: int, level: int) -> None:
        height, width, _ = self._painted.shape
        shape = images.fitted(height, width, size)
        content = images.resize(self._painted, *shape)
        if level:
            start = self._enlarged(canvas.picture(), content)
        elif self.start is not None:
            start = images.resize(self.start, *shape)
        elif self.settings.start == "noise":
            start = noise(content, self.settings)
        else:
            start = content
        if size not in self._measured:
            self._measured[size] = self.style_measurements(size)
        measurements, masks = self._measured[size], None
        if self.regions:
            masks = np.stack([images.resize(r.mask, *shape) for r in self.regions], -1)
        canvas.begin_level(content, measurements, start, level == self.apart, regions=masks)

    def _enlarged(self, picture: np.ndarray, content: np.ndarray) -> np.ndarray:
        """The picture of the level before as a start, with the detail that it was too small for.

        That of the photo, as STROTSS starts its levels (Kolkin et al., CVPR 2019), or of the
        picture given; the less, the less of it is to be seen. From noise, none.
        """
        start = images.resize(picture, *content.shape[:2])
        settings = self.settings
        if settings.start == "noise" or not settings.in_bands:
            return start
        source = content if self.start is None else images.resize(self.start, *content.shape[:2])
        coarse = images.resize(images.resize(source, *picture.shape[:2]), *content.shape[:2])
        part = min(1.0, 2 * (1 - settings.strength))
        return np.clip(start + part * (source - coarse), 0, 1)


def _equal(arrays: Sequence[np.ndarray | None], others: Sequence[np.ndarray | None]) -> bool:
    return len(arrays) == len(others) and all(
        one is other or (one is not None and other is not None and np.array_equal(one, other))
        for one, other in zip(arrays, others, strict=True)
    )


def _resized(image: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """(H, W, C) in another size with its halo, as one of a batch."""
    return images.padded(images.resize(image, *shape))[None]


def noise(content: np.ndarray, settings: Settings) -> np.ndarray:
    """Noise of deviation 0.15 around grey; where the strength is below ½, around the photo's level.

    Style says how much there is of a colour, content where edges are; nothing says that a flat
    place is to be white. So the start does, the more, the less style there is: wholly towards 0.
    Near black and white the deviation is smaller, so that the level holds. (H, W, 3) in [0, 1].
    """
    grey = default_objective.style_share(settings.strength) ** 3
    blur = max(content.shape) / 32
    nearby = gaussian_filter(content, (blur, blur, 0), mode="nearest")
    level = grey * 0.5 + (1 - grey) * nearby
    deviation = 0.3 * np.minimum(level, 1 - level)
    start = np.random.default_rng(settings.seed).normal(level, deviation)
    return np.clip(start, 0, 1).astype(np.float32)


def feature_model(
    network: str | keras.Model,
    weights: str | Path | None,
    layers: Sequence[str],
    settings: Settings,
    padding: str = "zero",
) -> Any:
    """A model image → {layer: activation}, or a ValueError where it lacks a layer."""
    if not isinstance(network, str):
        outputs = getattr(network, "output", None)
        missing = set(layers) - set(outputs) if isinstance(outputs, dict) else None
        if missing:
            raise ValueError(f"network has no output {', '.join(sorted(missing))}")
        if not callable(network):
            raise ValueError(f"network is {shown(network)}; give a name, or a Keras model")
        return network
    if not layers:  # all terms are of the picture alone
        return lambda image: {}
    name = vgg_weights.choose_network(network, weights)[0]
    dtype = "mixed_bfloat16" if settings.precision == "bfloat16" else None
    arguments = (name, tuple(layers), settings.pooling, weights, dtype, None, padding)
    vgg_architecture.known_architecture(name)
    file = None if weights is None else vgg_weights.weights_file(name, weights).resolve()
    # Random weights are others every time, and those of a strategy lie elsewhere.
    if file is None or not file.is_file() or tf.distribute.has_strategy():
        return vgg.FeatureExtractor(*arguments)
    return _extractor_of(tf.zeros(()).device, file, file.stat().st_mtime_ns, *arguments)


@functools.lru_cache(maxsize=2)
def _extractor_of(_device: str, _file: Path, _written: int, *arguments: Any) -> keras.Model:
    """The same for the same file, so that a canvas can be used again."""
    return vgg.FeatureExtractor(*arguments)


def stylize(
    content: images.Pixels,
    styles: images.Pixels | Sequence[images.Pixels],
    settings: Settings = PRESETS["normal"],
    **options: Any,
) -> np.ndarray:
    """The photo painted in the style of the artworks; `StyleTransfer` also tells how far it is.

    Args:
        content: the photo, (H, W, 3) RGB in [0, 1], or a `Picture`.
        styles: one artwork, likewise, or several, each of its own size.
        settings: see `Settings`.
        **options: the other arguments of `StyleTransfer`.

    Returns:
        (H, W, 3) float32 in [0, 1], the long side `settings.size` pixels.

    Raises:
        ValueError: as `StyleTransfer` does.
        DivergenceError: a loss or the picture is not finite.
    """
    painting = StyleTransfer(content, styles, settings, **options)
    for _ in painting.run():
        pass
    return painting.picture()
