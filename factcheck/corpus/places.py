"""Where an index lies: in a folder, or copied into an object store that is read over the network.

A place is a `Path`, or the URL of a store: `s3://BUCKET/PREFIX`, `gs://BUCKET/…` or `az://CONTAINER/…`. Keys and
addresses come from the environment, by the names of the stores' own tools (`AWS_ACCESS_KEY_ID`, `AWS_ENDPOINT_URL`, …).
"""

import os
import re
from pathlib import Path
from typing import Any, TypeAlias

from factcheck.errors import CorpusError

Place: TypeAlias = Path | str

_STORES = ("s3", "gs", "az")
_URL = re.compile(r"([a-z][a-z0-9+.-]+):/{1,2}(?=[^/])(.*)", re.DOTALL)  # two letters at least: C:/ is a folder
_ENDPOINTS = ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "AWS_ENDPOINT")
_LONGEST = 300  # characters of what the database says
_COPY = "copy the whole finished folder there again, its index.json last"


def place_of(place: Place) -> Place:
    """A folder as a path, a store's URL as text; also of a URL that was made a path, which takes a slash from it.

    Raises:
        CorpusError: It is the URL of another kind.
    """
    text = str(place)
    if (found := _URL.fullmatch(text)) is None:
        return Path(place)
    if found[1] not in _STORES:
        kinds = ", ".join(f"{kind}://" for kind in _STORES)
        raise CorpusError(text, f"an index cannot be read from {found[1]}://", f"name a folder, or a URL with {kinds}")
    return f"{found[1]}://{found[2].rstrip('/')}"


def read_text(place: Place, name: str) -> str | None:
    """The text of a file of an index; None where it is not there.

    Raises:
        OSError: The file, or the store, cannot be read.
        ValueError: It is no UTF-8.
    """
    try:
        if isinstance(place, Path):
            return (place / name).read_text("utf-8")
        files, path = _file_system(place)
        with files.open_input_stream(f"{path}/{name}") as stream:
            content: bytes = stream.read()
        return content.decode()
    except FileNotFoundError:
        return None


def size_of(place: Place) -> int:
    """Bytes of all files of an index."""
    if isinstance(place, Path):
        return sum(path.stat().st_size for path in place.rglob("*") if path.is_file())
    from pyarrow.fs import FileSelector  # noqa: PLC0415

    files, path = _file_system(place)
    return sum(info.size or 0 for info in files.get_file_info(FileSelector(path, recursive=True)))


def connect(place: Place) -> Any:  # noqa: ANN401 (the database is untyped)
    """The database of an index."""
    import lancedb  # noqa: PLC0415 (importing factcheck loads no database)

    return lancedb.connect(place, storage_options=_options(place))


async def connect_async(place: Place) -> Any:  # noqa: ANN401
    """The same in the database's asynchronous form."""
    import lancedb  # noqa: PLC0415

    return await lancedb.connect_async(place, storage_options=_options(place))


def unreadable(place: Place, error: Exception) -> CorpusError:
    """What is told of an index whose tables cannot be read."""
    if isinstance(place, Path):
        return CorpusError(place, f"the index is torn: {error}", "delete the folder and build it again")
    said = str(error).partition("location:")[0].strip(" ,{")
    said = said if len(said) <= _LONGEST else said[:_LONGEST] + "…"
    return CorpusError(place, f"{said}: the index is there in part, or the store does not answer", _COPY)


def unfinished(place: Place) -> CorpusError:
    """What is told where there is no pointer."""
    if isinstance(place, Path):
        what = "holds no finished index" if place.exists() else "is not there"
        return CorpusError(place, what, "build one with `factcheck index DOCUMENTS --index FOLDER`")
    what = "holds no finished index: there is no index.json, or no such bucket"
    return CorpusError(place, what, "build one with `factcheck index DOCUMENTS --index FOLDER`, then copy it there")


def _options(place: Place) -> dict[str, str] | None:
    """A store that is no public one may be reached without encryption, where its address says so."""
    if isinstance(place, Path):
        return None
    if not (endpoint := _endpoint()):
        return {}
    return {"aws_endpoint": endpoint, "allow_http": "true" if endpoint.startswith("http://") else "false"}


def _endpoint() -> str:
    """Where another store than Amazon's answers; empty where none is named."""
    return next(filter(None, map(os.environ.get, _ENDPOINTS)), "")


def _file_system(url: str) -> tuple[Any, str]:
    """The file system that a URL is of, and its path there."""
    from pyarrow import fs  # noqa: PLC0415

    kind, _, path = url.partition("://")
    if kind == "az":
        account, key = (os.environ.get(f"AZURE_STORAGE_ACCOUNT_{name}") for name in ("NAME", "KEY"))
        return fs.AzureFileSystem(account_name=account or "", account_key=key), path
    if kind == "gs":
        return fs.GcsFileSystem(), path
    region = os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION")
    if not region and not _endpoint():
        region = fs.resolve_s3_region(path.partition("/")[0])
    return fs.S3FileSystem(region=region, endpoint_override=_endpoint() or None), path
