"""From a matplotlib figure to inline SVG: small, the same bytes always, safe beside other figures."""

import hashlib
import html
import io
import re
from dataclasses import dataclass
from xml.etree import ElementTree

DECORATION = "decoration"  # the gid of an artist that only repeats what other marks say; it becomes a class
LINE_ENDS = "stroke-linejoin:round;stroke-linecap:butt"  # matplotlib's own style sheet, on this drawing alone


@dataclass(frozen=True)
class Picture:
    """An inline SVG and its text alternative: a notebook shows the drawing, plain text shows the words.

    svg  the element <svg>…</svg>
    alt  one line that says what the picture shows; ValueError if it is empty
    """

    svg: str
    alt: str

    def __post_init__(self):
        object.__setattr__(self, "alt", " ".join(self.alt.split()))
        if not self.alt:
            raise ValueError("alt: expected a sentence that says what the picture shows, got nothing")

    def _repr_html_(self):
        label = html.escape(self.alt)
        frame = f'class="picture" role="img" aria-label="{label}" style="color:var(--ink, inherit)"'
        return f"<div {frame}>{self.svg}</div>"

    def __repr__(self):
        return self.alt

    def standalone(self):
        """The SVG as a file of its own, black on white: for viewers that know no CSS variables."""
        light = re.sub(r"var\(--\w+, (#[0-9a-f]{6})\)", r"\1", self.svg)
        return light.replace(
            ' style="', ' color="#000000" font-family="sans-serif" style="background:#ffffff;', 1
        )


def serialise(figure, variables):
    """`figure` as an inline <svg>, each colour replaced by `variables[colour]`.

    Raises ValueError for a colour that `variables` does not know and for a bitmap.
    """
    root = _drawn(figure)
    elements = list(root.iter())
    for element in elements:
        _shorten(element)
        _repaint(element, variables)
    _rename_ids(elements)
    _flatten(root)
    width, height = figure.get_size_inches() * 72
    root.attrib = {
        "xmlns": "http://www.w3.org/2000/svg",
        "viewBox": f"0 0 {width:g} {height:g}",
        "fill": "currentColor",
        "aria-hidden": "true",  # the words are in the frame around it
        "style": f"width:{width * 4 / 3:.0f}px;max-width:100%;height:auto;{LINE_ENDS}",
    }
    return ElementTree.tostring(root, encoding="unicode")


def _drawn(figure):
    """matplotlib's own SVG, without its date and its style sheet, which would leak into the page."""
    file = io.StringIO()
    figure.savefig(file, format="svg", transparent=True)
    root = ElementTree.fromstring(file.getvalue())
    for element in root.iter():
        element.tag = _local(element.tag)
        element.attrib = {_local(name): value for name, value in element.items()}
        element.tail = None
        if len(element):
            element.text = None
    root[:] = [child for child in root if child.tag != "metadata" and child.find("style") is None]
    return root


def _local(name):
    return name.rpartition("}")[2]


def _shorten(element):
    """Coordinates to a hundredth of a point, nothing that has no effect."""
    for name in {"d", "x", "y", "transform"} & set(element.attrib):
        value = re.sub(r"rotate\(-0 [^)]*\)", "", " ".join(element.get(name).split()))
        element.set(name, re.sub(r"-?\d+\.\d{3,}", lambda number: f"{round(float(number[0]), 2):g}", value))
    if not element.get("transform", "none"):
        del element.attrib["transform"]


def _repaint(element, variables):
    """The colours of `variables`, and the font family of the page."""
    style = dict(item.split(": ", 1) for item in element.attrib.pop("style", "").split("; ") if item)
    style |= {paint: element.attrib.pop(paint) for paint in ("fill", "stroke") if paint in element.attrib}
    if "font" in style:  # matplotlib before 3.9 writes the shorthand "italic 700 10px 'DejaVu Sans'"
        *shape, size = style.pop("font").split("px ")[0].split()
        style |= {"font-weight" if word.isdigit() else "font-style": word for word in shape}
        style["font-size"] = f"{size}px"
    style.pop("font-family", None)
    if element.tag == "image":
        raise ValueError("expected vector shapes, got a bitmap: use axes.pcolormesh with theme.shades")
    for name, value in style.items():
        if value.startswith("#") and value not in variables:
            raise ValueError(f"expected only the colours of theme.ROLES, got {value}")
        style[name] = variables.get(value, value)
    if style:
        element.set("style", ";".join(f"{name}:{value}" for name, value in style.items()))


def _rename_ids(elements):
    """Ids in use get a prefix made from the drawing, so that two figures never clash; the others go."""
    text = " ".join(value for element in elements for value in (*element.attrib.values(), element.text or ""))
    ids = {element.get("id") for element in elements}
    used = [name for name in dict.fromkeys(re.findall(r"#([\w-]+)", text)) if name in ids]
    prefix = "p" + hashlib.sha256(text.encode()).hexdigest()[:8]
    names = {name: f"{prefix}-{i}" for i, name in enumerate(used)}
    for element in elements:
        attributes = {name: _pointing(value, names) for name, value in element.items() if name != "id"}
        own = {"id": names[element.get("id")]} if element.get("id") in names else {}
        own |= {"class": DECORATION} if element.get("id") == DECORATION else {}
        element.attrib = own | attributes


def _pointing(value, names):
    return re.sub(r"#([\w-]+)", lambda found: "#" + names.get(found[1], found[1]), value)


def _flatten(element):
    """Groups that say nothing are replaced by what they hold."""
    children = []
    for child in element:
        _flatten(child)
        children += list(child) if child.tag == "g" and not child.attrib else [child]
    element[:] = children
