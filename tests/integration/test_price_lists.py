"""Vendors' price lists, from a local server that answers in their documented formats."""

import json
import threading
import tracemalloc
from collections.abc import Callable, Iterator
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from typer.testing import CliRunner, Result

from orchestration.cli.rates import app
from policies.deployment.estimate import estimate
from policies.deployment.plan import read_plan
from policies.deployment.sources import open_sources
from policies.deployment.vendor.listing import ListError, read_list
from tests.unit.policies.deployment.made_plans import planned

PLANS = Path(__file__).parents[2] / "policies/examples/deployment/plans"
COLUMNS = ["SKU", "OfferTermCode", "RateCode", "TermType", "PriceDescription", "EffectiveDate",
           "StartingRange", "EndingRange", "Unit", "PricePerUnit", "Currency", "Product Family",
           "serviceCode", "Location", "Tenancy", "Operating System", "License Model", "usageType",
           "operation", "CapacityStatus", "Pre Installed S/W", "Region Code"]  # fmt: skip
Answers = dict[str, Callable[[dict[str, list[str]]], bytes | Iterator[bytes]]]


def row(usage: str, price: str, unit: str = "Hrs", **more: str) -> str:
    plain = {"TermType": "OnDemand", "StartingRange": "0", "Currency": "USD", "Unit": unit,
             "serviceCode": "AmazonEC2", "usageType": usage, "PricePerUnit": price,
             "Region Code": "eu-west-1", "PriceDescription": 'a "quoted", text'}  # fmt: skip
    values = {**plain, **more}
    cells = (values.get(name, "").replace('"', '""') for name in COLUMNS)
    return ",".join(f'"{cell}"' for cell in cells) + "\n"


def machine(usage: str, price: str, **more: str) -> str:
    fields = {"operation": "RunInstances", "Tenancy": "Shared", "CapacityStatus": "Used",
              "Pre Installed S/W": "NA"}  # fmt: skip
    return row(usage, price, **{**fields, **more})


HEAD = (
    '"FormatVersion","v1.0"\n"Disclaimer","These prices are not..."\n'
    '"Publication Date","2026-10-05T12:00:00Z"\n"Version","20261005"\n"OfferCode","AmazonEC2"\n'
    + ",".join(f'"{name}"' for name in COLUMNS) + "\n"
)  # fmt: skip
OFFERS = [
    machine("EU-BoxUsage:m5.large", "0.111"),
    machine("EU-BoxUsage:m5.large", "0.203", operation="RunInstances:0002"),
    machine("EU-BoxUsage:m5.large", "9.9", operation="RunInstances:FFFF"),
    machine("EU-BoxUsage:m5.large", "0", Tenancy="Host"),
    machine("EU-BoxUsage:m5.large", "7", CapacityStatus="UnusedCapacityReservation"),
    machine("EU-BoxUsage:m5.large", "0.07", TermType="Reserved"),
    row("EU-EBS:VolumeUsage.gp3", "0.0912", "GB-Mo"),
    row("EU-EBS:VolumeP-IOPS.gp3", "0", "IOPS-Mo"),
    row("EU-EBS:VolumeP-IOPS.gp3", "0.0057", "IOPS-Mo", StartingRange="3000"),
    row("EU-DataTransfer-Out-Bytes", "0.09", "GB"),
]


