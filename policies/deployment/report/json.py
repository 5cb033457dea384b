"""One answer, written for programs."""

from __future__ import annotations

import json
from typing import Any

from policies.deployment.gate import Answer


def to_json(answer: Answer) -> str:
    """Decision and question."""
    return dump({"decision": answer.decision.to_dict(), "question": answer.question})


def dump(document: Any) -> str:
    """JSON in which a CI that shows it finds no command: `#` can only stand in a string."""
    return json.dumps(document, indent=2).replace("#", "\\u0023")
