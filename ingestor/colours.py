"""Colours of levels and classes, as people can read text on them."""


def ink_on(fill: str) -> str:
    """Return black or white, whichever can be read better on a colour such as #00E400.

    References
    ----------
    .. [1] WCAG 2.1, relative luminance.
    """
    parts = [int(fill[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    return "#000000" if (luminance + 0.05) / 0.05 >= 1.05 / (luminance + 0.05) else "#FFFFFF"
