"""Training a style network by perceptual losses, on any Keras backend."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import keras
from keras import ops

from tfnst import losses
from tfnst.images.sizes import HALO
from tfnst.losses import terms
from tfnst.networks.layers import ConditionalInstanceNormalization
from tfnst.networks.style_network import StyleNetwork
from tfnst.training.settings import TrainingSettings
from tfnst.training.targets import STYLE_TERMS, StyleTargets, measure
from tfnst.training.trainer import Trainer, share_of_replica

PHOTO_WEIGHT = 5.0  # a painting is some 0.05 from its photo, mean square: about what style weighs
CONTENT_WEIGHT = 4.0  # a distance 0.1 too large pulls back about as hard as style pulls
SHIFT, NOISE = 8, 0.03  # of the disturbance that the answer is to be stable under
AVERAGE = 0.995  # of the weights that are kept, a step
TERMS = (*STYLE_TERMS, "outliers", "photo", "stability")


def _watched(network: StyleNetwork) -> keras.Model:
    """The same network, which gives the picture and what comes to the norms of its blocks."""
    norms = [
        layer
        for layer in network.layers
        if isinstance(layer, ConditionalInstanceNormalization) and "block" in layer.name
    ]
    outputs = (network.output["stylized"], [layer.input[0] for layer in norms])
    return keras.Model(network.input, outputs)


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
        super().__init__("style_trainer", TERMS, settings.seed)
        self.network, self.settings = network, settings
        # Closures: checkpoints leave out what they hold.
        self.features = lambda image: extractor(image)
        watched = _watched(network)
        self.paint = lambda inputs: watched(inputs)
        self.targets = [
            {
                layer: losses.Gaussian(
                    *(self._constant(f"{layer}_{number}_{k}", v) for k, v in part._asdict().items())
                )
                for layer, part in statistics.items()
            }
            for number, statistics in enumerate(targets.statistics)
        ]
        self.bands = self._constant("bands", targets.bands)
        self.coherence = self._constant("coherence", targets.coherence)
        self.first = 1 + len(network.styles) - self.bands.shape[0] // network.settings.strokes

    def _constant(self, name: str, value: Any) -> Any:
        weight = self.add_weight(name=name, shape=ops.shape(value), trainable=False)
        weight.assign(value)
        return weight

    def call(self, inputs: Mapping[str, Any]) -> dict[str, Any]:
        """{stylized: (B, H, W, 3), outliers: (B,)} of the network's own inputs."""
        stylized, activations = self.paint(inputs)
        none = ops.zeros(ops.shape(stylized)[:1])
        outliers = sum((losses.outlier_energy(each) for each in activations), none)
        return {"stylized": stylized, "outliers": outliers}

    def compute_loss(
        self,
        x: Any = None,
        y: Any = None,
        y_pred: Any = None,
        sample_weight: Any = None,
        training: bool = True,
    ) -> Any:
        """The sum of all `TERMS` by their weights, its mean over the batch.

        Those of style count by how little of the sample is the photo's own row, and the squared
        distance from the photo by how much.
        """
        photo, weights = inner(x["image"]), x["style_weights"]
        painted = inner(y_pred["stylized"])
        of_photo = weights[:, 0]
        # Of equal shares where the photo's row has it all.
        mixture = weights[:, self.first :] + 1e-6
        mixture /= ops.sum(mixture, 1, keepdims=True)
        if "stroke" in x:
            mixture = ops.concatenate([(1 - x["stroke"]) * mixture, x["stroke"] * mixture], 1)
        measured = self.measure(photo, painted, mixture, x.get("stroke"))
        own = ops.mean(ops.square(painted - photo), (1, 2, 3))
        total = (1 - of_photo) * weighed(measured, self.settings) + of_photo * PHOTO_WEIGHT * own
        for name, value in measured.items():
            self.trackers[name].update_state(value, sample_weight=1 - of_photo)
        self.trackers["photo"].update_state(own, sample_weight=of_photo)
        self.trackers["outliers"].update_state(y_pred["outliers"])
        loss = ops.mean(total + self.settings.outliers * y_pred["outliers"])
        if self.settings.stability:
            change = self.instability(x, y_pred["stylized"])
            self.trackers["stability"].update_state(change)
            loss += self.settings.stability * change
        return share_of_replica(loss)

    def measure(
        self, photo: Any, painted: Any, mixture: Any, stroke: Any | None = None
    ) -> dict[str, Any]:
        """`targets.measure`, by the targets of a mixture, (B, S)."""
        statistics = [terms.mix(targets, mixture) for targets in self.targets]
        bands, coherence = terms.mix(self.bands, mixture), terms.mix(self.coherence, mixture)
        targets = StyleTargets(statistics, bands, coherence)
        stroke = None if stroke is None else stroke[:, 0]
        return measure(self.features, photo, painted, targets, self.settings, stroke)

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
        inputs = {name: values[:count] for name, values in x.items()} | {"image": moved + noise}
        again = inner(self.network(inputs)["stylized"])
        return ops.mean(ops.square(again - inner(ops.slice(painted, start, shape))))


def weighed(measured: Mapping[str, Any], settings: TrainingSettings) -> Any:
    """The sum of `STYLE_TERMS`, (B,): style, the square of what content exceeds, the rest."""
    excess = ops.relu(measured["content"] - settings.content_distance)
    total = measured["style"] + CONTENT_WEIGHT * ops.square(excess)
    return total + sum(getattr(settings, name) * measured[name] for name in STYLE_TERMS[2:])


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
