"""Makes moto use our S3."""

from __future__ import annotations

from typing import Any

from moto.s3 import models as moto_models

from .. import persistence
from . import blobs, models
from .backend import S3Backend
from .responses import S3Response


def register() -> Any:
    """Register backend and models. Returns what answers S3's requests."""
    moto_models.s3_backends.backend = S3Backend
    models.install()
    hooks = persistence.store().after_commit
    if blobs.trash.saved not in hooks:
        hooks.append(blobs.trash.saved)
    return S3Response.handle
