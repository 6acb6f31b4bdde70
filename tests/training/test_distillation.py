"""Tests of distillation: teachers against NumPy, short distillations of small pictures."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from tests.conftest import run_eagerly
from tfnst.features import vgg, vgg_architecture
from tfnst.training import checkpoints, distillation
from tfnst.training.distiller import Distiller
from tfnst.training.photo_folder import PhotoFolder
from tfnst.training.progress import DistillationProgress
from tfnst.training.settings import DistillationSettings

LITE = vgg_architecture.ARCHITECTURES["vgg19-lite"]
NARROW, WIDE = (4, 8, 8, 8, 8), (24, 40, 8, 8, 8)


def network(
    widths: tuple[int, ...], count: int, seed: int = 0, preprocess: bool = False
) -> dict[str, np.ndarray]:
    """The first `count` convolutions of a random VGG-19 of some widths, for inputs of unit size."""
    random = np.random.default_rng(seed)
    arrays, before = {}, 3
    if preprocess:
        arrays["preprocess/kernel"] = random.normal(0, 1, (1, 1, 3, 3)).astype("f")
        arrays["preprocess/bias"] = random.normal(0, 0.5, 3).astype("f")
    for name in vgg_architecture.VGG19_LAYERS[:count]:
        width = widths[int(name[5]) - 1]
        kernel = random.normal(0, np.sqrt(2 / (9 * before)), (3, 3, before, width))
        arrays[f"{name}/kernel"] = kernel.astype("f")
        arrays[f"{name}/bias"] = random.normal(0, 0.1, width).astype("f")
        before = width
    return arrays


def write(file: Path, arrays: dict[str, np.ndarray]) -> Path:
    np.savez(file, **arrays)
    return file


def picture(height: int = 32, width: int = 32, batch: int = 2, seed: int = 0) -> np.ndarray:
    """Blobs of colour: noise would be grey after the first pooling."""
    coarse = np.random.default_rng(seed).random((batch, 4, 4, 3), np.float32)
    return np.asarray(tf.image.resize(coarse, (height, width), "bicubic")).clip(0, 1)


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> PhotoFolder:
    folder = tmp_path_factory.mktemp("photos")
    for seed in range(3):
        pixels = (picture(40, 48, 1, seed)[0] * 255).astype(np.uint8)
        Image.fromarray(pixels).save(folder / f"{seed}.png")
    (folder / "notes.txt").write_text("no picture")
    return PhotoFolder([folder], smallest=32)


@pytest.fixture
def eager(monkeypatch: pytest.MonkeyPatch) -> None:
    run_eagerly(monkeypatch.setattr, Distiller)


without_graph = pytest.mark.usefixtures("eager")  # which the steps of tests are too few for


def settings(**changes: Any) -> DistillationSettings:
    return DistillationSettings(**{**dict(steps=4, batch=2, crop=48, log_every=2), **changes})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("learning_rate", -1),
        ("learning_rate", 0.0),
        ("local_share", 1.5),
        ("sobolev", float("nan")),
        ("batch", 2.5),
        ("crop", 47),
        ("seed", -1),
        ("steps", 0),
    ],
)
def test_settings_are_checked(name: str, value: Any) -> None:
    with pytest.raises(ValueError, match=rf"^{name} is {value}; use [^\n]*$"):
        DistillationSettings(**{name: value})


# Teachers.


def numpy_teacher(arrays: dict[str, np.ndarray], image: np.ndarray) -> dict[str, np.ndarray]:
    """Every activation, tap by tap, in float64."""
    arrays = {name: array.astype(np.float64) for name, array in arrays.items()}
    x = image.astype(np.float64)
    if "preprocess/kernel" in arrays:
        x = x @ arrays["preprocess/kernel"][0, 0] + arrays["preprocess/bias"]
    else:
        x = x[..., ::-1] * 255 - [103.939, 116.779, 123.68]
    activations = {}
    for name in vgg_architecture.VGG19_LAYERS:
        if f"{name}/kernel" not in arrays:
            break
        if name.endswith("conv1") and activations:
            height, width = x.shape[1] // 2, x.shape[2] // 2
            x = x[:, : 2 * height, : 2 * width].reshape(len(x), height, 2, width, 2, -1).max((2, 4))
        wide = np.pad(x, [(0, 0), (1, 1), (1, 1), (0, 0)], mode="reflect")
        x = arrays[f"{name}/bias"] + sum(
            wide[:, i : i + x.shape[1], j : j + x.shape[2]] @ arrays[f"{name}/kernel"][i, j]
            for i, j in itertools.product(range(3), repeat=2)
        )
        activations[name] = x = np.maximum(x, 0)
    return activations


@pytest.mark.parametrize("preprocess", [False, True])
def test_a_teacher_is_its_arrays_in_numpy(tmp_path: Path, preprocess: bool) -> None:
    arrays = network(NARROW, 13, preprocess=preprocess)
    teacher = distillation.load_teacher(write(tmp_path / "teacher.npz", arrays))
    image = picture(37, 34)
    expected = numpy_teacher(arrays, image)
    activations = teacher(image)
    assert list(activations) == list(expected) == list(LITE.layers)
    for name, activation in activations.items():
        difference = np.linalg.norm(activation - expected[name])
        assert difference < 1e-4 * np.linalg.norm(expected[name])
    assert teacher.trainable_variables == []


def test_a_teacher_may_be_shallow(tmp_path: Path) -> None:
    file = write(tmp_path / "teacher.npz", network(NARROW, 3))
    assert list(distillation.load_teacher(str(file)).output) == list(LITE.layers[:3])


def test_of_a_deeper_teacher_only_the_students_layers_count(tmp_path: Path) -> None:
    teacher = distillation.load_teacher(write(tmp_path / "teacher.npz", network(NARROW, 16)))
    assert list(teacher.output) == list(LITE.layers)


def test_vgg19_itself_is_a_teacher(monkeypatch: pytest.MonkeyPatch) -> None:
    """Asked for by its name, with its own weights, borders of zeros and the student's layers."""
    asked = []
    monkeypatch.setattr(vgg, "FeatureExtractor", lambda *args: asked.append(args))
    distillation.load_teacher("vgg19")
    assert asked == [("vgg19", LITE.layers)]


