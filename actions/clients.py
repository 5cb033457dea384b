"""The cloud SDK, behind three verbs: read, probe and write.

Belongs here: sessions, regions, timeouts, retries, which account the credentials belong to.
Does not belong here: what an action reads or calls (see `catalog`), and credentials themselves:
they, and the endpoint (`AWS_ENDPOINT_URL`), come from the SDK's own chain.
"""

from __future__ import annotations

import os
from functools import cache
from typing import Any, Protocol

import boto3
import botocore.session
from botocore import xform_name
from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    NoCredentialsError,
    ParamValidationError,
)
from botocore.loaders import Loader, create_loader

from actions.errors import CloudError, WrongAccount
from actions.models import PlannedCall, Target

# Optional: a role to take on in each account, as `arn:aws:iam::{account_id}:role/<name>`.
ROLE_VARIABLE = "TOLLGATE_AWS_ROLE_ARN"
READ_PREFIXES = ("Describe", "Get", "List")
CONNECT_SECONDS = 5
READ_SECONDS = 60
SERVER_ERROR = 500


class Account(Protocol):
    """One cloud account in one region."""

    def read(self, service: str, operation: str, **parameters: Any) -> dict[str, Any]:
        """Call an operation that only looks."""
        ...

    def probe(self, call: PlannedCall) -> str | None:
        """Ask the cloud whether `call` would be permitted; the reason if it would not."""
        ...

    def write(self, call: PlannedCall) -> dict[str, Any]:
        """Make a call that changes something, once, without retries."""
        ...


class Cloud(Protocol):
    """Where accounts come from."""

    def account(self, target: Target) -> Account:
        """The target's account; raises `WrongAccount` if the credentials lead elsewhere."""
        ...


class AwsCloud:
    """AWS accounts through boto3; clients are made on first use and kept."""

    def __init__(self, role_arn: str | None = None) -> None:
        self._role_arn = role_arn
        self._sessions: dict[str, Any] = {}
        self._identities: dict[str, str] = {}
        self._accounts: dict[tuple[str, str], AwsAccount] = {}

    @classmethod
    def from_environment(cls) -> AwsCloud:
        """Credentials from the SDK's chain, and the role to take on per account if one is named."""
        return cls(os.environ.get(ROLE_VARIABLE) or None)

    def account(self, target: Target) -> Account:
        """The target's account in its region, after asking STS whose credentials these are."""
        if target.provider != "AWS":
            raise WrongAccount(
                f"{target.resource_id} belongs to {target.provider}; only AWS can be acted on"
            )
        key = (target.account_id, target.region)
        if key not in self._accounts:
            session = self._session(target)
            identity = self._identity(target, session)
            if identity != target.account_id:
                raise WrongAccount(
                    f"{target.resource_id} belongs to account {target.account_id}, but the AWS "
                    f"credentials at hand are of account {identity}; switch credentials, or set "
                    f"{ROLE_VARIABLE} to a role of that account"
                )
            self._accounts[key] = AwsAccount(session, target.region)
        return self._accounts[key]

    def _session(self, target: Target) -> Any:
        if target.account_id not in self._sessions:
            session = _new_session()
            if self._role_arn:
                arn = self._role_arn.replace("{account_id}", target.account_id)
                sts = session.client("sts", region_name=target.region, config=_config(retries=3))
                try:
                    granted = sts.assume_role(RoleArn=arn, RoleSessionName="tollgate-actions")
                except (BotoCoreError, ClientError) as error:
                    raise _translate(error, f"sts:AssumeRole {arn}") from error
                credentials = granted["Credentials"]
                session = _new_session(
                    aws_access_key_id=credentials["AccessKeyId"],
                    aws_secret_access_key=credentials["SecretAccessKey"],
                    aws_session_token=credentials["SessionToken"],
                )
            self._sessions[target.account_id] = session
        return self._sessions[target.account_id]

    def _identity(self, target: Target, session: Any) -> str:
        if target.account_id not in self._identities:
            sts = session.client("sts", region_name=target.region, config=_config(retries=3))
            try:
                self._identities[target.account_id] = sts.get_caller_identity()["Account"]
            except (BotoCoreError, ClientError) as error:
                raise _translate(error, "sts:GetCallerIdentity") from error
        return self._identities[target.account_id]


