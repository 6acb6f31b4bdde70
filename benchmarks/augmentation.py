"""A small classifier of shapes under a shift of texture and colour, by how it was augmented."""

from __future__ import annotations

import argparse
import colorsys
import functools
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from benchmarks.timing import ratio, take_turns
from tfnst import images
from tfnst.layers import RandomStyle

Plane = np.ndarray
SHAPES = ("disc", "square", "triangle", "star", "cross", "ring")
BATCH, TESTS = 32, 1000
LOYAL = 0.8  # part of the training pictures whose texture and hue are those of their shape


@dataclass(frozen=True)
class Pictures:
    """Labelled pictures.

    Attributes:
        pixels: (N, S, S, 3) uint8.
        labels: (N,), indices of `SHAPES`.
    """

    pixels: np.ndarray
    labels: np.ndarray


def shape_mask(label: int, u: Plane, v: Plane) -> Plane:
    """Whether places of a shape's own coordinates, of some -1 to 1, lie within it."""
    radius, angle = np.hypot(u, v), np.arctan2(v, u)
    across, along = np.minimum(abs(u), abs(v)), np.maximum(abs(u), abs(v))
    within: list[Plane] = [
        radius < 0.85,
        along < 0.75,
        np.maximum(v, abs(u) * 0.866 - v / 2) < 0.5,
        radius < 0.62 + 0.36 * np.cos(5 * angle),
        (across < 0.3) & (along < 0.95),
        (radius > 0.5) & (radius < 0.95),
    ]
    return within[label]


def _noise(u: Plane, random: np.random.Generator, cells: int) -> Plane:
    grid = random.random((cells, cells), np.float32)
    return images.resize(np.repeat(grid[..., None], 3, 2), *u.shape)[..., 0]


# Of coordinates from 0 to some 5 at a random phase and angle; from 0 to 1.
Texture = Callable[[Plane, Plane, np.random.Generator], Plane]
TAUGHT: tuple[Texture, ...] = (
    lambda u, v, random: np.sin(2 * np.pi * u) > 0,  # stripes
    lambda u, v, random: (np.floor(u) + np.floor(v)) % 2,  # checks
    lambda u, v, random: np.hypot(u % 1 - 0.5, v % 1 - 0.5) < 0.3,  # dots
    lambda u, v, random: np.sin(2 * np.pi * (u + 0.3 * np.sin(2 * np.pi * v))) / 2 + 0.5,  # waves
    lambda u, v, random: _noise(u, random, 4),  # clouds
    lambda u, v, random: np.full_like(u, 0.5),  # plain
)
UNSEEN: tuple[Texture, ...] = (
    lambda u, v, random: (u % 1 < 0.2) | (v % 1 < 0.2),  # grids
    lambda u, v, random: ((u + 0.5 * (np.floor(v) % 2)) % 1 < 0.15) | (v % 1 < 0.25),  # bricks
    lambda u, v, random: np.sin(2 * np.pi * np.hypot(u - 2, v - 2)) > 0,  # circles
    lambda u, v, random: random.random(u.shape),  # grain
    lambda u, v, random: (u + abs(v % 1 - 0.5)) % 1 < 0.5,  # zigzags
    lambda u, v, random: _noise(u, random, 9) > 0.5,  # blots
)


def turned(side: int, angle: float) -> tuple[Plane, Plane]:
    """Coordinates of a square's pixels, -1 to 1, turned by an angle."""
    y, x = np.mgrid[:side, :side] / ((side - 1) / 2) - 1
    return x * np.cos(angle) + y * np.sin(angle), y * np.cos(angle) - x * np.sin(angle)


