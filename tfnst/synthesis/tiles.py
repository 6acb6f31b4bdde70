"""Pictures of any size by tiles: their sums first, and by these each tile's part of the gradient.

What additive terms need of a picture are sums over its positions. A first pass over all tiles takes
them; the slope of the objective along these few numbers is that of the whole picture, and a second
pass carries it back to the pixels of each tile. So the gradient is that of one piece, and memory
that of one tile; what the network sees is computed twice.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf

from tfnst import devices
from tfnst.features.vgg import FeatureExtractor
from tfnst.features.vgg_architecture import pooled, reach
from tfnst.images.sizes import ONE_STEP
from tfnst.losses.cores import Core, within
from tfnst.losses.terms import AdditiveTerm, ReducedTerm, View
from tfnst.synthesis.activation_file import ActivationFile
from tfnst.synthesis.objective import Objective, WeightedTerm, adds_up, layers_of, reduced, summed

MOST = 4_500_000  # pixels in one piece of what does not add up: 5 GB, with VGG-19-lite
SIDE = 512  # pixels of a core at most: the larger, the less of the work are margins
MULTIPLE = 16  # pixels a side that one position of the deepest layers is
TILE = (tf.TensorSpec((1, None, None, 3)), tf.TensorSpec((4,), tf.int32))  # and its core
MASK = tf.TensorSpec((1, None, None, 1))


class Tile(NamedTuple):
    """A part of a picture.

    Attributes:
        rows: of the picture, with margins.
        columns: likewise.
        core: where what counts lies in it.
    """

    rows: slice
    columns: slice
    core: Core

    @property
    def where(self) -> Any:
        """The core as a tensor, (4,)."""
        return tf.constant(self.core)

    def of(self, picture: Any) -> Any:
        """That part of a (1, H, W, C) picture."""
        return picture[:, self.rows, self.columns]


def tiles(height: int, width: int, margin: int) -> list[Tile]:
    """Tiles whose cores cover a picture, each pixel once.

    Args:
        height: of the picture.
        width: of it.
        margin: pixels around a core that are seen with it, a multiple of `MULTIPLE`.

    Returns:
        Tiles of one size, for which memory is found again, that begin at multiples of `MULTIPLE`,
        so that every pixel falls to the position of a layer that it has in one piece.
    """
    lines, columns = (list(_parts(side, margin)) for side in (height, width))
    return [
        Tile(rows, row, Core(top, left, down, across))
        for rows, top, down in lines
        for row, left, across in columns
    ]


def _parts(side: int, margin: int) -> Iterator[tuple[slice, int, int]]:
    """Of a side: what is seen, where the core begins in that, and how long it is."""
    length = -(-side // -(-side // SIDE))
    length += -length % MULTIPLE
    seen = length + 2 * margin
    seen = min(side, seen + (side - seen) % MULTIPLE)  # so that the last one begins at a multiple
    for start in range(0, side, length):
        first = min(max(0, start - margin), side - seen)
        yield slice(first, first + seen), start - first, min(length, side - start)


def by_tiles(height: int, width: int, terms: Sequence[WeightedTerm], extractor: Any) -> bool:
    """Whether a picture is so large that it goes by tiles, and can."""
    return height * width > ONE_STEP and not _obstacles(terms, extractor)


def check_size(
    shape: tuple[int, int], terms: Sequence[WeightedTerm], extractor: Any, size: int
) -> None:
    """Refuse what is too large for one piece and cannot be painted by tiles.

    Raises:
        ValueError: `size`, which makes a picture of that shape, in one line.
    """
    if shape[0] * shape[1] <= MOST or not (names := _obstacles(terms, extractor)):
        return
    verb = "wants" if len(names) == 1 else "want"
    raise ValueError(
        f"size is {size}, but {' and '.join(names)} {verb} a picture in one piece, which may have "
        f"{MOST / 1e6:.1f} million pixels; use a smaller size, or what adds up over tiles: "
        "method 'statistics' with style_loss 'wasserstein', 'gram' or 'mean-std', without histogram"
    )


def _obstacles(terms: Sequence[WeightedTerm], extractor: Any) -> list[str]:
    names = [f"term {w.name!r}" for w in terms if not adds_up(w)]
    known = isinstance(extractor, FeatureExtractor) and extractor.padding != "wrap"
    if layers_of(terms) and not known:
        names.append("a network of one's own")
    return names


class TiledObjective:
    """An objective of pictures too large for one piece.

    Args:
        extractor: a `FeatureExtractor`, or anything where no term reads a layer.
        objective: whose terms all add up.
        jit_compile: compile with XLA, once for each shape of tiles, of which there are few.
    """

    def __init__(self, extractor: Any, objective: Objective, jit_compile: bool = False) -> None:
        self.objective = objective
        self.tiling = Tiling(extractor, objective.terms, jit_compile)
        options = {"jit_compile": jit_compile, "autograph": False}
        self.compared = tf.function(partial(self._compared), **options)

    def aim(self, photo: Any, style: Mapping[str, Any]) -> None:
        """Measure a (1, H, W, 3) photo, and keep what is wanted of it and of the artworks."""
        self.objective.aim_by_sums(self.tiling.begin(photo), style)

    def slope(self, picture: Any) -> tuple[Any, Any, Any]:
        """Of a (1, H, W, 3) picture the total, its gradient, and the terms' distances, (T,)."""
        total, slopes, report = self.compared(self.tiling.sums(picture))
        return total, self.tiling.gradient(picture, slopes), report

    def _compared(self, sums: Mapping[str, Any]) -> tuple[Any, Any, Any]:
        with tf.GradientTape() as tape:
            tape.watch(tf.nest.flatten(sums))
            report = self.objective.distances_by_sums(sums)
            total = self.objective.total(report)
        slopes = tape.gradient(total, sums, unconnected_gradients="zero")
        devices.forget_gradients()
        return total, slopes, report

    def clear(self) -> None:
        """Forget the photo."""
        self.tiling.photo.clear()