def drop(name: str) -> Callable[[dict[str, np.ndarray]], None]:
    return lambda arrays: arrays.__delitem__(name)


def put(name: str, *shape: int) -> Callable[[dict[str, np.ndarray]], None]:
    return lambda arrays: arrays.update({name: np.zeros(shape, "f")})


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (dict.clear, "teacher '.*teacher.npz' has no layers named as VGG-19's, in order"),
        (drop("block1_conv1/kernel"), "teacher '.*' has no layers named as VGG-19's, in order"),
        (drop("block1_conv2/kernel"), "teacher '.*' has no layers named as VGG-19's, in order"),
        (put("block1_conv1/kernel"), "teacher '.*' has no layers named as VGG-19's, in order"),
        (drop("block2_conv1/bias"), "weights of .*teacher.npz: layer block2_conv1 needs"),
        (put("block1_conv2/kernel", 5, 5, 4, 4), "layer block1_conv2 needs .*found.*5, 5, 4, 4"),
        (put("block1_conv2/kernel", 3, 3, 9, 4), "layer block1_conv2 needs .*found.*3, 3, 9, 4"),
        (put("preprocess/kernel", 1, 1, 3, 3), "layer preprocess needs"),
    ],
)
def test_a_teacher_of_another_make_is_told_in_one_line(
    tmp_path: Path, change: Any, message: str
) -> None:
    arrays = network(NARROW, 3)
    change(arrays)
    file = write(tmp_path / "teacher.npz", arrays)
    with pytest.raises(ValueError, match=rf"{message}.*\Z"):
        distillation.load_teacher(file)


def test_a_teacher_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"none\.npz' do not exist"):
        distillation.load_teacher(tmp_path / "none.npz")


# Distillation.


def distilled(
    teacher: Path, photos: PhotoFolder, output: Path, chosen: DistillationSettings, **more: Any
) -> list[DistillationProgress]:
    return list(distillation.distill(teacher, photos, output, chosen, **more))


def weights_in(file: Path) -> dict[str, np.ndarray]:
    with np.load(file) as arrays:
        return {name: arrays[name] for name in arrays.files}


