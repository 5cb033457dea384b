"""Writes Acme: fourteen months of bills in the providers' own formats, and the truth about them.

`generate` is the only entry. The same rows and seed give byte-identical files.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from orchestration.demo import (
    aws_bills,
    aws_catalogue,
    azure_catalogue,
    drivers,
    gcp_bills,
    gcp_catalogue,
    inventory,
    kubernetes,
    plans,
    saas,
    truth,
)
from orchestration.demo.amounts import ONE, Ints, Mask
from orchestration.demo.aws_commitments import reservations, savings_plan
from orchestration.demo.aws_lines import COVERED, DISCOUNTED, AwsMonth, Lines
from orchestration.demo.aws_lines import RESTATED as AWS_RESTATED
from orchestration.demo.aws_rows import AwsRows
from orchestration.demo.azure_bills import AzureFile, AzureRows
from orchestration.demo.azure_lines import RESTATED as AZURE_RESTATED
from orchestration.demo.azure_lines import AzureMonth, commitments
from orchestration.demo.company import (
    AS_OF,
    AWS_HOURS,
    AWS_MIGRATION,
    AZURE_HOURS,
    DAYS,
    EKS_CLUSTER,
    GCP_HOURS,
    MONTHS,
    SAAS_HOURS,
    SAAS_PROVIDER,
    Month,
)
from orchestration.demo.meters import Book, Meter
from orchestration.demo.sizing import BILL_FEEDS, Sizes, plan
from orchestration.demo.truth import Totals
from orchestration.ingest.exports import Export, write_exports

Progress = Callable[[str, int, int], None]
"""Called with what was just written, how many steps are done and how many there are."""

AWS_EXPORT, AZURE_EXPORT, GCP_EXPORT, SAAS_EXPORT = (
    "acme-payer",
    "acme-ea",
    "acme-billing",
    "beacon",
)
OWN_EXPORT = "acme"


@dataclass(frozen=True)
class Delivery:
    """Files of one period as first delivered, before the provider restated them."""

    feed: str
    export: str
    period: str
    files: tuple[Path, ...]


@dataclass(frozen=True)
class DemoCompany:
    """Where everything about Acme lies."""

    root: Path
    bills: Path
    exports: Path
    truth: Path
    plans: dict[str, Path]
    emulator: Path
    as_of: date
    rows: int
    """Rows of all bills, each period counted once."""
    first_deliveries: tuple[Delivery, ...]


class _Writer:
    """One run of the generator: catalogues, where to write, and the totals so far."""

    def __init__(self, out: Path, sizes: Sizes, seed: int, progress: Progress | None):
        self.bills = out / "bills"
        self.seed = seed
        self.sizes = sizes
        self.totals = Totals()
        self.first: list[Delivery] = []
        self.restated: list[dict[str, str]] = []
        self.node_cost: Ints = np.zeros(DAYS, dtype=np.int64)
        self._progress = progress
        self._done = 0
        tails, fleet = sizes.tails, sizes.fleet
        self.aws = [*aws_catalogue.core(seed, fleet), *aws_catalogue.tail(seed, tails["aws"])]
        self.azure = [
            *azure_catalogue.core(seed, fleet),
            *azure_catalogue.tail(seed, tails["azure"]),
        ]
        self.gcp = [*gcp_catalogue.core(seed, fleet), *gcp_catalogue.tail(seed, tails["gcp"])]
        self.saas = saas.meters(seed, tails["saas"])

    def step(self, what: str) -> None:
        """Report one finished step."""
        self._done += 1
        if self._progress:
            self._progress(what, self._done, 6 * len(MONTHS) + 1)

    def catalogues(self) -> dict[str, list[Meter]]:
        """All meters by provider."""
        return {
            "AWS": self.aws,
            "Microsoft": self.azure,
            "Google Cloud": self.gcp,
            SAAS_PROVIDER: self.saas,
        }

    def write_aws(self) -> None:
        """Legacy reports until the migration, CUR 2.0 afterwards."""
        book = Book(self.aws, seed=self.seed, feed=1, hours=AWS_HOURS)
        agreement, reserved = savings_plan(self.aws), reservations(self.aws)
        rows = AwsRows(self.aws, agreement, reserved, self.seed)
        nodes = np.zeros(len(self.aws), dtype=bool)
        nodes[aws_catalogue.eks_nodes(self.aws)] = True
        for month in MONTHS:
            legacy = month.name < AWS_MIGRATION
            feed = "aws_cur_legacy" if legacy else "aws_cur2"
            folder = self.bills / "aws" / ("legacy" if legacy else "cur2")
            if month.name in AWS_RESTATED:
                early = AwsMonth(book, agreement, reserved, month, first_delivery=True)
                if legacy:
                    files = aws_bills.write_legacy(folder, month, _aws_tables(early, rows), 1)
                else:
                    first = self.bills / "first" / "aws" / "cur2"
                    files = aws_bills.write_cur2(first, month, _aws_tables(early, rows))
                self._restate(feed, AWS_EXPORT, month, files)
            final = AwsMonth(book, agreement, reserved, month)
            tables = self._counted_aws(feed, month, _aws_tables(final, rows, self._watch(nodes)))
            if legacy:
                assembly = 2 if month.name in AWS_RESTATED else 1
                aws_bills.write_legacy(folder, month, tables, assembly)
            else:
                aws_bills.write_cur2(folder, month, tables)
            self.step(f"AWS {month.name}")

    def _watch(self, nodes: Mask) -> Callable[[Lines], None]:
        """Add up what the Kubernetes nodes cost each day, after commitments."""

        def watch(lines: Lines) -> None:
            mine = nodes[lines.meter]
            paid = np.where(
                np.isin(lines.kind, (COVERED, DISCOUNTED)),
                lines.effective,
                np.where(lines.kind == 0, lines.cost, 0),
            )
            np.add.at(self.node_cost, lines.day[mine], paid[mine])

        return watch

    def _counted_aws(
        self, feed: str, month: Month, tables: Iterator[pa.Table]
    ) -> Iterator[pa.Table]:
        key = (feed, AWS_EXPORT, month.name)
        for table in tables:
            cost = int(table.column("line_item_unblended_cost").to_numpy().sum())
            self.totals.rows(key, table.num_rows)
            self.totals.amount(key, "unblended_cost", "USD", cost)
            sold = _sold_by_others(table)
            self.totals.billed("AWS", month.name, "USD", cost - sum(sold.values()))
            for seller, theirs in sold.items():
                self.totals.billed(seller, month.name, "USD", theirs)
            yield table

    def _restate(self, feed: str, export: str, month: Month, files: list[Path]) -> None:
        self.first.append(Delivery(feed, export, month.name, tuple(files)))
        self.restated.append({"feed": feed, "export": export, "billing_period": month.name})

    def write_azure(self) -> None:
        """Both exports, actual and amortised, from the same usage."""
        book = Book(self.azure, seed=self.seed, feed=2, hours=AZURE_HOURS)
        bought = commitments(self.azure, self.seed)
        rows = AzureRows(self.azure, bought)
        for month in MONTHS:
            if month.name in AZURE_RESTATED:
                early = AzureMonth(book, bought, month, first_delivery=True)
                files = _azure_month(self.bills / "first" / "azure", month, early, rows, None)
                for feed, file in files.items():
                    self._restate(feed, AZURE_EXPORT, month, [file])
            _azure_month(
                self.bills / "azure", month, AzureMonth(book, bought, month), rows, self.totals
            )
            self.step(f"Azure {month.name}")

    def write_gcp(self) -> None:
        """The detailed export as JSON lines."""
        book = Book(self.gcp, seed=self.seed, feed=3, hours=GCP_HOURS)
        for month in MONTHS:
            path = self.bills / "gcp" / month.name / "acme_detailed-000000000000.json.gz"
            with aws_bills.gzip_file(path) as sink:
                for lines, sums in gcp_bills.GcpMonth(book, month, self.seed).batches():
                    if sums.rows:
                        sink.write(gcp_bills.json_bytes(lines))
                    key = ("gcp_detailed", GCP_EXPORT, month.name)
                    self.totals.rows(key, sums.rows)
                    self.totals.amount(key, "cost", "USD", sums.cost)
                    self.totals.amount(key, "credits", "USD", sums.credits)
                    self.totals.billed("Google Cloud", month.name, "USD", sums.cost + sums.credits)
            self.step(f"Google Cloud {month.name}")

    def write_others(self) -> None:
        """Kubernetes, the software vendor and the business drivers."""
        running = kubernetes.pods(self.sizes.tails["kubernetes"], self.seed)
        book = Book(self.saas, seed=self.seed, feed=4, hours=SAAS_HOURS)
        for month in MONTHS:
            name = month.name
            path = self.bills / "kubernetes" / name / "opencost.csv"
            costs = self.node_cost.tolist()
            rows, total = kubernetes.write_month(path, month, running, costs, seed=self.seed)
            self._written("kubernetes_opencost", EKS_CLUSTER, name, rows)
            self.totals.amount(
                ("kubernetes_opencost", EKS_CLUSTER, name), "total_cost", "USD", total
            )
            self.step(f"Kubernetes {name}")
            rows, total = saas.write_month(self.bills / "saas" / name / "focus.csv", month, book)
            self._written("focus", SAAS_EXPORT, name, rows)
            for measure in ("billed_cost", "effective_cost"):
                self.totals.amount(("focus", SAAS_EXPORT, name), measure, "USD", total)
            self.totals.billed(SAAS_PROVIDER, name, "USD", total)
            self.step(f"{SAAS_PROVIDER} {name}")
            path = self.bills / "drivers" / name / "drivers.csv"
            rows, total = drivers.write_month(path, month, self.seed)
            self._written("business_drivers", OWN_EXPORT, name, rows)
            key = ("business_drivers", OWN_EXPORT, name)
            self.totals.amount(key, "quantity", None, total * ONE)
            self.step(f"business drivers {name}")

    def write_inventory(self) -> list[inventory.Resource]:
        """The inventory's snapshots; returns the resources as they stand on the last day."""
        found = inventory.resources(self.catalogues())
        for period, rows in inventory.write(self.bills / "inventory", found, self.seed):
            self._written("resource_inventory", OWN_EXPORT, period, rows)
        return found

    def _written(self, feed: str, export: str, period: str, rows: int) -> None:
        self.totals.rows((feed, export, period), rows)


