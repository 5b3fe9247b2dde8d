"""What eyes make of colours: contrast as WCAG counts it, and how far apart two look, to people who see fewer too."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

SIGHT: dict[str, Array] = {
    "all colours": np.eye(3),
    "no red": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    ),
    "no green": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
    ),
    "no blue": np.array(
        [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]]
    ),
}
"""Linear RGB as people see it who lack a kind of cone (Machado, Oliveira and Fernandes, 2009)."""
_TO_XYZ = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
)
_WHITE = np.array([0.95047, 1.0, 1.08883])


def linear(colour: str) -> Array:
    """Return the linear RGB of #rrggbb."""
    srgb = np.array([int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)])
    return np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of two colours, 1 to 21."""
    weights = np.array([0.2126, 0.7152, 0.0722])
    dark, bright = sorted(float(linear(colour) @ weights) for colour in (one, other))
    return (bright + 0.05) / (dark + 0.05)


def difference(one: str, other: str, sight: str) -> float:
    """Return how far apart two colours look (CIEDE2000); about 2 can just be told side by side, 10 at a glance."""
    first, second = (_lab(np.clip(SIGHT[sight] @ linear(colour), 0, 1)) for colour in (one, other))
    return _ciede2000(first, second)


def _lab(rgb: Array) -> Array:
    xyz = _TO_XYZ @ rgb / _WHITE
    f = np.where(xyz > 216 / 24389, np.cbrt(xyz), (24389 / 27 * xyz + 16) / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def _ciede2000(one: Array, other: Array) -> float:
    chroma = (np.hypot(one[1], one[2]) + np.hypot(other[1], other[2])) / 2
    grey = 0.5 * (1 - np.sqrt(chroma**7 / (chroma**7 + 25.0**7)))
    a = np.array([one[1], other[1]]) * (1 + grey)
    b = np.array([one[2], other[2]])
    c, h = np.hypot(a, b), np.degrees(np.arctan2(b, a)) % 360
    turn = (h[1] - h[0] + 180) % 360 - 180
    light, coloured, hue = other[0] - one[0], c[1] - c[0], 2 * np.sqrt(c[0] * c[1]) * np.sin(np.radians(turn / 2))
    middle_l, middle_c, middle_h = (one[0] + other[0]) / 2, c.mean(), (h[0] + turn / 2) % 360
    t = (
        1
        - 0.17 * np.cos(np.radians(middle_h - 30))
        + 0.24 * np.cos(np.radians(2 * middle_h))
        + 0.32 * np.cos(np.radians(3 * middle_h + 6))
        - 0.20 * np.cos(np.radians(4 * middle_h - 63))
    )
    far = (middle_l - 50) ** 2
    s_l, s_c, s_h = 1 + 0.015 * far / np.sqrt(20 + far), 1 + 0.045 * middle_c, 1 + 0.015 * middle_c * t
    rotation = -np.sin(np.radians(60 * np.exp(-(((middle_h - 275) / 25) ** 2))))
    rotation *= 2 * np.sqrt(middle_c**7 / (middle_c**7 + 25.0**7))
    parts = np.array([light / s_l, coloured / s_c, hue / s_h])
    return float(np.sqrt((parts**2).sum() + rotation * parts[1] * parts[2]))
