"""Bring an export from a cloud into the lake: a copy of what is current there, file by file.

The copy has the shape of the export, so that `discovery` reads it as if somebody had downloaded
it. What is superseded there (older assemblies, older executions) is not downloaded, and what is
gone there goes here: the lake keeps what was landed. A file is downloaded once per version.
"""

from __future__ import annotations

import hashlib
import re
import shutil
import uuid
from collections.abc import Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from orchestration.ingest.discovery import deliveries, folder_month
from orchestration.ingest.errors import IngestError
from orchestration.ingest.landing import Progress
from orchestration.ingest.listing import Listing, listing, of_months, opened
from orchestration.ingest.locks import exclusive, working_folder
from orchestration.ingest.originals import FETCHED, flush
from orchestration.ingest.providers.manifests import MOST_BYTES, is_manifest
from orchestration.ingest.stores import Address, Interrupted, Nothing, Remote, Store
from orchestration.ingest.transfer import Transfer

# Beside the copy: the version of each of its files, written after the file.
_VERSIONS = "versions"
_FILES = "files"
# Small files wait for answers, large ones for the line: more gain nothing.
_AT_ONCE = 4
# An export takes minutes to be written; who meets it three times should come later.
_ATTEMPTS = 3
# What is known of a file that the store lists and has nothing in.
_NOTHING = "nothing in "


@dataclass(frozen=True)
class _Job:
    store: Store
    address: Address
    months: Collection[str] | None
    copy: Path
    working: Path
    say: Progress


def copy_of(address: Address, lake: Path) -> Path:
    """Where the copy of an address lies in the lake; a month's folder keeps its name."""
    last = address.path.rpartition("/")[2]
    files = lake / FETCHED / _folder_of(str(address)) / _FILES
    return files / last if folder_month(last) else files


def _folder_of(text: str) -> str:
    legible = re.sub(r"[^A-Za-z0-9.-]+", "-", text)[:80].strip("-.")
    return f"{legible}-{hashlib.sha256(text.encode()).hexdigest()[:8]}"


def _beside(copy: Path) -> Path:
    """The folder of what is known about a copy, outside of it."""
    return copy.parent if copy.name == _FILES else copy.parent.parent


def _take_over(address: Address, lake: Path, copy: Path) -> None:
    """Go on with the copy of the same address with a slash at its end, which once was another."""
    place, options = str(address).partition("?")[::2]
    text = f"{place}/{options and f'?{options}'}"
    own, other = _beside(copy), lake / FETCHED / _folder_of(text)
    if (own / _FILES).exists() or not (other / _FILES).exists():
        return
    _refuse_link(other / copy.relative_to(own), lake)
    # Files last: dying in between, the next one goes on here.
    if (other / _VERSIONS).exists():
        shutil.rmtree(own / _VERSIONS, ignore_errors=True)
        (other / _VERSIONS).rename(own / _VERSIONS)
    (other / _FILES).rename(own / _FILES)
    shutil.rmtree(other)


def _refuse_link(copy: Path, lake: Path) -> None:
    """What is not current is removed from a copy: it must not lie where somebody else's files do.

    `_fetched` itself may be a link, to a larger disk.
    """
    place = copy.relative_to(lake / FETCHED)
    if copy.resolve() != (lake / FETCHED).resolve() / place:
        raise IngestError(f"{copy} is a link, or in one. Remove the link; it is fetched again.")


@contextmanager
def fetched(
    address: Address,
    lake: Path,
    months: Collection[str] | None = None,
    progress: Progress | None = None,
) -> Iterator[Path | None]:
    """Copy what is current at an address into the lake; the folder to ingest, before it is left.

    With `months`, folders of other months are left as they are; None where it has bills, but none
    of these. Interrupted, it goes on with the files that are missing. Files that an export replaces
    meanwhile are fetched again: what is given was there all at one time, and stays so until it is
    left, for other processes wait: what lands is of one time too.
    """
    store = opened(address)
    copy = copy_of(address, lake)
    _refuse_link(copy, lake)
    say = progress or (lambda _: None)
    lock = exclusive(
        _beside(copy) / ".lock",
        lambda: say(f"{address}: another process is ingesting it, waiting until it has ended"),
    )
    with lock:
        _take_over(address, lake, copy)
        with working_folder(lake) as working:
            there = _fetch(_Job(store, address, months, copy, working, say))
        yield copy if there else None


@contextmanager
def all_fetched(
    addresses: Sequence[Address],
    lake: Path,
    months: Collection[str] | None = None,
    progress: Progress | None = None,
) -> Iterator[list[Path | None]]:
    """Several addresses `fetched` at once; one that is named twice is fetched once."""
    by_copy = {copy_of(address, lake): address for address in addresses}
    with ExitStack() as held:
        # All in one order: two processes that wait for each other would wait for ever.
        there = {
            copy: held.enter_context(fetched(by_copy[copy], lake, months, progress))
            for copy in sorted(by_copy)
        }
        yield [there[copy_of(address, lake)] for address in addresses]


def _fetch(job: _Job) -> bool:
    """Make the copy what is current there; whether there is anything."""
    address, months = job.address, job.months
    job.say(f"{address}: listing")
    listed = listing(job.store, address, months)
    for _ in range(_ATTEMPTS):
        try:
            current, failure = _fetch_current(job, listed), None
        except IngestError as error:
            current, failure = [], error
        before, listed = listed, listing(job.store, address, months)
        if failure and listed == before:
            raise failure
        if not failure and all(listed.get(name) == before[name] for name in current):
            _remove_others(job, listed, current)
            if not current and months is None:
                raise IngestError(f"{address} holds no charges yet, in no month. Come later.")
            return bool(current)
    raise Interrupted(
        f"{address} changed three times while it was fetched: the export is being written."
        " Try again when it is complete."
    )


