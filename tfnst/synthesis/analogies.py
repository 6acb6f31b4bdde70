"""Image analogies: B' that is to B as A' is to A, pixel by pixel, coarse to fine."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy.ndimage import gaussian_filter

from tfnst import images
from tfnst.arguments import FieldError, require
from tfnst.images.color import LUMA, with_chroma
from tfnst.synthesis import neighbourhoods
from tfnst.synthesis.analogy_scan import Scan, described
from tfnst.synthesis.analogy_settings import AnalogySettings
from tfnst.synthesis.coverage import coverage
from tfnst.synthesis.progress import LevelProgress

COARSEST = 16  # pixels of the shorter side at the coarsest level, at least, where it is not told
SMALLEST = 4  # the same, where it is
FLAT = 1 / 255  # a deviation: what varies less is not stretched
REPORTS = 32  # a level, about


@dataclass(frozen=True)
class AnalogyProgress(LevelProgress):
    """Where an analogy stands; its steps are fronts of pixels.

    Attributes:
        coherent: of the level's pixels that are done, the share that goes on with its neighbour's
            place in A.
        distance: of their neighbourhoods from those in A that they were taken from, the root of the
            mean square, where 1 is black from white.
        coverage: the share of B's neighbourhoods that are as near to one of A's as most of A's are
            to another; where it is below ½, A and A' hardly tell what becomes of B.
    """

    coherent: float
    distance: float
    coverage: float


class Analogy:
    """B' on its way: what A' is to A, it is to B.

    Hertzmann, Jacobs, Oliver, Curless & Salesin, "Image Analogies", SIGGRAPH 2001. `scan` is the
    last level that is complete, with the places of A' that its pixels are from, and `steps_done`
    how many steps led to it; None and 0 before.

    Args:
        a: a picture, (H, W, 3) RGB in [0, 1], or a `Picture`; what is transparent in one is white.
        a_prime: the same after whatever is to be learnt; of the same size.
        b: a picture of any size to which that is to be done.
        settings: see `AnalogySettings`.

    Raises:
        ValueError: a picture that is none, A and A' of two sizes, or more levels than these bear.
    """

    def __init__(
        self,
        a: images.Pixels,
        a_prime: images.Pixels,
        b: images.Pixels,
        settings: AnalogySettings = AnalogySettings(),  # noqa: B008
    ) -> None:
        require("settings", settings, AnalogySettings, "an AnalogySettings")
        self.settings = settings
        a, a_prime = _over_white(a, "a"), _over_white(a_prime, "a_prime")
        if a.shape != a_prime.shape:
            sizes = [f"{picture.shape[1]}×{picture.shape[0]}" for picture in (a, a_prime)]
            raise ValueError(
                f"a has {sizes[0]} pixels and a_prime {sizes[1]}; give two pictures of one size"
            )
        self.b = _over_white(b, "b")
        self.levels = _checked_levels(settings.levels, min(*a.shape[:2], *self.b.shape[:2]))
        self._guides = _guides(a, a_prime, self.b, settings)
        self.scan: Scan | None = None
        self.steps_done = 0

    def run(self) -> Iterator[AnalogyProgress]:
        """Make B', reporting some dozens of times a level; leave to stop.

        Yields:
            Where it stands; the last report comes when `picture` is ready.
        """
        settings, generator = self.settings, np.random.default_rng(self.settings.seed)
        a, a_prime, b = (neighbourhoods.pyramid(guide, self.levels) for guide in self._guides)
        radius = settings.patch // 2
        covered = self._coverage(a, b, generator)
        plan = [neighbourhoods.fronts(picture.shape[:2], radius) for picture in b]
        made: np.ndarray | None = None
        for level in range(self.levels):
            pair = slice(max(0, level - 1), level + 1)
            scan = Scan(a[pair], a_prime[pair], b[pair], made, radius, settings.weight, generator)
            tolerance = 1 + settings.kappa * 2.0 ** (level - self.levels + 1)
            fronts = plan[level]
            every = math.ceil(len(fronts) / REPORTS)
            for step, front in enumerate(fronts, 1):
                scan.advance(front, tolerance)
                complete = step == len(fronts)
                if complete:
                    self.scan, made = scan, scan.picture()
                    self.steps_done = sum(map(len, plan[: level + 1]))
                if step % every == 0 or complete:
                    yield _progress(plan, level, step, scan, covered)

    def _coverage(
        self, a: list[np.ndarray], b: list[np.ndarray], generator: np.random.Generator
    ) -> float:
        """That of B by A, in what is compared of them at the finest level, both as blurred."""
        radius, blur = self.settings.patch // 2, self.settings.blur
        blurred = [_blurred(picture, blur / 2**k) for k, picture in enumerate(b[::-1])]
        known, other = (described(guide[-2:], None, radius, 1.0) for guide in (a, blurred[::-1]))
        return coverage(known, other, 2 * (2 * radius + 1), generator)

    def picture(self) -> np.ndarray:
        """B' of the last level that is complete: (H, W, 3) float32 in [0, 1], as large as B."""
        if self.scan is None:
            return self.b
        made = images.resize(self.scan.picture().clip(0, 1), *self.b.shape[:2])
        return with_chroma(self.b, np.repeat(made, 3, 2)) if made.shape[2] == 1 else made


