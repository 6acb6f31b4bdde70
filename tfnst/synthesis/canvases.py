"""Canvases kept for the next painting: to trace a training step takes seconds, once a process."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import keras
import tensorflow as tf

from tfnst.synthesis.canvas import Canvas
from tfnst.synthesis.objective import WeightedTerm
from tfnst.synthesis.settings import Settings

KEPT = 3  # at most, the latest
# Settings of which the canvas itself knows nothing, for it serves every size.
_ANY = {
    name: getattr(Settings(), name)
    for name in ("size", "steps", "smallest", "growth", "style_scale", "start")
}
_idle: list[tuple[Any, Canvas]] = []


def take(extractor: keras.Model, settings: Settings, terms: Sequence[WeightedTerm]) -> Canvas:
    """A canvas as `Canvas` makes it: one given back by an equal painting, or a new one."""
    key = _key(extractor, settings, terms)
    for place, (other, canvas) in enumerate(_idle if key is not None else ()):
        if other == key:
            del _idle[place]
            return canvas
    return Canvas(extractor, settings, terms)


def give_back(canvas: Canvas) -> None:
    """Keep a canvas that is done with; what it shows is forgotten.

    Not one that was left in the middle: that happens while a process ends, too.
    """
    key = _key(canvas.model, canvas.settings, canvas.objective.terms)
    if key is not None:
        canvas.clear()
        _idle.append((key, canvas))
        del _idle[:-KEPT]


def _key(extractor: Any, settings: Settings, terms: Sequence[WeightedTerm]) -> Any:
    """What two paintings have alike that can share a canvas; None where that cannot be told."""
    try:
        hash(tuple(terms))
    except TypeError:  # a term of one's own, with arrays
        return None
    if tf.distribute.has_strategy():
        return None
    # Kept canvases hold their extractors, so that no other one has the same id.
    return id(extractor), replace(settings, **_ANY), tuple(terms), tf.zeros(()).device
