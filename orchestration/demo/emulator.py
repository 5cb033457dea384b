"""A real EC2 API for the demo: moto's server, holding the demo company's own resources.

Runs as a process of its own (`python -m orchestration.demo.emulator SEED PORT PARENT`), ended with
process PARENT. moto names what it creates; the resources are given the ids that the bills charge,
so that a charge can be followed from the invoice to the API call.
"""

from __future__ import annotations

import json
import os
import shlex
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from orchestration.demo.beside import end_with
from orchestration.demo.home import DemoError

START_TIMEOUT_S = 60
READY = "ready"

# Any image that moto knows: nothing is booted.
_IMAGE = "ami-12c6146b"
# io1 and io2 volumes cannot be made without; nothing reads it.
_PROVISIONED_IOPS = 3000


def without_aws() -> dict[str, str]:
    """This process's environment without anybody's own account, profile or endpoint."""
    return {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}


@contextmanager
def emulator(seed: Path) -> Iterator[dict[str, str]]:
    """Start the emulator on a free loopback port; gives the environment that points the SDK at it.

    `seed`: the demo company's `emulator.json`.
    """
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    arguments = [str(seed), str(port), str(os.getpid())]
    command = [sys.executable, "-m", "orchestration.demo.emulator", *arguments]
    process = subprocess.Popen(
        command,
        env=without_aws(),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        line = process.stdout.readline() if process.stdout else ""
        if line.strip() != READY:
            raise DemoError(
                f"the EC2 emulator did not start; see what it says: {shlex.join(command)}"
            )
        yield {
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
            # The emulator accepts any key; real ones must not reach it.
            "AWS_ACCESS_KEY_ID": "demo",
            "AWS_SECRET_ACCESS_KEY": "demo",
            "AWS_SESSION_TOKEN": "demo",
            "AWS_DEFAULT_REGION": "eu-west-1",
            "TOLLGATE_AWS_ROLE_ARN": "arn:aws:iam::{account_id}:role/tollgate-actions",
        }
    finally:
        # It has nothing to put in order; on a busy machine it once outlived a request to end.
        process.kill()
        process.wait()


def serve(seed: Path, port: int) -> None:
    """Seed moto's backends and serve until terminated."""
    # Thousands of images that nobody asks for would be loaded first.
    os.environ["MOTO_EC2_LOAD_DEFAULT_AMIS"] = "false"
    from moto.server import ThreadedMotoServer  # noqa: PLC0415 (heavy, and only in this process)

    _seed(json.loads(seed.read_text()))
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=port, verbose=False)
    server.start()
    sys.stdout.write(f"{READY}\n")
    sys.stdout.flush()
    while True:
        time.sleep(3600)


def _seed(company: dict[str, Any]) -> None:
    from moto.ec2.models import ec2_backends  # noqa: PLC0415

    for instance in company["instances"]:
        backend = ec2_backends[instance["account_id"]][instance["region"]]
        _add_instance(backend, instance)
    for volume in company["volumes"]:
        backend = ec2_backends[volume["account_id"]][volume["region"]]
        _add_volume(backend, volume)


def _add_instance(backend: Any, wanted: dict[str, Any]) -> None:
    reservation = backend.run_instances(
        _IMAGE,
        1,
        b"",
        [],
        instance_type=wanted["type"],
        is_instance_type_default=False,
        placement=wanted["zone"],
        region_name=wanted["region"],
        tags={"instance": wanted["tags"]},
    )
    instance = reservation.instances[0]
    backend.tags[wanted["id"]] = backend.tags.pop(instance.id, {})
    instance.id = wanted["id"]


def _add_volume(backend: Any, wanted: dict[str, Any]) -> None:
    volume = backend.create_volume(
        size=int(wanted["size_gb"]),
        zone_name=wanted["zone"],
        volume_type=wanted["type"],
        iops=_PROVISIONED_IOPS if wanted["type"].startswith("io") else None,
    )
    backend.volumes[wanted["id"]] = backend.volumes.pop(volume.id)
    volume.id = wanted["id"]
    volume.add_tags(wanted["tags"])
    if wanted.get("attached_to"):
        backend.attach_volume(volume.id, wanted["attached_to"], "/dev/sdf")


if __name__ == "__main__":
    end_with(int(sys.argv[3]))
    serve(Path(sys.argv[1]), int(sys.argv[2]))