def fill(
    texture: Texture, hue: float, bright: bool, side: int, random: np.random.Generator
) -> np.ndarray:
    """(S, S, 3) in [0, 1]: a texture between two colours of about one hue, both bright or dark."""
    u, v = turned(side, random.uniform(0, np.pi))
    u, v = 2.5 * (u + 1) + random.random(), 2.5 * (v + 1) + random.random()
    value = np.asarray(texture(u, v, random), np.float32)[..., None]
    low, high = (0.5, 1.0) if bright else (0.1, 0.45)
    colors = [
        np.array(colorsys.hsv_to_rgb((hue + random.normal(0, 0.03)) % 1, saturation, level), "f")
        for saturation, level in (
            (random.uniform(0.4, 1), random.uniform(low, low + 0.1)),
            (random.uniform(0.4, 1), random.uniform(high - 0.1, high)),
        )
    ]
    return value * colors[0] + (1 - value) * colors[1]


def draw(count: int, side: int, shifted: bool, random: np.random.Generator) -> Pictures:
    """Pictures of one shape each, a textured figure on a textured ground.

    Args:
        count: N.
        side: S, pixels.
        shifted: whether textures are those that training had none of, and hues any; else most
            shapes have a texture and a hue of their own.
        random: where all of it comes from.

    Returns:
        The pictures.
    """
    labels = random.integers(len(SHAPES), size=count)
    pixels = np.empty((count, side, side, 3), np.uint8)
    for index, label in enumerate(labels):
        textures = UNSEEN if shifted else TAUGHT
        own, ground = random.permutation(len(textures))[:2]
        hue = random.random()
        if not shifted and random.random() < LOYAL:
            own, hue = label, label / len(SHAPES)
            ground = (own + random.integers(1, len(textures))) % len(textures)
        bright = random.random() < 0.5
        figure = fill(textures[own], hue, bright, side, random)
        behind = fill(textures[ground], random.random(), not bright, side, random)
        u, v = turned(2 * side, random.uniform(-0.4, 0.4))
        radius, x, y = random.uniform(0.55, 0.8), *random.uniform(-0.2, 0.2, 2)
        mask = shape_mask(label, (u - x) / radius, (v - y) / radius).astype(np.float32)
        mask = mask.reshape(side, 2, side, 2).mean((1, 3))[..., None]
        pixels[index] = np.clip(mask * figure + (1 - mask) * behind, 0, 1) * 255 + 0.5
    return Pictures(pixels, labels)


def color_layers(seed: int) -> list[keras.layers.Layer]:
    """Keras' own changes of colour, by as much as leaves a picture to see."""
    layers = keras.layers
    return [
        layers.RandomHue(0.5, seed=seed),
        layers.RandomSaturation((0.1, 0.9), seed=seed),
        layers.RandomContrast(0.5, seed=seed),
        layers.RandomBrightness(0.3, seed=seed),
    ]


AUGMENTATIONS: dict[str, Callable[[int], list[keras.layers.Layer]]] = {
    "none": lambda seed: [],
    "colour": color_layers,
    "style": lambda seed: [RandomStyle(seed=seed)],
    "style, every picture": lambda seed: [RandomStyle(1, (0.5, 1), seed=seed)],
    "style and colour": lambda seed: [RandomStyle(seed=seed), *color_layers(seed)],
}


def classifier(side: int) -> keras.Model:
    """A small convolutional network, compiled."""
    layers = keras.layers
    convolutions = [
        part
        for width in (16, 32, 64)
        for part in (layers.Conv2D(width, 3, activation="relu"), layers.MaxPooling2D())
    ]
    model = keras.Sequential(
        [
            keras.Input((side, side, 3)),
            layers.Rescaling(1 / 127.5, -1),
            *convolutions,
            layers.Flatten(),
            layers.Dense(64, activation="relu"),
            layers.Dense(len(SHAPES)),
        ]
    )
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile("adam", loss, metrics=["accuracy"])
    return model


def dataset(pictures: Pictures, augmentation: list[keras.layers.Layer], seed: int) -> Any:
    """Batches, shuffled and augmented anew in each epoch."""
    batches = tf.data.Dataset.from_tensor_slices(
        (pictures.pixels.astype(np.float32), pictures.labels)
    )
    batches = batches.shuffle(len(pictures.labels), seed=seed).batch(BATCH)
    for layer in augmentation:
        batches = batches.map(lambda x, y, layer=layer: (layer(x, training=True), y))
    return batches.prefetch(2)


