"""Commands of exported networks: export, verify, studio, bench-lite."""

from __future__ import annotations

import contextlib
import tempfile
import webbrowser
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tfnst import devices
from tfnst.cli import terminal
from tfnst.cli.app import AsJson, Option, Quiet, Weights, app

if TYPE_CHECKING:
    from tfnst.export.bundle import Exported
    from tfnst.export.latency import Latency
    from tfnst.export.verification import Verified


@app.command()
def export(
    model: Annotated[
        str,
        typer.Argument(help="gallery, a .keras file of tfnst train, vgg19-lite or vgg19."),
    ],
    output: Annotated[
        Path | None, Option("--output", "-o", help="The folder to write; or --web alone.")
    ] = None,
    formats: Annotated[
        str | None,
        Option(metavar="FORMAT,…", help="Of saved_model, float32, float16, int8-weights and int8."),
    ] = None,
    sizes: Annotated[
        str | None,
        Option(metavar="SIZE,…", help="Sides of the .tflite files; dynamic for any size."),
    ] = None,
    web: Annotated[
        Path | None,
        Option(metavar="FOLDER", help="Also write the studio, a page for any static host."),
    ] = None,
    layers: Annotated[
        str | None, Option(metavar="LAYER,…", help="Of vgg19-lite or vgg19: what to give.")
    ] = None,
    weights: Weights = "auto",
    license_: Annotated[str, Option("--license", help="Of your own network, for the card.")] = "",
    credit: Annotated[str, Option(help="Who made what it learnt from, for the card.")] = "",
    quiet: Quiet = False,
    as_json: AsJson = False,
) -> None:
    """Write a network for phones, browsers and servers."""
    litert = _checked_folders(model, output, web)
    devices.start_tensorflow()
    from tfnst.export import bundle as exporting
    from tfnst.export import models
    from tfnst.export import studio as studio_page

    defaults = exporting.ExportSettings() if output else exporting.FOR_WEB
    lists = {"formats": formats, "sizes": sizes}
    changes: dict[str, Any] = {k: terminal.parts(v) for k, v in lists.items() if v is not None}
    settings = replace(defaults, **changes)
    if web is not None and not settings.fixed():
        raise ValueError("--web needs a .tflite file of a fixed size; add 256 or 512 to --sizes")
    network, name, about = models.open_model(model, layers and terminal.parts(layers), weights)
    about |= {k: v for k, v in (("license", license_), ("credits", credit)) if v}
    with tempfile.TemporaryDirectory() as temporary:
        folder = output or Path(temporary) / "exported"
        reports = exporting.export(network, name, folder, settings, about)
        bar = terminal.progress_bar(quiet, as_json, _describe)
        with contextlib.closing(reports), bar as show:
            for report in reports:
                show(report)
                if not (quiet or as_json):
                    print(_line(report))
        if web is not None and litert is not None:
            studio_page.write(folder, web, litert)
    if not (quiet or as_json):
        print("\n".join(str(written) for written in (output, web) if written))


def _checked_folders(model: str, output: Path | None, web: Path | None) -> Path | None:
    """LiteRT.js, if the studio is wanted; ValueError for folders that will not do."""
    from tfnst.export import studio
    from tfnst.files import folders

    targets = [folder for folder in (output, web) if folder is not None]
    if not targets:
        raise ValueError("--output is missing; name a folder to write")
    if output is not None and web is not None:
        first, second = output.resolve(), web.resolve()
        if first == second or first in second.parents or second in first.parents:
            raise ValueError(f"--output {output} and --web {web} meet; name two folders")
    if web is not None and model in ("vgg19", "vgg19-lite"):
        raise ValueError(f"--web paints, and {model} has no styles; export a network of styles")
    for folder in targets:
        folders.require_room(folder)
    return None if web is None else studio.runtime()


def _describe(report: Exported | Latency | Verified) -> str:
    return report.file


