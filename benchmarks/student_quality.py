"""How well VGG-19-lite paints beside its teacher, by the teacher's own style loss.

For every photo and artwork: paint with the student and with the teacher by the same settings, and
report the student's share of the teacher's reduction, (L_photo − L_student)/(L_photo − L_teacher),
the ratio of content distances and of mean absolute Laplacians, all seen by the teacher.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from tfnst import images, losses
from tfnst.features import vgg
from tfnst.images import padded
from tfnst.synthesis.settings import STYLE_LAYERS, Settings
from tfnst.synthesis.style_transfer import StyleTransfer
from tfnst.training import distillation


def seen_by(teacher: Any, image: np.ndarray) -> dict[str, Any]:
    """The teacher's activations, on a reflected margin."""
    activations: dict[str, Any] = teacher(padded(image)[None])
    return activations


def style_loss(activations: dict[str, Any], target: dict[str, Any]) -> float:
    """Mean Gram style loss over the five layers."""
    parts = [
        losses.gram_style_loss(
            losses.feature_statistics(activations[name]),
            losses.gram_matrix(losses.feature_statistics(target[name])),
        )
        for name in STYLE_LAYERS
    ]
    return float(tf.add_n(parts)[0]) / len(parts)


def laplacian(image: np.ndarray) -> float:
    """Mean absolute Laplacian of the luminance: fine detail, or noise."""
    grey = image @ np.array([0.299, 0.587, 0.114], np.float32)
    inner = grey[1:-1, 1:-1]
    around = grey[:-2, 1:-1] + grey[2:, 1:-1] + grey[1:-1, :-2] + grey[1:-1, 2:]
    return float(np.abs(4 * inner - around).mean())


def compare(
    photo: np.ndarray, style: np.ndarray, networks: dict[str, Any], settings: Settings
) -> tuple[dict[str, float], dict[str, np.ndarray]]:
    """The three figures for one pair, and both pictures."""
    teacher = networks["teacher"]
    pictures = {}
    for name, network in networks.items():
        painting = StyleTransfer(photo, [style], settings, network=network)
        for _ in painting.run(every=1000):
            pass
        pictures[name] = painting.picture()
    content = images.resize(photo, *pictures["teacher"].shape[:2])
    height, width, _ = style.shape
    shape = images.fitted(height, width, min(settings.size, max(height, width)))
    target = seen_by(teacher, images.resize(style, *shape))
    activations = {name: seen_by(teacher, picture) for name, picture in pictures.items()}
    photo_seen = seen_by(teacher, content)
    loss = {name: style_loss(a, target) for name, a in activations.items()}
    start = style_loss(photo_seen, target)
    distance = {
        name: sum(
            float(losses.content_distance(a[layer], losses.standardize(photo_seen[layer]))[0])
            for layer in settings.content_layers
        )
        for name, a in activations.items()
    }
    figures = {
        "share": (start - loss["student"]) / (start - loss["teacher"]),
        "content": distance["student"] / distance["teacher"],
        "laplacian": laplacian(pictures["student"]) / laplacian(pictures["teacher"]),
    }
    return figures, pictures


def main() -> None:
    """Print a line a pair and the means; write the pictures where --output says."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--teacher", required=True)
    parser.add_argument("--student", default="auto")
    parser.add_argument("--photos", type=Path, nargs="+", required=True)
    parser.add_argument("--styles", type=Path, nargs="+", required=True)
    parser.add_argument("--size", type=int, default=384)
    parser.add_argument("--output", type=Path, required=True)
    options = parser.parse_args()
    settings = Settings(size=options.size)
    networks = {
        "student": vgg.FeatureExtractor("vgg19-lite", settings.layers, weights=options.student),
        "teacher": distillation.load_teacher(options.teacher),
    }
    options.output.mkdir(parents=True, exist_ok=True)
    rows = []
    for style_file in options.styles:
        style = images.load(style_file, 1024).rgb
        for photo_file in options.photos:
            photo = images.load(photo_file, options.size).rgb
            figures, pictures = compare(photo, style, networks, settings)
            rows.append(figures)
            pair = f"{photo_file.stem}--{style_file.stem}"
            print(pair, json.dumps({k: round(v, 3) for k, v in figures.items()}), flush=True)
            for name, picture in pictures.items():
                images.save(options.output / f"{pair}--{name}.jpg", picture)
    for name in rows[0]:
        values = [row[name] for row in rows]
        print(f"{name}: mean {np.mean(values):.3f}, from {min(values):.3f} to {max(values):.3f}")


if __name__ == "__main__":
    main()