@without_graph
def test_a_whole_student_is_distilled_and_written(tmp_path: Path, photos: PhotoFolder) -> None:
    """All 13 layers of the teacher's widths: a step of each by itself, and two together."""
    teacher = write(tmp_path / "teacher.npz", network(LITE.widths, 13, preprocess=True))
    output = tmp_path / "student.npz"
    chosen = settings(steps=3, local_share=0.34, log_every=1)
    reports = distilled(teacher, photos, output, chosen, credit="Photos by nobody, CC0.")
    assert [(report.step, report.steps) for report in reports] == [(1, 3), (2, 3), (3, 3)]
    assert all(np.isfinite(report.activation_error) for report in reports)
    assert [r.gradient_error is not None for r in reports] == [False, True, True]
    assert reports[0].seconds < reports[1].seconds < reports[2].seconds

    arrays = weights_in(output)
    assert list(arrays) == list(network(LITE.widths, 13))
    assert {array.dtype for array in arrays.values()} == {np.dtype(np.float16)}
    extractor = vgg.FeatureExtractor("vgg19-lite", LITE.layers, weights=output)
    for name, activation in extractor(picture()).items():
        assert np.isfinite(activation).all()
        kernel = extractor.get_layer(name).get_weights()[0]
        np.testing.assert_array_equal(kernel, arrays[f"{name}/kernel"])

    log = Path(f"{output}.log.jsonl").read_text("utf-8").splitlines()
    assert [json.loads(line)["step"] for line in log] == [1, 2, 3]
    last = json.loads(log[-1])
    assert last["activation_error"] == reports[-1].activation_error
    assert last["gradient_error"] == reports[-1].gradient_error
    card = output.with_suffix(".md").read_text("utf-8")
    for text in (
        "# VGG-19-lite",
        "`teacher.npz`",
        "3 pictures",
        "1 files skipped",
        "3 of 3 steps",
        "| crop | 48 |",
        f"activations {reports[-1].activation_error:.4f}",
        f"gradients\n{reports[-1].gradient_error:.4f}",
        "Photos by nobody, CC0.",
    ):
        assert text in card
    leftovers = {file.name for file in tmp_path.iterdir()}
    assert leftovers == {
        "teacher.npz",
        "student.npz",
        "student.npz.log.jsonl",
        "student.npz.checkpoints",
        "student.md",
    }


@without_graph
@pytest.mark.parametrize("widths", [WIDE, NARROW])
def test_a_teacher_of_other_widths_is_heard_through_heads(
    tmp_path: Path, photos: PhotoFolder, widths: tuple[int, ...]
) -> None:
    teacher = write(tmp_path / "teacher.npz", network(widths, 3))
    distiller = Distiller(distillation.load_teacher(teacher), settings())
    assert list(distiller.heads) == list(LITE.layers[:3])
    assert distiller.local_steps == 0
    image = tf.constant(picture())
    distiller.calibrate(image)
    targets = distiller.targets(image)
    for name, answer in distiller.answers(image).items():
        assert answer.shape == targets[name].shape
    reports = distilled(teacher, photos, tmp_path / "student.npz", settings())
    assert all(np.isfinite([r.activation_error, r.gradient_error]).all() for r in reports)
    names = {name.partition("/")[0] for name in weights_in(tmp_path / "student.npz")}
    assert names == set(LITE.layers[:3])
    layers = list(LITE.layers[:3])
    assert vgg.FeatureExtractor("vgg19-lite", layers, weights=tmp_path / "student.npz")


@pytest.mark.parametrize("local_share", [1.0, 0.0])
def test_errors_fall_while_it_learns(
    tmp_path: Path, photos: PhotoFolder, local_share: float
) -> None:
    """Of the same crops before and after, each layer by itself and all together."""
    teacher = write(tmp_path / "teacher.npz", network(LITE.widths, 3, preprocess=True))
    chosen = settings(steps=40, batch=4, local_share=local_share, learning_rate=5e-2, log_every=10)
    reports = distilled(teacher, photos, tmp_path / "student.npz", chosen)
    errors = [report.activation_error for report in reports]
    assert errors[-1] < 0.7 * errors[0]
    if not local_share:
        assert reports[-1].gradient_error < 0.9 * reports[0].gradient_error


