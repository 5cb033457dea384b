"""What the assets share: the installation's settings and the doors to its stores."""

from pathlib import Path

import dagster as dg
from sqlalchemy import Engine

from orchestration.settings import Settings, load_settings
from orchestration.warehouse import Warehouse
from policies.store import open_store


class Tollgate(dg.ConfigurableResource):  # type: ignore[type-arg]
    """One installation; `home` empty means `TOLLGATE_HOME` decides when the asset runs."""

    home: str = ""

    @property
    def settings(self) -> Settings:
        """The settings of this installation."""
        settings = load_settings()
        return Settings(Path(self.home), settings.engine) if self.home else settings

    def warehouse(self) -> Warehouse:
        """The warehouse that dbt builds and Python assets read."""
        return Warehouse(self.settings)

    def store(self) -> Engine:
        """The operational store: decisions, approvals, journal."""
        self.settings.home.mkdir(parents=True, exist_ok=True)
        return open_store(self.settings.ops_url)
