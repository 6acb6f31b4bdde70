"""tfnst beside the recipe of TensorFlow's style transfer tutorial, written from its description.

The tutorial: VGG-19, long side 512, content block5_conv2, style block1…5_conv1, Gram matrices over
the number of positions, 1e4 · content + 1e-2/5 · Σ mean (G − A)² + 30 · total variation, Adam with
rate 0.02, β₁ 0.99 and ε 0.1, 1000 steps from the photo, one Python call a step, one size.

On the same small network its weights, which are those of VGG-19's scale, have no meaning: there
each term is divided by its target's size, content is at block5_conv1, the deepest layer there is,
and total variation is left out. Its time leaves out tracing; that of tfnst takes everything in.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from benchmarks.timing import seconds
from tfnst import assets, images, losses
from tfnst.features import vgg
from tfnst.synthesis.settings import STYLE_LAYERS, Settings
from tfnst.synthesis.style_transfer import StyleTransfer

STEPS = 1000


class Tutorial:
    """The tutorial's training step on a given network.

    With a `content_weight`, each term is divided by the size of its target and that weighs them.
    """

    def __init__(
        self,
        extractor: Any,
        content_layer: str,
        content: np.ndarray,
        style: np.ndarray,
        content_weight: float | None = None,
    ) -> None:
        self.extractor, self.layer, self.weight = extractor, content_layer, content_weight
        self.content = extractor(content[None])[content_layer]
        self.grams = {name: self.gram(extractor(style[None])[name]) for name in STYLE_LAYERS}
        self.image = tf.Variable(content[None])
        self.optimizer = keras.optimizers.Adam(0.02, beta_1=0.99, epsilon=1e-1)
        self.optimizer.build([self.image])
        self.step = tf.function(self._step)

    @staticmethod
    def gram(activation: Any) -> Any:
        """Σffᵀ over the number of positions, (B, C, C)."""
        result = tf.linalg.einsum("bijc,bijd->bcd", activation, activation)
        positions = tf.cast(tf.shape(activation)[1] * tf.shape(activation)[2], tf.float32)
        return result / positions

    def loss(self, image: Any) -> Any:
        """The weighted sum of content and style that the tutorial descends."""
        activations = self.extractor(image)
        content = tf.reduce_mean((activations[self.layer] - self.content) ** 2)
        style = [
            tf.reduce_mean((self.gram(activations[n]) - g) ** 2)
            / (1 if self.weight is None else tf.reduce_mean(g**2))
            for n, g in self.grams.items()
        ]
        if self.weight is None:
            total = 1e4 * content + 1e-2 / 5 * tf.add_n(style)
            return total + 30 * tf.image.total_variation(image)[0]
        total = self.weight * content / tf.reduce_mean(self.content**2) + tf.add_n(style) / 5
        return 1e6 * total  # as large as the tutorial's, beside which Adam's ε of 0.1 is small

    def _step(self) -> None:
        with tf.GradientTape() as tape:
            loss = self.loss(self.image)
        self.optimizer.apply_gradients([(tape.gradient(loss, self.image), self.image)])
        self.image.assign(tf.clip_by_value(self.image, 0.0, 1.0))


def judge(
    extractor: Any, image: np.ndarray, content: np.ndarray, style: np.ndarray
) -> tuple[float, float]:
    """Mean Gram style loss, and content distance at block4_conv2: the same for both pictures."""
    painting, photo, art = (extractor(x[None]) for x in (image, content, style))
    loss = sum(
        float(
            losses.gram_style_loss(
                losses.feature_statistics(painting[name]),
                losses.gram_matrix(losses.feature_statistics(art[name])),
            )[0]
        )
        for name in STYLE_LAYERS
    )
    target = losses.standardize(photo["block4_conv2"])
    return loss / 5, float(losses.content_distance(painting["block4_conv2"], target)[0])


def main() -> None:
    """Print times as ratios, and style losses at the content distances reached."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--photo", default=str(assets.photo()))
    parser.add_argument("--style", default=str(assets.artwork("swirl")))
    parser.add_argument("--size", type=int, default=512)
    parser.add_argument("--content-weight", type=float, default=1.0)
    parser.add_argument("--output", type=Path, help="a folder for the two pictures")
    options = parser.parse_args()
    content = images.load(options.photo, options.size, upscale=True).rgb
    style = images.load(options.style, options.size).rgb
    lite = vgg.FeatureExtractor("vgg19-lite", {*Settings().layers, "block4_conv2"})

    reached, began = [], time.perf_counter()
    painting = StyleTransfer(content, [style], Settings(size=options.size), network=lite)
    for report in painting.run():
        reached.append(
            (time.perf_counter() - began, report.level == report.levels - 1, painting.picture())
        )
    tfnst_seconds = reached[-1][0]
    print(f"tfnst, {options.size} px, normal: {tfnst_seconds:.1f} s")

    recipe = Tutorial(lite, "block5_conv1", content, style, options.content_weight)
    recipe.step()
    step_seconds = seconds(recipe.step, STEPS)
    tutorial_seconds = step_seconds * STEPS
    print(
        f"tutorial on the same network: {tutorial_seconds:.1f} s; "
        f"tfnst takes 1/{tutorial_seconds / tfnst_seconds:.1f} of it"
    )
    their_picture = recipe.image.numpy()[0]
    their_style, their_content = judge(lite, their_picture, content, style)
    our_style, our_content = judge(lite, reached[-1][2], content, style)
    print(
        f"style loss at content distance: tutorial {their_style:.4f} at {their_content:.3f}, "
        f"tfnst {our_style:.4f} at {our_content:.3f}"
    )
    for when, last_level, picture in reached:
        loss, distance = judge(lite, picture, content, style)
        if last_level and loss <= their_style and distance <= their_content:
            print(
                f"tfnst is at the tutorial's loss and distance after {when:.1f} s: "
                f"1/{tutorial_seconds / when:.1f} of its time"
            )
            break

    large = vgg.FeatureExtractor("vgg19", [*STYLE_LAYERS, "block5_conv2"], weights=None)
    published = Tutorial(large, "block5_conv2", content, style)
    published.step()
    step = seconds(published.step, 24)
    print(
        f"tutorial as published (VGG-19, random weights): {step:.2f} s a step over 24 steps, "
        f"1000 steps extrapolated to {step * STEPS:.0f} s; "
        f"tfnst takes 1/{step * STEPS / tfnst_seconds:.0f}"
    )
    if options.output:
        options.output.mkdir(parents=True, exist_ok=True)
        images.save(options.output / "tutorial.png", their_picture)
        images.save(options.output / "tfnst.images.png", reached[-1][2])


if __name__ == "__main__":
    main()
