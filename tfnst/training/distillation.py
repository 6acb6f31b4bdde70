"""Training by knowledge distillation: a small VGG-19 that paints as a large one does."""

from __future__ import annotations

import contextlib
from collections.abc import Generator, Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

import keras
import numpy as np

from tfnst import devices, files
from tfnst.features import vgg, vgg_architecture, vgg_weights
from tfnst.training import checkpoints, fitting, model_card, photo_folder
from tfnst.training.batches import DistillationBatches
from tfnst.training.distiller import Distiller
from tfnst.training.progress import DistillationProgress
from tfnst.training.settings import DistillationSettings

LAYERS = vgg_architecture.ARCHITECTURES["vgg19-lite"].layers


def load_teacher(source: str | Path) -> keras.Model:
    """A frozen model image → {layer: activation} with the layers that VGG-19-lite has too.

    `source` is "vgg19" or an `.npz` of a VGG-shaped network with reflected borders, in which a
    1×1 convolution named `preprocess` may stand first.
    """
    if str(source) == "vgg19":
        with _download_advised():
            return vgg.FeatureExtractor("vgg19", LAYERS)
    arrays, layers = _arrays_and_layers(source)
    widths = [arrays[f"{name}/kernel"].shape[-1] for name in layers if name.endswith("conv1")]
    widths += [0] * (5 - len(widths))
    has_preprocess = "preprocess/kernel" in arrays
    image, activations = vgg.vgg_graph(
        tuple(widths),
        layers,
        padding="reflect",
        preprocess=keras.layers.Conv2D(
            3, 1, name="preprocess", data_format="channels_last", dtype="float32"
        )
        if has_preprocess
        else vgg.caffe_input,
    )
    teacher = keras.Model(image, activations, name="teacher")
    vgg_weights.set_weights(teacher, arrays, str(source))
    teacher.trainable = False
    return teacher


@contextlib.contextmanager
def _download_advised() -> Iterator[None]:
    """What is said of VGG-19's weights where they are the teacher's."""
    try:
        yield
    except ValueError as error:
        reason = str(error).partition(":")[0]
        raise ValueError(
            f"teacher 'vgg19': {reason}; run 'tfnst download vgg19', set "
            f"{vgg_weights.WEIGHTS_VARIABLE}, or give another teacher's .npz"
        ) from None


def _arrays_and_layers(source: str | Path) -> tuple[dict[str, np.ndarray], list[str]]:
    remedy = "give vgg19, or the .npz of a network of its shape"
    arrays = vgg_weights.read_weights(Path(source), "weights of the teacher", remedy)
    layers = [name for name in LAYERS if arrays.get(f"{name}/kernel", np.empty(0)).ndim == 4]
    if not layers or layers != list(LAYERS[: len(layers)]):
        raise ValueError(f"teacher {str(source)!r} has no layers named as VGG-19's, in order")
    return arrays, layers


def distill(
    teacher: str | Path,
    photos: photo_folder.PhotoFolder,
    output: Path,
    settings: DistillationSettings = DistillationSettings(),
    credit: str = "",
    callbacks: Sequence[keras.callbacks.Callback] = (),
) -> Generator[DistillationProgress, None, None]:
    """Train VGG-19-lite to paint as a teacher does; write its float16 weights.

    Beside them stand a log (`.log.jsonl`), a model card (`.md`) and checkpoints (`.checkpoints`),
    all of them renewed while it runs. A run that finds checkpoints goes on from the last as if it
    had not stopped: the same crops and questions, and the same schedule, or that of more steps.

    Args:
        teacher: "vgg19", or the `.npz` of a VGG-shaped network.
        photos: what it learns from.
        output: the file of weights, an `.npz`.
        settings: see `DistillationSettings`.
        credit: of the photos and the teacher, for the model card.
        callbacks: of Keras, as for `fit`; a report is an epoch to them, and they may stop it.

    Yields:
        A report every `log_every` steps; taking the next one trains on.

    Raises:
        ValueError: before it begins, for arguments of other types, a teacher that cannot be read,
            another ending than `.npz`, files that would be overwritten, or checkpoints of another
            training.
    """
    devices.require_tensorflow("distillation")
    fitting.require_arguments(photos, settings, DistillationSettings, callbacks)
    require_room(output)
    origin = str(teacher) if str(teacher) == "vgg19" else files.sha256(teacher)
    origins = {"teacher": teacher, "credit": credit}
    run = DistillationRun(load_teacher(teacher), photos, output, settings, callbacks, origins)
    return run.begin(settings, teacher=origin, photos=photos.sha256)


