"""Acknowledged = on disk. State of the moto backends, saved by unit and restored at start.

A *unit* is one entry of a `Rows` dictionary, or one other attribute of a backend. Every plain dictionary that is an
attribute of a backend becomes a `Rows`, which remembers the entries that were looked at since the last save; only those
are pickled and compared with what was saved before, so a change costs the same with ten job runs or ten thousand.
Dictionaries deeper down become `Rows` when their class is made known with `by_entry`.

SQLite in WAL mode without a sync per commit: it survives the death of the process (`kill -9`), which is what is
promised, not a power cut.
"""

from __future__ import annotations

import io
import logging
import pickle
import sqlite3
import sys
import threading
import uuid
import weakref
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

FORMAT = 1
KEPT_OPEN = 256

_MISSING = object()
_log = logging.getLogger(__name__)
_lock = threading.RLock()


class StateMismatch(Exception):
    """The home was written by another version of this package or of moto."""


def lock(service: str) -> threading.RLock:
    """The lock held while the state of a service (`glue`, `athena`, `iam`, `s3` …) changes.

    It is one and the same for all services: they call each other (a query reads the catalog, a job writes objects), and
    with one lock no order of taking them can be wrong.
    """
    return _lock


@contextmanager
def changing(service: str, *entries: tuple[Any, Any]) -> Iterator[None]:
    """`with changing("glue"): …` for background work: takes the lock and, at the end, saves what changed.

    HTTP requests need no such block: the server wraps each changing request itself. Look the object up again inside the
    block when hours may have passed since; the service's most recent few hundred are compared without that. `entries`,
    pairs of a backend's dictionary and a key, say that only those can have changed, which is quicker.
    """
    with _lock:
        try:
            yield
        finally:
            if _store is not None:
                for rows, key in entries:
                    rows.touch(key)
                _store.save((service,), recent=not entries)


class Rows(dict):
    """A dictionary whose entries are saved one by one, and only when they were touched."""

    def __init__(self, entries: Any = ()) -> None:
        dict.__init__(self, entries)
        self.space = ""
        self.saved: dict[Any, tuple[int, int]] = {}
        self.touched: set[Any] = set(dict.keys(self))
        _open[id(self)] = self

    def touch(self, key: Any) -> None:
        """The entry may be about to change."""
        self.touched.add(key)
        _open[id(self)] = self

    def touch_all(self) -> None:
        """Any entry may be about to change."""
        self.touched.update(dict.keys(self))
        _open[id(self)] = self

    def peek(self, key: Any, default: Any = None) -> Any:
        """The entry, for reading only."""
        return dict.get(self, key, default)

    def __getitem__(self, key: Any) -> Any:
        self.touch(key)
        return dict.__getitem__(self, key)

    def get(self, key: Any, default: Any = None) -> Any:
        self.touch(key)
        return dict.get(self, key, default)

    def __setitem__(self, key: Any, value: Any) -> None:
        dict.__setitem__(self, key, value)
        self.touch(key)

    def __delitem__(self, key: Any) -> None:
        dict.__delitem__(self, key)
        self.touch(key)

    def pop(self, key: Any, *default: Any) -> Any:
        value = dict.pop(self, key, *default)
        self.touch(key)
        return value

    def popitem(self) -> tuple[Any, Any]:
        key, value = dict.popitem(self)
        self.touch(key)
        return key, value

    def setdefault(self, key: Any, default: Any = None) -> Any:
        value = dict.setdefault(self, key, default)
        self.touch(key)
        return value

    def update(self, *args: Any, **kwargs: Any) -> None:
        dict.update(self, *args, **kwargs)
        self.touch_all()

    def clear(self) -> None:
        self.touch_all()
        dict.clear(self)

    def values(self) -> Any:
        self.touch_all()
        return dict.values(self)

    def items(self) -> Any:
        self.touch_all()
        return dict.items(self)

    def __reduce_ex__(self, protocol: Any) -> Any:
        # copy and deepcopy get a plain dictionary: two Rows must never share what they saved.
        return dict, (dict(dict.items(self)),)