def generate(
    out: Path, *, rows: int = 300_000, seed: int = 7, progress: Progress | None = None
) -> DemoCompany:
    """Write Acme below `out`: bills, exports, truth, plans and the emulator's seed."""
    out = out.resolve()
    out.mkdir(parents=True, exist_ok=True)
    writer = _Writer(out, plan(rows, seed), seed, progress)
    writer.write_aws()
    writer.write_azure()
    writer.write_gcp()
    writer.write_others()
    found = writer.write_inventory()
    emulator = out / "emulator.json"
    emulator.write_text(json.dumps(inventory.emulator_seed(found), indent=1) + "\n")
    plan_paths = plans.write(out / "plans")
    exports = out / "exports.toml"
    write_exports(exports, _exports(writer.bills))
    truth_path = out / "truth.json"
    truth.write(
        truth_path,
        rows=rows,
        seed=seed,
        totals=writer.totals,
        catalogues=writer.catalogues(),
        resources=found,
        restated=writer.restated,
    )
    writer.step("inventory, plans and truth")
    return DemoCompany(
        out,
        writer.bills,
        exports,
        truth_path,
        plan_paths,
        emulator,
        AS_OF,
        writer.totals.row_count(BILL_FEEDS),
        tuple(writer.first),
    )


def _sold_by_others(table: pa.Table) -> dict[str, int]:
    """Cost by marketplace seller: in FOCUS the seller is the provider."""
    sold = table.filter(pc.equal(table["bill_billing_entity"].cast("string"), "AWS Marketplace"))
    costs = pa.table(
        {
            "seller": sold["line_item_legal_entity"].cast("string"),
            "cost": sold["line_item_unblended_cost"],
        }
    )
    sums = costs.group_by("seller").aggregate([("cost", "sum")]).to_pylist()
    return {row["seller"]: int(row["cost_sum"]) for row in sums}


