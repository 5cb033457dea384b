"""Whether `TOLLGATE_HOME` can be where an installation keeps its state.

Belongs here: what is asked before every command. Does not belong here: what a command needs there.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

from orchestration.settings import SettingsError, load_settings


def require_possible_home(env: Mapping[str, str] | None = None) -> None:
    """Raise `SettingsError` unless the state folder is a folder, or one can be made there.

    Leaves nothing behind: a command that keeps no state makes no folder.
    """
    named = (os.environ if env is None else env).get("TOLLGATE_HOME")
    try:
        home = load_settings(env).home
        nearest = _nearest(home)
        if not nearest.is_dir():
            raise NotADirectoryError(f"{nearest} is not a folder")
        # By default it is below the working folder, which not every command writes to.
        if named and nearest != home:
            Path(tempfile.mkdtemp(prefix=".tollgate-", dir=nearest)).rmdir()
    except (OSError, RuntimeError) as error:
        why = getattr(error, "strerror", None) or error
        raise SettingsError(
            f"TOLLGATE_HOME is {named or '.tollgate'}, where Tollgate cannot keep its state "
            f"({why}); set it to a folder, or to where one can be made"
        ) from error


def _nearest(path: Path) -> Path:
    """The path itself, or the first above it that is there."""
    # Not Path.exists: what cannot be looked at is not taken for missing.
    while not os.path.lexists(path) and path != path.parent:
        path = path.parent
    return path
