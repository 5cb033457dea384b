"""Bills in S3 buckets: CUR, Data Exports, and whatever else writes its exports there.

Credentials, region and endpoint come from the SDK's own chain (`AWS_PROFILE`, a role of the
machine, `AWS_ENDPOINT_URL`, …); `?profile=name` takes another profile of it for this address, as
several payers need. Rights: `s3:ListBucket` and `s3:GetObject`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO

from orchestration.ingest.errors import IngestError
from orchestration.ingest.stores import Address, Interrupted, Remote, below

_CHUNK = 1 << 20
_SERVER_ERROR = 500
_CONNECT_SECONDS, _READ_SECONDS, _TRIES = 10, 60, 5


class S3:
    """The objects below a prefix, `s3://bucket/prefix`; or the one of that very key."""

    is_window = False

    def __init__(self, address: Address) -> None:
        address.require_options("profile")
        self._address = address
        with _explained(address):
            self._client = _client(address.options.get("profile"))

    def contents(self) -> Iterator[Remote]:
        """All objects below the prefix."""
        with _explained(self._address):
            yield from below(self._address.path, self._listed)

    def download(self, remote: Remote, target: BinaryIO) -> None:
        """Stream an object to a file."""
        with _explained(self._address):
            answer = self._client.get_object(Bucket=self._address.place, Key=remote.name)
            for chunk in answer["Body"].iter_chunks(_CHUNK):
                target.write(chunk)

    def _listed(self, prefix: str) -> Iterator[Remote]:
        pages = self._client.get_paginator("list_objects_v2")
        for page in pages.paginate(Bucket=self._address.place, Prefix=prefix):
            for one in page.get("Contents", ()):
                yield Remote(one["Key"], one["ETag"], one["Size"], one["Key"])


def _client(profile: str | None) -> Any:
    import boto3  # noqa: PLC0415 (fast --help)
    from botocore.config import Config  # noqa: PLC0415

    return boto3.session.Session(profile_name=profile).client(
        "s3",
        config=Config(
            connect_timeout=_CONNECT_SECONDS,
            read_timeout=_READ_SECONDS,
            retries={"mode": "standard", "total_max_attempts": _TRIES},
        ),
    )


@contextmanager
def _explained(address: Address) -> Iterator[None]:
    """What S3 and the way to it answer, with a remedy."""
    from botocore.exceptions import (  # noqa: PLC0415
        BotoCoreError,
        ClientError,
        ConnectionClosedError,
        ConnectionError,
        HTTPClientError,
        IncompleteReadError,
        NoCredentialsError,
        ReadTimeoutError,
        ResponseStreamingError,
    )

    broken = (ResponseStreamingError, IncompleteReadError, ReadTimeoutError, ConnectionClosedError)

    try:
        yield
    except ClientError as error:
        code = str(error.response.get("Error", {}).get("Code", ""))
        status = int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
        kind = Interrupted if status >= _SERVER_ERROR else IngestError
        raise kind(f"{address}: S3 answers {code}. {_remedy(address, code)}") from error
    except NoCredentialsError as error:
        raise IngestError(
            f"{address}: there are no AWS credentials here. Set AWS_PROFILE, or run where the"
            " machine has a role."
        ) from error
    except broken as error:
        raise Interrupted(f"{address}: the connection broke ({error}). Try again.") from error
    except (ConnectionError, HTTPClientError) as error:
        raise Interrupted(f"{address}: {error}. Check the network and the region.") from error
    except BotoCoreError as error:
        said = " ".join(str(error).split()).rstrip(".")
        raise IngestError(
            f"{address}: {said}. Check the address and the AWS profile, and sign in again if it has"
            " expired (aws sso login)."
        ) from error


def _remedy(address: Address, code: str) -> str:
    match code:
        case "NoSuchBucket":
            return f"There is no bucket {address.place}: check its name."
        case "AccessDenied" | "403" | "AllAccessDisabled":
            return "The credentials need s3:ListBucket and s3:GetObject there, and its KMS key."
        case "ExpiredToken" | "InvalidAccessKeyId" | "SignatureDoesNotMatch" | "InvalidToken":
            return "Sign in again: the credentials are expired or wrong."
        case "SlowDown" | "InternalError" | "ServiceUnavailable":
            return "Try again later."
        case "InvalidObjectState":
            return "A file is archived (Glacier): restore it, or name newer months."
        case _:
            return "Check the address, the credentials and their region."
