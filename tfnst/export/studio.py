"""The studio: pages that paint in the browser by an exported network, as a folder to serve."""

from __future__ import annotations

import contextlib
import hashlib
import json
import shutil
from pathlib import Path
from typing import Any
from urllib.parse import quote

from tfnst.export.verification import GOLDEN, PLAINEST, read_card
from tfnst.files.folders import regular, replaced_folder
from tfnst.networks.mixture import PHOTO
from tfnst.networks.style_names import file_stems

_PACKAGE = Path(__file__).parents[1]
LITERT = Path("node_modules", "@litertjs")
VERSION = "2.5.3"  # of LiteRT.js, as in web/package.json; what it runs is of the same release
PAGES = (
    "index.html", "studio.css", "studio.js", "session.js", "styles.js", "camera.js", "painter.js",
    "pixels.js", "offline.js", "worker.js", "manifest.webmanifest", "icon-192.png", "icon-512.png",
)  # fmt: skip
WORKER = "service-worker.js"
# Where there are threads, where there are none, and where the processor's newest additions fail.
RUNTIMES = ("litert_wasm_threaded", "litert_wasm", "litert_wasm_compat")
UNQUOTED = "/!~*'()"  # as JavaScript's encodeURIComponent leaves them


def _shipped(packaged: str, checkout: str) -> Path:
    """A folder within the installed package, or where it lies in a checkout."""
    inside = _PACKAGE / "assets" / packaged
    return inside if inside.is_dir() else _PACKAGE.parent / checkout


WEB = _shipped("web", "web")
GALLERY = _shipped("exported", "saved_models/gallery")


def runtime() -> Path:
    """The folder of LiteRT.js that npm installed beside the pages, or in the working folder.

    Raises ValueError where it is neither, or of another version.
    """
    candidates = (WEB / LITERT, Path.cwd() / LITERT)
    for folder in candidates:
        with contextlib.suppress(OSError, ValueError):
            if json.loads((folder / "core" / "package.json").read_text())["version"] == VERSION:
                return folder
    raise ValueError(
        f"LiteRT.js {VERSION} is missing; run npm install @litertjs/core@{VERSION} in this folder, "
        "or make studio in a checkout"
    )


def write(exported: Path, site: Path, litert: Path) -> None:
    """Write the studio of an exported network: a folder for any static host, about 30 MB.

    `exported` is a folder of `tfnst export`, `litert` that of `runtime`. The folder appears when it
    is complete. Raises ValueError for an export without a file of a fixed size, or a folder that
    holds something else.
    """
    card = read_card(exported)
    files = _models(card)
    with replaced_folder(site) as new:
        for name in PAGES:
            shutil.copyfile(WEB / name, new / name)
        _copy_model(exported, card, files, new / "model")
        _copy_litert(litert, new / "litert")
        (new / WORKER).write_text(_service_worker(new), "utf-8")


def is_site(folder: Path) -> bool:
    """Whether a folder is a studio, complete enough to be served."""
    return all((folder / name).is_file() for name in (*PAGES, WORKER, "model/model.json"))


def _models(card: dict[str, Any]) -> dict[int, str]:
    """A file for each fixed size, the plainest that there is."""
    if "styles" not in card:
        raise ValueError("the studio paints, and this network has no styles; export one that has")
    models: dict[int, str] = {}
    for format in reversed(PLAINEST):
        for entry in card["files"]:
            if entry["format"] == format and entry["size"].isdecimal():
                models[int(entry["size"])] = entry["file"]
    if not models:
        raise ValueError("the studio needs a file of a fixed size; add 256 or 512 to --sizes")
    return dict(sorted(models.items()))


def _copy_model(exported: Path, card: dict[str, Any], files: dict[int, str], folder: Path) -> None:
    """Models, thumbnails, an example to paint, and what the page has to know of them."""
    styles = [name for name in card["styles"] if name != PHOTO]
    stems = file_stems(styles)
    pictures = card.get("thumbnails", {name: f"thumbnails/{name}.jpg" for name in styles})
    copies = [(file, file) for file in files.values()]
    copies += [(pictures[name], f"thumbnails/{stems[name]}.jpg") for name in styles]
    copies.append((f"{GOLDEN}/{max(files)}_input.png", "example.png"))
    (folder / "thumbnails").mkdir(parents=True)
    for source, target in copies:
        shutil.copyfile(regular(exported, source), folder / target)
    works = card.get("artworks", {})
    page = {
        "name": card["tfnst"],
        "styles": [{**works.get(name, {}), "name": name, "file": stems[name]} for name in styles],
        "files": {str(side): f"model/{quote(file)}" for side, file in files.items()},
        "license": card.get("license", ""),
        "stroke": "stroke" in card["inputs"],
        "litert": VERSION,
    }
    (folder / "model.json").write_text(json.dumps(page, indent=2, ensure_ascii=False), "utf-8")


def _copy_litert(litert: Path, folder: Path) -> None:
    (folder / "wasm").mkdir(parents=True)
    core = (litert / "core" / "dist" / "index.js").read_text("utf-8")
    helper = (litert / "wasm-utils" / "dist" / "index.js").read_text("utf-8")
    # Workers have no import maps, so that a bare name means nothing there; nor are maps shipped.
    core = _replaced(core, '"@litertjs/wasm-utils"', '"./wasm-utils.js"')
    for name, text in (("index.js", core), ("wasm-utils.js", helper)):
        lines = [line for line in text.splitlines() if not line.startswith("//# sourceMappingURL")]
        (folder / name).write_text("\n".join(lines) + "\n", "utf-8")
    for name in RUNTIMES:
        for end in ("js", "wasm"):
            file = f"{name}_internal.{end}"
            shutil.copyfile(litert / "core" / "wasm" / file, folder / "wasm" / file)
    (folder / "NOTICE.txt").write_text(
        f"LiteRT.js {VERSION}, npm package @litertjs/core, by Google. Apache License 2.0.\n",
        "utf-8",
    )


def _replaced(text: str, old: str, new: str) -> str:
    if old not in text:
        raise RuntimeError(f"LiteRT.js {VERSION} is not as expected: it holds no {old}")
    return text.replace(old, new)


def _service_worker(site: Path) -> str:
    """The service worker, which knows every file to keep, and changes when one of them does."""
    kept = sorted(
        file
        for file in site.rglob("*")
        if file.is_file() and file.suffix != ".wasm" and file.parent.name != "wasm"
    )
    digest = hashlib.sha256()
    for file in kept:
        digest.update(file.read_bytes())
    names = ["./", *(quote(file.relative_to(site).as_posix(), safe=UNQUOTED) for file in kept)]
    text = (WEB / WORKER).read_text("utf-8")
    words = {
        "@VERSION@": digest.hexdigest()[:16],
        "@LITERT@": VERSION,
        "@FILES@": json.dumps(names, indent=2),
    }
    for word, value in words.items():
        text = _replaced(text, word, value)
    return text
