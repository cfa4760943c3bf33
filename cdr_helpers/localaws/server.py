"""The server process: one request from socket to moto and back.

In order: the Host header (against DNS rebinding), the endpoint's own commands, the service, the signature, the body,
moto's handler under the lock, what changed to disk, the answer. There is no page without a signature.
"""

from __future__ import annotations

import argparse
import errno
import gc
import hashlib
import hmac
import io
import json
import logging
import logging.handlers
import os
import re
import shutil
import sys
import threading
import time
import uuid
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from . import home, persistence, process, refusals, services, signatures, uploads, wire
from .errors import AwsError
from .s3 import blobs

MAX_MEMORY_BODY = 64 << 20
WINDOWS_ADDRESS_IN_USE = 10048
CONTROL_PATH = "/_localaws/"
CONTROL_HEADER = "x-localaws-control"
REGION = "ap-southeast-2"
_HOST = re.compile(r"(?:(?P<bucket>[a-z0-9][a-z0-9.-]*)\.)?(?P<name>localhost|127\.0\.0\.1)(?::\d+)?", re.IGNORECASE)
_READS = ("Get", "List", "Describe", "Head", "BatchGet", "Search", "Simulate", "Filter", "Check")
_SUBRESOURCES = frozenset({"acl", "tagging", "retention", "legal-hold", "torrent", "restore", "attributes"})
_log = logging.getLogger(__name__)


class Endpoint:
    """The application behind the socket."""

    def __init__(self, place: home.Home, nonce: str) -> None:
        self._home, self._nonce = place, nonce
        self._keys = place.keys()
        self._ready = threading.Event()
        self.stopping = threading.Event()

    def __call__(self, incoming: wire.Incoming) -> wire.Answer:
        protocol = _protocol(incoming)
        try:
            return self._answer(incoming, protocol)
        except signatures.Refused as refused:
            return refusals.response(refused.reason, protocol, refused.details)
        except wire.BadRequest:
            raise
        except Exception:
            _log.exception("%s %s", incoming.method, incoming.path)
            return refusals.response("defect", protocol, {})

    def _answer(self, incoming: wire.Incoming, protocol: str) -> wire.Answer:
        host = _HOST.fullmatch(incoming.headers.get("host", ""))
        if host is None or (host["bucket"] and host["name"].lower() != "localhost"):
            raise signatures.Refused("host")
        if incoming.path.startswith(CONTROL_PATH) and self._is_control(incoming):
            return self._control(incoming.path.removeprefix(CONTROL_PATH))
        bucket = host["bucket"]
        resource = f"/{bucket}{incoming.path}" if bucket else incoming.path
        sent = signatures.Sent(incoming.method, incoming.path, incoming.query, incoming.headers, resource)
        name = signatures.scope_service(sent)
        if name is None:
            raise signatures.Refused("missing")
        if name == "s3":
            return self._answer_s3(incoming, sent)
        return self._answer_api(incoming, sent)

    def _is_control(self, incoming: wire.Incoming) -> bool:
        given = incoming.headers.get(CONTROL_HEADER, "")
        return hmac.compare_digest(given.encode("utf-8", "surrogateescape"), self._keys.control.encode())

    def _control(self, command: str) -> wire.Answer:
        self._ready.wait()
        if command == "reset":
            reset_state(self._home)
        elif command == "stop":
            self.stopping.set()
        elif command != "status":
            return 404, {}, b""
        facts = {"pid": os.getpid(), "nonce": self._nonce, "home": str(self._home.root)}
        return 200, {"Content-Type": "application/json"}, json.dumps(facts).encode()

    def _answer_api(self, incoming: wire.Incoming, sent: signatures.Sent) -> wire.Answer:
        data = wire.read_all(incoming.body, MAX_MEMORY_BODY)
        if data is None:
            raise signatures.Refused("too large")
        signed = signatures.verify(sent, self._keys, hashlib.sha256(data).hexdigest())
        if signed.service not in services.SERVICES:
            known = ", ".join(services.SERVICES)
            raise signatures.Refused("no service", service=signed.service, services=known)
        changes = not _action(incoming, data).startswith(_READS)
        return self._dispatch(incoming, sent, signed, data, None, changes)

    def _answer_s3(self, incoming: wire.Incoming, sent: signatures.Sent) -> wire.Answer:
        signed = signatures.verify(sent, self._keys, None)
        if signed.service != "s3":
            raise signatures.Refused("malformed")
        received: blobs.Received | None = None
        data = b""
        if _is_upload(incoming, sent):
            received = uploads.receive(incoming.body, signed, incoming.headers, self._keys)
        else:
            data = self._s3_document(incoming, signed)
        try:
            return self._dispatch(incoming, sent, signed, data, received, incoming.method not in ("GET", "HEAD"))
        finally:
            if received is not None:
                received.path.unlink(missing_ok=True)

    def _s3_document(self, incoming: wire.Incoming, signed: signatures.Signed) -> bytes:
        if incoming.body.finished:
            uploads.require_payload(signed, signatures.EMPTY, 0)
            return b""
        received = uploads.receive(incoming.body, signed, incoming.headers, self._keys)
        try:
            if received.size > MAX_MEMORY_BODY:
                raise signatures.Refused("too large")
            return received.path.read_bytes()
        finally:
            received.path.unlink(missing_ok=True)

    def _dispatch(
        self,
        incoming: wire.Incoming,
        sent: signatures.Sent,
        signed: signatures.Signed,
        data: bytes,
        received: blobs.Received | None,
        changes: bool,
    ) -> wire.Answer:
        self._ready.wait()
        request = _moto_request(incoming, sent, signed, data, received)
        with persistence.lock(signed.service):
            handle = services.handler(signed.service)
            services.adopt(signed.service, signed.region)
            try:
                return _called(handle, request, services.SERVICES[signed.service].protocol)
            finally:
                if changes:
                    persistence.store().save((signed.service,))

    def warm_up(self) -> None:
        """Load the services and bring back their state. Requests wait for it."""
        try:
            with persistence.lock("s3"):
                for name in ("s3", "iam", "sts", "glue", "athena"):
                    services.handler(name)
                services.adopt("s3", REGION)
                services.restore()
        except Exception:
            # Serving half of it would lose the other half at the next save.
            _log.exception("the state of the home could not be restored")
            cure = f"`cdr local reset` empties it; {self._home.log} has the details"
            process.report_failure(self._home, f"what is saved in {self._home.root} cannot be read; {cure}")
            os._exit(1)
        # What is there by now stays; the collector need not walk it again and again.
        gc.freeze()
        gc.set_threshold(20_000, 20, 50)
        self._ready.set()


