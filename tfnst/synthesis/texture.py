"""Textures: new pictures, of any size, that share the statistics of one or more sources."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from tfnst import devices, images
from tfnst.arguments import require
from tfnst.images.periodic import periodic_component, resize_periodic
from tfnst.losses.statistics import blend_statistics, feature_statistics
from tfnst.losses.texture_terms import principal_colors
from tfnst.synthesis import canvases, inputs, objective
from tfnst.synthesis.canvas import Canvas, Stage
from tfnst.synthesis.filtered_noise import FilteredNoise
from tfnst.synthesis.objective import WeightedTerm
from tfnst.synthesis.progress import DivergenceError, LevelProgress
from tfnst.synthesis.style_transfer import feature_model
from tfnst.synthesis.texture_objective import plan_of
from tfnst.synthesis.texture_settings import LEAST_SOURCE, TextureSettings

MULTIPLE = 16  # pixels: sides that are halved four times leave no seam
COARSEST = 64  # pixels, at least, of a side of a canvas
MARGIN = 32  # reflected pixels around a source, which networks see and no statistics count


@dataclass(frozen=True)
class TextureProgress(LevelProgress):
    """Where a texture stands.

    Attributes:
        distances: of every term, by its name, at the last step.
        statistics: at the end, for all that was matched, by name: how far the noise that a texture
            begins with is from the sources, and how far the texture is.
    """

    distances: dict[str, float]
    statistics: dict[str, tuple[float, float]] = field(default_factory=dict)


class _Level(NamedTuple):
    """A size of the canvas: its height and width, and the sources' scale beside it."""

    height: int
    width: int
    scale: float


class TextureSynthesis:
    """A texture on its way from noise to the statistics of its sources.

    The canvas is a torus: it goes on at the opposite border, for the network too, so that none of
    its places is special.

    Args:
        sources: a picture, (H, W, 3) RGB in [0, 1], or a `Picture`; or several, each of its own
            size, whose statistics add up. What is transparent in a `Picture` is white.
        settings: see `TextureSettings`.
        shares: how much each source counts; relative to each other, equal by default.
        network: "auto", "vgg19" or "vgg19-lite".
        weights: of the network; see `FeatureExtractor`.

    Raises:
        ValueError: a source, share or network that does not fit.
    """

    def __init__(
        self,
        sources: images.Pixels | Sequence[images.Pixels],
        settings: TextureSettings | None = None,
        *,
        shares: Sequence[float] | None = None,
        network: str = "auto",
        weights: str | Path | None = "auto",
    ) -> None:
        devices.require_tensorflow("a texture")
        settings = TextureSettings() if settings is None else settings
        require("settings", settings, TextureSettings, "a TextureSettings, or None")
        require("network", network, str, "the name of a feature network, or 'auto'")
        self.settings = settings
        pictures = inputs.checked_pictures(sources, "sources", LEAST_SOURCE)
        self.sources = [_at_most(picture, settings.source_size) for picture in pictures]
        self.shares = inputs.checked_shares(shares, len(self.sources), "source")
        self.levels = _levels(settings, self.sources)
        colors = [feature_statistics(source[None]) for source in self.sources]
        self.colors = principal_colors(blend_statistics(colors, self.shares))
        self.plan = plan_of(settings, len(self.levels), self.colors)
        self.layers = objective.layers_of([t for part in self.plan.rounds for t in part.terms])
        self.extractor = feature_model(network, weights, self.layers, self.plan.settings, "wrap")
        self.steps_done = 0
        self._latest = np.full((MULTIPLE, MULTIPLE, 3), self.colors.mean, np.float32)

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width of the texture, in pixels."""
        return self.settings.height, self.settings.width

    @property
    def finished(self) -> bool:
        """Whether every step of the plan has been done."""
        return self.steps_done == sum(part.steps for part in self.plan.rounds)

    def run(self, every: int = 10) -> Iterator[TextureProgress]:
        """Synthesise, yielding progress at every so many steps and the last; leave to stop.

        How often it is yielded changes nothing of the texture. The last report tells how well the
        statistics are matched.

        Raises:
            DivergenceError: a loss or the picture is not finite; `picture()` is the last that was.
            ValueError: `every` is below 1.
        """
        if every < 1:
            raise ValueError(f"every is {every!r}; use a whole number from 1")
        self.steps_done, canvas, terms = 0, None, None
        random = np.random.default_rng(self.settings.seed)
        picture: np.ndarray | None = None
        for number, part in enumerate(self.plan.rounds):
            if part.terms is not terms and part.terms != terms:
                if canvas is not None:
                    canvases.give_back(canvas)
                form, settings = self.plan.form, self.plan.settings
                canvas = canvases.take(self.extractor, settings, part.terms, form)
                terms = part.terms
            assert canvas is not None
            picture = self._start(self.levels[part.level], picture, random)
            measurements = self._measurements(self.levels[part.level], part.terms)
            canvas.begin_level(picture, measurements, picture, part.apart, part.matching)
            first = self.steps_done
            marks = [n for n in range(1, part.steps + 1) if (first + n) % every == 0]
            for stage in canvas.stages(sorted({*marks, part.steps})):
                self._keep(first, stage)
                last = self.finished and number == len(self.plan.rounds) - 1
                statistics = self._compared(canvas, measurements) if last else {}
                yield self._progress(number, stage, canvas, statistics)
            picture = canvas.picture()
        if canvas is not None:
            canvases.give_back(canvas)

    def picture(self) -> np.ndarray:
        """The texture at the last report: (H, W, 3) float32 in [0, 1], as large as the result."""
        height, width = self.shape
        level = self.levels[-1]
        if self.settings.tileable:
            return resize_periodic(self._latest, height, width)
        return resize_periodic(self._latest, level.height, level.width)[:height, :width]

    def _keep(self, first: int, stage: Stage) -> None:
        if not (np.isfinite(stage.distances).all() and np.isfinite(stage.picture).all()):
            raise DivergenceError("the loss is not a finite number; use another seed")
        self._latest, self.steps_done = stage.picture, first + stage.steps

    def _progress(
        self,
        number: int,
        stage: Stage,
        canvas: Canvas,
        statistics: dict[str, tuple[float, float]],
    ) -> TextureProgress:
        rounds = self.plan.rounds
        areas = [self.levels[part.level].height * self.levels[part.level].width for part in rounds]
        work = [part.steps * area for part, area in zip(rounds, areas, strict=True)]
        return TextureProgress(
            level=rounds[number].level,
            levels=len(self.levels),
            height=stage.picture.shape[0],
            width=stage.picture.shape[1],
            step=self.steps_done,
            steps=sum(part.steps for part in rounds),
            fraction=(sum(work[:number]) + stage.steps * areas[number]) / sum(work),
            distances=canvas.objective.named(stage.distances),
            statistics=statistics,
        )

    def _start(
        self, level: _Level, picture: np.ndarray | None, random: np.random.Generator
    ) -> np.ndarray:
        """The picture of the level before, enlarged, or noise."""
        if isinstance(self.plan.form, FilteredNoise):
            self.plan.form.aim(self._seen(level), level.height, level.width)
        sides = level.height, level.width
        if picture is None:
            return self._noise(level, random)
        if picture.shape[:2] == sides:
            return picture
        start = resize_periodic(picture, *sides)
        if isinstance(self.plan.form, FilteredNoise):  # with what noise has beyond it
            noise = self._noise(level, random)
            coarse = resize_periodic(resize_periodic(noise, *picture.shape[:2]), *sides)
            start = start + noise - coarse
        return start

    def _noise(self, level: _Level, random: np.random.Generator) -> np.ndarray:
        """Of the sources' colours; filtered, where the canvas is made of such."""
        if isinstance(self.plan.form, FilteredNoise):
            return self.plan.form.noise(random)
        planes = random.normal(size=(1, 3, level.height, level.width)).astype(np.float32)
        return np.clip(self.colors.image(planes)[0].numpy(), 0, 1)

    def _seen(self, level: _Level) -> list[np.ndarray]:
        """The sources as small as the canvas is; periodic ones, where no network sees them."""
        small = []
        for source in self.sources:
            sides = (max(images.MIN_SIDE, round(x * level.scale)) for x in source.shape[:2])
            small.append(images.resize(source, *sides))
        return small if self.layers else [periodic_component(source) for source in small]

    def _measurements(self, level: _Level, terms: Sequence[WeightedTerm]) -> dict[str, Any]:
        """What terms measure of the sources, blended, as seen beside a canvas of that level."""
        measured = []
        for source in self._seen(level):
            picture, mask = source[None], None
            if self.layers:
                picture = images.padded(source, MULTIPLE, MARGIN)[None]
                mask = np.zeros((*picture.shape[:3], 1), np.float32)
                rows, columns = (slice(MARGIN, MARGIN + side) for side in source.shape[:2])
                mask[0, rows, columns] = 1
            view = objective.view(self.extractor, picture, objective.scales_of(terms), mask)
            measured.append(objective.measure(terms, view))
        return objective.blend(terms, measured, self.shares)

    def _compared(
        self, canvas: Canvas, measurements: dict[str, Any]
    ) -> dict[str, tuple[float, float]]:
        """How far noise is from what was measured for the finest level, and how far the texture."""
        noise = self._noise(self.levels[-1], np.random.default_rng(self.settings.seed))
        before, after = (
            canvas.compared(picture, measurements) for picture in (noise, canvas.picture())
        )
        return {name: (before[name], after[name]) for name in after}


