"""Commands of exported networks: export, verify, studio, bench-lite."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tfnst import terminal
from tfnst.cli.app import AsJson, Option, Quiet, app

if TYPE_CHECKING:
    from tfnst.export import Exported
    from tfnst.latency import Latency
    from tfnst.verification import Verified


@app.command()
def export(
    model: Annotated[str, typer.Argument(help="gallery, or a .keras file of tfnst train.")],
    output: Annotated[
        Path | None, Option("--output", "-o", help="The folder to write; may be missing with --web.")
    ] = None,
    formats: Annotated[
        str,
        Option(metavar="FORMAT,…", help="Of saved_model, float32, float16, int8-weights and int8."),
    ] = "saved_model,float16,int8-weights",
    sizes: Annotated[
        str, Option(metavar="SIZE,…", help="Sides of the .tflite files; dynamic for any size.")
    ] = "256,512,dynamic",
    web: Annotated[
        Path | None,
        Option(metavar="FOLDER", help="Also write the studio, a page for any static host."),
    ] = None,
    quiet: Quiet = False,
    as_json: AsJson = False,
) -> None:
    """Write a network for phones, browsers and servers, and try every file."""
    terminal.start_tensorflow()
    from tfnst import assets, networks
    from tfnst import export as exporting

    settings = exporting.ExportSettings(tuple(formats.split(",")), tuple(sizes.split(",")))
    network = networks.load(model)
    name = Path(model).stem
    about = {"artworks": assets.gallery(), "license": "Apache-2.0"} if model == "gallery" else {}
    reports = exporting.export(network, name, output, settings, about)
    bar = terminal.progress_bar(quiet, as_json, _describe)
    with contextlib.closing(reports), bar as show:
        for report in reports:
            show(report)
            if not (quiet or as_json):
                print(_line(report))
    if not (quiet or as_json):
        print(output)


def _describe(report: Exported | Latency | Verified) -> str:
    return report.file


def _line(report: Exported) -> str:
    experimental = "  experimental" if report.format == "int8" else ""
    took = "" if report.milliseconds is None else f"{report.milliseconds:7.1f} ms"
    size = f"{report.bytes / 1000:6.0f} kB"
    return f"{report.file:36} {size}  {report.psnr:5.1f} dB{took}{experimental}"


@app.command()
def verify(
    folder: Annotated[Path, typer.Argument(help="A folder of tfnst export.")],
    quiet: Quiet = False,
    as_json: AsJson = False,
) -> None:
    """Try every file of an exported folder again."""
    from tfnst import verification

    failed = 0
    with terminal.progress_bar(quiet, as_json, _describe) as show:
        for report in verification.verify(folder):
            show(report)
            failed += report.error is not None
            if report.error:
                terminal.remark(f"{folder / report.file} {report.error}")
            elif not (quiet or as_json):
                told = "" if report.psnr is None else f"  {report.psnr:5.1f} dB"
                print(f"{report.file:36}{told}".rstrip())
    if failed:
        raise typer.Exit(1)


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
    from tfnst import latency

    if size % 4:
        raise ValueError(f"--size {size} is no multiple of 4; use {size // 4 * 4}")
    with terminal.progress_bar(False, as_json, _describe) as show:
        for report in latency.measure([file, *(compare or ())], threads, rounds, size):
            show(report)
            if not as_json:
                memory = "" if report.megabytes is None else f"  {report.megabytes:.0f} MB"
                print(
                    f"{report.file}  {report.median:.1f} ms ({report.low:.1f} to {report.high:.1f})"
                    f"  rate {report.rate:.2f}{memory}  {report.kilobytes:.0f} kB"
                )
