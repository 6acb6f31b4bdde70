"""What tests of several commands share."""

from __future__ import annotations

import gc
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pytest
from filelock import FileLock

from tfnst import cli, devices

if TYPE_CHECKING:
    from tfnst.export.bundle import Exported
    from tfnst.networks.any_style import AnyStyleNetwork
    from tfnst.networks.style_network import StyleNetwork

ROOT = Path(__file__).parents[1]

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # as the program itself does


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whole notebooks first: at the end one worker would be alone with one of them."""
    items.sort(key=lambda item: "test_a_notebook_runs_" not in item.name)


def pytest_collection_finish() -> None:
    """Have collections of garbage pass over all that imports have made, which is there to stay."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="module", autouse=True)
def graphs_as_traced() -> Iterator[None]:
    """Graphs run as they were traced: to optimise them takes longer than a few steps gain by it."""
    with as_traced():
        yield


def as_traced() -> AbstractContextManager[None]:
    """`devices.as_traced` where TensorFlow is at work, for fixtures that outlive a module's."""
    return devices.as_traced() if "tensorflow" in sys.modules else nullcontext()


def untrained(*styles: str, strokes: int = 1) -> StyleNetwork:
    """Styles unlike each other in a network of few channels; a deep one has both strokes."""
    import keras

    from tfnst.networks.settings import NetworkSettings
    from tfnst.networks.style_network import StyleNetwork

    keras.utils.set_random_seed(1)
    settings = NetworkSettings((0, 8, 12), 1)
    if strokes == 2:
        deep = ((0, 4, 6, 8, 8), 1, "light", 4)
        settings = NetworkSettings(*deep, refinements=(1, 1), seeds=True, strokes=2)
    made = StyleNetwork(styles, settings)
    random = np.random.default_rng(0)
    for weight in made.weights:
        if weight.name in ("gamma", "beta"):
            weight.assign(weight + random.normal(0, 0.3, weight.shape))
    return made


def untrained_any() -> AnyStyleNetwork:
    """A network of few channels for any artwork, whose encoder is what ships."""
    import keras

    from tfnst.networks.any_style import AnyStyleNetwork
    from tfnst.networks.settings import AnyStyleSettings

    keras.utils.set_random_seed(1)
    shape = AnyStyleSettings(
        dimensions=(4, 6, 8), widths=(4, 6, 8, 8), blocks=(1, 1, 1), middle=4, embedding=4
    )
    made = AnyStyleNetwork(shape)
    made.read_encoder()
    random = np.random.default_rng(0)
    made.calibrate([random.random((40, 48, 3), np.float32) for _ in range(3)])
    for weight in made.trainable_weights:
        weight.assign(weight + random.normal(0, 0.1, weight.shape))
    return made


@pytest.fixture(scope="session")
def any_network() -> AnyStyleNetwork:
    """For any artwork, untrained."""
    return untrained_any()


@pytest.fixture
def shallow(monkeypatch: pytest.MonkeyPatch) -> None:
    """Textures by the first layers at one scale: tracing all of them takes longer than the rest."""
    from tfnst.synthesis import texture_objective
    from tfnst.synthesis.settings import STYLE_LAYERS

    monkeypatch.setattr(texture_objective, "LAYERS", {1: STYLE_LAYERS[:2]})


@pytest.fixture(scope="session")
def small_network() -> StyleNetwork:
    """Two styles, untrained."""
    return untrained("wave", "night")


@pytest.fixture(scope="session")
def stroke_network() -> StyleNetwork:
    """Two styles, untrained, each in two sizes of strokes, in the shape of what ships."""
    return untrained("wave", "night", strokes=2)


def run_eagerly(replace: Callable[[object, str, object], None], trainer: type) -> None:
    """Steps of training without a graph, which takes longer to trace than a few steps take."""
    replace(trainer, "run_eagerly", property(lambda _: True, lambda _, value: None))


def untrace(replace: Callable[[object, str, object], None]) -> None:
    """`run_eagerly`, with one loss that is soon measured and a blank preview.

    For tests that are about files and clocks.
    """
    from keras import ops

    from tfnst.training import style_trainer, targets, training_run

    def measure(_: object, photo: Any, painted: Any, *__: object) -> dict[str, Any]:
        distance = ops.mean(ops.square(painted - photo), (1, 2, 3))
        return dict.fromkeys(targets.STYLE_TERMS, distance)

    blank = np.zeros((8, 8, 3), np.float32)
    run_eagerly(replace, style_trainer.StyleTrainer)
    replace(style_trainer.StyleTrainer, "measure", measure)
    replace(training_run.StyleRun, "preview", lambda run: blank)