def accuracies(name: str, seed: int, arguments: argparse.Namespace) -> tuple[float, float]:
    """Of one classifier, in percent: on pictures like those of its training, and on shifted."""
    training, usual, shifted = drawn(seed, arguments.pictures, arguments.side)
    keras.utils.set_random_seed(seed)
    model = classifier(arguments.side)
    batches = dataset(training, AUGMENTATIONS[name](seed), seed)
    model.fit(batches, epochs=arguments.epochs, shuffle=False, verbose=0)
    one, other = (
        100 * model.evaluate(test.pixels.astype(np.float32), test.labels, verbose=0)[1]
        for test in (usual, shifted)
    )
    return one, other


@functools.cache
def drawn(seed: int, count: int, side: int) -> tuple[Pictures, Pictures, Pictures]:
    """For training; for tests, like those; for tests, shifted."""
    random = np.random.default_rng(seed)
    training = draw(count, side, False, random)
    return training, draw(TESTS, side, False, random), draw(TESTS, side, True, random)


def measure_speed(side: int) -> None:
    """Print what a batch takes in the layer, beside a step of training."""
    pictures = draw(BATCH, side, False, np.random.default_rng(0))
    pixels, model = pictures.pixels.astype(np.float32), classifier(side)
    calls: dict[str, Callable[[], object]] = {
        "a step of training": lambda: model.train_on_batch(pixels, pictures.labels)
    }
    for probability in (0.5, 1.0):
        layer = tf.function(RandomStyle(probability, seed=0))
        calls[f"RandomStyle({probability})"] = functools.partial(layer, pixels)
    times = take_turns(calls)
    for name in list(calls)[1:]:
        print(
            f"{name}, {side}², batches of {BATCH}: "
            f"{BATCH / statistics.median(times[name]):.0f} pictures a second, "
            f"{ratio(times, name, 'a step of training'):.1f} steps of training a batch",
            flush=True,
        )


def write_sheet(file: Path, side: int) -> None:
    """Save pictures in rows: as in training, shifted, and the former by each augmentation."""
    random = np.random.default_rng(0)
    training, shifted = (draw(12, side, state, random).pixels for state in (False, True))
    rows = [training.astype(np.float32), shifted.astype(np.float32)]
    for name in list(AUGMENTATIONS)[1:]:
        augmented = training.astype(np.float32)
        for layer in AUGMENTATIONS[name](1):
            augmented = layer(augmented, training=True)
        rows.append(np.asarray(augmented))
    sheet = np.concatenate([np.concatenate(list(row), 1) for row in rows])
    images.save(file, np.repeat(np.repeat(sheet, 2, 0), 2, 1) / 255)


def main() -> None:
    """Train and test every classifier, and print means and deviations over seeds."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--side", type=int, default=32, help="of pictures, in pixels")
    options.add_argument("--pictures", type=int, default=1000, help="to train with")
    options.add_argument("--epochs", type=int, default=10)
    options.add_argument("--seeds", type=int, default=5)
    options.add_argument("--augmentations", nargs="+", default=list(AUGMENTATIONS))
    options.add_argument("--sheet", type=Path, help="a PNG file of what they look like")
    arguments = options.parse_args()
    if arguments.sheet:
        write_sheet(arguments.sheet, arguments.side)
    measure_speed(arguments.side)
    for name in arguments.augmentations:
        began = time.perf_counter()
        runs = [accuracies(name, seed, arguments) for seed in range(arguments.seeds)]
        usual, shifted = (
            f"{statistics.mean(values):.1f} ± {statistics.pstdev(values):.1f} %"
            for values in zip(*runs, strict=True)
        )
        print(
            f"augmentation {name}: {usual} as in training, {shifted} shifted "
            f"({arguments.seeds} seeds, {time.perf_counter() - began:.0f} s)",
            flush=True,
        )


if __name__ == "__main__":
    main()