@without_graph
def test_a_run_that_was_stopped_ends_as_one_that_was_not(
    tmp_path: Path, photos: PhotoFolder
) -> None:
    """In both stages of the training.

    The same crops, questions and schedule; what is left are sums that threads take in another
    order, and rounding to float16.
    """
    teacher = write(tmp_path / "teacher.npz", network(LITE.widths, 3))
    chosen = settings(steps=8, local_share=0.5)
    whole = distilled(teacher, photos, tmp_path / "whole.npz", chosen)
    output = tmp_path / "parts.npz"
    parts = []
    for count in (1, 2, 9):
        run = distillation.distill(teacher, photos, output, chosen)
        parts += list(itertools.islice(run, count))
        run.close()
        # What a resumed run does not ask for must not matter to it.
        keras.utils.set_random_seed(100 + count)
    assert [report.step for report in parts] == [2, 4, 6, 8] == [r.step for r in whole]
    for one, other in zip(parts, whole, strict=True):
        assert one.activation_error == pytest.approx(other.activation_error, rel=1e-3)
        if one.gradient_error is None:
            assert other.gradient_error is None
        else:
            assert one.gradient_error == pytest.approx(other.gradient_error, rel=1e-3)
    expected = weights_in(tmp_path / "whole.npz")
    for name, value in weights_in(output).items():
        np.testing.assert_allclose(value, expected[name], rtol=5e-3, atol=1e-3)
    before = output.read_bytes()
    assert distilled(teacher, photos, output, chosen) == [], "there is nothing left to do"
    assert output.read_bytes() == before


@without_graph
def test_checkpoints_of_another_training_are_refused(tmp_path: Path, photos: PhotoFolder) -> None:
    teacher = write(tmp_path / "teacher.npz", network(LITE.widths, 1))
    output = tmp_path / "student.npz"
    distilled(teacher, photos, output, settings(steps=1, local_share=1.0))
    before = output.read_bytes()
    with pytest.raises(ValueError, match=r"another training \(seed was 0\)"):
        distilled(teacher, photos, output, settings(steps=2, local_share=1.0, seed=3))
    assert output.read_bytes() == before


@without_graph
def test_the_seed_tells_which_student_comes_out(tmp_path: Path, photos: PhotoFolder) -> None:
    teacher = write(tmp_path / "teacher.npz", network(LITE.widths, 1))
    kernels = []
    for number, seed in enumerate((0, 0, 1)):
        output = tmp_path / f"{number}.npz"
        distilled(teacher, photos, output, settings(steps=1, local_share=1.0, seed=seed))
        kernels.append(weights_in(output)["block1_conv1/kernel"])
    np.testing.assert_allclose(kernels[0], kernels[1], atol=1e-3)
    assert np.abs(kernels[0] - kernels[2]).max() > 0.1


@without_graph
def test_a_finished_run_can_be_lengthened(tmp_path: Path, photos: PhotoFolder) -> None:
    """It is not taken back to the stage in which layers learn by themselves, however often."""
    teacher = write(tmp_path / "teacher.npz", network(LITE.widths, 3))
    output = tmp_path / "student.npz"
    distilled(teacher, photos, output, settings(steps=4, local_share=0.5))
    before = weights_in(output)
    longer = settings(steps=10, local_share=0.5)
    run = distillation.distill(teacher, photos, output, longer)
    reports = [next(run)]
    run.close()
    assert checkpoints.schedule(output)["steps"] == 10
    reports += distilled(teacher, photos, output, longer)
    assert [report.step for report in reports] == [6, 8, 10]
    assert None not in [report.gradient_error for report in reports]
    changes = [np.abs(value - before[name]).max() for name, value in weights_in(output).items()]
    assert min(changes) > 0
    log = Path(f"{output}.log.jsonl").read_text("utf-8").splitlines()
    assert [json.loads(line)["step"] for line in log] == [2, 4, 6, 8, 10]


@without_graph
def test_a_run_may_be_lengthened_within_its_first_stage(
    tmp_path: Path, photos: PhotoFolder
) -> None:
    teacher = write(tmp_path / "teacher.npz", network(LITE.widths, 1))
    output = tmp_path / "student.npz"
    run = distillation.distill(teacher, photos, output, settings(steps=8, local_share=0.5))
    next(run)
    run.close()
    reports = distilled(teacher, photos, output, settings(steps=12, local_share=0.5))
    assert [r.step for r in reports if r.gradient_error is None] == [4, 6]
    assert reports[-1].step == 12