def analogy(
    a: images.Pixels,
    a_prime: images.Pixels,
    b: images.Pixels,
    settings: AnalogySettings = AnalogySettings(),  # noqa: B008
) -> np.ndarray:
    """The picture that is to B as A' is to A; `Analogy` also tells how far it is.

    Args:
        a: a picture, (H, W, 3) RGB in [0, 1], or a `Picture`.
        a_prime: the same after whatever is to be learnt; of the same size.
        b: a picture of any size to which that is to be done.
        settings: see `AnalogySettings`.

    Returns:
        (H, W, 3) float32 in [0, 1], as large as B.

    Raises:
        ValueError: as `Analogy` does.
    """
    work = Analogy(a, a_prime, b, settings)
    for _ in work.run():
        pass
    return work.picture()


def _over_white(picture: images.Pixels, name: str) -> np.ndarray:
    opaque = picture.over_white() if isinstance(picture, images.Picture) else picture
    return images.validate(opaque, name, images.MIN_SIDE)


def _checked_levels(levels: int | None, side: int) -> int:
    """How many levels there are to be, for pictures whose shortest side that is."""
    if levels is None:
        return 1 + max(0, math.floor(math.log2(side / COARSEST)))
    most = 1 + math.floor(math.log2(side / SMALLEST))
    if levels > most:
        remedy = f"a number from 1 to {most}: the shortest side has {side} pixels"
        raise FieldError("levels", levels, remedy)
    return levels


def _guides(
    a: np.ndarray, a_prime: np.ndarray, b: np.ndarray, settings: AnalogySettings
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A, A' and B as they are compared, (H, W, 1 or 3); A' as B' is made of it.

    Equation 3.4: A and A' are brought to B's mean and deviation of luminance. Where B' is to have
    the colours of A', B is brought to A's.
    """
    match = settings.match or settings.mode
    if match == "luminance":
        a, b = _luminance(a), _luminance(b)
    if settings.mode == "luminance":
        a_prime = _luminance(a_prime)
    if match == "luminance" and settings.remap:
        if settings.mode == "luminance":
            gain, level = _line(a, b)
            a, a_prime = gain * a + level, gain * a_prime + level
        else:
            gain, level = _line(b, a)
            b = gain * b + level
    return _blurred(a, settings.blur), a_prime, b


def _blurred(picture: np.ndarray, deviation: float) -> np.ndarray:
    blurred: np.ndarray = gaussian_filter(picture, (deviation, deviation, 0), mode="reflect")
    return blurred


def _luminance(picture: np.ndarray) -> np.ndarray:
    return (picture @ LUMA)[..., None]


def _line(source: np.ndarray, target: np.ndarray) -> tuple[float, float]:
    """Y ↦ gain·Y + level, which gives one picture another's mean and deviation."""
    deviation = float(source.std())
    gain = float(target.std()) / deviation if deviation > FLAT else 1.0
    return gain, float(target.mean()) - gain * float(source.mean())


def _progress(
    plan: list[list[np.ndarray]], level: int, step: int, scan: Scan, covered: float
) -> AnalogyProgress:
    """Where a level's scan stands, by the fronts of every level."""
    fronts = [len(level_fronts) for level_fronts in plan]
    pixels = [sum(map(len, level_fronts)) for level_fronts in plan]
    return AnalogyProgress(
        level=level,
        levels=len(plan),
        height=scan.shape[0],
        width=scan.shape[1],
        step=sum(fronts[:level]) + step,
        steps=sum(fronts),
        fraction=(sum(pixels[:level]) + scan.done) / sum(pixels),
        coherent=scan.coherent / scan.done,
        distance=math.sqrt(scan.squares / scan.done),
        coverage=covered,
    )
