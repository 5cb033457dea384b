"""One entry of a plan's `resource_changes`: what happens to a resource, its values, its tags.

Belongs here: masks of unknown and sensitive values, tags, actions. Does not belong here: the plan
file as a whole (`plan.py`) and where a region comes from (`configuration.py`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from policies.deployment.configuration import UNKNOWN_REGION, Configuration, own_region

SENSITIVE = "(sensitive)"
TAG_ATTRIBUTES = (
    "tags_all",
    "effective_labels",
    "terraform_labels",
    "tags",
    "labels",
    "resource_labels",  # of a GKE cluster
    "user_labels",  # of a Cloud SQL instance, in its settings
)
WRITTEN_TAGS = ("tags", "labels", "resource_labels", "user_labels")
ACTIONS = (
    ("no-op",),
    ("create",),
    ("update",),
    ("delete",),
    ("delete", "create"),
    ("create", "delete"),
    ("forget",),
    ("create", "forget"),
)
# What provisioners run at; the plan does not say which of them at which.
_RUN = frozenset({"create", "delete"})
UNCHANGED = frozenset({("no-op",)})
# What Terraform plans for anything that it does not manage: data sources are read, ephemeral
# resources (listed by OpenTofu) opened. Neither is ever made, changed or deleted by a plan.
NOT_MANAGED = {"data": (("read",), ("no-op",)), "ephemeral": (("open",),)}
SHOW = "run `terraform plan -out=tfplan` and `terraform show -json tfplan > plan.json`"


class PlanError(ValueError):
    """The file is not a plan that can be judged; the message says what it is and what to do."""


@dataclass(frozen=True)
class ResourceChange:
    """One resource of a plan; sensitive values are already taken out."""

    address: str
    type: str
    provider: str
    region: str
    actions: tuple[str, ...]
    before: Mapping[str, Any] | None
    after: Mapping[str, Any] | None
    # Paths such as `root_block_device.0.volume_size` that are written, but get their value only
    # when the change is made. What is not written is the provider's default, not unknown.
    unknown: frozenset[str] = field(default_factory=frozenset)
    # Names that are not written and unknown as a whole: left to the provider, or `dynamic` blocks.
    left_out: frozenset[str] = field(default_factory=frozenset)
    taggable: bool = False
    tags: Mapping[str, str] | None = None
    tags_known: bool = True
    # Where it was before a `moved` block; the reason that Terraform gives for its actions; what
    # forces the replacement; whether it exists already and is only taken into the state.
    previous_address: str | None = None
    reason: str | None = None
    replace_paths: tuple[str, ...] = ()
    imported: bool = False
    deposed: bool = False
    # Programs that run with it, with all that Terraform may do: `local-exec`.
    programs: tuple[str, ...] = ()
    # Where it was before, if its values say so: a replacement may move it.
    region_before: str | None = None

    @property
    def identities(self) -> frozenset[str]:
        """The names by which bills may know the resource: its id and its ARN, once it has them."""
        values = [side.get(name) for side in (self.before, self.after) if side
                  for name in ("id", "arn", "self_link")]  # fmt: skip
        # Shorter ones (a random "1") say too little to be told from any other text.
        told = {v for v in values if isinstance(v, str) and len(v) > 5 and v != SENSITIVE}
        return frozenset(told | {v.lower() for v in told})


def read_change(entry: object, number: int, configuration: Configuration) -> ResourceChange | None:
    """One change, also of what stays as it is; None for what is not managed.

    PlanError if the entry contradicts itself: what it says and what it does may then differ.
    """
    where = f"resource_changes[{number}]"
    if not isinstance(entry, dict):
        raise PlanError(f"{where} is {kind_of(entry)}, not an object; {SHOW}")
    for name in ("address", "type", "mode"):
        if not isinstance(entry.get(name), str) or not entry[name]:
            raise PlanError(f"{where}.{name} is missing; {SHOW}")
    change = entry.get("change")
    if not isinstance(change, dict) or not isinstance(change.get("actions"), list):
        raise PlanError(f"{where}.change.actions is missing; {SHOW}")
    address, mode = entry["address"], entry["mode"]
    actions = tuple(change["actions"])
    if mode in NOT_MANAGED:
        if actions not in NOT_MANAGED[mode]:
            raise PlanError(
                f"{where}: {address} is {mode}, which no plan can {_words(actions)}; {SHOW}"
            )
        return None
    if mode != "managed":
        raise PlanError(f"{where}.mode {mode!r} is not known; upgrade Tollgate")
    if actions == ("read",):
        raise PlanError(f"{where}: {address} is managed, but only read; {SHOW}")
    if actions not in ACTIONS:
        raise PlanError(f"{where}.change.actions {list(actions)} is not known; upgrade Tollgate")
    before = _values(change, "before", where)
    after = _values(change, "after", where)
    _demand_sides(actions, before, after, f"{where} ({address})")
    if actions == ("no-op",):
        _demand_unchanged(change, f"{where} ({address})")
    mask, written = change.get("after_unknown"), configuration.written(address)
    _demand_masks(change, f"{where} ({address})")
    present = after if after is not None else before
    taggable, tags, known = _tags(after, mask) if after is not None else _tags(before, {})
    deposed = f" (deposed {entry['deposed']})" if entry.get("deposed") else ""
    return ResourceChange(
        address=address + deposed,
        type=entry["type"],
        provider=str(entry.get("provider_name") or "unknown"),
        region=configuration.region(address, present or {}) or UNKNOWN_REGION,
        actions=actions,
        before=before,
        after=after,
        unknown=frozenset(_unknown(mask, written)),
        left_out=frozenset(_left_out(mask, written)),
        taggable=taggable,
        tags=tags,
        tags_known=known,
        previous_address=_text(entry.get("previous_address")),
        reason=_text(entry.get("action_reason")),
        replace_paths=_paths(change.get("replace_paths")),
        imported=change.get("importing") is not None,
        deposed=bool(deposed),
        programs=configuration.programs(address) if _RUN.intersection(actions) else (),
        region_before=own_region(before or {}),
    )


def one_case(name: str) -> str:
    """A name as it is compared: Azure means the same by an id in any case, and writes several."""
    lower = name.lower()
    return lower if lower.startswith("/subscriptions/") else name


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


def _paths(value: object) -> tuple[str, ...]:
    entries = value if isinstance(value, list) else []
    return tuple(".".join(map(str, e)) for e in entries if isinstance(e, list))


def _demand_sides(actions: tuple[str, ...], before: object, after: object, where: str) -> None:
    """A change has the sides that its actions speak of, and no other."""
    if actions == ("no-op",):
        return
    for side, values, is_there in (
        ("before", before, actions != ("create",)),
        ("after", after, actions not in {("delete",), ("forget",)}),
    ):
        if (values is not None) is not is_there:
            told = "is missing" if is_there else f"is there, but the plan says {_words(actions)}"
            raise PlanError(f"{where}.change.{side} {told}; {SHOW}")


def _demand_masks(change: dict[str, Any], where: str) -> None:
    """What is unknown or sensitive is marked by truth values alone, in a plan of any version."""
    if not isinstance(change.get("after_unknown"), dict):
        raise PlanError(f"{where}.change.after_unknown is not an object; {SHOW}")
    for name in ("after_unknown", "before_sensitive", "after_sensitive"):
        if not _is_mask(change.get(name, False)):
            raise PlanError(f"{where}.change.{name} marks with more than true and false; {SHOW}")


def _is_mask(mask: Any) -> bool:
    if isinstance(mask, dict):
        return all(_is_mask(inner) for inner in mask.values())
    if isinstance(mask, list):
        return all(_is_mask(inner) for inner in mask)
    return isinstance(mask, bool)


def _demand_unchanged(change: dict[str, Any], where: str) -> None:
    """What a no-op says it is after the change is what it was before.

    Terraform guarantees that both are identical, and that nothing of it is unknown. Marks of
    sensitivity may differ, and a redacted plan shows another value where there is a mark.
    """
    marks = (change.get("before_sensitive"), change.get("after_sensitive"))
    before, after = (_mask(_mask(change.get(s), marks[0]), marks[1]) for s in ("before", "after"))
    if before != after or _any_unknown(change.get("after_unknown")):
        raise PlanError(f"{where} is a no-op, but its values change; {SHOW}")


def _words(actions: tuple[object, ...]) -> str:
    return " and ".join(map(str, actions))


def _values(change: dict[str, Any], side: str, where: str) -> dict[str, Any] | None:
    values = change.get(side)
    if values is None:
        return None
    if not isinstance(values, dict):
        raise PlanError(f"{where}.change.{side} is {kind_of(values)}, not an object; {SHOW}")
    return without_sensitive(values, change.get(f"{side}_sensitive"))


def without_sensitive(values: dict[str, Any], sensitive: object) -> dict[str, Any]:
    """The values of a resource without what Terraform's mask marks as sensitive."""
    masked = _mask(values, _tags_together(values, sensitive))
    return masked if isinstance(masked, dict) else {}


