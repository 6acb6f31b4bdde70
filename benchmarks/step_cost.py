"""What a training step costs beside a bare forward and backward pass, and what bfloat16 saves."""

from __future__ import annotations

import argparse
from typing import Any

import tensorflow as tf

from benchmarks.timing import ratio, take_turns
from tfnst import assets, images
from tfnst.synthesis.canvas import Canvas
from tfnst.synthesis.settings import Settings
from tfnst.synthesis.style_transfer import StyleTransfer


def placed(settings: Settings) -> tuple[Canvas, Any]:
    """A canvas at the finest level, and its network."""
    content = images.load(assets.photo()).rgb
    style = images.load(assets.artwork("swirl")).rgb
    painting = StyleTransfer(content, [style], settings, network="vgg19-lite")
    canvas = Canvas(painting.extractor, settings)
    height, width, _ = content.shape
    small = images.resize(content, *images.fitted(height, width, settings.size))
    canvas.begin_level(small, painting.style_measurements(settings.size), small)
    return canvas, painting.extractor


def bare_pass(extractor: Any, image: Any) -> Any:
    """Forward through the same truncated network and back to the image, and nothing else."""

    @tf.function
    def call() -> Any:
        with tf.GradientTape() as tape:
            tape.watch(image)
            activations = extractor(image)
            total = tf.add_n([tf.reduce_sum(tf.cast(a, tf.float32)) for a in activations.values()])
        return tape.gradient(total, image)

    return call


def main() -> None:
    """Print the ratios."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=[512, 1024])
    for size in parser.parse_args().sizes:
        for loss in ("gram", "wasserstein"):
            canvas, extractor = placed(Settings(size=size, style_loss=loss))
            bare = bare_pass(extractor, tf.constant(canvas.image.numpy()))
            times = take_turns({"step": canvas.step, "bare": bare})
            print(f"step / bare pass, {size} px, {loss}: {ratio(times, 'step', 'bare'):.2f}")
        half, _ = placed(Settings(size=size, precision="bfloat16"))
        times = take_turns({"float32": canvas.step, "bfloat16": half.step})
        print(f"float32 / bfloat16 step, {size} px: {ratio(times, 'float32', 'bfloat16'):.2f}")


if __name__ == "__main__":
    main()
