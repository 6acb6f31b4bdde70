"""What paints in one pass: networks and their exported files, by name or by file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np

from tfnst import assets, images
from tfnst.networks.mixture import row_weights
from tfnst.networks.style_names import is_name

if TYPE_CHECKING:
    from tfnst.networks.any_style import AnyStyleNetwork


class Painter(Protocol):
    """What paints in one pass: a `StyleNetwork`, or a file of it by `lite.Stylizer`."""

    @property
    def styles(self) -> tuple[str, ...]:
        """The names of its styles."""

    @property
    def side(self) -> int | None:
        """The long side of what it paints, in pixels; None for any."""

    @property
    def strokes(self) -> int:
        """The sizes of strokes that its styles have: 2 where `stroke` chooses between them."""

    def weights_for(self, styles: str | Mapping[str, float], strength: float = 1.0) -> np.ndarray:
        """The weights of its rows; ValueError for what is no mixture."""

    def stylize(
        self,
        image: np.ndarray,
        styles: str | Mapping[str, float],
        strength: float = 1.0,
        masks: Mapping[str, np.ndarray] | None = None,
        stroke: float | None = None,
    ) -> np.ndarray:
        """An (H, W, 3) picture in that mixture."""


class ArtworkPainter:
    """A network for any artwork, with some artworks for its styles.

    Args:
        network: what paints.
        artworks: (H, W, 3) pictures in [0, 1] by their names.
    """

    side = None
    strokes = 2

    def __init__(self, network: AnyStyleNetwork, artworks: Mapping[str, np.ndarray]) -> None:
        for name in artworks:
            if not is_name(name):
                raise ValueError(
                    f"artwork {name!r}: its file's name is its style's, which holds no comma, "
                    "equals sign or slash; rename it"
                )
        self.network, self.artworks = network, dict(artworks)
        self._descriptions: dict[float | None, dict[str, np.ndarray]] = {}

    @property
    def styles(self) -> tuple[str, ...]:
        """The artworks' names."""
        return tuple(self.artworks)

    def weights_for(self, styles: str | Mapping[str, float], strength: float = 1.0) -> np.ndarray:
        """As `row_weights` of the artworks' names."""
        return row_weights(self.styles, styles, strength)

    def stylize(
        self,
        image: np.ndarray,
        styles: str | Mapping[str, float],
        strength: float = 1.0,
        masks: Mapping[str, np.ndarray] | None = None,
        stroke: float | None = None,
    ) -> np.ndarray:
        """An (H, W, 3) picture in that mixture; for the same stroke artworks are described once."""
        self.weights_for(styles, strength)
        if stroke not in self._descriptions:
            describe = self.network.description
            self._descriptions = {
                stroke: {k: describe(v, stroke) for k, v in self.artworks.items()}
            }
        shares = {styles: 1.0} if isinstance(styles, str) else dict(styles)
        chosen = {name: self._descriptions[stroke][name] for name in shares}
        return self.network.stylize(image, chosen, strength, shares, masks)


def open_painter(model: str | Path, artworks: Sequence[str | Path] = ()) -> Painter:
    """A network by its name, or in a .keras or .npz file, or an exported .tflite file.

    Only the last does without TensorFlow.

    Args:
        model: a name, such as "gallery", or a file's path; "any", or a file of such a network,
            where there are artworks.
        artworks: files of pictures that a network for any artwork is to paint after; a style is
            called as its file is, without the ending.

    Returns:
        A `StyleNetwork`, a `Stylizer`, or an `ArtworkPainter`.

    Raises:
        ValueError: what is none of these; two artworks of one name, or one that cannot be read.
    """
    if artworks or str(model) in assets.ANY_NETWORKS:
        return _with_artworks(model, artworks)
    if Path(model).suffix == ".tflite":
        from tfnst.export.lite import Stylizer

        return Stylizer(model)
    from tfnst.networks import style_network

    painter: Painter = style_network.load_network(model)
    return painter


def artwork_names(artworks: Sequence[str | Path]) -> tuple[str, ...]:
    """What styles after files are called; ValueError where two are alike."""
    names = tuple(Path(file).stem for file in artworks)
    for name in names:
        if names.count(name) > 1:
            raise ValueError(f"artwork {name!r} is there twice; give files of different names")
    return names


def _with_artworks(model: str | Path, artworks: Sequence[str | Path]) -> ArtworkPainter:
    if not artworks:
        raise ValueError(f"model {str(model)!r} paints after artworks; give one or more")
    from tfnst.networks import any_style

    largest = 2 * any_style.STROKE_SIZES[1]
    names = artwork_names(artworks)
    pictures = [images.load(file, largest).over_white() for file in artworks]
    network = any_style.load_any_network(model)
    return ArtworkPainter(network, dict(zip(names, pictures, strict=True)))
