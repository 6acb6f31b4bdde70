"""Tests of the package as a whole: the line its imports follow, and the wheel."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

from tests.conftest import make_runtime
from tfnst import assets, images
from tfnst.export import studio

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "tfnst"
MODULES = sorted(file.stem for file in PACKAGE.glob("[!_]*.py"))
PARTS = [file.parent.name for file in PACKAGE.glob("*/__init__.py")]
# Each may import those before it. The first two import none.
LINE = (
    "assets",
    "terminal",
    "leftovers",
    "processor",
    "serving",
    "files",
    "archives",
    "png",
    "jpeg",
    "gamut",
    "decoding",
    "images",
    "folders",
    "animation",
    "color",
    "datasets",
    "rows",
    "names",
    "processes",
    "lite",
    "memory",
    "saved_models",
    "verification",
    "studio",
    "latency",
    "features",
    "matrices",
    "registry",
    "losses",
    "settings",
    "canvas",
    "optimization",
    "provenance",
    "looks",
    "jobs",
    "recipe",
    "plots",
    "painting",
    "layers",
    "architectures",
    "tiling",
    "networks",
    "conversion",
    "handbook",
    "exportable",
    "export",
    "cards",
    "checkpoints",
    "distillation",
    "training",
    "batches",
    "runs",
    "apply",
    "cli",
)


def source(module: str) -> ast.Module:
    """The file of a module, or all those of a package, as one."""
    file = PACKAGE / f"{module}.py"
    files = [file] if file.exists() else sorted((PACKAGE / module).glob("*.py"))
    trees = [ast.parse(file.read_text("utf-8")) for file in files]
    return ast.Module([node for tree in trees for node in tree.body], [])


def imports(module: str) -> set[str]:
    """The modules of tfnst that one imports when it runs, also within functions."""
    found: set[str] = set()
    tree = source(module)
    for_types = [
        node
        for block in ast.walk(tree)
        if isinstance(block, ast.If) and ast.unparse(block.test) == "TYPE_CHECKING"
        for node in ast.walk(block)
    ]
    for node in ast.walk(tree):
        if node in for_types:
            continue
        if isinstance(node, ast.Import):
            names = [name.name for name in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module}: a relative import"
            names = (
                [f"tfnst.{name.name}" for name in node.names]
                if node.module == "tfnst"
                else [node.module or ""]
            )
        else:
            continue
        found |= {name.split(".")[1] for name in names if name.startswith("tfnst.")}
    return found - {module}


def test_the_line_holds_every_module() -> None:
    assert sorted(LINE) == sorted([*MODULES, *PARTS])


@pytest.mark.parametrize("module", LINE)
def test_imports_point_backwards_along_the_line(module: str) -> None:
    allowed = set(LINE[: LINE.index(module)])
    assert imports(module) <= allowed, f"{module} imports {sorted(imports(module) - allowed)}"


@pytest.mark.parametrize("module", ["assets", "terminal"])
def test_leaves_import_nothing_of_the_package(module: str) -> None:
    assert imports(module) == set()


def test_imports_are_seen() -> None:
    assert {"features", "images", "settings"} <= imports("optimization")
    assert {"recipe", "terminal", "distillation"} <= imports("cli")


@pytest.mark.parametrize("module", ["__init__", *LINE])
def test_a_docstring_begins_with_one_sentence(module: str) -> None:
    first, *rest = (ast.get_docstring(source(module)) or "").splitlines()
    assert first[:1].isupper() and first.endswith(".")
    assert ". " not in first and len(first) <= 97
    assert not rest or rest[0] == ""


def test_only_what_paints_starts_tensorflow() -> None:
    light = "tfnst, tfnst.images, tfnst.synthesis.settings, tfnst.images.figures, tfnst.cli.terminal, tfnst.cli"
    code = (
        f"import sys, {light}, tfnst.assets, tfnst.training.photo_folder\n"
        "assert 'StyleTransfer' in dir(tfnst)\n"
        "started = {'tensorflow', 'keras'} & set(sys.modules)\n"
        "assert not started, started\n"
        "assert tfnst.load is tfnst.images.load and tfnst.Settings().size == 512\n"
        "assert 'tensorflow' not in sys.modules\n"
        "assert tfnst.stylize.__module__ == 'tfnst.synthesis.style_transfer'\n"
        "assert 'tensorflow' in sys.modules\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_an_unknown_name_lists_the_known() -> None:
    import tfnst

    with pytest.raises(AttributeError, match="no attribute 'Stylise'; it has FeatureExtractor, "):
        tfnst.Stylise  # noqa: B018
    for name in tfnst.__all__:
        assert getattr(tfnst, name).__module__.startswith("tfnst.")


# The wheel


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "-o", folder, ROOT]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    (built,) = folder.glob("*.whl")
    return built


def test_the_wheel_holds_the_package_and_nothing_else(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        (metadata,) = (name for name in names if name.endswith(".dist-info/METADATA"))
        about = archive.read(metadata).decode()
        info = metadata.rsplit("/", 1)[0]
        assert archive.read(f"{info}/licenses/LICENSE") == (ROOT / "LICENSE").read_bytes()
        assert "tfnst = tfnst.cli:main" in archive.read(f"{info}/entry_points.txt").decode()
    assert wheel.name.endswith("-py3-none-any.whl")
    assert "License-Expression: Apache-2.0" in about
    assert "Requires-Dist: tensorflow>=" in about
    expected = {f"tfnst/{module}.py" for module in ("__init__", *MODULES)}
    expected |= {
        "tfnst/assets/__init__.py",
        "tfnst/assets/vgg19_lite.npz",
        "tfnst/assets/vgg19_lite.md",
        "tfnst/assets/gallery.npz",
        "tfnst/assets/gallery.md",
        "tfnst/assets/gallery.csv",
    }
    expected |= {f"tfnst/assets/artworks/{name}.jpg" for name in assets.NAMES}
    expected |= {f"tfnst/assets/web/{name}" for name in (*studio.PAGES, studio.WORKER)}
    painters = ("card.json", "gallery_512_float16.tflite", "thumbnails/scream.jpg")
    expected |= {f"tfnst/assets/exported/{name}" for name in painters}
    assert expected <= set(names)
    assert {name.split("/")[0] for name in names} == {"tfnst", info}
    assert not [name for name in names if "__pycache__" in name or name.endswith(".pyc")]
    assert wheel.stat().st_size < 8_000_000


def test_every_third_party_import_is_a_dependency(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        (metadata,) = (n for n in archive.namelist() if n.endswith(".dist-info/METADATA"))
        about = archive.read(metadata).decode()
    optional = ("extra == 'lite'", "extra == 'export'")
    lines = [
        line for line in about.splitlines() if "extra ==" not in line or line.endswith(optional)
    ]
    declared = {
        line.removeprefix("Requires-Dist: ").split(">")[0]
        for line in lines
        if line.startswith("Requires-Dist: ")
    }
    imported = {
        name.name.split(".")[0]
        if isinstance(node, ast.Import)
        else (node.module or "").split(".")[0]
        for module in ("__init__", *LINE)
        for node in ast.walk(source(module))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in node.names
    }
    others = imported - set(sys.stdlib_module_names) - {"tfnst"}
    distributions = {"PIL": "pillow"}
    assert {distributions.get(name, name.replace("_", "-")) for name in others} <= declared


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the programs of an environment that holds the wheel and its dependencies."""
    home = tmp_path_factory.mktemp("environment") / "venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", home], check=True)
    scripts = home / "bin"
    command = [sys.executable, "-m", "pip", "--python", scripts / "python", "install", "--no-deps"]
    done = subprocess.run(
        [*command, "--no-index", "--disable-pip-version-check", "--quiet", wheel],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    (site,) = home.glob("lib/python*/site-packages")
    # Appended to the path after the wheel; .pth files over there, as of an editable tfnst, are
    # not followed.
    (site / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return scripts


def test_the_installed_wheel_paints(installed: Path, tmp_path: Path) -> None:
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "TFNST"))}

    def call(*command: str | Path) -> str:
        done = subprocess.run(
            command, capture_output=True, text=True, cwd=tmp_path, env=environment
        )
        assert done.returncode == 0, done.stderr
        assert done.stderr == ""
        return done.stdout.strip()

    where = call(installed / "python", "-c", "import tfnst; print(tfnst.__file__)")
    assert Path(where).is_relative_to(installed.parent)
    script = (installed / "tfnst").read_text("utf-8")
    assert script.startswith(f"#!{installed / 'python'}")
    options = ["--size", "48", "--steps", "3", "--network", "vgg19-lite", "--quiet"]
    call(
        installed / "tfnst",
        "stylize",
        assets.photo(),
        assets.artwork("swirl"),
        "-o",
        "a.png",
        "--paths",
        *options,
    )
    picture = images.load(tmp_path / "a.png")
    assert max(picture.rgb.shape) == 48 and picture.recipe
    assert str(installed.parent) in picture.recipe  # the weights were the wheel's own
    same = call(installed / "python", "-m", "tfnst", "repeat", "a.png", "--quiet")
    assert same == "a.png: the same, byte for byte"
    where = call(installed / "python", "-c", "from tfnst import studio; print(studio.GALLERY)")
    lite = Path(where, "gallery_256_float16.tflite")
    call(installed / "tfnst", "apply", "a.png", "--lite", lite, "--style", "scream", "-qo", "b.png")
    assert images.load(tmp_path / "b.png").rgb.shape == picture.rgb.shape
    make_runtime(tmp_path / studio.LITERT)
    call(
        installed / "python",
        "-c",
        "from pathlib import Path; from tfnst import studio; "
        "studio.write(studio.GALLERY, Path('site'), studio.runtime())",
    )
    assert (tmp_path / "site" / "model" / "example.png").is_file()
