"""Writes tokens.css from portal/look.py: `python -m tools.tokens`."""

from __future__ import annotations

from pathlib import Path

from portal.look import tokens_css

TARGET = (
    Path(__file__).resolve().parent.parent / "portal" / "static" / "portal" / "css" / "tokens.css"
)

if __name__ == "__main__":
    TARGET.write_text(tokens_css(), encoding="utf-8")
    print(TARGET)