def _fetch_current(job: _Job, listed: Listing) -> list[str]:
    """Fetch the manifests, and the files that are current by them; the names of what there is."""
    manifests = [name for name in listed if is_manifest(PurePosixPath(name).name)]
    if len(manifests) == len(listed):
        # What they name is not here: it must not be looked for elsewhere.
        return []
    for name in manifests:
        if (listed[name].bytes or 0) > MOST_BYTES:
            raise IngestError(
                f"{job.address} holds {name}, larger than any manifest. Name another folder."
            )
    _download(job, {name: listed[name] for name in manifests})
    bills = _current(job, listed)
    _download(job, {name: listed[name] for name in bills})
    return [name for name in (*manifests, *bills) if (job.copy / name).is_file()]


def _current(job: _Job, listed: Listing) -> list[str]:
    """Which files to ingest, found as on disk: in a tree of the manifests and empty files."""
    with working_folder(job.working) as empty:
        shape = empty / job.copy.name
        for name in listed:
            place = shape / name
            place.parent.mkdir(parents=True, exist_ok=True)
            if is_manifest(place.name):
                shutil.copyfile(job.copy / name, place)
            else:
                place.touch()
        try:
            found = deliveries(shape)
        except IngestError as error:
            raise IngestError(str(error).replace(str(shape), str(job.address))) from error
        files = {file.relative_to(shape).as_posix() for one in found for file in one.files}
    return sorted(files)


def _download(job: _Job, wanted: Listing) -> None:
    """Fetch what the copy lacks in the version that is wanted, a few files at once."""
    missing = {name: one for name, one in wanted.items() if not _is_there(job.copy, name, one)}
    if not missing:
        return
    transfer = Transfer(str(job.address), len(missing), job.say)
    pool = ThreadPoolExecutor(max_workers=_AT_ONCE)
    try:
        running = [pool.submit(_download_one, job, transfer, *item) for item in missing.items()]
        for one in as_completed(running):
            one.result()
    finally:
        # Where one fails, or somebody interrupts, those that run are ended and no other begins.
        transfer.end()
        pool.shutdown(cancel_futures=True)


def _download_one(job: _Job, transfer: Transfer, name: str, remote: Remote) -> None:
    """The file first, its version last: dying in between, it is fetched again."""
    arriving = job.working / f"{uuid.uuid4().hex}.fetched"
    place, version = job.copy / name, _version_of(job.copy, name)
    for left in reversed(range(_ATTEMPTS)):
        try:
            with transfer.file(arriving) as target:
                job.store.download(remote, target)
            break
        except Interrupted:
            if not left:
                raise
        except OSError as error:
            raise IngestError(
                f"{job.address}: {name} cannot be written below {job.copy.parent}"
                f" ({error.strerror or error}). Free space there, or allow it, and try again: what"
                " is complete is not fetched twice."
            ) from error
        except Nothing:
            # What was there is forgotten rather than withdrawn: it stays.
            known = remote.version if place.is_file() else f"{_NOTHING}{remote.version}"
            version.parent.mkdir(parents=True, exist_ok=True)
            version.write_text(known, encoding="utf-8")
            transfer.done()
            return
    size = arriving.stat().st_size
    if remote.bytes is not None and size != remote.bytes:
        raise IngestError(
            f"{job.address}: {size} bytes of {name} arrived of {remote.bytes}. Try again: what is"
            " complete is not fetched twice."
        )
    flush(arriving)
    place.parent.mkdir(parents=True, exist_ok=True)
    version.parent.mkdir(parents=True, exist_ok=True)
    version.unlink(missing_ok=True)
    arriving.replace(place)
    version.write_text(remote.version, encoding="utf-8")
    transfer.done()


def _version_of(copy: Path, name: str) -> Path:
    # Named as the file is, so that whatever can lie in the copy can lie here.
    return _beside(copy) / _VERSIONS / name


def _is_there(copy: Path, name: str, remote: Remote) -> bool:
    """Whether a file is known in this version: as a copy, or as nothing."""
    place, version = copy / name, _version_of(copy, name)
    # A note that a power cut tore is no version of anything.
    known = version.read_text(encoding="utf-8", errors="replace") if version.is_file() else None
    if known == remote.version:
        return place.is_file() and remote.bytes in (None, place.stat().st_size)
    return known == f"{_NOTHING}{remote.version}"


def _remove_others(job: _Job, listed: Listing, current: Collection[str]) -> None:
    """Remove what is no longer current; folders of months that were not asked for stay."""
    keep, copy, months = set(current), job.copy, job.months
    for file in [path for path in copy.rglob("*") if path.is_file()]:
        name = file.relative_to(copy).as_posix()
        past = job.store.is_window and name not in listed
        other = months is not None and not of_months(name.split("/"), months)
        if name in keep or past or other:
            continue
        file.unlink()
        _version_of(copy, name).unlink(missing_ok=True)
    for folder in sorted((path for path in copy.rglob("*") if path.is_dir()), reverse=True):
        if not any(folder.iterdir()):
            folder.rmdir()
