"""A bill in a ZIP archive, unpacked beside the work: no reader here looks into archives."""

from __future__ import annotations

import tempfile
import zlib
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile

from orchestration.ingest.errors import IngestError
from orchestration.ingest.integrity import bounded, check_whole, compression_of

# The second is that of an archive without files.
_ZIP = (b"PK\x03\x04", b"PK\x05\x06")
_CHUNK = 1 << 20
_REMEDY = "Unpack it into a folder of its own, and ingest that."


def unpacked(path: Path, label: str, folder: Path) -> Path:
    """The one file of an archive, unpacked into `folder` in bounded memory and to a bounded size.

    What is no archive is returned as it is. An error, naming the archive by its `label`, where it
    is damaged, a bomb or a workbook, or holds anything but one plain file.
    """
    if not path.is_file() or _magic(path) not in _ZIP:
        return path
    try:
        with ZipFile(path) as archive:
            target = _unpack(archive, path.stat().st_size, label, folder)
    except (BadZipFile, EOFError, NotImplementedError, RuntimeError, zlib.error) as error:
        raise IngestError(
            f"{label} is a ZIP archive that cannot be read ({error}). Download it again, or unpack"
            " it yourself and ingest what it holds."
        ) from error
    if compression_of(target) != "none" or _magic(target) in _ZIP:
        raise IngestError(f"{label} is an archive that holds another one. {_REMEDY}")
    check_whole(target, label)
    return target


def _unpack(archive: ZipFile, size: int, label: str, folder: Path) -> Path:
    found = archive.infolist()
    if any(member.filename == "[Content_Types].xml" for member in found):
        raise IngestError(f"{label} is a workbook, which is not read. Save it as CSV in UTF-8.")
    # What macOS adds describes the files beside it.
    members = [m for m in found if not m.is_dir() and not m.filename.startswith("__MACOSX/")]
    if len(members) != 1:
        raise IngestError(
            f"{label} is a ZIP archive of {len(members)} files, and one is read. {_REMEDY}"
        )
    # Others may ask for gigabytes of memory to be unpacked.
    if members[0].compress_type not in (ZIP_STORED, ZIP_DEFLATED):
        raise NotImplementedError("its compression is not Deflate")
    with (
        archive.open(members[0]) as packed,
        tempfile.NamedTemporaryFile(dir=folder, suffix=".unpacked", delete=False) as plain,
    ):
        for chunk in bounded(iter(lambda: packed.read(_CHUNK), b""), size, label):
            plain.write(chunk)
    return Path(plain.name)


def _magic(path: Path) -> bytes:
    with path.open("rb") as stream:
        return stream.read(4)