class Tiling:
    """Sums of pictures and their gradients, tile by tile.

    Args:
        extractor: a `FeatureExtractor`, or anything where no term reads a layer.
        terms: all of which add up.
        jit_compile: as of `TiledObjective`.

    Attributes:
        photo: by scale and tile, activations of a photo that terms see beside a picture's.
    """

    def __init__(
        self, extractor: Any, terms: Sequence[WeightedTerm], jit_compile: bool = False
    ) -> None:
        self.terms = terms
        self.margin = reach(layers_of(terms)) or MULTIPLE
        self.margin += -self.margin % MULTIPLE
        self.names: dict[int, list[str]] = {}  # of terms, by their scale
        groups: dict[int, list[AdditiveTerm]] = {}
        for weighted in terms:
            scale = weighted.term.scale if isinstance(weighted.term, ReducedTerm) else 1
            self.names.setdefault(scale, []).append(weighted.name)
            groups.setdefault(scale, []).append(summed(weighted))
        traced = tf.function(extractor, input_signature=TILE[:1], autograph=False)
        outputs = {k: extractor.output[k] for k in layers_of(terms)}
        compiled: dict[tuple[int, ...], _Passes] = {}
        self.passes: dict[int, _Passes] = {}
        for scale, group in groups.items():
            key = tuple(map(id, group))
            if key not in compiled:  # scales of the same terms share them
                compiled[key] = _Passes(traced, outputs, group, jit_compile)
            self.passes[scale] = compiled[key]
        self.photo = ActivationFile()

    def begin(self, photo: Any) -> dict[str, Any]:
        """Keep of a (1, H, W, 3) photo what terms see beside a picture; the sums of the others."""
        self.photo.clear()
        return self._measured(photo, None, self.photo)

    def measure(self, picture: Any, mask: Any = None) -> dict[str, Any]:
        """By names of terms what those of artworks measure of a (1, H, W, 3) picture.

        Its mask, (1, H, W, 1), weighs the pixels that a position is made of; in one piece, equal
        parts of the sides, which are others where these are no multiples of 16.
        """
        sums = self._measured(picture, mask, None)
        return {
            w.name: summed(w).from_sums(sums[w.name]) for w in self.terms if w.source == "style"
        }

    def _measured(self, picture: Any, mask: Any, kept: ActivationFile | None) -> dict[str, Any]:
        total: dict[str, Any] = {}
        for scale, passes in self.passes.items():
            there = _seen(picture, scale)
            visible = None if mask is None else _seen(mask, scale)
            for n, tile in enumerate(self._tiles(there)):
                seen = tile.of(there), tile.where
                if visible is None:
                    sums, activations = passes.measure(*seen)
                else:
                    sums, activations = passes.measure_masked(*seen, tile.of(visible))
                self._add(total, scale, sums)
                if kept is not None:
                    kept.write((scale, n), activations)
        return total

    def sums(self, picture: Any) -> dict[str, Any]:
        """By names of terms those of a (1, H, W, 3) picture, beside the photo."""
        total: dict[str, Any] = {}
        for scale, passes in self.passes.items():
            there = _seen(picture, scale)
            for n, tile in enumerate(self._tiles(there)):
                photo = self.photo.read((scale, n))
                self._add(total, scale, passes.sum(tile.of(there), tile.where, photo))
        return total

    def gradient(self, picture: Any, slopes: Mapping[str, Any]) -> Any:
        """(1, H, W, 3), of what has these slopes along a picture's sums."""
        total = np.zeros(picture.shape, np.float32)
        for scale, passes in self.passes.items():
            along = [slopes[name] for name in self.names[scale]]
            with tf.GradientTape() as tape:
                tape.watch(picture)
                there = _seen(picture, scale)
            gradient = total if scale == 1 else np.zeros(there.shape, np.float32)
            for n, tile in enumerate(self._tiles(there)):
                photo = self.photo.read((scale, n))
                part = passes.pull(along)(tile.of(there), tile.where, photo, along)
                tile.of(gradient)[:] += part.numpy()
            if scale > 1:
                total += tape.gradient(there, picture, tf.constant(gradient)).numpy()
        return tf.constant(total)

    def _tiles(self, picture: Any) -> list[Tile]:
        _, height, width, _ = picture.shape
        return tiles(height, width, self.margin)

    def _add(self, total: dict[str, Any], scale: int, sums: Sequence[Any]) -> None:
        for name, part in zip(self.names[scale], sums, strict=True):
            if part is not None:
                before = total.get(name)
                total[name] = (
                    part if before is None else tf.nest.map_structure(tf.add, before, part)
                )


