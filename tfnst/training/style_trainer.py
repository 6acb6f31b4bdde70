"""Training a style network by perceptual losses, on any Keras backend."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import keras
import numpy as np
from keras import ops

from tfnst import images, losses
from tfnst.images.sizes import HALO
from tfnst.losses import terms
from tfnst.networks.style_network import StyleNetwork
from tfnst.training.settings import TrainingSettings
from tfnst.training.trainer import Trainer, share_of_replica

PHOTO_WEIGHT = 5.0  # a painting is some 0.05 from its photo, mean square: about what style weighs
CONTENT_WEIGHT = 4.0  # a distance 0.1 too large pulls back about as hard as style pulls
SMALLEST_VIEW = 16  # pixels a side that block5 still sees something of
SHIFT, NOISE = 8, 0.03  # of the disturbance that the answer is to be stable under
AVERAGE = 0.995  # of the weights that are kept, a step


class StyleTargets(NamedTuple):
    """What the paintings of S styles are to be like.

    Attributes:
        statistics: for each style layer the distributions, a Gaussian with batch dimension S.
        variation: total variation of the artworks themselves, (S,).
    """

    statistics: dict[str, losses.Gaussian]
    variation: Any


def style_targets(
    extractor: keras.Model, artworks: Sequence[np.ndarray], settings: TrainingSettings
) -> StyleTargets:
    """The targets of some artworks.

    Each is seen at its `style_size` and at 0.7 of it, so that strokes of both sizes belong to the
    style.

    Args:
        extractor: a model image → {layer: activation}.
        artworks: S pictures, (H, W, 3) in [0, 1], each of its own size.
        settings: which layers count, and how large artworks are.

    Returns:
        What the paintings of the S styles are to be like.

    Raises:
        ValueError: an artwork too small or narrow for the deepest layer.
    """
    style_term, variation_term = terms.WassersteinTerm(settings.style_layers), terms.VariationTerm()
    statistics: list[dict[str, losses.Gaussian]] = []
    variation: list[Any] = []
    for number, artwork in enumerate(artworks, 1):
        views = []
        height, width, _ = artwork.shape
        for scale in (1.0, 0.7):
            long_side = min(round(scale * settings.style_size), max(height, width))
            small = images.resize(artwork, *images.fitted(height, width, long_side))
            if min(small.shape[:2]) < SMALLEST_VIEW:
                raise ValueError(
                    f"artwork {number}, of {width} x {height} pixels, is seen at "
                    f"{small.shape[1]} x {small.shape[0]}; its shorter side there needs "
                    f"{SMALLEST_VIEW}, so give a larger or less narrow one"
                )
            views.append(terms.View(small[None], extractor(small[None])))
        statistics.append(_target(style_term, views))
        variation.append(_target(variation_term, views))
    return StyleTargets(terms.stack(statistics), terms.stack(variation))


def _target(term: terms.Term, views: Sequence[terms.View]) -> Any:
    """What views of one artwork, each of which counts the same, ask for."""
    return term.target(term.blend([term.measure(view) for view in views], [1.0] * len(views)))


def judge(
    painted: Mapping[str, Any],
    photo: Mapping[str, Any],
    statistics: Mapping[str, losses.Gaussian],
    content_layers: Sequence[str],
) -> tuple[Any, Any]:
    """Style loss and content distance of paintings by their activations.

    Args:
        painted: {layer: (B, H, W, C)} of the paintings.
        photo: likewise of their photos.
        statistics: what each style layer is to be like, of batch dimension B or 1.
        content_layers: the layers whose content counts.

    Returns:
        Both, (B,) each, means over layers.
    """
    style = terms.WassersteinTerm(tuple(statistics))
    content = terms.ContentTerm(tuple(content_layers))
    target = content.target(content.measure(terms.View(None, photo)))
    view = terms.View(None, painted)
    return style.distance(view, statistics), content.distance(view, target)


class StyleTrainer(Trainer):
    """A style network and what it is judged by; `fit` it on `StyleBatches`.

    Perceptual losses after Johnson, Alahi & Fei-Fei, ECCV 2016, by any FeatureExtractor: the
    content distance and the Wasserstein style loss that one picture's optimisation uses. Content
    counts where its distance exceeds what is allowed, and the more so: a weight that had to follow
    the distance, as there, first rises while the network knows nothing, and then never comes down.

    Args:
        network: takes pictures with a halo of `HALO` px around what counts.
        extractor: a frozen model image → {layer: activation}.
        targets: of `style_targets`, for the last styles of the network, in order; those before
            them are not trained.
        settings: see `TrainingSettings`.
    """

    def __init__(
        self,
        network: StyleNetwork,
        extractor: keras.Model,
        targets: StyleTargets,
        settings: TrainingSettings,
    ) -> None:
        super().__init__("style_trainer", ("style", "content", "photo", "stability"), settings.seed)
        self.network, self.settings = network, settings
        self.features = lambda image: extractor(image)  # a closure: checkpoints leave it out
        self.targets = {
            layer: losses.Gaussian(
                *(self._constant(f"{layer}_{k}", v) for k, v in target._asdict().items())
            )
            for layer, target in targets.statistics.items()
        }
        self.variation = self._constant("variation", targets.variation)
        self.first = 1 + len(network.styles) - self.variation.shape[0]

    def _constant(self, name: str, value: Any) -> Any:
        weight = self.add_weight(name=name, shape=ops.shape(value), trainable=False)
        weight.assign(value)
        return weight

    def call(self, inputs: Mapping[str, Any]) -> dict[str, Any]:
        """{stylized: (B, H, W, 3)} of the network's own inputs."""
        return self.network(inputs)

    def compute_loss(
        self,
        x: Any = None,
        y: Any = None,
        y_pred: Any = None,
        sample_weight: Any = None,
        training: bool = True,
    ) -> Any:
        """Mean over the batch of style, content, roughness, the photo's own row, and stability."""
        photo, weights = inner(x["image"]), x["style_weights"]
        painted = inner(y_pred["stylized"])
        of_photo = weights[:, 0]
        # Of equal shares where the photo's row has it all.
        mixture = weights[:, self.first :] + 1e-6
        mixture /= ops.sum(mixture, 1, keepdims=True)
        style, content = self.judge(photo, painted, mixture)
        excess = ops.relu(content - self.settings.content_distance)
        allowed = terms.mix(self.variation, mixture)
        rough = terms.VariationTerm().distance(terms.View(painted, {}), allowed)
        own = ops.mean(ops.square(painted - photo), (1, 2, 3)) * PHOTO_WEIGHT
        change = self.instability(x, y_pred["stylized"])
        of_style = style + self.settings.variation * rough + CONTENT_WEIGHT * ops.square(excess)
        total = (1 - of_photo) * of_style + of_photo * own
        for name, value, share in (
            ("style", style, 1 - of_photo),
            ("content", content, 1 - of_photo),
            ("photo", own / PHOTO_WEIGHT, of_photo),
        ):
            self.trackers[name].update_state(value, sample_weight=share)
        self.trackers["stability"].update_state(change)
        return share_of_replica(ops.mean(total) + self.settings.stability * change)

    def judge(self, photo: Any, painted: Any, mixture: Any) -> tuple[Any, Any]:
        """Style loss and content distance of each sample, (B,); mixtures mix the targets' rows."""
        activations = {k: ops.stop_gradient(v) for k, v in self.features(photo).items()}
        blends = terms.mix(self.targets, mixture)
        return judge(self.features(painted), activations, blends, self.settings.content_layers)

    def instability(self, x: Any, stylized: Any) -> Any:
        """How far the answer to a shifted and noisy photo is from the shifted answer.

        On a quarter of the batch; mean square. A shift has exact correspondence, so that no optical
        flow is needed (Ruder, Dosovitskiy & Brox, IJCV 2018, section 5, shift by artificial data).
        """
        count = max(1, self.settings.batch // 4)
        photo, painted = x["image"][:count], stylized[:count]
        side = self.settings.size + 2 * HALO - SHIFT
        offset = ops.cast(keras.random.randint((2,), 1, SHIFT + 1, seed=self.random), "int32")
        start = [0, offset[0], offset[1], 0]
        shape = (photo.shape[0] or -1, side, side, 3)
        moved = ops.slice(photo, start, shape)
        noise = keras.random.normal(ops.shape(moved), 0.0, NOISE, "float32", self.random)
        inputs = {"image": moved + noise, "style_weights": x["style_weights"][:count]}
        again = inner(self.network(inputs)["stylized"])
        return ops.mean(ops.square(again - inner(ops.slice(painted, start, shape))))


@keras.saving.register_keras_serializable("tfnst")
class Optimizer(keras.optimizers.Adam):  # type: ignore[misc]
    """Adam that keeps averages of the weights and leaves the weights as they are.

    Keras' own puts the averages in their place at the end of each `fit`, of which a run has many.

    Args:
        learning_rate: a number or a schedule.
        **options: of `keras.optimizers.Adam`, in place of this one's.
    """

    def __init__(self, learning_rate: float = 2e-3, **options: Any) -> None:
        options = dict(beta_2=0.99, clipnorm=5.0, use_ema=True, ema_momentum=AVERAGE) | options
        super().__init__(learning_rate, **options)

    def finalize_variable_values(self, _: Any) -> None:
        """Leave the weights as they are; Keras calls it at the end of a `fit`."""
        pass

    def averages(self) -> list[Any]:
        """The averages, in the order of the weights it was built for."""
        return list(self._model_variables_moving_average)


def inner(image: Any) -> Any:
    """A batch of pictures without their halo.

    Args:
        image: (B, H + 2·HALO, W + 2·HALO, C).

    Returns:
        (B, H, W, C).
    """
    return image[:, HALO:-HALO, HALO:-HALO]
