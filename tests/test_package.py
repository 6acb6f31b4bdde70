"""Tests of the package as a whole: the line its imports follow, and the wheel."""

from __future__ import annotations

import ast
import doctest
import graphlib
import importlib
import os
import re
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

import tfnst
from tests.conftest import install, make_runtime
from tfnst import assets, images
from tfnst.export import studio

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "tfnst"
FILES = sorted(PACKAGE.rglob("*.py"))
STUBS = sorted(PACKAGE.glob("*/__init__.pyi"))
# Each may import those before it, and the modules of a room each other, in no circle. `layers` and
# `lite` are short names of a module of the networks and of the export room; `assets` holds data.
ROOMS = (
    "arguments",
    "validation",
    "files",
    "devices",
    "tensors",
    "assets",
    "images",
    "features",
    "losses",
    "synthesis",
    "networks",
    "layers",
    "training",
    "export",
    "lite",
    "painting",
    "cli",
)


def module_name(file: Path) -> str:
    """Of a file, such as "images.decoding"; a package goes by its own name."""
    parts = file.relative_to(PACKAGE).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {name: file for file in FILES if (name := module_name(file)) not in ("", "__main__")}


def imports(module: str) -> set[str]:
    """The modules of tfnst that one imports, also within functions and for types alone."""
    imported: set[str] = set()
    for node in ast.walk(ast.parse(MODULES[module].read_text("utf-8"))):
        if isinstance(node, ast.Import):
            imported |= {name.name for name in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module}: a relative import"
            inner = {f"{node.module}.{name.name}" for name in node.names}
            modules = {name for name in inner if name.removeprefix("tfnst.") in MODULES}
            imported |= modules or {node.module or ""}
    within = {name.removeprefix("tfnst.") for name in imported if name.startswith("tfnst.")}
    return within - {module}


def room(module: str) -> str:
    return module.split(".")[0]


def test_every_module_lies_in_a_room() -> None:
    assert {room(module) for module in MODULES} == set(ROOMS)


@pytest.mark.parametrize("module", MODULES)
def test_imports_point_one_way(module: str) -> None:
    allowed = ROOMS[: ROOMS.index(room(module)) + 1]
    wrong = {name for name in imports(module) if room(name) not in allowed}
    assert not wrong, f"{module} imports {sorted(wrong)}"


def test_only_commands_print_and_leave() -> None:
    # What runs as a process of its own ends with what it has to say to the one that began it.
    ends = {"export.saved_models": {"SystemExit"}}
    for module, file in MODULES.items():
        nodes = list(ast.walk(ast.parse(file.read_text("utf-8"))))
        names = {node.id for node in nodes if isinstance(node, ast.Name)}
        names |= {node.attr for node in nodes if isinstance(node, ast.Attribute)}
        spoken = names & {"print", "stdout", "exit", "_exit", "SystemExit"}
        assert room(module) == "cli" or spoken == ends.get(module, set()), module


def test_imports_go_in_no_circle() -> None:
    graph = {module: imports(module) for module in MODULES}
    order = list(graphlib.TopologicalSorter(graph).static_order())
    assert len(order) == len(MODULES)


def test_what_keras_classes_rest_on_registers_them_when_it_brings_keras() -> None:
    classes = {
        "networks.style_network",
        "networks.any_style",
        "networks.random_style",
        "features.vgg",
    }
    foundations, rest = set(classes), set(classes)
    while rest:
        rest = set().union(*map(imports, rest)) - foundations
        foundations |= rest
    users = {
        name
        for name in foundations
        if re.search("^(import|from) keras", MODULES[name].read_text("utf-8"), re.M)
    }
    assert {f"tfnst.{name}" for name in users - classes} == set(vars(tfnst)["_USERS_OF_KERAS"])


def test_imports_are_seen() -> None:
    assert {"features.vgg", "images", "synthesis.settings"} <= imports("synthesis.style_transfer")
    assert {"cli.terminal", "painting.recipes"} <= imports("cli.optimization")


@pytest.mark.parametrize("stub", STUBS, ids=lambda stub: stub.parent.name)
def test_a_room_gives_every_name_of_its_stub(stub: Path) -> None:
    module = importlib.import_module(f"tfnst.{stub.parent.name}")
    for name in module.__all__:
        assert getattr(module, name)