def synthesize_texture(
    sources: images.Pixels | Sequence[images.Pixels],
    settings: TextureSettings | None = None,
    **options: Any,
) -> np.ndarray:
    """A new picture with the statistics of sources; `TextureSynthesis` also tells how far it is.

    Args:
        sources: a picture, (H, W, 3) RGB in [0, 1], or a `Picture`; or several.
        settings: see `TextureSettings`.
        **options: the other arguments of `TextureSynthesis`.

    Returns:
        (height, width, 3) float32 in [0, 1], as the settings say.

    Raises:
        ValueError: as `TextureSynthesis` does.
        DivergenceError: a loss or the picture is not finite.
    """
    synthesis = TextureSynthesis(sources, settings, **options)
    for _ in synthesis.run():
        pass
    return synthesis.picture()


def _at_most(picture: np.ndarray, size: int) -> np.ndarray:
    """A picture no larger than that, nor smaller than a source may be."""
    height, width, _ = picture.shape
    if max(height, width) <= size:
        return picture
    sides = (max(LEAST_SOURCE, side) for side in images.fitted(height, width, size))
    return images.resize(picture, *sides)


def _levels(settings: TextureSettings, sources: Sequence[np.ndarray]) -> list[_Level]:
    """Sizes that double up to the texture's, its sides rounded up to multiples of 16."""
    sides = [MULTIPLE * math.ceil(x / MULTIPLE) for x in (settings.height, settings.width)]
    shortest = min(min(source.shape[:2]) for source in sources)
    halvings = math.floor(math.log2(min(min(sides) / COARSEST, shortest / LEAST_SOURCE)) + 1e-9)
    levels = []
    for scale in (0.5**k for k in range(max(0, halvings), -1, -1)):
        height, width = (MULTIPLE * round(x * scale / MULTIPLE) for x in sides)
        levels.append(_Level(height, width, scale))
    return levels
