"""What Google's services and the way to them answer, as errors with a remedy."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from orchestration.ingest.errors import IngestError
from orchestration.ingest.stores import Address, Interrupted

RETRY_SECONDS = 60
"""How long the SDKs repeat a request that failed on its way; their own limit is ten minutes."""
_SERVER_ERROR = 500
_SIGN_IN = (
    "Run `gcloud auth application-default login`, name a key file in"
    " GOOGLE_APPLICATION_CREDENTIALS, or run where the machine has a service account."
)
# BigQuery answers 403 to these too, where no right is missing.
_LIMITS = {
    "quotaExceeded": "Try again when the project's quota allows it.",
    "rateLimitExceeded": "Try again later: the project asks too often.",
    "billingNotEnabled": "Name a project with billing: ?billed_project=….",
    "responseTooLarge": "Export the table to Cloud Storage as Parquet, and ingest it from gs://….",
}


@contextmanager
def explained(address: Address, service: str, *, missing: str, needs: str) -> Iterator[None]:
    """Turn what the SDKs raise into `IngestError`, and what broke on its way into `Interrupted`.

    `missing` is the remedy where something is not there, `needs` where a right is missing. Of an
    error about credentials only its own sentence is told, never the answer that it carries.
    """
    from google.api_core.exceptions import GoogleAPICallError, RetryError  # noqa: PLC0415 (fast --help)
    from google.auth.exceptions import (  # noqa: PLC0415
        DefaultCredentialsError,
        GoogleAuthError,
        TransportError,
    )
    from google.cloud.storage.exceptions import DataCorruption  # noqa: PLC0415
    from requests.exceptions import RequestException  # noqa: PLC0415
    from urllib3.exceptions import HTTPError  # noqa: PLC0415

    # Of a download as it is stored, Cloud Storage's SDK raises what its transport does.
    on_the_way = (TransportError, RetryError, RequestException, HTTPError, ConnectionError)

    try:
        yield
    except GoogleAPICallError as error:
        said = error.errors[0] if error.errors else {}
        message = f" ({said['message']})" if said.get("message") else ""
        remedy = _LIMITS.get(str(said.get("reason"))) or {
            401: f"Sign in again. {_SIGN_IN}",
            403: needs,
            404: missing,
        }.get(error.code, "Check the address, and try again.")
        kind = Interrupted if (error.code or 0) >= _SERVER_ERROR else IngestError
        raise kind(f"{address}: {service} answers {error.code}{message}. {remedy}") from error
    except DefaultCredentialsError as error:
        raise IngestError(f"{address}: there are no Google credentials here. {_SIGN_IN}") from error
    except (*on_the_way, DataCorruption) as error:
        raise Interrupted(
            f"{address}: the connection to {service} broke ({type(error).__name__})."
            " Check the network, and try again."
        ) from error
    except GoogleAuthError as error:
        said_so = error.args[0] if error.args else type(error).__name__
        # Without its cause, which a log would print with the answer.
        raise IngestError(
            f"{address}: Google does not accept the credentials ({said_so}). {_SIGN_IN}"
        ) from None
