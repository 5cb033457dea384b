"""Places that bills are fetched from: what an address says, and what a connector must do.

Belongs here: addresses and the contract of a store. Does not: a cloud's SDK (`providers/`), and
which files of a store are wanted and how they are copied (`fetching`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import BinaryIO, Protocol
from urllib.parse import parse_qsl, unquote, urlsplit

from orchestration.ingest.errors import IngestError

_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")
_EXAMPLE = "Write it like s3://bucket/folder."
# An option of such a name; wherever it stands, for a pasted link may be encoded or cut.
_SECRET = re.compile(
    r"[?&;#][^=/&;]*(sig|token|secret|password|credential|key)[^=/&;]*=", re.IGNORECASE
)


@dataclass(frozen=True)
class Address:
    """Where an export lies in a cloud: `scheme://place/path?option=value`."""

    scheme: str
    place: str
    """A bucket, an account's host, a project."""
    path: str
    """Below the place, without the slashes around it; one slash is a folder without a name."""
    options: Mapping[str, str]
    text: str
    """As it was written, but for slashes at its end: they say nothing, and one place has one copy.
    It holds no secret, for one with a secret is refused."""

    def __str__(self) -> str:
        return self.text

    def require_options(self, *known: str) -> None:
        """Refuse options that the connector does not know, so that none is ignored."""
        for option in self.options:
            if option not in known:
                names = f"Known: {', '.join(known)}." if known else "It takes none."
                # Without the options: one that is unknown here may be a secret elsewhere.
                known_part = str(self).partition("?")[0]
                raise IngestError(f"{known_part}: there is no option {option!r}. {names}")


@dataclass(frozen=True)
class Remote:
    """One file of a store, as it is now."""

    key: str
    """Its path below the address, `/` between the parts."""
    version: str
    """Another one whenever the content is: an ETag, a generation."""
    bytes: int | None = None
    """None where the store cannot tell before it is downloaded."""
    name: str = ""
    """The store's own name of it, where that is another."""


class Interrupted(IngestError):
    """The network, or the cloud, failed on its way: the same again may succeed."""


class Nothing(IngestError):
    """There is no bill under a key now, as of a month without charges: what was there is kept."""


class Store(Protocol):
    """An opened address, used by several threads. It raises `IngestError` with the remedy."""

    is_window: bool
    """Whether it shows the latest months only: what it lists no longer is past, not withdrawn."""

    def contents(self) -> Iterable[Remote]:
        """Everything below the address; a folder `YYYY-MM` per month where it has no files yet."""
        ...

    def download(self, remote: Remote, target: BinaryIO) -> None:
        """Write a file's content, as it is now, to an empty file; or raise `Nothing`."""
        ...


def below(path: str, listed: Callable[[str], Iterable[Remote]]) -> Iterator[Remote]:
    """The files of a bucket below a folder; where there are none, the one of that very name.

    `listed` gives those whose `name` begins with a prefix.
    """
    # A prefix is a folder: `exports/a` must not find `exports/ab/…`.
    folder = f"{path.rstrip('/')}/" if path else ""
    found = False
    for one in listed(folder):
        found = True
        yield replace(one, key=one.name.removeprefix(folder))
    for one in () if found or not path else listed(path):
        if one.name == path:
            yield replace(one, key=path.rpartition("/")[2])
            return


def read_address(text: str) -> Address | None:
    """The address that a text is; None for the path of a local file or folder.

    A password, a signature or a key in it is an error: the cloud's own chain has the credentials.
    """
    if not _ADDRESS.match(text):
        return None
    scheme, rest = text.split("://", 1)
    if _SECRET.search(text) or _SECRET.search(unquote(text)):
        raise _secret(scheme, re.split("[/?#%]", rest)[0].rpartition("@")[2])
    try:
        parts = urlsplit(f"//{rest}")
    except ValueError as error:
        raise IngestError(f"{scheme}://… is no address ({error}). {_EXAMPLE}") from error
    if "@" in parts.netloc and ":" in parts.netloc.rpartition("@")[0]:
        raise _secret(scheme, parts.netloc.rpartition("@")[2])
    options = dict(parse_qsl(parts.query, keep_blank_values=True, strict_parsing=False))
    if not parts.netloc or parts.fragment:
        raise IngestError(f"{text} is no address. {_EXAMPLE}")
    below_place = parts.path.removeprefix("/")
    path = below_place.rstrip("/") or below_place[:1]
    query = parts.query and f"?{parts.query}"
    text = f"{scheme.lower()}://{parts.netloc}{path and f'/{path}'}{query}"
    return Address(scheme.lower(), parts.netloc, path, options, text)


def _secret(scheme: str, place: str) -> IngestError:
    return IngestError(
        f"{scheme}://{place}…: an address must not hold a password, key or signature, since it is"
        " kept and printed. Leave it out: credentials come from the environment, as the cloud's"
        " own tools read them."
    )
