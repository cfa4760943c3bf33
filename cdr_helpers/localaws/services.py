"""Which AWS services there are, and moto's part of each: loaded at first use, restored with what was saved."""

from __future__ import annotations

import functools
import importlib
import importlib.util
import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from . import persistence

ACCOUNT = "123456789012"
PREFIX = __package__


@dataclass(frozen=True)
class Service:
    """One service: its protocol, our module with `register()` (when there is one), and whether it has one backend for
    all regions."""

    protocol: str
    ours: str | None = None
    is_global: bool = False


SERVICES: dict[str, Service] = {
    "s3": Service("s3", "s3.register", is_global=True),
    "iam": Service("query", "iam.backend", is_global=True),
    "sts": Service("query", is_global=True),
    "glue": Service("json", "glue.backend"),
    "athena": Service("json", "athena.backend"),
    "kms": Service("json", "kms"),
    "logs": Service("json"),
    "sagemaker": Service("json", "sagemaker.backend"),
}

Handler = Callable[[Any, str, dict[str, str]], Any]
_handlers: dict[str, Handler] = {}


def prepare() -> None:
    """Settings that moto reads when it is imported; before the first import of it."""
    os.environ["MOTO_IAM_LOAD_MANAGED_POLICIES"] = "true"
    os.environ["MOTO_ALLOW_NONEXISTENT_REGION"] = "true"
    os.environ["MOTO_ACCOUNT_ID"] = ACCOUNT
    os.environ["S3_UPLOAD_PART_MIN_SIZE"] = str(5 << 20)
    from moto.core import common_models, responses
    from moto.iam import models as iam_models

    # moto lists every model it ever made and every visit of an access key: memory that grows, for pages not served.
    common_models.BaseModel.__new__ = lambda cls, *_, **__: object.__new__(cls)  # type: ignore[method-assign]
    iam_models.mark_account_as_visited = lambda **_: None
    responses.method_names_from_class = functools.cache(responses.method_names_from_class)


def handler(name: str) -> Handler:
    """What answers the requests of a service; the service is loaded if need be."""
    if name not in _handlers:
        _handlers[name] = _load(name)
    return _handlers[name]


def _load(name: str) -> Handler:
    service = SERVICES[name]
    backends: Any = getattr(importlib.import_module(f"moto.{name}.models"), f"{name}_backends")
    # Without this moto reads botocore's list of all endpoints to know which regions there are.
    backends._use_boto3_regions = False
    ours = _our_module(service)
    handle = ours.register() if ours else None
    if callable(handle):
        return handle
    urls = importlib.import_module(f"moto.{name}.urls")
    dispatch: Handler = urls.url_paths["{0}/$"]
    return dispatch


def _our_module(service: Service) -> Any:
    if service.ours is None:
        return None
    try:
        found = importlib.util.find_spec(f"{PREFIX}.{service.ours}")
    except ModuleNotFoundError:
        return None
    module = importlib.import_module(f"{PREFIX}.{service.ours}") if found else None
    return module if hasattr(module, "register") else None


def adopt(name: str, region: str) -> Any:
    """The backend that a request to a service in a region meets, saved from now on."""
    from moto.utilities.utils import get_partition

    place = get_partition(region) if SERVICES[name].is_global else region
    return persistence.store().adopt(name, ACCOUNT, place)


def restore() -> None:
    """Load the services that have saved state, bring it back, and let each finish what a dead process left."""
    for name in SERVICES:
        if persistence.store().holds(name):
            handler(name)
    persistence.store().restore(SERVICES)
    for backend in persistence.store().backends():
        if hasattr(backend, "recover"):
            backend.recover()
    persistence.store().save(SERVICES)
