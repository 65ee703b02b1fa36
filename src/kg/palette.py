"""A colour for each class of things, legible in both themes.

Data may give a class a colour (`kg.display`); the others get one from their place. Either is made
darker or lighter until text in it can be read (WCAG 2.2, 1.4.3), its hue kept, in the colour space
OKLCH (CSS Color 4, 9.3).
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from kg.dataset import Statistics
from kg.display import Display
from kg.terms import NamedNode

LIGHT_GROUNDS = ("#fcfbf9", "#ffffff", "#f4f2ed")
DARK_GROUNDS = ("#15171b", "#1d2026", "#101216")
"""What text stands on in each theme: `--ground`, `--raised` and `--sunken` of the style sheet."""

TINT = 0.07
"""How much of its colour the ground of a chip takes on."""

CONTRAST = 4.5

LARGEST = 256
"""Classes that get a colour of their own; the rest, the rarest, go without."""

_GOLDEN_ANGLE = 137.508
_FIRST_HUE = 255.0
_CHROMA = 0.13
_START = {True: 0.80, False: 0.45}  # lightness to begin from, on dark ground and on light

Rgb = tuple[float, float, float]


@dataclass(frozen=True)
class Hue:
    """The colours of a class, as in `#0b6e4f`, in the light and in the dark theme."""

    light: str
    dark: str


@dataclass(frozen=True)
class Palette:
    """The colours of the classes of a dataset, the most frequent class first."""

    hues: Mapping[str, Hue]
    """By the IRI of the class."""

    given: frozenset[str]
    """The classes whose colour comes from the data."""

    @cached_property
    def _places(self) -> Mapping[str, int]:
        return {iri: place for place, iri in enumerate(self.hues)}

    def name(self, classes: Iterable[NamedNode]) -> str:
        """Return the name, in the style sheet, of a thing's colour; "" if it has none.

        A colour that the data gives goes before one that it does not, the rarer class before the
        more general.
        """
        known = [each.value for each in classes if each.value in self.hues]
        if not known:
            return ""
        best = max(known, key=lambda iri: (iri in self.given, self._places[iri]))
        return f"k{self._places[best]}"

    @cached_property
    def css(self) -> str:
        """The style sheet: for each class a rule that sets `--class`."""
        return "".join(
            f".k{self._places[iri]}{{--class:light-dark({hue.light},{hue.dark})}}\n"
            for iri, hue in self.hues.items()
        )

    @cached_property
    def digest(self) -> str:
        """A short hash of the style sheet, for its address."""
        return hashlib.sha256(self.css.encode()).hexdigest()[:12]


def palette(statistics: Statistics, display: Display) -> Palette:
    """Return the colours of the classes of a dataset."""
    given = {iri: view.color for iri, view in display.views.items() if view.color}
    counted = [each.iri for each in statistics.classes]
    classes = [*dict.fromkeys((*counted, *sorted(given)))]
    chosen = [iri for iri in classes if iri in given]
    rest = [iri for iri in classes if iri not in given]
    kept = {*chosen[:LARGEST], *rest[: max(0, LARGEST - len(chosen))]}
    automatic = {iri: automatic_color(place) for place, iri in enumerate(rest)}
    hues = {iri: hue(given.get(iri) or automatic[iri]) for iri in classes if iri in kept}
    return Palette(hues, frozenset(given))


def automatic_color(place: int) -> str:
    """Return the colour of the `place`-th class without one: as far as can be from those before."""
    return _hex(_rgb(0.5, _CHROMA, _FIRST_HUE + place * _GOLDEN_ANGLE))


def hue(color: str) -> Hue:
    """Return a colour such as `#0b6e4f` as it is shown in each theme."""
    return Hue(_legible(color, dark=False), _legible(color, dark=True))


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of two colours (WCAG 2.2), from 1 to 21."""
    brighter, darker = sorted((_luminance(_srgb(one)), _luminance(_srgb(other))), reverse=True)
    return (brighter + 0.05) / (darker + 0.05)


def grounds(color: str, *, dark: bool) -> list[str]:
    """Return what text of a colour may stand on in a theme: the grounds, plain and tinted."""
    plain = DARK_GROUNDS if dark else LIGHT_GROUNDS
    return [*plain, *(_mixed(color, ground) for ground in plain)]


def _legible(color: str, *, dark: bool) -> str:
    lightness, chroma, angle = _oklch(_srgb(color))
    if dark:
        lightness = max(lightness, _START[True])
    step = 0.01 if dark else -0.01
    while not _is_legible(color := _hex(_rgb(lightness, chroma, angle)), dark=dark):
        lightness += step
    return color


def _is_legible(color: str, *, dark: bool) -> bool:
    return min(contrast(color, each) for each in grounds(color, dark=dark)) >= CONTRAST


def _mixed(color: str, ground: str) -> str:
    pairs = zip(_srgb(color), _srgb(ground), strict=True)
    red, green, blue = (TINT * one + (1 - TINT) * other for one, other in pairs)
    return _hex((red, green, blue))


def _srgb(color: str) -> Rgb:
    red, green, blue = (int(color[place : place + 2], 16) / 255 for place in (1, 3, 5))
    return red, green, blue


def _hex(color: Rgb) -> str:
    return "#" + "".join(f"{round(255 * min(1, max(0, part))):02x}" for part in color)


def _linear(part: float) -> float:
    return part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4  # noqa: PLR2004


def _gamma(part: float) -> float:
    return 12.92 * part if part <= 0.0031308 else 1.055 * part ** (1 / 2.4) - 0.055  # noqa: PLR2004


def _luminance(color: Rgb) -> float:
    red, green, blue = map(_linear, color)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _oklch(color: Rgb) -> Rgb:
    """Return lightness, chroma and hue in degrees (the matrices of CSS Color 4, 18)."""
    red, green, blue = map(_linear, color)
    long = math.cbrt(0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue)
    medium = math.cbrt(0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue)
    short = math.cbrt(0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue)
    lightness = 0.2104542553 * long + 0.7936177850 * medium - 0.0040720468 * short
    a = 1.9779984951 * long - 2.4285922050 * medium + 0.4505937099 * short
    b = 0.0259040371 * long + 0.7827717662 * medium - 0.8086757660 * short
    return lightness, math.hypot(a, b), math.degrees(math.atan2(b, a))


def _rgb(lightness: float, chroma: float, angle: float) -> Rgb:
    """Return the colour with that lightness and hue, less vivid where a screen cannot show it."""
    while True:
        color = _unbounded(lightness, chroma, angle)
        if chroma <= 0 or all(-0.0001 <= part <= 1.0001 for part in color):  # noqa: PLR2004
            return color
        chroma = max(0, chroma - 0.005)


def _unbounded(lightness: float, chroma: float, angle: float) -> Rgb:
    a, b = chroma * math.cos(math.radians(angle)), chroma * math.sin(math.radians(angle))
    long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    medium = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    red = _gamma(4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short)
    green = _gamma(-1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short)
    blue = _gamma(-0.0041960863 * long - 0.7034186147 * medium + 1.7076147010 * short)
    return red, green, blue
