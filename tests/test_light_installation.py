"""Tests of the light installation: exported files run where there is no TensorFlow and no Keras."""

from __future__ import annotations

import importlib.metadata
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.conftest import ROOT, install
from tfnst import assets, images
from tfnst.cli.terminal import HEAVY

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

FILE = ROOT / "saved_models" / "gallery" / "gallery_256_float16.tflite"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
GROUP = PROJECT["dependency-groups"]["lite"]

Run = Callable[..., "subprocess.CompletedProcess[str]"]


def names(requirements: list[str]) -> set[str]:
    return {canonicalize_name(Requirement(line).name) for line in requirements}


def closure(requirements: list[str]) -> dict[str, importlib.metadata.Distribution]:
    """What they require, and what that requires, as it is installed here, by name."""
    distributions: dict[str, importlib.metadata.Distribution] = {}
    waiting = [Requirement(line) for line in requirements]
    while waiting:
        name = canonicalize_name(waiting.pop().name)
        if name not in distributions:
            distributions[name] = importlib.metadata.distribution(name)
            inner = map(Requirement, distributions[name].requires or ())
            waiting += [r for r in inner if not r.marker or r.marker.evaluate({"extra": ""})]
    return distributions


@pytest.fixture(scope="module")
def light(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The programs of an environment of the wheel and the group `lite`, and nothing else."""
    home = tmp_path_factory.mktemp("light") / "venv"
    site = install(wheel, home)
    for distribution in closure(GROUP).values():
        for file in distribution.files or ():
            if ".." not in file.parts:  # those are programs
                (site / file).parent.mkdir(parents=True, exist_ok=True)
                (site / file).symlink_to(Path(str(distribution.locate_file(file))).resolve())
    return home / "bin"


@pytest.fixture
def run(light: Path, tmp_path: Path) -> Run:
    """Call a program of that environment, in an empty folder but for `photo.png`."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "TFNST"))}
    images.save(tmp_path / "photo.png", images.load(assets.photo(), 96).rgb)

    def call(program: str, *arguments: object) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [light / program, *map(str, arguments)],
            capture_output=True,
            text=True,
            cwd=tmp_path,
            env=environment,
        )

    return call


def test_the_group_is_all_dependencies_but_the_heavy_ones_and_litert() -> None:
    dependencies = {Requirement(line).name for line in PROJECT["project"]["dependencies"]}
    assert names(GROUP) == dependencies - set(HEAVY) | {"ai-edge-litert"}
    assert set(GROUP) <= {
        *PROJECT["project"]["dependencies"],
        *PROJECT["project"]["optional-dependencies"]["lite"],
    }


def test_the_environment_lacks_what_is_heavy(run: Run) -> None:
    code = "import importlib.util as u; print([n for n in {} if u.find_spec(n)])"
    assert run("python", "-c", code.format(HEAVY)).stdout == "[]\n"


def test_the_guide_installs_that_group() -> None:
    guide = (ROOT / "docs" / "guides" / "lite.md").read_text("utf-8")
    (line,) = re.findall(r"^pip install (ai-edge-litert .*)$", guide, re.MULTILINE)
    assert set(line.split()) == names(GROUP)


def test_python_paints(run: Run, tmp_path: Path) -> None:
    code = (
        "import sys, tfnst; from tfnst.lite import Stylizer\n"
        "photo = tfnst.load('photo.png').rgb\n"
        "tfnst.save('out.png', Stylizer(sys.argv[1]).stylize(photo, 'scream'))"
    )
    ended = run("python", "-c", code, FILE)
    assert (ended.returncode, ended.stderr) == (0, "")
    painted, photo = (images.load(tmp_path / name).rgb for name in ("out.png", "photo.png"))
    assert painted.shape == photo.shape and abs(painted - photo).mean() > 0.05


@pytest.mark.parametrize(
    "options",
    [
        ("--style", "scream", "--keep-color", "--strength", "0.5", "-o", "out.webp"),
        ("--morph", "scream,udnie", "--frames", "2", "-o", "out.gif"),
        ("--help",),
    ],
)
def test_apply_paints(run: Run, options: tuple[str, ...]) -> None:
    ended = run("tfnst", "apply", "photo.png", "--lite", FILE, *options)
    assert (ended.returncode, ended.stderr) == (0, "") and ended.stdout


def test_verify_tries_tflite_files(run: Run, tmp_path: Path) -> None:
    shutil.copytree(FILE.parent, tmp_path / "gallery")
    ended = run("tfnst", "verify", "gallery")
    assert (ended.returncode, ended.stderr) == (0, "")
    assert re.search(rf"^{FILE.name} +\d+\.\d dB$", ended.stdout, re.MULTILINE)
    (tmp_path / "gallery" / FILE.name).write_bytes(b"TFL3")
    assert run("tfnst", "verify", "gallery").returncode == 1


@pytest.mark.parametrize(
    "command",
    [
        ("stylize", "photo.png", "photo.png", "-o", "out.png"),
        ("apply", "photo.png", "--style", "scream", "-o", "out.png"),
        ("export", "gallery", "-o", "exported"),
        ("info",),
    ],
)
def test_what_needs_tensorflow_says_so(run: Run, command: tuple[str, ...]) -> None:
    ended = run("tfnst", *command)
    line = f"tfnst: keras is missing; pip install {' '.join(HEAVY)}\n"
    assert (ended.returncode, ended.stdout, ended.stderr) == (1, "", line)
