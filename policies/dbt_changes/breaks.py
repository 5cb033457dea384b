"""What a changed project takes away from those who build on its public models.

Belongs here: the comparison of two manifests. A new version of a model takes nothing away: dbt
gives it an id of its own, and the old one stays.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from policies.dbt_changes.artefacts import Manifest


def breaks(base: Manifest, changed: Manifest) -> list[dict[str, Any]]:
    """Every promise of `base` that `changed` no longer keeps, by model and column.

    `what` is model_removed, access_narrowed, contract_dropped, column_removed or type_changed.
    """
    return [
        broken
        for name, before in base.public_models().items()
        for broken in _of_model(name, before, changed.models().get(name))
    ]


def _of_model(
    name: str, before: Mapping[str, Any], after: Mapping[str, Any] | None
) -> Iterator[dict[str, Any]]:
    if after is None:
        yield _break(name, "model_removed")
        return
    if after.get("access") != "public":
        yield _break(name, "access_narrowed", "public", str(after.get("access")))
    if not enforced(before):
        return
    if not enforced(after):
        yield _break(name, "contract_dropped", "enforced", "not enforced")
        return
    kept = _types(after)
    for column, kind in _types(before).items():
        if column not in kept:
            yield _break(name, "column_removed", kind, column=column)
        elif kept[column] != kind:
            yield _break(name, "type_changed", kind, kept[column], column)


def enforced(model: Mapping[str, Any]) -> bool:
    """Whether dbt holds the model to its contract."""
    contract = model.get("contract")
    return isinstance(contract, dict) and contract.get("enforced") is True


def _types(model: Mapping[str, Any]) -> dict[str, str]:
    columns = model.get("columns")
    found = columns if isinstance(columns, dict) else {}
    return {
        name: str(column.get("data_type")).lower()
        for name, column in found.items()
        if isinstance(column, dict)
    }


def _break(
    model: str, what: str, before: str = "", after: str = "", column: str = ""
) -> dict[str, Any]:
    return {
        "unique_id": model,
        "what": what,
        "column": column,
        "before": before,
        "after": after,
    }
