"""Put networks of `tfnst train` into the package: float16 weights, and a card beside them."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from keras import ops

from tfnst import assets, files
from tfnst.networks import style_network
from tfnst.networks.style_network import ROWS, StyleNetwork


def averaged(networks: Sequence[StyleNetwork], shares: Sequence[float]) -> StyleNetwork:
    """The network of whose weights each of several, at stages of one training, makes up its share.

    Args:
        networks: of the same styles and shape.
        shares: from 0, relative to each other.
    """
    result = networks[0].with_styles(networks[0].styles)
    parts_of_one = np.divide(shares, sum(shares))
    for weights in zip(result.weights, *(network.weights for network in networks), strict=True):
        target, *sources = weights
        pairs = zip(parts_of_one, map(ops.convert_to_numpy, sources), strict=True)
        target.assign(sum(share * array for share, array in pairs))
    return result


def take_strokes(network: StyleNetwork, other: StyleNetwork, factor: float) -> None:
    """Set the two rows of each style as far from their mean as another's are, times a factor."""
    for weight, source in zip(network.weights, other.weights, strict=True):
        if weight.name in ROWS:
            rows = ops.convert_to_numpy(weight).copy()
            fine, broad = np.split(ops.convert_to_numpy(source)[1:], 2)
            middle, offset = sum(np.split(rows[1:], 2)) / 2, factor * (broad - fine) / 2
            rows[1:] = np.concatenate([middle - offset, middle + offset])
            weight.assign(rows)


def main() -> None:
    """Write tfnst/assets/gallery.npz and gallery.md."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("models", type=Path, nargs="+", help=".keras or .npz files, to be averaged")
    parser.add_argument("--shares", type=float, nargs="+", help="of each in the average")
    parser.add_argument("--strokes", type=Path, help="a model whose two sizes of strokes to take")
    parser.add_argument("--apart", type=float, default=1.0, help="factor of these sizes' distance")
    parser.add_argument("--card", type=Path, help="beside the first model, unless it is given")
    parser.add_argument("--note", default="", help="text for the card: credits, what came before")
    options = parser.parse_args()
    networks = [style_network.load_network(model) for model in options.models]
    if len({(network.styles, network.settings) for network in networks}) > 1:
        raise SystemExit("the models have other styles or shapes than the first")
    if options.shares and len(options.shares) != len(networks):
        raise SystemExit("--shares: give one for each model")
    network = averaged(networks, options.shares or [1.0] * len(networks))
    if options.strokes or options.apart != 1:
        other = style_network.load_network(options.strokes) if options.strokes else network
        take_strokes(network, other, options.apart)
    card = (options.card or options.models[0].with_suffix(".md")).read_text("utf-8").rstrip()
    if list(network.styles) != list(assets.gallery()):
        raise SystemExit("gallery.csv lists other styles, or in another order")
    target = assets.NETWORKS["gallery"]
    style_network.write(network, target)
    note = f"\n\n{options.note}" if options.note else ""
    files.write_bytes(target.with_suffix(".md"), f"{card}{note}\n".encode())


if __name__ == "__main__":
    main()
