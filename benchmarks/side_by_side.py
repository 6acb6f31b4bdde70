"""Photos in several styles by colour grading, Magenta's network and ours: figures, and a sheet."""

from __future__ import annotations

import argparse
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np
from ai_edge_litert.interpreter import Interpreter

from benchmarks.contact_sheet import tile
from benchmarks.judging import IndependentJudge, matched_colors
from tfnst import assets, images
from tfnst.networks import style_network
from tfnst.networks.any_style import AnyStyleNetwork
from tfnst.networks.mixture import STROKE
from tfnst.networks.style_network import StyleNetwork


class Magenta:
    """Ghiasi et al. (BMVC 2017) as published for TFLite: a style predictor and a transformer."""

    def __init__(self, predictor: Path, transformer: Path) -> None:
        self.predictor, self.transformer = (
            Interpreter(model_path=str(file), num_threads=2) for file in (predictor, transformer)
        )
        for interpreter in (self.predictor, self.transformer):
            interpreter.allocate_tensors()

    @staticmethod
    def run(interpreter: Interpreter, **inputs: np.ndarray) -> np.ndarray:
        """The first output, given inputs by a part of their names."""
        for details in interpreter.get_input_details():
            (value,) = (v for name, v in inputs.items() if name in details["name"])
            interpreter.set_tensor(details["index"], value.reshape(details["shape"]))
        interpreter.invoke()
        answer: np.ndarray = interpreter.get_tensor(interpreter.get_output_details()[0]["index"])
        return answer

    def stylize(self, photo: np.ndarray, artwork: np.ndarray) -> np.ndarray:
        """The photo, squeezed into the transformer's square and back, in the artwork's style."""
        small = images.resize(artwork, 256, 256)
        style = self.run(self.predictor, style=small)
        painted = self.run(
            self.transformer, content=images.resize(photo, 384, 384), conv=style, style=style
        )
        return images.resize(np.clip(painted[0], 0, 1), *photo.shape[:2])


def candidates(
    photo: np.ndarray,
    artwork: np.ndarray,
    style: str,
    networks: dict[str, Any],
    stroke: float = STROKE,
) -> dict[str, np.ndarray]:
    """Paintings of a photo after an artwork, by who painted them."""
    paintings = {"colours alone": matched_colors(photo, artwork)}
    for name, network in networks.items():
        if isinstance(network, Magenta):
            paintings[name] = network.stylize(photo, artwork)
        elif isinstance(network, AnyStyleNetwork):
            paintings[name] = network.stylize(photo, artwork, stroke=stroke)
        else:
            chosen = stroke if network.strokes > 1 else None
            paintings[name] = network.stylize(photo, style, stroke=chosen)
    return paintings


def opened(model: str) -> StyleNetwork | AnyStyleNetwork:
    """A network by name or file, of either kind; one for any artwork paints after each of them."""
    if model in assets.ANY_NETWORKS:
        return AnyStyleNetwork.from_preset(model)
    if Path(model).suffix == ".keras":
        network = style_network.read_keras(Path(model), "a file of tfnst train")
        if isinstance(network, AnyStyleNetwork):
            return network
    return style_network.load_network(model)


def table(measures: dict[str, list[dict[str, float]]]) -> str:
    """A line for each painter, with the means over all paintings."""
    head = " ".join(f"{column:>8}" for column in IndependentJudge.COLUMNS)
    lines = [f"{'':16} {head}"]
    for name, rows in measures.items():
        means = (np.mean([row[column] for row in rows]) for column in IndependentJudge.COLUMNS)
        lines.append(f"{name:16} " + " ".join(f"{mean:8.3f}" for mean in means))
    return "\n".join(lines)


def parser() -> argparse.ArgumentParser:
    """The options."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--judge", type=Path, required=True, help="a network's .npz")
    options.add_argument("--magenta", type=Path, nargs=2, help="predictor and transformer")
    options.add_argument("--photos", type=Path, nargs="+", required=True)
    options.add_argument("--styles", nargs="+", required=True, metavar="NAME=FILE")
    options.add_argument("--models", nargs="+", default=["tfnst=gallery"], metavar="NAME=MODEL")
    options.add_argument(
        "--stroke", type=float, default=STROKE, help="of models that have a choice, 0 to 1"
    )
    options.add_argument("--size", type=int, default=384)
    options.add_argument("--artwork-size", type=int, default=640)
    options.add_argument("--output", type=Path, required=True, help="the sheet")
    return options


def main() -> None:
    """Print the means over photos and styles, style by style and together, and write the sheet.

    A row a photo and style: the artwork, the photo, and each painting at its full size.
    """
    options = parser().parse_args()
    networks: dict[str, Any] = (
        {"Magenta int8": Magenta(*options.magenta)} if options.magenta else {}
    )
    for pair in options.models:
        name, _, model = pair.partition("=")
        networks[name] = opened(model)
    judge, rows = IndependentJudge(options.judge), []
    measures: dict[str, list[dict[str, float]]] = defaultdict(list)
    for style, _, file in (pair.partition("=") for pair in options.styles):
        artwork, of_style = images.load(file, options.artwork_size).rgb, defaultdict(list)
        target = judge.measure(artwork)
        for photo in (images.load(file, options.size, upscale=True).rgb for file in options.photos):
            paintings = candidates(photo, artwork, style, networks, options.stroke)
            for name, painting in paintings.items():
                of_style[name].append(judge(photo, painting, target))
            tiles = [
                tile(picture, options.size) for picture in (artwork, photo, *paintings.values())
            ]
            rows.append(np.concatenate(tiles, 1))
        print(f"{style}\n{table(of_style)}", flush=True)
        for name, lines in of_style.items():
            measures[name] += lines
    images.save(options.output, np.concatenate(rows))
    print(
        f"mean of {len(options.styles)} styles on {len(options.photos)} photos\n{table(measures)}"
    )


if __name__ == "__main__":
    main()
