"""Pictures in asset metadata: Dagster's UI shows a PNG that is inlined in Markdown."""

from __future__ import annotations

import base64


def markdown_image(png: bytes, caption: str) -> str:
    """An inline image with its caption underneath."""
    data = base64.b64encode(png).decode()
    return f"![{caption.replace(']', ')')}](data:image/png;base64,{data})\n\n{caption}"
