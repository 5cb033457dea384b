"""`tollgate rates`: the company's own rates for CI, and the vendors' price lists.

Belongs here: options, exit codes, what is said. Does not belong here: the queries
(`orchestration/rates.py`), the files and the downloads (`policies/deployment/`).
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from orchestration.cli.console import err, fail
from orchestration.settings import SettingsError, load_settings
from policies.bundle import BundleError, read_bundle
from policies.deployment.budget_scopes import BudgetError
from policies.deployment.ratecard import (
    SIGNING_KEY,
    UNSIGNED,
    RateCardError,
    write_card,
    write_keys,
)
from policies.deployment.vendor import aws, azure, google
from policies.deployment.vendor.listing import ListError, write_list
from policies.deployment.waivers import recorded_uses
from policies.store import StoreError, open_store

app = typer.Typer(
    no_args_is_help=True,
    help="Own rates for the gate, and vendors' price lists.",
)


class Vendor(StrEnum):
    """Whose list is downloaded."""

    AWS = "aws"
    AZURE = "azure"
    GOOGLE = "google"


_DOWNLOADERS = {
    Vendor.AWS: (aws.download, aws.BASE),
    Vendor.AZURE: (azure.download, azure.BASE),
    Vendor.GOOGLE: (google.download, google.BASE),
}


@app.command()
def export(
    out: Annotated[Path, typer.Option(help="Where the card is written.")] = Path("rates.json"),
    days: Annotated[int, typer.Option(min=7, help="How many whole days are looked back.")] = 60,
    min_line_items: Annotated[
        int, typer.Option(min=1, help="Line items that a rate needs at least.")
    ] = 10,
    until: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Only charges before this day.")
    ] = None,
) -> None:
    """Write the rate card: what is really paid, and the facts, for gates without a warehouse."""
    from orchestration.rates import measure_card  # noqa: PLC0415 (fast --help)
    from orchestration.warehouse import Warehouse, WarehouseError  # noqa: PLC0415

    try:
        settings = load_settings()
        content = measure_card(
            Warehouse(settings),
            settings.now(),
            days=days,
            min_lines=min_line_items,
            until=until.date() if until else None,
        )
        uses = recorded_uses(open_store(settings.ops_url), read_bundle())
        content["facts"]["waivers"] = [use.to_dict() for use in uses]
        signature = write_card(out, content)
    except (
        WarehouseError,
        RateCardError,
        BudgetError,
        BundleError,
        StoreError,
        SettingsError,
        OSError,
    ) as error:
        fail(str(error))
    rates, size = len(content["rates"]), out.stat().st_size
    how = f"{UNSIGNED} for want of {SIGNING_KEY}, see `tollgate rates keys`"
    err.print(
        f"{out}: {rates} rates from bills through {content['data_as_of'][:10]}, issued "
        f"{content['issued_at'][:10]}, {size:,} bytes, "
        f"{how if signature == UNSIGNED else signature}",
        highlight=False,
        soft_wrap=True,
    )


@app.command()
def keys(
    folder: Annotated[Path, typer.Argument(help="Where the two files go; never overwritten.")],
) -> None:
    """Make the pair of keys: the private one signs exports, the public one is for CI."""
    try:
        private, public = write_keys(folder)
    except OSError as error:
        fail(f"{folder}: {error.strerror}; choose an empty folder")
    err.print(f"keep {private} secret; give CI the content of {public}", highlight=False)


@app.command()
def download(
    vendor: Annotated[Vendor, typer.Argument(help="aws, azure or google.")],
    region: Annotated[list[str], typer.Option(help="Region, as the vendor names it.")],
    base: Annotated[str | None, typer.Option(help="Another server than the vendor's.")] = None,
    out: Annotated[
        Path | None, typer.Option(help="Folder; by default prices/ under TOLLGATE_HOME.")
    ] = None,
) -> None:
    """Download the public price list of regions; only what the gate looks up is kept."""
    downloader, address = _DOWNLOADERS[vendor]
    try:
        folder = out or load_settings().home / "prices"
        for name in region:
            source, offers = downloader(name, base or address)
            path = folder / f"{vendor.value}-{name}.jsonl"
            count = write_list(path, source, offers)
            err.print(f"{path}: {count} prices of {source.published}", highlight=False)
        err.print(source.disclaimer, highlight=False)
    except (ListError, SettingsError, OSError) as error:
        fail(str(error))
