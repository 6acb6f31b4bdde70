"""A series of photos by optimisation: one after the other, artworks measured once."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tfnst.painting import optimization
from tfnst.painting.pictures import Applied, reason
from tfnst.painting.recipes import Recipe, to_json
from tfnst.painting.targets import Targets

if TYPE_CHECKING:
    from tfnst.synthesis.style_transfer import Progress, StyleTransfer


@dataclass(frozen=True)
class SeriesProgress:
    """Where a series stands.

    Attributes:
        step: photos that are done with.
        steps: all of them.
        fraction: of the work done, from 0 to 1.
        source: the photo's file.
        progress: of the painting; None once it is done with.
        done: what became of it; None before.
    """

    step: int
    steps: int
    fraction: float
    source: str
    progress: Progress | None = None
    done: Applied | None = None


def paint_series(
    targets: Targets,
    recipe_of: Callable[[Path], Recipe],
    skip_existing: bool = False,
    embed: bool = True,
    paths: bool = False,
) -> Iterator[SeriesProgress]:
    """Paint photos one after the other; one that cannot be painted stops nothing.

    Args:
        targets: which photos become which files.
        recipe_of: the recipe for a photo's file, such as `gather` makes.
        skip_existing: leave results that are there already.
        embed: have every picture hold its recipe.
        paths: have recipes tell the folders of their files too, and not their names alone.

    Yields:
        A report every ten steps, and one a photo with `done`.
    """
    earlier: StyleTransfer | None = None
    steps = len(targets.pairs)
    for step, (source, target) in enumerate(targets.pairs, 1):
        began, error = time.perf_counter(), None
        skipped = skip_existing and target.exists()
        try:
            if not skipped:
                recipe = recipe_of(source)
                work, finish = optimization.begin(recipe)
                if earlier is not None:
                    work.share_measurements(earlier)
                for progress in work.run():
                    fraction = (step - 1 + progress.fraction) / steps
                    yield SeriesProgress(step - 1, steps, fraction, str(source), progress)
                text = to_json(recipe if paths else recipe.by_names()) if embed else None
                target.parent.mkdir(parents=True, exist_ok=True)
                finish.write(target, work.picture(), text)
                earlier = work
        except Exception as failure:  # also TensorFlow's, as when a picture does not fit its memory
            error = reason(failure, source)
        seconds = round(time.perf_counter() - began, 3)
        done = Applied(step, steps, str(source), str(target), seconds, skipped, error)
        yield SeriesProgress(step, steps, step / steps, str(source), None, done)