_open: weakref.WeakValueDictionary[int, Rows] = weakref.WeakValueDictionary()
_reducers: dict[type, Callable[[Any], Any]] = {}
_store: Store | None = None


def by_entry(cls: type, *attributes: str) -> None:
    """Save these dictionary attributes of every `cls` object entry by entry instead of with the object."""

    def reduce(instance: Any) -> Any:
        for name in attributes:
            value = instance.__dict__.get(name)
            if isinstance(value, dict) and not isinstance(value, Rows):
                instance.__dict__[name] = Rows(value)
        return instance.__reduce_ex__(pickle.HIGHEST_PROTOCOL)

    _reducers[cls] = reduce


def by_reference(cls: type, reduce: Callable[[Any], Any]) -> None:
    """Save `cls` objects as what `reduce` returns, in the form of `object.__reduce__`."""
    _reducers[cls] = reduce


def _load_backend(service: str, account: str, region: str) -> Any:
    from moto.backends import get_backend

    return get_backend(service)[account][region]  # type: ignore[call-overload]


def _load_rows(cls: type[Rows], space: str) -> Rows:
    if _store is None:
        raise RuntimeError("no store is open")
    return _store.load_rows(cls(), space)


def _reduce_rows(rows: Rows) -> Any:
    if not rows.space:
        rows.space = uuid.uuid4().hex
        rows.touch_all()
    return _load_rows, (type(rows), rows.space)


_reducers[Rows] = _reduce_rows
_reducers[type(threading.Lock())] = lambda _: (threading.Lock, ())
_reducers[type(threading.RLock())] = lambda _: (threading.RLock, ())


def rows_class(cls: type[Rows]) -> type[Rows]:
    """Decorator for subclasses of `Rows`: they too are saved by entry wherever they occur."""
    _reducers[cls] = _reduce_rows
    return cls


def _pickled(value: Any) -> bytes:
    buffer = io.BytesIO()
    pickler = pickle.Pickler(buffer, pickle.HIGHEST_PROTOCOL)
    pickler.dispatch_table = _reducers
    pickler.dump(value)
    return buffer.getvalue()


_SCHEMA = """
CREATE TABLE IF NOT EXISTS units (id INTEGER PRIMARY KEY, space TEXT NOT NULL, data BLOB NOT NULL);
CREATE INDEX IF NOT EXISTS units_by_space ON units (space, id);
CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, value TEXT NOT NULL);
"""
# Never state: what the backend is, and what moto keeps between two pages of a listing.
_NOT_STATE = frozenset({"region_name", "account_id", "partition", "_pagination_tokens"})