@pytest.fixture
def untraced(monkeypatch: pytest.MonkeyPatch) -> None:
    """See `untrace`."""
    untrace(monkeypatch.setattr)


@contextmanager
def shared(factory: pytest.TempPathFactory, name: str) -> Iterator[Path]:
    """A folder that all workers of pytest-xdist have, one at a time: what is slow is made once."""
    base = factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        base = base.parent
    with FileLock(base / f"{name}.lock"):
        (base / name).mkdir(exist_ok=True)
        yield base / name


@pytest.fixture(scope="session")
def exported(
    small_network: StyleNetwork, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, list[Exported]]:
    """All formats of the small network, for 64 px and for any size; and what was reported."""
    from tfnst.export.bundle import FORMATS

    return _export(small_network, FORMATS, tmp_path_factory, "exports")


@pytest.fixture(scope="session")
def exported_strokes(
    stroke_network: StyleNetwork, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, list[Exported]]:
    """The usual formats of that with strokes, likewise."""
    from tfnst.export.bundle import ExportSettings

    return _export(stroke_network, ExportSettings().formats, tmp_path_factory, "strokes")


def _export(
    network: StyleNetwork, formats: tuple[Any, ...], factory: pytest.TempPathFactory, name: str
) -> tuple[Path, list[Exported]]:
    from tfnst.export.bundle import Exported, ExportSettings, export

    with as_traced(), shared(factory, name) as home:
        notes = home.with_suffix(".json")
        if not notes.exists():
            settings = ExportSettings(formats, ("64", "dynamic"))
            reports = list(export(network, "my", home / "my", settings, {"license": "CC0"}))
            notes.write_text(json.dumps([asdict(report) for report in reports]))
        return home / "my", [Exported(**report) for report in json.loads(notes.read_text())]


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The package as `make wheel` builds it."""
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "-o"]
    with shared(tmp_path_factory, "wheel") as folder:
        if not list(folder.glob("*.whl")):
            done = subprocess.run([*command, folder, ROOT], capture_output=True, text=True)
            assert done.returncode == 0, done.stdout + done.stderr
        (built,) = folder.glob("*.whl")
        return built


def install(wheel: Path, home: Path) -> Path:
    """A new environment that holds the wheel and nothing else; the folder of its packages."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", home], check=True)
    python = home / "bin" / "python"
    command = [sys.executable, "-m", "pip", "--python", python, "install", "--no-deps"]
    done = subprocess.run(
        [*command, "--no-index", "--disable-pip-version-check", "--quiet", wheel],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    (site,) = home.glob("lib/python*/site-packages")
    return site


def make_runtime(folder: Path) -> Path:
    """What npm would install of LiteRT.js, which runs nothing."""
    from tfnst.export import studio

    (folder / "core" / "dist").mkdir(parents=True)
    (folder / "core" / "wasm").mkdir()
    (folder / "wasm-utils" / "dist").mkdir(parents=True)
    (folder / "core" / "package.json").write_text(json.dumps({"version": studio.VERSION}))
    code = 'import { a } from "@litertjs/wasm-utils";\n//# sourceMappingURL=index.js.map'
    (folder / "core" / "dist" / "index.js").write_text(code)
    (folder / "wasm-utils" / "dist" / "index.js").write_text("export const a = 1;")
    for name in studio.RUNTIMES:
        (folder / "core" / "wasm" / f"{name}_internal.js").write_text(name)
        (folder / "core" / "wasm" / f"{name}_internal.wasm").write_text(name)
    return folder


def heeding(number: int) -> Callable[[], object]:
    """For `preexec_fn`: a runner in the background may ignore a signal, as its children then do."""
    return lambda: signal.signal(number, signal.SIG_DFL)


class Ended(NamedTuple):
    status: int
    out: str
    err: str


Call = Callable[..., Ended]


@pytest.fixture
def tfnst(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Call:
    """Call the command in this process; also what C++ code writes is captured."""

    def call(*arguments: object) -> Ended:
        monkeypatch.setattr(sys, "argv", ["tfnst", *map(str, arguments)])
        capfd.readouterr()
        with pytest.raises(SystemExit) as caught:
            cli.main()
        out, err = capfd.readouterr()
        return Ended(int(caught.value.code or 0), out, err)

    return call
