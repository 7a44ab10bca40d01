"""The colours of portal and admin: one table, from which both tokens.css and unfold are made (ux.md 5.3).

tests/portal/test_look.py holds the two equal. After a change: `python -m tools.tokens`.
"""

from __future__ import annotations

from typing import Final

# Names and steps are unfold's own, so that its sheet and ours read the same variables.
BASE: Final = {
    "50": "#f8fafc",
    "100": "#f1f4f8",
    "200": "#e3e8ef",
    "300": "#cdd5df",
    "400": "#8b95a7",
    "500": "#667085",
    "600": "#4a5466",
    "700": "#364152",
    "800": "#202939",
    "900": "#161d2b",
    "950": "#10151f",
}
PRIMARY: Final = {
    "50": "#eef4ff",
    "100": "#dfe9ff",
    "200": "#c4d6ff",
    "300": "#a7c2ff",
    "400": "#8fb0ff",
    "500": "#5b84f5",
    "600": "#2450db",
    "700": "#1d42b8",
    "800": "#1b3994",
    "900": "#1a2c5e",
    "950": "#141f42",
}
FONT: Final = {
    "subtle-light": "var(--color-base-500)",
    "subtle-dark": "var(--color-base-400)",
    "default-light": "var(--color-base-700)",
    "default-dark": "var(--color-base-300)",
    "important-light": "var(--color-base-950)",
    "important-dark": "var(--color-base-100)",
}
UNFOLD_COLORS: Final = {"base": BASE, "primary": PRIMARY, "font": FONT}
RADIUS: Final = "6px"

# What each name means, as (light, dark).
MEANINGS: Final = {
    "page": ("#ffffff", "var(--color-base-950)"),
    "surface": ("#ffffff", "var(--color-base-900)"),
    "nav": ("var(--color-base-50)", "var(--color-base-900)"),
    "entrance": ("var(--color-base-100)", "var(--color-base-950)"),
    "sunken": ("var(--color-base-50)", "var(--color-base-800)"),
    "raised": ("#ffffff", "var(--color-base-800)"),
    "hover": ("var(--color-base-100)", "#283245"),
    "line": ("var(--color-base-200)", "#303b4e"),
    "line-strong": ("#7d8798", "#7c879b"),
    "text": ("var(--color-base-950)", "#eef1f6"),
    "text-soft": ("var(--color-base-600)", "#b4bdcc"),
    "accent": ("var(--color-primary-600)", "var(--color-primary-400)"),
    "accent-tint": ("var(--color-primary-50)", "var(--color-primary-900)"),
    "accent-line": ("var(--color-primary-200)", "#31488c"),
    "button": ("var(--color-primary-600)", "#2f5be6"),
    "button-hover": ("var(--color-primary-700)", "#2450db"),
    "on-button": ("#ffffff", "#ffffff"),
    "red": ("#b42318", "#ff9b90"),
    "red-tint": ("#fef3f2", "#43150f"),
    "red-line": ("#f3b6b0", "#8a3128"),
    "red-solid": ("#b42318", "#b42318"),
    "amber": ("#93540a", "#fbc55f"),
    "amber-tint": ("#fff8e6", "#3d2706"),
    "amber-line": ("#e6c07f", "#7c5413"),
    "amber-solid": ("#c58208", "#c58208"),
    "green": ("#0f6b3f", "#75dca4"),
    "green-tint": ("#ecfdf3", "#0b2f1e"),
    "green-line": ("#a5dfc0", "#1f6b45"),
    "green-solid": ("#17955a", "#1fa466"),
    "avatar": ("var(--color-base-200)", "#344054"),
    "shadow": ("rgb(16 21 31 / 12%)", "rgb(0 0 0 / 45%)"),
}


def tokens_css() -> str:
    """The whole of tokens.css."""
    light = [f"  --{name}: {values[0]};" for name, values in MEANINGS.items()]
    dark = [f"--{name}: {values[1]};" for name, values in MEANINGS.items()]
    shared = [
        f"  --color-{name}-{step}: {value};"
        for name, steps in UNFOLD_COLORS.items()
        for step, value in steps.items()
    ]
    return "\n".join(
        [
            "@layer reset, tokens, base, shell, parts, page;",
            "",
            "/* Made from portal/look.py by `python -m tools.tokens`; edit there. */",
            "@layer tokens {",
            ":root {",
            "  color-scheme: light;",
            f"  --radius: {RADIUS};",
            f"  --border-radius: {RADIUS};",
            *shared,
            *light,
            "}",
            ":root.dark {",
            "  color-scheme: dark;",
            *(f"  {line}" for line in dark),
            "}",
            "/* Before the script has run, and without it, the system decides. */",
            "@media (prefers-color-scheme: dark) {",
            "  :root:not(.light, .dark) {",
            "    color-scheme: dark;",
            *(f"    {line}" for line in dark),
            "  }",
            "}",
            "@media print {",
            "  :root, :root.dark, :root:not(.light, .dark) {",
            "    color-scheme: light;",
            *(f"  {line}" for line in light),
            "  }",
            "}",
            "}",
            "",
        ]
    )
