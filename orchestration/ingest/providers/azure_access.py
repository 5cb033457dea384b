"""What the Azure connectors share: sign-in, the hosts of Blob Storage, errors without secrets.

What the SDK says may hold a signature (a connection string's, a report's link). So of its errors
only codes are repeated, never their texts, and they are not chained.
"""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from orchestration.ingest.errors import IngestError
from orchestration.ingest.stores import Address, Interrupted

BLOB_HOST = re.compile(
    # An account's own host, or that of its DNS zone.
    r"(?P<account>[a-z0-9]{3,24})\.(?P<zone>z\d{2}\.)?(?P<service>blob|dfs)\."
    r"(?P<suffix>core\.windows\.net|core\.chinacloudapi\.cn|core\.usgovcloudapi\.net"
    r"|storage\.azure\.net)"
)

# Where other clouds sign in; by the ends of their hosts.
_AUTHORITIES = {
    "chinacloudapi.cn": "login.chinacloudapi.cn",
    "usgovcloudapi.net": "login.microsoftonline.us",
}

_SERVER_ERROR = 500
# Of each of the threads that download, so much is in memory.
_CHUNK = 4 << 20
# Redirects could lead anywhere, with the credentials.
CLIENT_OPTIONS: Mapping[str, Any] = {
    "permit_redirects": False,
    "retry_total": 4,
    "connection_timeout": 10,
    "read_timeout": 60,
}
# The storage SDK would wait for 15 seconds before it tries again, and then for longer.
STORAGE_OPTIONS: Mapping[str, Any] = {
    **CLIENT_OPTIONS,
    "initial_backoff": 1,
    "increment_base": 2,
    "max_single_get_size": _CHUNK,
    "max_chunk_get_size": _CHUNK,
}


def quieten() -> None:
    """Keep secrets out of logs, whatever their level."""
    # It writes whole URLs, signatures included.
    logging.getLogger("urllib3.connectionpool").setLevel(logging.INFO)
    # It warns of each way to sign in that failed; one error is enough.
    logging.getLogger("azure.identity").setLevel(logging.ERROR)


class Identity:
    """The SDK's chain of credentials for the cloud of a host; a refusal is an `IngestError`."""

    def __init__(self, address: Address, host: str) -> None:
        from azure.identity import DefaultAzureCredential  # noqa: PLC0415 (fast --help)

        authority = next((at for end, at in _AUTHORITIES.items() if host.endswith(end)), None)
        named = {} if "AZURE_AUTHORITY_HOST" in os.environ else {"authority": authority}
        self._address = address
        self._chain = DefaultAzureCredential(**named)

    def get_token(self, *scopes: str, **options: Any) -> Any:
        """A token for the scopes, as the SDK's policies ask for it."""
        from azure.core.exceptions import AzureError  # noqa: PLC0415

        try:
            return self._chain.get_token(*scopes, **options)
        except AzureError as error:
            refused = re.search(r"AADSTS\d+", str(error))
        if refused:
            raise IngestError(
                f"{self._address}: Microsoft Entra refuses the credentials ({refused[0]})."
                " Check AZURE_TENANT_ID, AZURE_CLIENT_ID and the secret or certificate."
            )
        raise IngestError(
            f"{self._address}: there are no Azure credentials here that work. Sign in (az login),"
            " set AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET, or run where the"
            " machine has a managed identity; where you did, check the network."
        )


@contextmanager
def explained(address: Address, remedies: Mapping[str | int, str]) -> Iterator[None]:
    """What Azure and the way to it answer, with the remedy for an error code, else a status."""
    from azure.core.exceptions import (  # noqa: PLC0415
        AzureError,
        DecodeError,
        HttpResponseError,
        ServiceRequestError,
        ServiceResponseError,
    )

    try:
        yield
    except (DecodeError, ServiceResponseError) as error:
        problem: IngestError = _interrupted(address, error)
    except HttpResponseError as error:
        status, code = error.status_code, _code(error)
        if error.response is None or status is None or code == "ConditionNotMet":
            # The SDK gave up reading an answer, or the content was replaced under it.
            problem = _interrupted(address, error)
        else:
            answer = f"{code} ({status})" if code else str(status)
            busy = status >= _SERVER_ERROR
            other = "Try again later." if busy else "Check the address."
            remedy = remedies.get(code) or remedies.get(status) or other
            kind = Interrupted if busy else IngestError
            problem = kind(f"{address}: Azure answers {answer}. {remedy}")
    except ServiceRequestError as error:
        problem = Interrupted(
            f"{address}: Azure cannot be reached ({_root(error)}). Check the name and the network."
        )
    except AzureError as error:
        problem = IngestError(f"{address}: {type(error).__name__}. Try again.")
    else:
        return
    raise problem from None


def _interrupted(address: Address, error: BaseException) -> Interrupted:
    return Interrupted(f"{address}: the connection broke ({_root(error)}). Try again.")


def _code(error: Any) -> str:
    """The storage SDK has it in one place, that of the resource manager in another."""
    return plain(getattr(error, "error_code", None) or getattr(error.error, "code", None))


def plain(code: Any) -> str:
    """An error code, by its name or as text; empty where it is more than a word."""
    text = str(getattr(code, "value", code))
    return text if code and re.fullmatch(r"[\w.-]{1,100}", text) else ""


def _root(error: BaseException) -> str:
    """The innermost cause: the operating system's or TLS's, which know no addresses."""
    while inner := getattr(error, "inner_exception", None) or error.__cause__ or error.__context__:
        error = inner
    system = isinstance(error, OSError) and type(error).__module__ in {"builtins", "socket", "ssl"}
    return (system and getattr(error, "strerror", None)) or type(error).__name__