def _protocol(incoming: wire.Incoming) -> str:
    if "x-amz-target" in incoming.headers:
        return "json"
    form = incoming.headers.get("content-type", "").startswith("application/x-www-form-urlencoded")
    return "query" if form and incoming.method == "POST" and incoming.path in ("", "/") else "s3"


def _action(incoming: wire.Incoming, data: bytes) -> str:
    target = incoming.headers.get("x-amz-target")
    if target:
        return target.rpartition(".")[2]
    found = re.search(rb"(?:^|&)Action=(\w+)", data)
    return found[1].decode() if found else ""


def _is_upload(incoming: wire.Incoming, sent: signatures.Sent) -> bool:
    """PutObject and UploadPart: their bodies are object bytes, everything else in S3 is a short document."""
    if incoming.method != "PUT" or "x-amz-copy-source" in incoming.headers:
        return False
    _, slash, key = sent.resource[1:].partition("/")
    names = {each.partition("=")[0] for each in incoming.query.split("&")}
    return bool(slash and key) and not names & _SUBRESOURCES


def _moto_request(
    incoming: wire.Incoming,
    sent: signatures.Sent,
    signed: signatures.Signed,
    data: bytes,
    received: blobs.Received | None,
) -> Any:
    from moto.core.request import PRESERVED_HEADER_NAMES_ENVIRON_KEY

    environ: dict[str, Any] = {
        "REQUEST_METHOD": incoming.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote(sent.resource, "latin-1"),
        "QUERY_STRING": incoming.query,
        "RAW_URI": sent.resource + ("?" + incoming.query if incoming.query else ""),
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(data),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
        "CONTENT_LENGTH": str(len(data)),
        "CONTENT_TYPE": incoming.headers.get("content-type", ""),
        PRESERVED_HEADER_NAMES_ENVIRON_KEY: {},
    }
    for name, value in incoming.headers.items():
        _add_header(environ, name, incoming.spelled.get(name, name), value)
    # What moto would take for the caller's region or account, set by what was verified.
    environ["HTTP_HOST"] = "127.0.0.1"
    environ["HTTP_USER_AGENT"] = "localaws"
    environ["HTTP_AUTHORIZATION"] = _authorization(signed)
    environ["localaws.received"] = received
    return _request_class()(environ)


_NOT_FOR_MOTO = frozenset({"content-length", "content-type", "transfer-encoding", "expect", "x-moto-account-id"})


def _add_header(environ: dict[str, Any], name: str, spelled: str, value: str) -> None:
    if name in _NOT_FOR_MOTO:
        return
    if name == "x-amz-content-sha256" and value.startswith("STREAMING"):
        return
    if name == "content-encoding":
        value = ",".join(each for each in (part.strip() for part in value.split(",")) if each != "aws-chunked")
        if not value:
            return
    key = "HTTP_" + name.upper().replace("-", "_")
    if "_" in name:
        # WSGI cannot tell a_b from a-b; only metadata may have the former, and it keeps its spelling.
        if not name.startswith("x-amz-meta-") or key in environ:
            return
        environ["moto.preserved_header_names"][key] = spelled
    environ[key] = value.encode("utf-8", "surrogateescape").decode("latin-1")


def _authorization(signed: signatures.Signed) -> str:
    scope = f"19700101/{signed.region}/{signed.service}/aws4_request"
    return f"AWS4-HMAC-SHA256 Credential=LOCALAWS/{scope}, SignedHeaders=host, Signature=verified"


def _request_class() -> Any:
    from moto.core.request import Request

    return _server_request(Request)


