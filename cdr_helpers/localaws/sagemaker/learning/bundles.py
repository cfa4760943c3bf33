"""A trained model as `model.tar.gz`: the model itself and, for people, what it is."""

from __future__ import annotations

import io
import json
import tarfile
from pathlib import Path
from typing import Any

import joblib

_MODEL, _ABOUT = "model.joblib", "metadata.json"


def save(model: dict[str, Any], about: dict[str, Any], place: Path) -> None:
    """Write the archive. `about` is readable without Python: problem, features, metrics, versions."""
    import sklearn

    packed = io.BytesIO()
    joblib.dump(model, packed, compress=3)
    versions = {"scikit-learn": sklearn.__version__}
    text = json.dumps(about | {"versions": versions}, indent=1).encode()
    place.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(place, "w:gz", compresslevel=1) as archive:
        for name, data in ((_MODEL, packed.getvalue()), (_ABOUT, text)):
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))


def load(place: Path) -> dict[str, Any]:
    """The model of an archive that `save` wrote. Only for archives that are known to be one: a model is code."""
    with tarfile.open(place, "r:gz") as archive:
        held = archive.extractfile(_MODEL)
        if held is None:
            raise ValueError(f"{place} holds no model")
        model: dict[str, Any] = joblib.load(io.BytesIO(held.read()))
        return model
