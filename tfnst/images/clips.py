"""Clips in and out: videos, animations and folders of frames, by their names."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from tfnst import files
from tfnst.arguments import FieldError
from tfnst.files import FileError, Name
from tfnst.images import animation_writing, clip_colors, video_encoding
from tfnst.images.animation_reading import AnimationReader, is_animation
from tfnst.images.clip_info import ClipFrame, ClipInfo, ClipReader, Kind
from tfnst.images.clip_tracks import FileTracks, Tracks, lost
from tfnst.images.frame_folders import RATE, FolderReader, write_folder
from tfnst.images.video_encoding import (
    ClipSettings,
    Codec,
    Pictures,
    Segment,
    SegmentEncoder,
)
from tfnst.images.video_library import pyav, writing
from tfnst.images.video_muxing import Muxer
from tfnst.images.video_reading import PIPE, VideoReader, is_regular

# FFmpeg's name of the format, and the codecs that it is played with, the usual one first.
_VIDEOS: dict[str, tuple[str, tuple[Codec, ...]]] = {
    ".mp4": ("mp4", ("h264", "av1", "vp9")),
    ".m4v": ("mp4", ("h264", "av1")),
    ".mov": ("mov", ("h264", "prores")),
    ".mkv": ("matroska", ("h264", "av1", "vp9", "prores", "ffv1")),
    ".webm": ("webm", ("vp9", "av1")),
    # Into a pipe, which cannot go back: Matroska alone is written in one go with any track.
    PIPE: ("matroska", ("h264", "av1", "vp9", "prores", "ffv1")),
}
_ANIMATIONS: dict[str, animation_writing.Kind] = {
    ".gif": "gif",
    ".webp": "webp",
    ".png": "apng",
    ".apng": "apng",
}
_LARGEST_CRF: dict[Codec, int] = {"h264": 51, "vp9": 63, "av1": 63}


@dataclass(frozen=True)
class Output:
    """What kind of clip a name asks for.

    Attributes:
        kind: video, animation or folder.
        form: the name of its format: FFmpeg's, or "folder".
        codec: of the segments that it is made of; lossless where it holds no video.
    """

    kind: Kind
    form: str
    codec: Codec


def open_clip(
    source: Name,
    deep: bool = False,
    rate: Fraction = RATE,
) -> ClipReader:
    """Open a clip: a file that FFmpeg reads, an animated GIF, WebP or PNG, or a folder.

    Args:
        source: its name; "-" is standard input.
        deep: have frames as float32 in [0, 1] that keep more than 8 bits, not as uint8.
        rate: frames a second of a folder.

    Returns:
        The reader, which is a context manager: `info` tells what the clip is, `frames()` gives its
        pictures one at a time, upright and in RGB, and then `damage` says where it broke off.

    Raises:
        FileError: what is no clip, or cannot be read.
        ValueError: PyAV is not installed.

    Examples:
        >>> open_clip("clip.mp4")
        Traceback (most recent call last):
        tfnst.files.reading.FileError: clip.mp4: there is no such file; check its name and folder
    """
    pyav()
    files.require_path("source", source)
    if source == PIPE:
        return VideoReader(source, deep)
    path = Path(source)
    if path.is_dir():
        return FolderReader(path, rate, deep)
    return AnimationReader(path, deep) if is_animation(path) else VideoReader(source, deep)


def output_of(target: Name, settings: ClipSettings) -> Output:
    """What a target is to be.

    Args:
        target: .mp4, .m4v, .mov, .mkv, .webm, .gif, .webp, .png, .apng, a folder, or "-" for
            Matroska to standard output.
        settings: with the codec that is asked for.

    Returns:
        The kind of file.

    Raises:
        FileError: another kind; a folder that holds something, or whose folder is not there.
        ValueError: a codec, or a crf, that this kind of file does not have; PyAV is not installed.
    """
    pyav()
    files.require_path("target", target)
    path, ending = Path(target), PIPE if target == PIPE else Path(target).suffix.lower()
    if ending in _VIDEOS:
        output = _video(target, ending, settings)
    elif ending in _ANIMATIONS or not ending:
        _require_no_codec(target, settings)
        form = _ANIMATIONS.get(ending, "folder")
        output = Output("animation" if ending else "folder", form, "ffv1")
    else:
        endings = ", ".join(name for name in (*_VIDEOS, *_ANIMATIONS) if name != PIPE)
        raise FileError(target, f"no kind of clip that tfnst writes; end it in one of {endings}")
    if target != PIPE:
        _require_room(path, output)
    return output


def _video(target: Name, ending: str, settings: ClipSettings) -> Output:
    form, codecs = _VIDEOS[ending]
    codec = settings.codec or codecs[0]
    if codec not in codecs:
        raise FileError(target, f"{form} is not written with {codec}; use {' or '.join(codecs)}")
    largest = _LARGEST_CRF.get(codec)
    if settings.crf is not None and (largest is None or settings.crf > largest):
        remedy = f"a number from 0 to {largest}" if largest else f"None: {codec} has none"
        raise FieldError("crf", settings.crf, remedy)
    return Output("video", form, codec)


def _require_no_codec(target: Name, settings: ClipSettings) -> None:
    for name in ("codec", "crf"):
        if (value := getattr(settings, name)) is not None:
            raise FieldError(name, value, f"None: {str(target)!r} is no video file")


def _require_room(path: Path, output: Output) -> None:
    files.require_parent(path)
    if output.kind == "folder":
        if path.is_file():
            raise FileError(path, "this is a file; name a folder for the frames, or end it in .mp4")
        if path.is_dir() and any(path.iterdir()):
            raise FileError(path, "this folder is not empty; name a new one for the frames")
    elif path.is_dir():
        raise FileError(path, "this is a folder; name a file")
    else:
        files.require_writable(path)


def tracks_of(source: Name, form: str, end: float | None = None) -> Tracks | None:
    """What goes along with a file's pictures into a container; None of what holds pictures alone.

    Args:
        source: a video file.
        form: FFmpeg's name of the container.
        end: seconds after which nothing is taken.
    """
    if not is_regular(source) or is_animation(Path(source)):
        return None
    return FileTracks(source, form, end)


def notes_of(output: Output, pictures: Pictures, tracks: Tracks | None) -> list[str]:
    """A sentence for each thing of a source that its copy does not have."""
    notes = list(tracks.notes) if tracks else []
    if output.kind != "video":
        notes += lost(
            pictures.source.tracks, "a folder" if output.kind == "folder" else output.form
        )
    if clip_colors.is_high_dynamic_range(pictures.source.transfer):
        notes.append(
            "the source has a high dynamic range, of which 8 bits a channel were kept, not mapped"
        )
    return notes


def write_segments(
    target: Name,
    output: Output,
    pictures: Pictures,
    segments: Iterable[Segment],
    tracks: Tracks | None = None,
) -> list[str]:
    """Write a clip from segments, whole or not at all; memory holds one of them at a time.

    Args:
        target: the file or folder, or "-".
        output: what `output_of` says of it.
        pictures: what the segments hold.
        segments: in their order.
        tracks: what goes along.

    Returns:
        A sentence for each thing of the source that is not in the copy.

    Raises:
        FileError: it cannot be written; what was there before stays.
    """
    notes = notes_of(output, pictures, tracks)
    if target == PIPE:
        with writing("standard output"):
            _mux("pipe:1", output, pictures, segments, tracks)
        return notes
    path = Path(target)
    if output.kind == "folder":
        write_folder(path, (rgb for rgb, *_ in video_encoding.decoded(pictures, segments)))
        return notes
    with writing(path), files.replaced_file(path) as temporary:
        if output.kind == "video":
            _mux(temporary, output, pictures, segments, tracks)
            return notes
        kind, frames = _ANIMATIONS[path.suffix.lower()], video_encoding.decoded(pictures, segments)
        if dropped := animation_writing.write_animation(temporary, path, kind, pictures, frames):
            notes.append(
                f"{kind} shows at most 50 frames a second, so {dropped} frames were left out"
            )
    return notes


def _mux(
    file: Name,
    output: Output,
    pictures: Pictures,
    segments: Iterable[Segment],
    tracks: Tracks | None,
) -> None:
    muxer = Muxer(file, output.form, pictures, tracks)
    try:
        for segment in segments:
            muxer.add(segment)
        muxer.finish()
    except BaseException:
        muxer.abandon()
        raise


def save_clip(
    target: Name,
    frames: Iterable[ClipFrame],
    info: ClipInfo,
    settings: ClipSettings | None = None,
    tracks_from: Name | None = None,
) -> list[str]:
    """Write frames as a clip, whole or not at all; memory does not grow with its length.

    Args:
        target: the file or folder, or "-"; see `output_of`.
        frames: in the order of their time, all of one size, uint8 or floats in [0, 1].
        info: the clip whose clock, rate, shape of pixels and colours they keep, as `open_clip`
            has it.
        settings: how it is written.
        tracks_from: the file whose sound, subtitles, chapters and metadata go along, each packet as
            it is.

    Returns:
        A sentence for each thing of that file that the target cannot hold.

    Raises:
        ValueError: no frame, or one of another size; see `output_of`.
        FileError: it cannot be written; what was there before stays.
    """
    settings = settings or ClipSettings()
    output = output_of(target, settings)
    frames = iter(frames)
    first = next(frames, None)
    if first is None:
        raise ValueError("frames holds none; give one at least")
    rgb = clip_colors.as_bytes(first.rgb, "a frame")
    pictures = Pictures.of(output.codec, settings, rgb, info)
    segments = _encoded(pictures, first, frames)
    tracks = None
    if tracks_from is not None and output.kind == "video":
        tracks = tracks_of(tracks_from, output.form)
    if tracks is None:
        return write_segments(target, output, pictures, segments)
    with closing(tracks):
        return write_segments(target, output, pictures, segments, tracks)


def _encoded(
    pictures: Pictures, first: ClipFrame, others: Iterable[ClipFrame]
) -> Iterator[Segment]:
    encoder = SegmentEncoder(pictures)
    encoder.add(clip_colors.as_bytes(first.rgb, "a frame"), first.pts, first.duration)
    for frame in others:
        if len(encoder) == pictures.segment:
            yield encoder.finished()
            encoder = SegmentEncoder(pictures)
        encoder.add(clip_colors.as_bytes(frame.rgb, "a frame"), frame.pts, frame.duration)
    yield encoder.finished()