def _seen(picture: Any, scale: int) -> Any:
    return picture if scale == 1 else reduced(picture, scale)


class _Passes:
    """What is computed of one tile, for the terms of one scale; compiled, for tiles of any size."""

    def __init__(
        self,
        extractor: Any,
        outputs: Mapping[str, Any],
        terms: Sequence[AdditiveTerm],
        jit_compile: bool,
    ) -> None:
        self.extractor, self.terms = extractor, terms
        self.layers = tuple(dict.fromkeys(layer for term in terms for layer in term.layers))
        beside = dict.fromkeys(layer for term in terms if term.beside for layer in term.layers)
        photo = {
            k: tf.TensorSpec((1, None, None, outputs[k].shape[-1]), outputs[k].dtype)
            for k in beside
        }
        self.beside, self.signature = tuple(beside), (*TILE, photo)
        # AutoGraph has nothing to translate here. Partial: as of `Canvas`.
        self.options = {"jit_compile": jit_compile, "autograph": False}
        self.measure, self.measure_masked = (
            tf.function(partial(self._measure), input_signature=signature, **self.options)
            for signature in (TILE, (*TILE, MASK))
        )
        self.sum = tf.function(partial(self._sum), input_signature=self.signature, **self.options)
        self._pulls: Any = None

    def pull(self, slopes: Any) -> Any:
        """The compiled second pass, for slopes of such shapes."""
        if self._pulls is None:
            shapes = tf.nest.map_structure(lambda x: tf.TensorSpec(x.shape, x.dtype), slopes)
            signature = (*self.signature, shapes)
            self._pulls = tf.function(
                partial(self._pull), input_signature=signature, **self.options
            )
        return self._pulls

    def _view(self, tile: Any, where: Any, mask: Any = None) -> View:
        core = Core(*tf.unstack(where))
        seen = self.extractor(tile) if self.layers else {}
        activations = {k: within(seen[k], core, pooled(k)) for k in self.layers}
        return View(tile, activations, mask, core=core)

    def _measure(self, tile: Any, where: Any, mask: Any = None) -> tuple[list[Any], dict[str, Any]]:
        view = self._view(tile, where, mask)
        sums = [None if term.beside else term.sums(view) for term in self.terms]
        return sums, {k: view.activations[k] for k in self.beside}

    def _sum(self, tile: Any, where: Any, photo: Mapping[str, Any]) -> list[Any]:
        view = self._view(tile, where)
        return [term.sums(view, photo if term.beside else None) for term in self.terms]

    def _pull(self, tile: Any, where: Any, photo: Mapping[str, Any], slopes: Any) -> Any:
        with tf.GradientTape() as tape:
            tape.watch(tile)
            sums = self._sum(tile, where, photo)
        gradient = tape.gradient(sums, tile, tf.nest.flatten(slopes))
        devices.forget_gradients()
        return gradient