@pytest.mark.parametrize("file", FILES, ids=lambda file: module_name(file) or "tfnst")
def test_a_docstring_begins_with_one_sentence(file: Path) -> None:
    first, *rest = (ast.get_docstring(ast.parse(file.read_text("utf-8"))) or "").splitlines()
    assert first[:1].isupper() and first.endswith(".")
    assert ". " not in first and len(first) <= 97
    assert not rest or rest[0] == ""


def test_only_what_paints_starts_tensorflow() -> None:
    light = (
        "tfnst, tfnst.images, tfnst.images.figures, tfnst.synthesis.settings, tfnst.cli.terminal, "
        "tfnst.cli"
    )
    code = (
        f"import sys, {light}, tfnst.assets, tfnst.training.photo_folder\n"
        "assert {'StyleTransfer', 'layers'} <= set(dir(tfnst))\n"
        "started = {'tensorflow', 'keras'} & set(sys.modules)\n"
        "assert not started, started\n"
        "assert tfnst.load is tfnst.images.load and tfnst.Settings().size == 512\n"
        "assert 'tensorflow' not in sys.modules\n"
        "assert tfnst.stylize.__module__ == 'tfnst.synthesis.style_transfer'\n"
        "assert 'tensorflow' in sys.modules\n"
        "assert tfnst.layers.RandomStyle.__module__ == 'tfnst.networks.random_style'\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_an_unknown_name_lists_the_known() -> None:
    with pytest.raises(AttributeError, match="no attribute 'Stylise'; it has AnalogySettings, "):
        tfnst.Stylise  # type: ignore[attr-defined]  # noqa: B018
    for name in dir(tfnst):
        public = getattr(tfnst, name)
        assert getattr(public, "__module__", public.__name__).startswith("tfnst.")


# Docstrings


def public() -> dict[str, ast.FunctionDef | ast.ClassDef]:
    """The functions and classes of the rooms' facades, by names such as "images.fitted"."""
    definitions: dict[str, ast.FunctionDef | ast.ClassDef] = {}
    for stub in STUBS:
        for line in ast.parse(stub.read_text("utf-8")).body:
            assert isinstance(line, ast.ImportFrom)
            home = MODULES[f"{stub.parent.name}.{line.module}"]
            for node in ast.parse(home.read_text("utf-8")).body:
                names = {name.name for name in line.names}
                if isinstance(node, ast.FunctionDef | ast.ClassDef) and node.name in names:
                    definitions[f"{stub.parent.name}.{node.name}"] = node
    return definitions


PUBLIC = public()
STREAMS = ("Iterator", "Generator")


def parameters(node: ast.FunctionDef | ast.ClassDef) -> set[str]:
    """What a function takes, a class by its __init__ or its fields, with the stars of the rest."""
    if isinstance(node, ast.ClassDef):
        made = [n for n in node.body if isinstance(n, ast.FunctionDef) and n.name == "__init__"]
        fields = [n.target for n in node.body if isinstance(n, ast.AnnAssign)]
        return parameters(made[0]) if made else {ast.unparse(field) for field in fields}
    signature = node.args
    names = {a.arg for a in (*signature.posonlyargs, *signature.args, *signature.kwonlyargs)}
    stars = {f"*{signature.vararg.arg}"} if signature.vararg else set()
    stars |= {f"**{signature.kwarg.arg}"} if signature.kwarg else set()
    return (names | stars) - {"self", "cls"}


def raises(node: ast.FunctionDef | ast.ClassDef) -> bool:
    """Whether its own code raises; of a class, when it is made."""
    if isinstance(node, ast.ClassDef):
        making = ("__init__", "__post_init__")
        made = [n for n in node.body if isinstance(n, ast.FunctionDef) and n.name in making]
        return any(raises(method) for method in made)
    return any(isinstance(inner, ast.Raise) and inner.exc for inner in ast.walk(node))


def sections(node: ast.FunctionDef | ast.ClassDef) -> dict[str, set[str]]:
    """The sections of a docstring, each with the names that its entries begin with."""
    _, *parts = re.split(r"^([A-Z]\w+):\n", ast.get_docstring(node) or "", flags=re.MULTILINE)
    entries = {
        title: re.findall(r"^ {4}([\w*, ]+): ", text, re.MULTILINE)
        for title, text in zip(parts[::2], parts[1::2], strict=True)
    }
    return {title: set(", ".join(names).split(", ")) - {""} for title, names in entries.items()}


def answers(node: ast.FunctionDef | ast.ClassDef) -> set[str]:
    """The section that tells what a function gives back, if it gives anything."""
    if isinstance(node, ast.ClassDef) or node.returns is None:
        return set()
    kind = ast.unparse(node.returns)
    return set() if kind == "None" else {"Yields" if kind.startswith(STREAMS) else "Returns"}


@pytest.mark.parametrize("name", PUBLIC)
def test_a_docstring_tells_what_goes_in_and_comes_out(name: str) -> None:
    node = PUBLIC[name]
    documented = sections(node)
    explained = documented.get("Args", set()) | documented.get("Attributes", set())
    assert explained == parameters(node)
    assert answers(node) == {"Returns", "Yields"} & set(documented)
    assert "Raises" in documented or not raises(node)


def test_what_a_docstring_leaves_out_is_seen() -> None:
    docstring = "Do.\n\n    Args:\n        a: one.\n"
    code = (
        f'def f(a, *, b=1, **c) -> Iterator[int]:\n    """{docstring}"""\n    raise ValueError(a)'
    )
    (node,) = ast.parse(code).body
    assert isinstance(node, ast.FunctionDef)
    assert sections(node) == {"Args": {"a"}} and parameters(node) == {"a", "b", "**c"}
    assert answers(node) == {"Yields"} and raises(node)


@pytest.mark.parametrize(
    "module", [name for name, file in MODULES.items() if ">>> " in file.read_text("utf-8")]
)
def test_examples_in_docstrings_hold(module: str) -> None:
    failed, tried = doctest.testmod(importlib.import_module(f"tfnst.{module}"))
    assert tried and not failed


# The wheel


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
    expected = {file.relative_to(ROOT).as_posix() for file in FILES}
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
    assert wheel.stat().st_size < 9_000_000  # two networks, and what the studio runs


def test_every_third_party_import_is_a_dependency(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        (metadata,) = (n for n in archive.namelist() if n.endswith(".dist-info/METADATA"))
        about = archive.read(metadata).decode()
    extras = ("lite", "export", "subject", "video")
    optional = tuple(f"extra == '{name}'" for name in extras)
    lines = [
        line for line in about.splitlines() if "extra ==" not in line or line.endswith(optional)
    ]
    declared = {
        re.split("[<>]", line.removeprefix("Requires-Dist: "))[0]
        for line in lines
        if line.startswith("Requires-Dist: ")
    }
    imported = {
        name.name.split(".")[0]
        if isinstance(node, ast.Import)
        else (node.module or "").split(".")[0]
        for file in FILES
        for node in ast.walk(ast.parse(file.read_text("utf-8")))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in node.names
    }
    others = imported - set(sys.stdlib_module_names) - {"tfnst"}
    distributions = {"PIL": "pillow", "cv2": "opencv-python-headless"}
    assert {distributions.get(name, name.replace("_", "-")) for name in others} <= declared


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the programs of an environment that holds the wheel and its dependencies."""
    home = tmp_path_factory.mktemp("environment") / "venv"
    site = install(wheel, home)
    # Appended to the path after the wheel; .pth files over there, as of an editable tfnst, are
    # not followed.
    (site / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return home / "bin"


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
    where = call(
        installed / "python", "-c", "from tfnst.export import studio; print(studio.GALLERY)"
    )
    lite = Path(where, "gallery_256_float16.tflite")
    call(installed / "tfnst", "apply", "a.png", "--lite", lite, "--style", "scream", "-qo", "b.png")
    assert images.load(tmp_path / "b.png").rgb.shape == picture.rgb.shape
    make_runtime(tmp_path / studio.LITERT)
    call(
        installed / "python",
        "-c",
        "from pathlib import Path; from tfnst.export import studio; "
        "studio.write(studio.GALLERY, Path('site'), studio.runtime())",
    )
    assert (tmp_path / "site" / "model" / "example.png").is_file()