_made: dict[type, type] = {}


def _server_request(base: Any) -> Any:
    if base not in _made:
        _made[base] = type("ServerRequest", (base,), {"from_wsgi_server": True})
    return _made[base]


def _called(handle: services.Handler, request: Any, protocol: str) -> wire.Answer:
    from botocore.exceptions import ClientError
    from werkzeug.exceptions import HTTPException

    try:
        result = handle(request, request.raw_url, dict(request.headers))
    except AwsError as error:
        return refusals.error(getattr(error, "status", 400), error.code, error.message, protocol)
    except ClientError as error:
        found = error.response["Error"]
        return refusals.error(400, found["Code"], found["Message"], protocol)
    except HTTPException as error:
        response = error.get_response(request.environ)
        return response.status_code, dict(response.headers), response.get_data()
    except NotImplementedError as error:
        return refusals.response("no action", protocol, {"text": str(error) or "this call"})
    return _answer_of(result)


def _answer_of(result: Any) -> wire.Answer:
    status, headers, body = result if len(result) == 3 else (200, {}, result)
    if isinstance(body, str):
        body = body.encode("utf-8", "surrogateescape")
    return int(status), {str(name): str(value) for name, value in headers.items()}, body


def reset_state(place: home.Home) -> None:
    """Empty the running endpoint: state, objects, backends. Keys and port stay."""
    from moto.core.base_backend import BackendDict

    from .athena import keptrows

    with persistence.lock("s3"):
        persistence.store().clear()
        keptrows.forget()
        blobs.trash.clear()
        for each in BackendDict._instances:  # type: ignore[misc]
            if hasattr(each, "bucket_accounts"):
                each.bucket_accounts.clear()
            each.clear()
        gone = place.root / f"gone-{uuid.uuid4().hex}"
        place.objects.replace(gone)
        if place.results.exists():
            place.results.replace(gone / "results")
        place.make()
        services.adopt("s3", REGION)
    threading.Thread(target=shutil.rmtree, args=(gone, True), daemon=True).start()


def _watch(endpoint: Endpoint, server: wire.LoopbackServer, place: home.Home) -> None:
    """Housekeeping until the endpoint is told to stop, or its home is gone."""
    while not endpoint.stopping.wait(1.0):
        blobs.trash.empty()
        if not place.database.exists():
            _log.error("the home folder is gone")
            os._exit(1)
    server.shutdown()


def serve(place: home.Home, port: int) -> None:
    """Run the endpoint until it is stopped. Raises `process.LocalAwsError` with one clear line."""
    place.make()
    with process.held(place.run_lock, f"an endpoint already runs in {place.root}"):
        _log_to(place.log)
        _clean_environment()
        try:
            persistence.open_store(place.database)
        except persistence.StateMismatch as error:
            raise process.LocalAwsError(str(error)) from None
        home.activate(place)
        blobs.empty_scratch()
        endpoint = Endpoint(place, nonce := uuid.uuid4().hex)
        try:
            server = wire.LoopbackServer(port, endpoint)
        except OSError as error:
            raise process.LocalAwsError(_not_bound(port, error)) from None
        services.prepare()
        threading.Thread(target=endpoint.warm_up, name="warm-up", daemon=True).start()
        threading.Thread(target=_watch, args=(endpoint, server, place), name="watch", daemon=True).start()
        process.announce(place, server.port, nonce)
        server.serve_forever(poll_interval=0.2)
        with persistence.lock("s3"):
            place.process.unlink(missing_ok=True)
            persistence.store().close()


def _not_bound(port: int, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE or getattr(error, "winerror", 0) == WINDOWS_ADDRESS_IN_USE:
        return f"port {port} of 127.0.0.1 is taken by another program; name another one with --port"
    return f"port {port} of 127.0.0.1 cannot be used: {error.strerror}"


def _log_to(path: Path) -> None:
    handler = logging.handlers.RotatingFileHandler(path, maxBytes=1 << 20, backupCount=1, encoding="utf-8", delay=True)
    handler.setFormatter(logging.Formatter("%(asctime)s %(name)s %(levelname)s %(message)s"))
    logging.basicConfig(level=logging.WARNING, handlers=[handler])
    logging.Formatter.converter = time.gmtime


def _clean_environment() -> None:
    # Nothing of the user's AWS configuration reaches this process.
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        del os.environ[name]
    os.environ |= {"AWS_EC2_METADATA_DISABLED": "true", "AWS_DEFAULT_REGION": REGION}
    os.environ |= {"AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull}


def main() -> int:
    """`python -m cdr_helpers.localaws.server --home DIR --port N`, as `process` starts it."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--home", required=True)
    parser.add_argument("--port", type=int, required=True)
    arguments = parser.parse_args()
    place = home.resolve(arguments.home)
    try:
        serve(place, arguments.port)
    except process.LocalAwsError as error:
        process.report_failure(place, str(error))
        return 1
    return 0


if __name__ == "__main__":
    # Run as a module this file is `__main__`; the others import it by its name.
    from cdr_helpers.localaws import server as _itself

    os._exit(_itself.main())
