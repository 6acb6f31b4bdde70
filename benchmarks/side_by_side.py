"""Photos in several styles by Magenta's arbitrary-style network and by ours, on one sheet."""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from ai_edge_litert.interpreter import Interpreter

from benchmarks.contact_sheet import tile
from benchmarks.judging import Judge
from tfnst import images
from tfnst.networks import style_network


class Magenta:
    """Ghiasi et al. (BMVC 2017) as published for TFLite: a style predictor and a transformer."""

    def __init__(self, predictor: Path, transformer: Path) -> None:
        self.predictor, self.transformer = (
            Interpreter(model_path=str(file), num_threads=2) for file in (predictor, transformer)
        )
        for each in (self.predictor, self.transformer):
            each.allocate_tensors()

    @staticmethod
    def run(interpreter: Interpreter, **inputs: np.ndarray) -> np.ndarray:
        """The first output, given inputs by a part of their names."""
        for each in interpreter.get_input_details():
            (value,) = (v for name, v in inputs.items() if name in each["name"])
            interpreter.set_tensor(each["index"], value.reshape(each["shape"]))
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


def told(name: str, theirs: np.ndarray, ours: np.ndarray) -> str:
    """A line of the table."""
    numbers = (f"style {style:.4f}  content {content:.3f}" for style, content in (theirs, ours))
    return "{:18} Magenta: {}   tfnst: {}".format(name, *numbers)


def main() -> None:
    """Print style losses and content distances, through VGG-19-lite, means over the photos.

    And write the sheet: a row a photo; for each style theirs and ours.
    """
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--predictor", type=Path, required=True)
    parser.add_argument("--transformer", type=Path, required=True)
    parser.add_argument("--photos", type=Path, nargs="+", required=True)
    parser.add_argument("--styles", nargs="+", required=True, metavar="NAME=FILE")
    parser.add_argument("--model", default="gallery")
    parser.add_argument("--size", type=int, default=384)
    parser.add_argument("--output", type=Path, required=True)
    options = parser.parse_args()
    network = style_network.load_network(options.model)
    magenta = Magenta(options.predictor, options.transformer)
    photos = [images.load(file, options.size, upscale=True).rgb for file in options.photos]
    columns, found = [[tile(photo, options.size) for photo in photos]], []
    for name, _, file in (pair.partition("=") for pair in options.styles):
        artwork = images.load(file, 1024).rgb
        theirs = [magenta.stylize(photo, artwork) for photo in photos]
        ours = [network.stylize(photo, name) for photo in photos]
        judge = Judge(artwork)
        measured = [
            np.mean([judge(*pair) for pair in zip(photos, paintings, strict=True)], 0)
            for paintings in (theirs, ours)
        ]
        found.append(measured)
        print(told(name, *measured), flush=True)
        columns += [
            [tile(each, options.size) for each in paintings] for paintings in (theirs, ours)
        ]
    print(told("mean", *np.mean(found, 0)))
    rows = [np.concatenate(row, 1) for row in zip(*columns, strict=True)]
    images.save(options.output, np.concatenate(rows))


if __name__ == "__main__":
    main()
