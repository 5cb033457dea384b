"""Which tests run in one process, since they share something that is dear to make."""

from __future__ import annotations

from typing import Any

import pytest

# By path: pytest 9.2 ignores the renamed ids by which pytest-xdist marks its own groups.
TOGETHER = {
    "tests/e2e/": "one demo",
    "tests/integration/test_dbt_engines.py": "one build of all samples",
    "tests/integration/test_focus_azure_and_gcp.py": "one build of all samples",
    "tests/integration/test_dbt_conformance.py": "one conformed bill",
    "tests/integration/test_dbt_restatement.py": "one story of deliveries",
    "tests/integration/test_dbt_incremental.py": "one parsed project",
}


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Send the tests of a group to one worker, all others to whichever is free."""
    from xdist.scheduler import LoadScopeScheduling  # noqa: PLC0415 (absent without xdist)

    class Grouped(LoadScopeScheduling):  # type: ignore[misc]
        def _split_scope(self, nodeid: str) -> str:
            path = nodeid.partition("::")[0]
            return next((group for key, group in TOGETHER.items() if path.startswith(key)), nodeid)

    return Grouped(config, log)