def _line(report: Exported) -> str:
    from tfnst.export.verification import EXPERIMENTAL

    experimental = "  experimental" if report.format in EXPERIMENTAL else ""
    took = "" if report.milliseconds is None else f"{report.milliseconds:7.1f} ms"
    size = f"{report.bytes / 1000:6.0f} kB"
    return f"{report.file:36} {size}  {report.psnr:5.1f} dB{took}{experimental}"


@app.command()
def verify(
    folder: Annotated[Path, typer.Argument(help="A folder of tfnst export.")],
    trust: Annotated[
        bool,
        Option(
            "--trust",
            help="Run a SavedModel whatever its graph holds; it may read and write your files.",
        ),
    ] = False,
    quiet: Quiet = False,
    as_json: AsJson = False,
) -> None:
    """Try every file of an exported folder again.

    A SavedModel is a program: one whose graph does more than compute is refused without --trust.
    """
    from tfnst.export import verification

    failed = 0
    with terminal.progress_bar(quiet, as_json, _describe) as show:
        for report in verification.verify(folder, trust):
            show(report)
            failed += report.error is not None
            if report.error:
                terminal.remark(f"{folder / report.file} {report.error}")
            elif not (quiet or as_json):
                decibels = "" if report.psnr is None else f"  {report.psnr:5.1f} dB"
                print(f"{report.file:36}{decibels}".rstrip())
    if failed:
        raise typer.Exit(1)


@app.command()
def studio(
    folder: Annotated[
        Path | None,
        typer.Argument(help="A folder of tfnst export, or its --web; the gallery, if not given."),
    ] = None,
    port: Annotated[int, Option(min=0, max=65535, help="0 for any that is free.")] = 8765,
    browser: Annotated[bool, Option(help="Open the page.")] = True,
    quiet: Quiet = False,
) -> None:
    """Paint in the browser, on this machine; Ctrl-C ends it."""
    from tfnst.export import file_server
    from tfnst.export import studio as page

    with tempfile.TemporaryDirectory() as temporary:
        site = folder or Path(temporary)
        if not page.is_site(site):
            site = Path(temporary) / "studio"
            page.write(folder or page.GALLERY, site, page.runtime())
        with file_server.Server(site, port) as running:
            if not quiet:
                print(f"{running.url}  Ctrl-C ends it", flush=True)
            if browser:
                webbrowser.open(running.url)
            with contextlib.suppress(KeyboardInterrupt):
                running.serve_forever()


@app.command("bench-lite")
def bench_lite(
    file: Annotated[Path, typer.Argument(help="A .tflite file.")],
    compare: Annotated[
        list[Path] | None, Option(metavar="FILE", help="Another, in turns with it; repeatable.")
    ] = None,
    threads: Annotated[int, Option(min=1, help="Processor cores to use.")] = 2,
    rounds: Annotated[int, Option(min=1, help="Passes of each file.")] = 30,
    size: Annotated[
        int, Option(min=8, help="Side of the pictures of a file for any size, a multiple of 4.")
    ] = 256,
    as_json: AsJson = False,
) -> None:
    """Time .tflite files, anybody's, and say what memory they take."""
    from tfnst.export import latency
    from tfnst.images.sizes import MULTIPLE

    if size % MULTIPLE:
        right = size // MULTIPLE * MULTIPLE
        raise ValueError(f"--size {size} is no multiple of {MULTIPLE}; use {right}")
    with terminal.progress_bar(False, as_json, _describe) as show:
        for report in latency.measure([file, *(compare or ())], threads, rounds, size):
            show(report)
            if not as_json:
                memory = "" if report.megabytes is None else f"  {report.megabytes:.0f} MB"
                print(
                    f"{report.file}  {report.median:.1f} ms ({report.low:.1f} to {report.high:.1f})"
                    f"  rate {report.rate:.2f}{memory}  {report.kilobytes:.0f} kB"
                )