def _tags_together(values: dict[str, Any], sensitive: Any) -> Any:
    """The mask, with each tag that is sensitive in one attribute being so in all of them.

    Terraform marks a tag where it is written; the provider's copy in tags_all has no mark.
    """
    if not isinstance(sensitive, dict):
        return sensitive
    names = [name for name in TAG_ATTRIBUTES if isinstance(values.get(name), dict)]
    marked: dict[str, bool] = {}
    for name in TAG_ATTRIBUTES:
        mask, tags = sensitive.get(name), values.get(name)
        if isinstance(mask, dict):
            marked |= {key: True for key, inner in mask.items() if inner}
        elif mask is True and isinstance(tags, dict):
            marked |= dict.fromkeys(tags, True)
    together = {name: marked for name in names if sensitive.get(name) is not True}
    return {**sensitive, **together}


def _mask(value: Any, sensitive: Any) -> Any:
    """The value without what the plan marks as sensitive."""
    if sensitive is True:
        return SENSITIVE
    if isinstance(value, dict) and isinstance(sensitive, dict):
        return {name: _mask(inner, sensitive.get(name)) for name, inner in value.items()}
    if isinstance(value, list) and isinstance(sensitive, list):
        rest = [None] * (len(value) - len(sensitive))
        return [_mask(i, s) for i, s in zip(value, [*sensitive, *rest], strict=False)]
    return value


