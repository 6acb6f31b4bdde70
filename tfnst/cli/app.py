"""What every command is made of: the program, its entry point, and options that several share."""

from __future__ import annotations

import sys
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any

import typer
import typer.core

from tfnst.cli import terminal

# What a newcomer needs comes first.
ORDER = (
    *("stylize", "apply", "train", "repeat", "styles", "info", "demo"),
    *("grid", "restyle-ui", "texture", "analogy"),
    *("export", "verify", "studio", "bench-lite", "download", "distill"),
)


class Ordered(typer.core.TyperGroup):
    """Lists the commands in `ORDER`."""

    def list_commands(self, ctx: Any) -> list[str]:
        """Their names; what `ORDER` lacks comes last."""
        known = [name for name in ORDER if name in self.commands]
        return known + [name for name in self.commands if name not in ORDER]


# Plain help: the decorated one takes as long again to import as everything else together.
app = typer.Typer(
    cls=Ordered,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    add_completion=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

Option = typer.Option
Network = Annotated[
    str, Option(help="Feature network: auto, vgg19 or vgg19-lite. auto is VGG-19 if it is here.")
]
Weights = Annotated[
    str, Option(metavar="FILE", help="Weights of that network: VGG-19's .h5, or an .npz.")
]
Device = Annotated[str, Option(help="auto, cpu, gpu or gpu:N.")]
Quiet = Annotated[bool, Option("--quiet", "-q", help="No progress bar and no summary.")]
AsJson = Annotated[bool, Option("--json", help="Progress and result as lines of JSON.")]
KeepColor = Annotated[bool, Option("--keep-color", help="Keep the photo's colours.")]
ColorMethodName = Annotated[
    str | None,
    Option(
        metavar="NAME",
        help="How --keep-color does: luminance (if not given), oklab, cholesky, pca or symmetric.",
    ),
]
PaletteFrom = Annotated[
    Path | None, Option(metavar="PICTURE", help="Give the painting that picture's colours.")
]
ColorMask = Annotated[
    Path | None,
    Option(metavar="MASK", help="A grey picture: where white, the colours of those two."),
]
SubjectName = Annotated[
    str | None,
    Option(
        metavar="subject|background",
        help="Paint the photo's main subject alone, or all but that; as OpenCV finds it.",
    ),
]
SkipExisting = Annotated[
    bool, Option("--skip-existing", help="Leave results that are there already.")
]
Manifest = Annotated[
    Path | None,
    Option(metavar="FILE", help="Also write what became of each picture, as lines of JSON."),
]
Gallery = Annotated[
    Path | None,
    Option(metavar="FILE.html", help="Also write a page with a slider over each pair of pictures."),
]
NoRecipe = Annotated[
    bool, Option("--no-recipe", help="Leave the recipe out of the picture; none can repeat it.")
]
Depth = Annotated[
    int | None,
    Option(metavar="8|16", help="Bits a channel; if not given, a .png or .tif has the photo's."),
]
KeepMetadata = Annotated[
    bool,
    Option("--keep-metadata", help="Keep the photo's place (GPS), serial numbers and notes, too."),
]
NoMetadata = Annotated[
    bool, Option("--no-metadata", help="Keep nothing of the photo's EXIF, XMP and IPTC.")
]
Paths = Annotated[
    bool, Option("--paths", help="Keep the paths of inputs in the recipe, not their names alone.")
]


def main() -> None:
    """Entry point: no traceback for what a user can mend."""
    terminal.open_streams()
    terminal.forgiving_streams()
    with terminal.one_line_errors():
        terminal.stop_as_ctrl_c_does()
        # Typer would print a usage error in four lines.
        status = app(sys.argv[1:] or ["--help"], prog_name="tfnst", standalone_mode=False)
    if status == 130:  # Ctrl-C, which Typer has caught
        terminal.complain("stopped", status)
    if not status and (reason := terminal.lost_output()):
        # As other programs do: whoever reads it, such as --json, has to learn of it.
        text = f"standard output cannot be written ({reason}); all else is done"
        terminal.complain(text, 1)
    raise SystemExit(status)


def _print_version(wanted: bool) -> None:
    if wanted:
        print(f"tfnst {version('tfnst')}")
        raise typer.Exit


@app.callback()
def common(
    version: Annotated[
        bool, Option("--version", callback=_print_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Neural style transfer with TensorFlow and Keras."""
