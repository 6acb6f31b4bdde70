"""Canvases kept for the next painting: to trace a training step takes seconds, once a process."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import keras
import tensorflow as tf

from tfnst.losses.region_terms import RegionTerm
from tfnst.losses.terms import ReducedTerm
from tfnst.synthesis.canvas import Canvas
from tfnst.synthesis.objective import WeightedTerm
from tfnst.synthesis.pyramid import PERIODIC_BANDS, Form
from tfnst.synthesis.settings import Settings

KEPT = 3  # at most, the latest
# Settings of which the canvas itself knows nothing, for it serves every size.
_ANY = {
    name: getattr(Settings(), name)
    for name in ("size", "steps", "smallest", "growth", "style_scale", "start", "seed")
}
_idle: list[tuple[Any, Canvas]] = []  # the key that each was taken by
_taken: weakref.WeakKeyDictionary[Canvas, Any] = weakref.WeakKeyDictionary()
_lock = threading.Lock()


def take(
    extractor: keras.Model,
    settings: Settings,
    terms: Sequence[WeightedTerm],
    form: Form | None = None,
) -> Canvas:
    """A canvas as `Canvas` makes it: one given back by an equal painting, or a new one."""
    key = _key(extractor, settings, terms, form)
    canvas = None if key is None else _kept(key)
    if canvas is None:
        canvas = Canvas(extractor, settings, terms, form)
    if key is not None:
        with _lock:
            _taken[canvas] = key
    return canvas


def give_back(canvas: Canvas) -> None:
    """Keep a canvas that is done with; what it shows is forgotten.

    Not one that was left in the middle: that happens while a process ends, too.
    """
    with _lock:
        key = _taken.pop(canvas, None)
    if key is not None:
        canvas.clear()
        with _lock:
            _idle.append((key, canvas))
            del _idle[:-KEPT]


def _kept(key: Any) -> Canvas | None:
    with _lock:
        for place, (other, canvas) in enumerate(_idle):
            if other == key:
                del _idle[place]
                return canvas
    return None


def _key(
    extractor: Any, settings: Settings, terms: Sequence[WeightedTerm], form: Form | None
) -> Any:
    """What two paintings have alike that can share a canvas; None where that cannot be told."""
    if tf.distribute.has_strategy() or not all(_is_value(weighted.term) for weighted in terms):
        return None
    if form not in (None, PERIODIC_BANDS):  # it has variables of its own
        return None
    # Kept canvases hold their extractors, so that no other one has the same id.
    device = tf.zeros(()).device
    return id(extractor), replace(settings, **_ANY), tuple(terms), form, device


def _is_value(term: Any) -> bool:
    """Whether a term is what its fields say, for ever: one of one's own may change, or hold arrays.

    What it is traced with would then be of another term.
    """
    if isinstance(term, ReducedTerm | RegionTerm):
        return _is_value(term.term)
    if not getattr(getattr(term, "__dataclass_params__", None), "frozen", False):
        return False
    try:
        hash(term)
    except TypeError:
        return False
    return True