def _unknown(mask: Any, written: Any, path: tuple[str, ...] = ()) -> Iterator[str]:
    """The paths that are unknown; what the configuration shows to be left out is not among them."""
    if mask is True:
        yield ".".join(path)
    elif isinstance(mask, dict):
        left_out = _left_out(mask, written)
        for name, inner in mask.items():
            if name not in left_out:
                below = written.get(name) if isinstance(written, dict) else None
                yield from _unknown(inner, below, (*path, name))
    elif isinstance(mask, list):
        for index, inner in enumerate(mask):
            is_there = isinstance(written, list) and index < len(written)
            yield from _unknown(inner, written[index] if is_there else None, (*path, str(index)))


def _left_out(mask: Any, written: Any) -> set[str]:
    """The names that are unknown as a whole, and that the configuration shows to be left out."""
    if not isinstance(mask, dict) or not isinstance(written, dict):
        return set()
    return {name for name, inner in mask.items() if inner is True and name not in written}


def _any_unknown(mask: Any) -> bool:
    if isinstance(mask, dict):
        return any(_any_unknown(inner) for inner in mask.values())
    if isinstance(mask, list):
        return any(_any_unknown(inner) for inner in mask)
    return mask is True


def _with_settings(values: Mapping[str, Any]) -> Mapping[str, Any]:
    """With the labels that stand in a block of settings, where there is exactly one."""
    match values.get("settings"):
        case [{"user_labels": labels}]:
            return {**values, "user_labels": labels}
    return values


def _tags(
    values: Mapping[str, Any] | None, mask: object
) -> tuple[bool, dict[str, str] | None, bool]:
    """Whether the resource can carry tags, the tags, and whether all of them are known."""
    unknown = _with_settings(mask if isinstance(mask, dict) else {})
    values = _with_settings(values or {})
    blocks = values.get("tag")
    if isinstance(blocks, list) and all(isinstance(b, dict) and "key" in b for b in blocks):
        # An autoscaling group has a block for each tag.
        told = {str(b["key"]): str(b.get("value") or "") for b in blocks}
        return True, told, not _any_unknown(unknown.get("tag"))
    present = [name for name in TAG_ATTRIBUTES if name in values or name in unknown]
    if not present:
        return False, None, True
    # The provider's default tags are only in the first kinds; they can be left to the provider
    # while what is written in the configuration is known.
    for name in present:
        tags = values.get(name)
        if isinstance(tags, dict) and not _any_unknown(unknown.get(name)):
            return True, {key: str(v) for key, v in tags.items() if v is not None}, True
    written = next((name for name in WRITTEN_TAGS if name in present), present[0])
    if tags_are_open := _any_unknown(unknown.get(written)) or values.get(written) == SENSITIVE:
        partly = values.get(written)
        known = partly if isinstance(partly, dict) else {}
        return True, {k: str(v) for k, v in known.items() if v is not None}, not tags_are_open
    return True, {}, True


def kind_of(value: object) -> str:
    """What a value of JSON is, in words."""
    names = {dict: "an object", list: "a list", str: "a text", bool: "a truth value"}
    return "nothing" if value is None else names.get(type(value), "a number")