class Fake:
    """A server whose answers are functions of the query, by path."""

    def __init__(self) -> None:
        self.answers: Answers = {}
        self.headers: list[dict[str, str]] = []
        fake = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                parts = urlsplit(self.path)
                fake.headers.append(dict(self.headers))
                answer = fake.answers.get(parts.path)
                self.send_response(200 if answer else 404)
                body = answer(parse_qs(parts.query)) if answer else b""
                if isinstance(body, bytes):
                    self.send_header("Content-Length", str(len(body)))
                    self.end_headers()
                    self.wfile.write(body)
                    return
                self.end_headers()
                for chunk in body:
                    self.wfile.write(chunk)

            def log_message(self, format: str, *args: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def json(self, path: str, document: Any) -> None:
        self.answers[path] = lambda _: json.dumps(document).encode()


@pytest.fixture
def server() -> Iterator[Fake]:
    fake = Fake()
    yield fake
    fake.close()


@pytest.fixture
def aws(server: Fake) -> Fake:
    entry = "/offers/v1.0/aws/AmazonEC2/current/region_index.json"
    version = "/offers/v1.0/aws/AmazonEC2/20261005/eu-west-1/index.json"
    server.json("/offers/v1.0/aws/index.json",
                {"offers": {"AmazonEC2": {"currentRegionIndexUrl": entry}}})  # fmt: skip
    server.json(entry, {"regions": {"eu-west-1": {"currentVersionUrl": version}}})
    server.answers[version.replace(".json", ".csv")] = lambda _: (HEAD + "".join(OFFERS)).encode()
    return server


def download(vendor: str, server: Fake, folder: Path, region: str) -> Result:
    options = ["--base", server.url, "--out", str(folder), "--region", region]
    return CliRunner().invoke(app, ["download", vendor, *options])


def prices(path: Path) -> dict[tuple[str, str, str], str]:
    _, found = read_list(path)
    return {
        (s.meter, s.variant, s.purchase): f"{p.price.normalize():f}"
        for s, p in found.prices.items()
    }


def test_aws_offer_file_leaves_what_is_looked_up(aws: Fake, tmp_path: Path) -> None:
    result = download("aws", aws, tmp_path, "eu-west-1")
    assert result.exit_code == 0, result.output
    path = tmp_path / "aws-eu-west-1.jsonl"
    assert prices(path) == {
        ("BoxUsage:m5.large", "linux", "on_demand"): "0.111",
        ("BoxUsage:m5.large", "windows", "on_demand"): "0.203",
        ("EBS:VolumeUsage.gp3", "", "on_demand"): "0.0912",
        # The first 3,000 are free; what counts is the first part that is paid for.
        ("EBS:VolumeP-IOPS.gp3", "", "on_demand"): "0.0057",
    }
    head, _ = read_list(path)
    assert head["published"] == "2026-10-05"
    assert len(head["sha256"]) == 64
    assert head["disclaimer"]


def test_downloaded_list_comes_before_the_sample(aws: Fake, tmp_path: Path) -> None:
    download("aws", aws, tmp_path, "eu-west-1")
    sources = open_sources("USD", lists=[tmp_path / "aws-eu-west-1.jsonl"])
    found = estimate(read_plan(PLANS / "aws_autoscaling.json"), sources.book).to_dict()
    (line,) = [line for line in found["lines"] if line["type"] == "aws_autoscaling_group"]
    assert line["price_source"]["kind"] == "list"
    assert line["price_source"]["date"] == "2026-10-05"
    # 3 x (0.111 x 730 + 30 x 0.0912)
    assert line["monthly_after"] == "251.30"


SERVERLESS = {
    "AmazonECS": [row("USE1-Fargate-vCPU-Hours:perCPU", "0.04", "hours"),
                  row("USE1-Fargate-GB-Hours", "0.004", "hours")],
    "AmazonEKS": [row("USE1-AmazonEKS-Hours:perCluster", "0.11", "Hours")],
    "AmazonRDS": [row("InstanceUsage:db.r6g.2xl", "0.9", operation="CreateDBInstance:0014"),
                  row("RDS:GP3-Storage", "0.115", "GB-Mo")],
}  # fmt: skip


def test_plan_is_priced_by_the_words_that_offer_files_really_have(
    server: Fake, tmp_path: Path
) -> None:
    offers = {}
    for code, rows in SERVERLESS.items():
        entry, version = f"/{code}/region_index.json", f"/{code}/index.json"
        offers[code] = {"currentRegionIndexUrl": entry}
        server.json(entry, {"regions": {"us-east-1": {"currentVersionUrl": version}}})
        own = "".join(rows).replace("AmazonEC2", code).replace("eu-west-1", "us-east-1")
        body = (HEAD + own).encode()
        server.answers[f"/{code}/index.csv"] = partial(lambda found, _: found, body)
    server.json("/offers/v1.0/aws/index.json", {"offers": offers})
    result = download("aws", server, tmp_path, "us-east-1")
    assert result.exit_code == 0, result.output
    plan = planned({
        "aws_ecs_task_definition.t": {"cpu": "1024", "memory": "2048"},
        "aws_ecs_service.s": {"launch_type": "FARGATE", "desired_count": 2,
                              "task_definition": "@aws_ecs_task_definition.t.arn"},
        "aws_eks_cluster.c": {"version": "1.35"},
        "aws_db_instance.d": {"engine": "postgres", "instance_class": "db.r6g.2xlarge",
                              "allocated_storage": 100, "storage_type": "gp3"},
    })  # fmt: skip
    book = open_sources("USD", lists=[tmp_path / "aws-us-east-1.jsonl"]).book
    lines = {line["type"]: line for line in estimate(plan, book).to_dict()["lines"]}
    # 2 x (0.04 + 2 x 0.004) x 730; 0.11 x 730; 0.9 x 730 + 100 x 0.115
    for kind, cost in {"aws_ecs_service": "70.08", "aws_eks_cluster": "80.30",
                       "aws_db_instance": "668.50"}.items():  # fmt: skip
        assert lines[kind]["price_source"]["kind"] == "list", lines[kind]["note"]
        assert lines[kind]["monthly_after"] == cost


def test_list_of_any_length_takes_the_same_memory(aws: Fake, tmp_path: Path) -> None:
    big = "/offers/v1.0/aws/AmazonEC2/20261005/eu-west-1/index.csv"
    other = row("EU-DataTransfer-Out-Bytes", "0.09", "GB").encode() * 200

    def peak(repeats: int) -> int:
        def body(_: Any) -> Iterator[bytes]:
            yield HEAD.encode()
            for _number in range(repeats):
                yield other
            yield "".join(OFFERS).encode()

        aws.answers[big] = body
        tracemalloc.start()
        assert download("aws", aws, tmp_path, "eu-west-1").exit_code == 0
        held = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return held

    # What server and client have under way differs from run to run; the list is ten times this.
    small = peak(2)
    assert 400 * len(other) > 10 << 20
    assert peak(400) < small + (1 << 20)


def test_list_that_is_cut_off_leaves_no_file(aws: Fake, tmp_path: Path) -> None:
    path = "/offers/v1.0/aws/AmazonEC2/20261005/eu-west-1/index.csv"
    aws.answers[path] = lambda _: b'"FormatVersion","v1.0"\n'
    result = download("aws", aws, tmp_path, "eu-west-1")
    assert result.exit_code == 2
    assert "no header" in result.output
    assert list(tmp_path.iterdir()) == []


def test_file_that_lost_its_end_is_refused(aws: Fake, tmp_path: Path) -> None:
    download("aws", aws, tmp_path, "eu-west-1")
    path = tmp_path / "aws-eu-west-1.jsonl"
    path.write_text("\n".join(path.read_text().splitlines()[:-2]))
    with pytest.raises(ListError, match="download it again"):
        read_list(path)


def item(**fields: Any) -> dict[str, Any]:
    return {"currencyCode": "USD", "tierMinimumUnits": 0.0, "armRegionName": "westeurope",
            "effectiveStartDate": "2026-09-01T00:00:00Z", "type": "Consumption",
            "unitOfMeasure": "1 Hour", "serviceName": "Virtual Machines", **fields}  # fmt: skip


def test_azure_pages_are_followed_and_read(server: Fake, tmp_path: Path) -> None:
    linux, windows = "Virtual Machines DSv3 Series", "Virtual Machines DSv3 Series Windows"
    first = [
        item(meterName="D2 v3/D2s v3", productName=linux, retailPrice=0.1203),
        item(meterName="D2 v3/D2s v3", productName=windows, retailPrice=0.2123),
        item(meterName="D2 v3/D2s v3 Spot", productName=linux, retailPrice=0.02),
        item(meterName="D2 v3/D2s v3", productName=linux, retailPrice=600, type="Reservation"),
    ]
    second = [
        item(serviceName="Storage", productName="Premium SSD Managed Disks",
             meterName="P10 LRS Disk", unitOfMeasure="1/Month", retailPrice=21.68),
        item(serviceName="Storage", productName="Files", meterName="Hot LRS Data Stored",
             unitOfMeasure="1 GB/Month", retailPrice=9),
    ]  # fmt: skip

    def answer(query: dict[str, list[str]]) -> bytes:
        if "$skip" in query:
            return json.dumps({"Items": second, "NextPageLink": None}).encode()
        (terms,) = query["$filter"]
        assert "armRegionName eq 'westeurope'" in terms
        if "'Virtual Machines'" not in terms:
            return json.dumps({"Items": [], "NextPageLink": ""}).encode()
        link = f"{server.url}/api/retail/prices?$skip=1000"
        return json.dumps({"Items": first, "NextPageLink": link}).encode()

    server.answers["/api/retail/prices"] = answer
    result = download("azure", server, tmp_path, "westeurope")
    assert result.exit_code == 0, result.output
    assert prices(tmp_path / "azure-westeurope.jsonl") == {
        ("D2 v3", "linux", "on_demand"): "0.1203",
        ("D2s v3", "linux", "on_demand"): "0.1203",
        ("D2 v3", "windows", "on_demand"): "0.2123",
        ("D2s v3", "windows", "on_demand"): "0.2123",
        ("D2 v3", "linux", "spot"): "0.02",
        ("D2s v3", "linux", "spot"): "0.02",
        ("P10 LRS Disk", "", "on_demand"): "21.68",
        ("Hot LRS Data Stored", "Files", "on_demand"): "9",
    }


def test_azure_page_of_another_server_is_not_followed(server: Fake, tmp_path: Path) -> None:
    server.json("/api/retail/prices", {"Items": [], "NextPageLink": "http://127.0.0.2/x"})
    result = download("azure", server, tmp_path, "westeurope")
    assert result.exit_code == 2
    assert "another server" in result.output


def test_google_catalogue_is_read_by_key_and_page(
    server: Fake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def sku(
        description: str,
        nanos: int,
        usage: str = "OnDemand",
        unit: str = "h",
        place: str = "europe-west4",
    ) -> Any:
        rates = [{"startUsageAmount": 0,
                  "unitPrice": {"currencyCode": "USD", "units": "0", "nanos": nanos}}]  # fmt: skip
        return {"description": description, "serviceRegions": [place],
                "category": {"usageType": usage},
                "pricingInfo": [{"effectiveTime": "2026-10-01T00:00:00Z", "pricingExpression":
                                 {"usageUnit": unit, "tieredRates": rates}}]}  # fmt: skip

    pages = {
        "": {"skus": [sku("N2 Instance Core running in Netherlands", 34_700_000)],
             "nextPageToken": "more"},
        "more": {"skus": [
            sku("N2 Instance Ram running in Netherlands", 4_650_000, unit="GiBy.h"),
            sku("Spot Preemptible N2 Instance Core running in Netherlands", 8_000_000,
                "Preemptible"),
            sku("Commitment v1: N2 Cpu in Netherlands for 1 Year", 21_900_000, "Commit1Yr")]},
    }  # fmt: skip
    run = [
        sku("Services CPU Tier 2 (Request-based billing)", 33_600, unit="s"),
        sku("Services Memory Tier 2 (Request-based billing)", 3_500, unit="GiBy.s"),
        sku("Requests", 400, unit="count", place="global"),
        sku("Services CPU Tier 2 (Request-based billing)", 1, unit="s", place="asia-east2"),
    ]
    server.json("/v1/services/152E/skus", {"skus": run})
    services = [{"name": "services/6F81", "displayName": "Compute Engine"},
                {"name": "services/152E", "displayName": "Cloud Run"},
                {"name": "services/0000", "displayName": "Maps"}]  # fmt: skip
    server.json("/v1/services", {"services": services})
    server.answers["/v1/services/6F81/skus"] = lambda query: json.dumps(
        pages[query.get("pageToken", [""])[0]]
    ).encode()
    monkeypatch.delenv("TOLLGATE_GOOGLE_API_KEY", raising=False)
    assert download("google", server, tmp_path, "europe-west4").exit_code == 2
    monkeypatch.setenv("TOLLGATE_GOOGLE_API_KEY", "made-up-key")
    result = download("google", server, tmp_path, "europe-west4")
    assert result.exit_code == 0, result.output
    path = tmp_path / "google-europe-west4.jsonl"
    assert prices(path) == {
        ("N2 Instance Core", "", "on_demand"): "0.0347",
        ("N2 Instance Ram", "", "on_demand"): "0.00465",
        ("N2 Instance Core", "", "spot"): "0.008",
        ("Services CPU (Request-based billing)", "", "on_demand"): "0.0000336",
        ("Services Memory (Request-based billing)", "", "on_demand"): "0.0000035",
        ("Requests", "", "on_demand"): "0.0000004",
    }
    plan = planned({"google_cloud_run_v2_service.a": {"location": "europe-west4"}})
    (line,) = estimate(plan, open_sources("USD", lists=[path]).book).to_dict()["lines"]
    # 200,000 x 0.0000336 + 100,000 x 0.0000035 + 1,000,000 x 0.0000004, sold everywhere
    assert (line["price_source"]["kind"], line["monthly_after"]) == ("list", "7.47")
    assert "made-up-key" not in path.read_text()
    assert server.headers[-1]["X-Goog-Api-Key"] == "made-up-key"


def test_server_that_refuses_is_named(server: Fake, tmp_path: Path) -> None:
    result = download("aws", server, tmp_path, "eu-west-1")
    assert result.exit_code == 2
    assert "answered 404" in result.output.replace("\n", " ")
