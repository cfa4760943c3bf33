"""KMS: moto's, with key material that can be saved."""

from __future__ import annotations

from typing import Any

from . import persistence


def _reduce(key: Any) -> Any:
    from cryptography.hazmat.primitives import serialization

    data = key.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return _loaded, (data,)


def _loaded(data: bytes) -> Any:
    from cryptography.hazmat.primitives import serialization

    return serialization.load_der_private_key(data, None)


def register() -> None:
    """Make the private keys that moto's KMS holds known to persistence."""
    from cryptography.hazmat.bindings._rust import openssl

    for module, name in (("rsa", "RSAPrivateKey"), ("ec", "ECPrivateKey"), ("ed25519", "Ed25519PrivateKey")):
        cls = getattr(getattr(openssl, module), name, None)
        if cls is not None:
            persistence.by_reference(cls, _reduce)