class AwsAccount:
    """One AWS account in one region."""

    def __init__(self, session: Any, region: str) -> None:
        self._session = session
        self._region = region
        self._clients: dict[tuple[str, bool], Any] = {}

    def read(self, service: str, operation: str, **parameters: Any) -> dict[str, Any]:
        """Call a Describe, Get or List operation, with the SDK's retries and all its pages."""
        if not operation.startswith(READ_PREFIXES):
            raise ValueError(f"{service}:{operation} is not a reading operation; plan it as a call")
        client, method = self._client(service, retry=True), xform_name(operation)
        try:
            if client.can_paginate(method):
                pages: dict[str, Any] = (
                    client.get_paginator(method).paginate(**parameters).build_full_result()
                )
                return pages
            answer: dict[str, Any] = getattr(client, method)(**parameters)
        except (BotoCoreError, ClientError) as error:
            raise _translate(error, f"{service}:{operation}") from error
        return answer

    def probe(self, call: PlannedCall) -> str | None:
        """Send the call as an EC2 dry run, which checks permissions and changes nothing."""
        if call.service != "ec2":
            return None
        try:
            self._send(call, retry=True, DryRun=True)
        except CloudError as error:
            return None if error.code == "DryRunOperation" else str(error)
        return f"{call.permission} answered a dry run as if it had been carried out"

    def write(self, call: PlannedCall) -> dict[str, Any]:
        """Send the call exactly as planned; never twice, for not every API knows a repeat."""
        return self._send(call, retry=False)

    def _send(self, call: PlannedCall, *, retry: bool, **extra: Any) -> dict[str, Any]:
        client = self._client(call.service, retry=retry)
        try:
            answer: dict[str, Any] = getattr(client, xform_name(call.operation))(
                **call.parameters, **extra
            )
        except (BotoCoreError, ClientError) as error:
            raise _translate(error, call.permission) from error
        return answer

    def _client(self, service: str, *, retry: bool) -> Any:
        key = (service, retry)
        if key not in self._clients:
            self._clients[key] = self._session.client(
                service, region_name=self._region, config=_config(retries=4 if retry else 0)
            )
        return self._clients[key]


def _new_session(**credentials: str) -> Any:
    """A session of its own credentials; what APIs look like is read once per process.

    EC2's description alone is megabytes of JSON, and each session would read it again.
    """
    core = botocore.session.get_session()
    core.register_component("data_loader", _descriptions())
    return boto3.session.Session(botocore_session=core, **credentials)


@cache
def _descriptions() -> Loader:
    return create_loader()


def _config(*, retries: int) -> Config:
    return Config(
        connect_timeout=CONNECT_SECONDS,
        read_timeout=READ_SECONDS,
        retries={"mode": "standard", "total_max_attempts": retries + 1},
        user_agent_extra="tollgate-actions",
    )


def _translate(error: Exception, what: str) -> CloudError:
    if isinstance(error, ClientError):
        code = str(error.response.get("Error", {}).get("Code", ""))
        status = int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
        message = error.response.get("Error", {}).get("Message", "")
        return CloudError(
            f"{what} failed: {code}: {message}", code=code, ambiguous=status >= SERVER_ERROR
        )
    if isinstance(error, NoCredentialsError):
        return CloudError(
            "there are no AWS credentials here: set AWS_PROFILE, or AWS_ACCESS_KEY_ID and "
            "AWS_SECRET_ACCESS_KEY, or run where the machine has a role",
            code="NoCredentials",
        )
    # Anything else happened on the way: the call may have arrived, or the answer got lost.
    return CloudError(
        f"{what} failed: {error}", ambiguous=not isinstance(error, ParamValidationError)
    )
