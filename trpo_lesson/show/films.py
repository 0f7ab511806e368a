"""Films as files: GIF, which everything shows, and WebP, which is smaller and keeps every colour."""

import numpy as np

MILLISECONDS = {".gif": 10, ".webp": 1}  # the unit in which each kind counts time


def write(file, frames, *, seconds, suffix):
    """Write pictures [H, W, 3] of uint8 to a binary file as an endless film; `suffix`: ".gif" or ".webp".

    Each is shown for `seconds`. Times are rounded so that no error adds up, to the unit of the kind.
    Pictures in a row that are equal become one, shown for as long as all of them. GIF has 256 colours for
    each picture.
    """
    from PIL import Image

    unit = MILLISECONDS[suffix]
    ends = np.round(np.arange(len(frames) + 1) * (1000 * seconds / unit)).astype(int) * unit
    first, *others = (Image.fromarray(frame) for frame in frames)
    if suffix == ".gif":  # exact where a picture has no more colours, and much faster than leaving it to save
        first, *others = (picture.quantize(256) for picture in (first, *others))
    options = {"save_all": True, "append_images": others, "duration": np.diff(ends).tolist(), "loop": 0}
    if suffix == ".webp":
        options |= {"lossless": True, "method": 4}  # Pillow's own method for films is 0, six times the size
    first.save(file, format=suffix[1:], **options)
