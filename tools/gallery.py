"""Put a network of `tfnst train` into the package: float16 weights, and its card beside them."""

from __future__ import annotations

import argparse
from pathlib import Path

from tfnst import assets, files
from tfnst.networks import style_network


def main() -> None:
    """Write tfnst/assets/gallery.npz and gallery.md."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", type=Path, help="the .keras file; its card lies beside it")
    parser.add_argument("--note", default="", help="text for the card: credits, what came before")
    options = parser.parse_args()
    network = style_network.load_network(options.model)
    card = options.model.with_suffix(".md").read_text("utf-8").rstrip()
    if list(network.styles) != list(assets.gallery()):
        raise SystemExit("gallery.csv lists other styles, or in another order")
    target = assets.NETWORKS["gallery"]
    style_network.write(network, target)
    note = f"\n\n{options.note}" if options.note else ""
    files.write_bytes(target.with_suffix(".md"), f"{card}{note}\n".encode())


if __name__ == "__main__":
    main()