def require_ready(teacher: str | Path, folders: photo_folder.Folders, output: Path) -> None:
    """ValueError for what can be told without a look at the photos, of which there may be many."""
    photo_folder.require_folders(folders)
    require_room(output)
    if str(teacher) == "vgg19":
        with _download_advised():
            vgg_weights.weights_file("vgg19")
    else:
        _arrays_and_layers(teacher)


def require_room(output: Path) -> None:
    """ValueError where a distillation would write over something, or under a wrong name."""
    if output.suffix != ".npz":
        raise ValueError(f"output is {str(output)!r}; end its name in .npz")
    log, card = model_card.log_file(output), output.with_suffix(".md")
    checkpoints.require_room(output, True, card, log)


def learning_rate(
    settings: DistillationSettings, local_steps: int
) -> keras.optimizers.schedules.LearningRateSchedule:
    """Falls to zero along a cosine in each of the stages, from a tenth in the second."""
    first = local_steps or settings.steps
    return keras.optimizers.schedules.CosineDecayRestarts(
        settings.learning_rate,
        first_decay_steps=first,
        t_mul=max(1, settings.steps - first) / first,
        m_mul=0.1,
    )


class DistillationRun(fitting.Run):
    """The training of a student; `origins` are what its card names."""

    def __init__(
        self,
        teacher: keras.Model,
        photos: photo_folder.PhotoFolder,
        output: Path,
        settings: DistillationSettings,
        callbacks: Sequence[keras.callbacks.Callback] = (),
        origins: Mapping[str, Any] = MappingProxyType({}),
    ) -> None:
        keras.utils.set_random_seed(settings.seed)
        self.photos, self.origins = photos, origins
        self.distiller = distiller = Distiller(teacher, settings)
        (first,) = DistillationBatches(photos, settings, 1)[0]
        distiller.calibrate(first)
        distiller.answers(first)  # which builds the heads
        # LAMB's step is a share of the layer's own size: the first layers, with few large weights,
        # and the last, with many small ones, need rates a factor of ten apart under Adam.
        rate = learning_rate(settings, distiller.local_steps)
        distiller.compile(keras.optimizers.Lamb(rate, global_clipnorm=1.0), jit_compile=False)
        distiller.optimizer.build(distiller.trainable_variables)
        super().__init__(distiller, output, settings, callbacks)

    def batches(self, count: int) -> DistillationBatches:
        """Disturbed crops."""
        return DistillationBatches(self.photos, self.settings, count, self.clock.step)

    def before_steps(self) -> None:
        """Choose the stage."""
        self.distiller.stage(self.clock.step)

    def next_steps(self) -> int:
        """The steps to the next report, all of one stage."""
        count, remaining = super().next_steps(), self.distiller.local_steps - self.clock.step
        return min(count, remaining) if remaining > 0 else count

    def schedule(self) -> dict[str, Any]:
        """With the length of the first stage."""
        return super().schedule() | {"local_steps": self.distiller.local_steps}

    def go_on(self, noted: dict[str, Any]) -> None:
        """Take over the clock, and that the first stage is over: a longer run has no second one."""
        super().go_on(noted)
        if self.clock.step >= noted["local_steps"]:
            local_steps = min(self.distiller.local_steps, noted["local_steps"])
            self.distiller.local_steps = local_steps
            self.distiller.optimizer.learning_rate = learning_rate(self.settings, local_steps)

    def report(self, means: dict[str, float]) -> DistillationProgress:
        """The errors."""
        return DistillationProgress(
            step=self.clock.step,
            steps=self.settings.steps,
            activation_error=means["activations"],
            gradient_error=None if self.distiller.local else means["gradients"],
            seconds=self.clock.seconds,
        )

    def write(self) -> None:
        """Write the student's weights."""
        model_card.write_weights(self.output, self.distiller.student)

    def write_card(self, latest: DistillationProgress) -> None:
        """Write the card beside the weights."""
        model_card.write_card(
            self.output, photos=self.photos, progress=latest, settings=self.settings, **self.origins
        )