@without_graph
def test_a_report_is_of_one_stage(tmp_path: Path, photos: PhotoFolder) -> None:
    teacher = write(tmp_path / "teacher.npz", network(LITE.widths, 1))
    chosen = settings(steps=7, local_share=0.4, log_every=2)
    reports = distilled(teacher, photos, tmp_path / "student.npz", chosen)
    assert [(r.step, r.gradient_error is None) for r in reports] == [
        *((2, True), (3, True)),
        *((4, False), (6, False), (7, False)),
    ]


@without_graph
@pytest.mark.parametrize("lost", ["student.npz", "state.weights.h5"])
def test_whatever_dies_at_the_end_is_written_by_a_rerun(
    lost: str, tmp_path: Path, photos: PhotoFolder
) -> None:
    teacher = write(tmp_path / "teacher.npz", network(LITE.widths, 1))
    output, chosen = tmp_path / "student.npz", settings(steps=2, local_share=1.0)
    distilled(teacher, photos, output, chosen)
    before = weights_in(output)
    (file,) = tmp_path.rglob(lost)
    file.unlink()
    distilled(teacher, photos, output, chosen)
    assert checkpoints.state_file(output).exists()
    for name, value in weights_in(output).items():
        np.testing.assert_allclose(value, before[name], rtol=5e-3, atol=1e-3)


@without_graph
def test_callbacks_see_the_whole_distillation(tmp_path: Path, photos: PhotoFolder) -> None:
    teacher = write(tmp_path / "teacher.npz", network(LITE.widths, 1))
    epochs: list[tuple[int, float]] = []
    diary = keras.callbacks.LambdaCallback(
        on_epoch_end=lambda epoch, logs: epochs.append((epoch, logs["activations"]))
    )
    board = keras.callbacks.TensorBoard(tmp_path / "board")
    output = tmp_path / "student.npz"
    reports = distilled(teacher, photos, output, settings(), callbacks=[diary, board])
    assert epochs == [(n, report.activation_error) for n, report in enumerate(reports)]
    assert len(list((tmp_path / "board").rglob("events.*"))) == 1


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"settings": None}, r"settings is None; give DistillationSettings\(\)"),
        ({"photos": 3}, r"photos is 3; give a PhotoFolder"),
        ({"callbacks": [3]}, r"callbacks\[0\] is 3; give a callback of Keras"),
        ({"callbacks": None}, "callbacks is None; give a list"),
    ],
)
def test_arguments_of_other_types_are_named(
    tmp_path: Path, photos: PhotoFolder, changed: dict[str, Any], says: str
) -> None:
    teacher = write(tmp_path / "teacher.npz", network(LITE.widths, 1))
    arguments = {"photos": photos, "settings": settings()} | changed
    with pytest.raises(ValueError, match=rf"^{says}"):
        distillation.distill(teacher, output=tmp_path / "a.npz", **arguments)


def test_files_that_are_there_are_not_written_over(tmp_path: Path, photos: PhotoFolder) -> None:
    teacher = write(tmp_path / "teacher.npz", network(LITE.widths, 1))
    for name in ("student.npz", "student.md", "student.npz.log.jsonl"):
        (tmp_path / name).write_text("mine")
        with pytest.raises(ValueError, match=f"{name} exists and would be overwritten"):
            distillation.distill(teacher, photos, tmp_path / "student.npz", settings())
        (tmp_path / name).unlink()


def test_a_distillation_of_an_older_make_is_not_begun_anew(
    tmp_path: Path, photos: PhotoFolder
) -> None:
    """It left its student and a folder of TensorFlow's checkpoints."""
    teacher = write(tmp_path / "teacher.npz", network(LITE.widths, 1))
    output = write(tmp_path / "student.npz", network(LITE.widths, 1))
    before = output.read_bytes()
    checkpoint = tf.train.Checkpoint(step=tf.Variable(1))
    tf.train.CheckpointManager(checkpoint, f"{output}.checkpoints", max_to_keep=2).save()
    with pytest.raises(ValueError, match=r"distillation by tfnst 0\.1, .*use another --output"):
        distillation.distill(teacher, photos, output, settings())
    assert output.read_bytes() == before
