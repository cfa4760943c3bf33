"""S3 objects as pyiceberg opens and writes them."""

from __future__ import annotations

import uuid
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, cast

from pyiceberg.io import FileIO, InputFile, InputStream, OutputFile, OutputStream

from ...errors import AccessDenied, AwsError
from ...s3.access import ObjectAccess, StoredObject
from ..failures import QueryFailure


class ObjectIO(FileIO):
    """pyiceberg's FileIO over the object store. `scratch` takes objects until they are finished."""

    def __init__(self, objects: ObjectAccess, scratch: Path) -> None:
        super().__init__()
        self.objects = objects
        self.scratch = scratch

    def new_input(self, location: str) -> ObjectInput:
        """The object to read."""
        return ObjectInput(location, self.objects)

    def new_output(self, location: str) -> ObjectOutput:
        """The object to write."""
        return ObjectOutput(location, self)

    def delete(self, location: str | InputFile | OutputFile) -> None:
        """Delete the object; a missing one is no error."""
        self.objects.delete(location if isinstance(location, str) else location.location)


class ObjectInput(InputFile):
    """One object to read. Raises FileNotFoundError and PermissionError, as pyiceberg expects."""

    def __init__(self, location: str, objects: ObjectAccess) -> None:
        super().__init__(location)
        self.objects = objects

    def stored(self) -> StoredObject:
        """The object."""
        try:
            return self.objects.find(self.location)
        except AccessDenied as problem:
            raise PermissionError(f"{self.location}: {problem.message}") from None
        except AwsError as problem:
            raise FileNotFoundError(f"{self.location}: {problem.message}") from None

    def __len__(self) -> int:
        return self.stored().size

    def exists(self) -> bool:
        """Whether the object is there."""
        try:
            self.stored()
        except FileNotFoundError:
            return False
        return True

    def open(self, seekable: bool = True) -> InputStream:
        """Its bytes."""
        return cast(InputStream, self.objects.readable(self.stored()).open("rb"))


class ObjectOutput(OutputFile):
    """One object to write."""

    def __init__(self, location: str, io: ObjectIO) -> None:
        super().__init__(location)
        self.io = io

    def __len__(self) -> int:
        return len(self.to_input_file())

    def exists(self) -> bool:
        """Whether the object is there already."""
        return self.to_input_file().exists()

    def to_input_file(self) -> ObjectInput:
        """The same object, to read."""
        return ObjectInput(self.location, self.io.objects)

    def create(self, overwrite: bool = False) -> OutputStream:
        """A stream whose bytes become the object when it is closed. Raises FileExistsError."""
        if not overwrite and self.exists():
            raise FileExistsError(self.location)
        return cast(OutputStream, _Upload(self.location, self.io))


class _Upload:
    """A file below `scratch` that is stored when it is closed, and dropped when writing it failed."""

    def __init__(self, location: str, io: ObjectIO) -> None:
        self.location, self.io = location, io
        io.scratch.mkdir(parents=True, exist_ok=True)
        self.path = io.scratch / f"iceberg-{uuid.uuid4().hex}"
        self.file: BinaryIO = self.path.open("wb")

    @property
    def closed(self) -> bool:
        return self.file.closed

    def write(self, data: Any) -> int:
        return self.file.write(data)

    def tell(self) -> int:
        return self.file.tell()

    def flush(self) -> None:
        self.file.flush()

    def close(self) -> None:
        if not self.file.closed:
            self.file.close()
            try:
                self.io.objects.put_file(self.location, self.path)
            except AwsError as problem:
                reason = f"Unable to write {self.location}: {problem.message}"
                raise QueryFailure("ICEBERG_FILESYSTEM_ERROR", reason) from None

    def __enter__(self) -> _Upload:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self.close()
        else:
            self.file.close()
            self.path.unlink(missing_ok=True)