def _aws_tables(
    month: AwsMonth, rows: AwsRows, watch: Callable[[Lines], None] | None = None
) -> Iterator[pa.Table]:
    for lines in month.batches():
        if watch:
            watch(lines)
        yield rows.lines(lines)
    yield rows.charges(month.charges())


def _azure_month(
    root: Path, month: Month, delivery: AzureMonth, rows: AzureRows, totals: Totals | None
) -> dict[str, Path]:
    folder = f"{month.start:%Y%m%d}-{month.end - timedelta(days=1):%Y%m%d}"
    files = {
        f"azure_{view}": AzureFile(root / view / folder / f"acme-{view}_0001.csv")
        for view in ("actual", "amortized")
    }

    def add(feed: str, table: pa.Table, costs: Mapping[str, int]) -> None:
        """`costs` by who sells: in FOCUS a marketplace's seller is the provider."""
        files[feed].write(table)
        if totals:
            key = (feed, AZURE_EXPORT, month.name)
            totals.rows(key, table.num_rows)
            totals.amount(key, "cost", "EUR", sum(costs.values()))
            if feed == "azure_actual":
                for publisher, cost in costs.items():
                    totals.billed(publisher, month.name, "EUR", cost)

    for lines in delivery.batches():
        actual, amortised = int(lines.actual.sum()), int(lines.amortised.sum())
        add("azure_actual", rows.lines(lines, month, amortised=False), {"Microsoft": actual})
        add("azure_amortized", rows.lines(lines, month, amortised=True), {"Microsoft": amortised})
    for feed, charges in (
        ("azure_actual", delivery.actual_charges()),
        ("azure_amortized", delivery.amortised_charges()),
    ):
        costs: dict[str, int] = {}
        for charge in charges:
            costs[charge.publisher] = costs.get(charge.publisher, 0) + charge.cost
        add(feed, rows.charges(charges, month), costs)
        files[feed].close()
    return {feed: file.path for feed, file in files.items()}


def _exports(bills: Path) -> list[Export]:
    """The exports as a customer would declare them."""
    cluster = {"cluster": EKS_CLUSTER, "currency": "USD"}
    return [
        Export("aws_cur_legacy", AWS_EXPORT, bills / "aws" / "legacy"),
        Export("aws_cur2", AWS_EXPORT, bills / "aws" / "cur2"),
        Export("azure_actual", AZURE_EXPORT, bills / "azure" / "actual"),
        Export("azure_amortized", AZURE_EXPORT, bills / "azure" / "amortized"),
        Export("gcp_detailed", GCP_EXPORT, bills / "gcp"),
        # OpenCost's CSV names neither its cluster nor its currency.
        Export("kubernetes_opencost", EKS_CLUSTER, bills / "kubernetes", cluster),
        Export("focus", SAAS_EXPORT, bills / "saas"),
        Export("business_drivers", OWN_EXPORT, bills / "drivers"),
        Export("resource_inventory", OWN_EXPORT, bills / "inventory"),
    ]