class Store:
    """The database of one home, and which backends it holds."""

    def __init__(self, path: Path) -> None:
        self._connection = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute("PRAGMA synchronous = NORMAL")
        self._connection.executescript(_SCHEMA)
        self._backends: dict[tuple[str, str, str], Any] = {}
        self._attributes: dict[str, Rows] = {}
        self._recent: OrderedDict[tuple[int, Any], tuple[weakref.ref[Rows], Any, str]] = OrderedDict()
        self._loaded: set[str] = set()
        self.after_commit: list[Callable[[], None]] = []
        self._check_version()

    def _check_version(self) -> None:
        import moto

        ours = {"format": str(FORMAT), "moto": moto.__version__}
        found = dict(self._connection.execute("SELECT name, value FROM facts").fetchall())
        if found and found != ours:
            raise StateMismatch(
                f"the home was written by format {found.get('format')} with moto {found.get('moto')}, "
                f"this is format {ours['format']} with moto {ours['moto']}; `cdr local reset` empties it"
            )
        self._connection.executemany("INSERT OR REPLACE INTO facts VALUES (?, ?)", ours.items())

    def adopt(self, service: str, account: str, region: str) -> Any:
        """The backend, known to the store from now on."""
        identity = (service, account, region)
        backend = self._backends.get(identity)
        if backend is None:
            backend = _load_backend(*identity)
            _reducers[type(backend)] = lambda each: (_load_backend, identity_of(service, each))
            self._backends[identity] = backend
            self._attributes["/".join(identity)] = attributes = Rows()
            attributes.space = "/".join(identity)
            if not hasattr(backend, "saved_state"):
                _convert(backend)
        return backend

    def _adopt_found(self, service: str) -> None:
        """Take in backends that one service made while it worked in another: a query's table, a job's log."""
        module = sys.modules.get(f"moto.{service}.models")
        for account, region, _ in list(getattr(module, f"{service}_backends").iter_backends()) if module else ():
            self.adopt(service, account, region)

    def save(self, services: Iterable[str], recent: bool = False) -> None:
        """Write every unit that changed, in one transaction."""
        for service in services:
            self._adopt_found(service)
        writes: list[tuple[Rows, Any, bytes | None]] = []
        for identity, backend in self._backends.items():
            if identity[0] in services:
                self._compare_backend("/".join(identity), backend, writes)
        if recent:
            self._reopen_recent(services)
        self._compare_open(writes)
        if writes:
            self._write(writes)
        for each in self.after_commit:
            each()

    def _compare_backend(self, space: str, backend: Any, writes: list[tuple[Rows, Any, bytes | None]]) -> None:
        attributes = self._attributes[space]
        if hasattr(backend, "saved_state"):
            state = backend.saved_state()
        else:
            _convert(backend)
            state = _state_of(backend)
        for name, value in state.items():
            if type(value) is Rows and not value.space:
                self._name_rows(value, f"{space}/{name}", attributes.peek(name))
            dict.__setitem__(attributes, name, value)
            _compare(attributes, name, writes)

    @staticmethod
    def _name_rows(rows: Rows, space: str, replaced: Any) -> None:
        # An attribute that was assigned anew inherits the rows on disk of the one before it.
        rows.space = space
        if isinstance(replaced, Rows):
            rows.saved, replaced.saved, replaced.space = replaced.saved, {}, ""
            rows.touched.update(rows.saved)
        rows.touch_all()

    def _reopen_recent(self, services: Iterable[str]) -> None:
        for reference, key, service in self._recent.values():
            rows = reference()
            if rows is not None and service in services:
                rows.touch(key)

    def _compare_open(self, writes: list[tuple[Rows, Any, bytes | None]]) -> None:
        # Pickling an entry can open further Rows that lie inside it, so until none is left.
        waiting = True
        while waiting:
            waiting = False
            for rows in list(_open.values()):
                if not rows.space:
                    continue
                _open.pop(id(rows), None)
                touched, rows.touched = rows.touched, set()
                waiting = waiting or bool(touched)
                try:
                    for key in touched:
                        _compare(rows, key, writes)
                except BaseException:
                    for key in touched:
                        rows.touch(key)
                    raise
                self._remember(rows, touched)

    def _remember(self, rows: Rows, touched: set[Any]) -> None:
        service = rows.space.partition("/")[0]
        if len(touched) > KEPT_OPEN or service not in ("glue", "athena"):
            return
        for key in touched:
            self._recent[id(rows), key] = weakref.ref(rows), key, service
            self._recent.move_to_end((id(rows), key))
        while len(self._recent) > KEPT_OPEN:
            self._recent.popitem(last=False)

    def _write(self, writes: list[tuple[Rows, Any, bytes | None]]) -> None:
        execute = self._connection.execute
        execute("BEGIN IMMEDIATE")
        done: list[tuple[Rows, Any, tuple[int, int] | None]] = []
        try:
            for rows, key, data in writes:
                known = rows.saved.get(key)
                if data is None:
                    if known:
                        execute("DELETE FROM units WHERE id = ?", (known[0],))
                    done.append((rows, key, None))
                elif known:
                    execute("UPDATE units SET data = ? WHERE id = ?", (data, known[0]))
                    done.append((rows, key, (known[0], hash(data))))
                else:
                    cursor = execute("INSERT INTO units (space, data) VALUES (?, ?)", (rows.space, data))
                    done.append((rows, key, (int(cursor.lastrowid or 0), hash(data))))
            execute("COMMIT")
        except BaseException:
            if self._connection.in_transaction:
                execute("ROLLBACK")
            for rows, key, _ in writes:
                rows.touch(key)
            raise
        for rows, key, state in done:
            if state is None:
                rows.saved.pop(key, None)
            else:
                rows.saved[key] = state

    def load_rows(self, rows: Rows, space: str) -> Rows:
        """Fill `rows` with what was saved under `space`."""
        rows.space = space
        self._loaded.add(space)
        cursor = self._connection.execute("SELECT id, data FROM units WHERE space = ? ORDER BY id", (space,))
        for identifier, data in cursor.fetchall():
            key, value = pickle.loads(data)
            dict.__setitem__(rows, key, value)
            rows.saved[key] = (identifier, hash(data))
        rows.touched.clear()
        return rows

    def restore(self, services: Iterable[str]) -> None:
        """Bring back every saved backend, then drop units that nothing refers to any more."""
        spaces = self._connection.execute("SELECT DISTINCT space FROM units").fetchall()
        saved = sorted(space for (space,) in spaces if space.count("/") == 2 and space.split("/")[0] in services)
        for space in saved:
            service, account, region = space.split("/")
            self._restore_backend(self.adopt(service, account, region), space)
        orphans = [(space,) for (space,) in spaces if space not in self._loaded]
        self._connection.executemany("DELETE FROM units WHERE space = ?", orphans)
        _open.clear()

    def _restore_backend(self, backend: Any, space: str) -> None:
        attributes = self.load_rows(self._attributes[space], space)
        state = dict(dict.items(attributes))
        if hasattr(backend, "restore_state"):
            backend.restore_state(state)
            return
        for name, value in state.items():
            default = backend.__dict__.get(name)
            if isinstance(value, Rows) and isinstance(default, dict):
                # What a fresh backend has by itself (a workgroup `primary`) stays unless it was saved.
                for key, entry in dict.items(default):
                    if key not in value:
                        dict.__setitem__(value, key, entry)
            backend.__dict__[name] = value

    def holds(self, service: str) -> bool:
        """Whether anything of a service is saved."""
        query = "SELECT 1 FROM units WHERE space >= ? AND space < ? LIMIT 1"
        return self._connection.execute(query, (service + "/", service + "0")).fetchone() is not None

    def clear(self) -> None:
        """Forget every unit and every backend; the backends themselves are the caller's."""
        self._connection.execute("DELETE FROM units")
        self._backends.clear()
        self._attributes.clear()
        self._recent.clear()
        _open.clear()

    def backends(self) -> list[Any]:
        """Every backend that the store knows."""
        return list(self._backends.values())

    def close(self) -> None:
        """Close the database."""
        self._connection.close()


def identity_of(service: str, backend: Any) -> tuple[str, str, str]:
    """By which names a backend is found again."""
    return service, backend.account_id, backend.region_name


def _state_of(backend: Any) -> dict[str, Any]:
    hidden = _NOT_STATE | getattr(backend, "transient", frozenset())
    return {name: value for name, value in backend.__dict__.items() if name not in hidden}


def _convert(backend: Any) -> None:
    for name, value in _state_of(backend).items():
        if isinstance(value, dict) and not isinstance(value, Rows):
            backend.__dict__[name] = Rows(value)


def _compare(rows: Rows, key: Any, writes: list[tuple[Rows, Any, bytes | None]]) -> None:
    value = dict.get(rows, key, _MISSING)
    known = rows.saved.get(key)
    if value is _MISSING:
        if known:
            writes.append((rows, key, None))
        return
    data = _pickled((key, value))
    if known is None or known[1] != hash(data):
        writes.append((rows, key, data))


def open_store(path: Path) -> Store:
    """Open the database of a home; from now on `changing` saves there. Raises `StateMismatch`."""
    global _store
    _store = Store(path)
    return _store


def store() -> Store:
    """The open store."""
    if _store is None:
        raise RuntimeError("no local AWS runs in this process")
    return _store
