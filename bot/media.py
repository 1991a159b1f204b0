"""Pictures on disk: what comes in is decoded and drawn anew, so nothing but the picture itself is kept."""

from __future__ import annotations

import threading
import warnings
from io import BytesIO
from pathlib import Path

from PIL import Image, ImageOps
from PIL import WebPImagePlugin as WebPImagePlugin  # not loaded unasked

from bot.files import FileStore

MAX_PIXELS = 25_000_000  # security.md
LONG_SIDE = 2_000
_QUALITY = 85
_FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP")  # by content; SVG, TIFF, PDF, … are programs more than pictures
_AT_ONCE = 2  # a decoded picture takes up to 100 MB

Image.MAX_IMAGE_PIXELS = MAX_PIXELS
warnings.simplefilter("error", Image.DecompressionBombWarning)


class MediaStore(FileStore):
    """JPEG files."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, ".jpg")
        self._room = threading.BoundedSemaphore(_AT_ONCE)

    def accept(self, data: bytes) -> bytes:
        """The picture as a JPEG without EXIF, at most 2,000 pixels long. ValueError for what is not a picture."""
        with self._room:
            try:
                picture = _draw(data)
            except Exception as error:  # Pillow's decoders raise whatever occurs to them on bad input
                raise ValueError(f"not a picture: {type(error).__name__}") from None
        out = BytesIO()
        picture.save(out, "JPEG", quality=_QUALITY)
        return out.getvalue()


def _draw(data: bytes) -> Image.Image:
    with Image.open(BytesIO(data), formats=_FORMATS) as source:
        if source.width * source.height > MAX_PIXELS:
            raise ValueError("too many pixels")
        if source.format == "JPEG":
            source.draft("RGB", (LONG_SIDE, LONG_SIDE))  # decodes large ones at a fraction of the cost
        source.load()
        turned = _upright(source)
        turned.thumbnail((LONG_SIDE, LONG_SIDE))
        see_through = turned.has_transparency_data
        clean = Image.new("RGB", turned.size, "white")  # new, so that nothing the file said is carried along
        if see_through:
            layer = turned.convert("RGBA")
            clean.paste(layer, mask=layer.getchannel("A"))
        else:
            clean.paste(turned.convert("RGB"))
        return clean


def _upright(source: Image.Image) -> Image.Image:
    """As it was held. EXIF that cannot be read says nothing."""
    try:
        return ImageOps.exif_transpose(source)
    except Exception:
        return source
