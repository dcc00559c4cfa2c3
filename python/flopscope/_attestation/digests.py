"""Digests: of JSON values, of the log, of the price table and of the installed library."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from flopscope import _core

__all__ = ["canonical", "chain", "installed", "of_json", "of_prices", "seal", "signature"]


def canonical(value: Any) -> bytes:
    """Return a value as JSON in its one form: sorted keys, no spaces, ASCII."""
    return json.dumps(
        value, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False
    ).encode("ascii")


def of_json(value: Any) -> str:
    """Return the SHA-256 digest of a JSON value."""
    return hashlib.sha256(canonical(value)).hexdigest()


def chain(kinds: Sequence[Any], order: Iterable[int]) -> str:
    """Return the last link of the hash chain over a log.

    The first link is 32 zero bytes; link *n* is SHA-256 of link *n - 1* followed by the SHA-256 of
    record *n* as JSON: no record can be taken out, put in, changed or moved without changing all
    links behind it.

    Parameters
    ----------
    kinds : sequence
        The different records.
    order : iterable of int
        Which of them each record is.
    """
    digests = [hashlib.sha256(canonical(kind)).digest() for kind in kinds]
    link = bytes(32)
    for index in order:
        link = hashlib.sha256(link + digests[index]).digest()
    return link.hex()


def of_prices(model: Any) -> str:
    """Return the digest of a price list: of everything that decides a bill."""
    rows = [[*row, *model.price(row[0])] for row in _core._op_rows()]
    methods = ("reduce", "accumulate", "outer", "reduceat", "at")
    ufuncs = [row[0] for row in _core._op_rows() if row[2] == "ufunc"]
    more = [[f"{u}.{m}", *model.price(f"{u}.{m}")] for u in ufuncs for m in methods]
    rates = [model.rate(i) for i in range(_core._DTYPES_WITH_RATES)] if model.has_rates else []
    return of_json([rows, more, model.functions, rates])


def _facade(folder: Path) -> str:
    digest = hashlib.sha256()
    for file in sorted(folder.rglob("*.py")):
        name = file.relative_to(folder).as_posix().encode()
        content = file.read_bytes()
        for part in (name, content):
            digest.update(len(part).to_bytes(8, "little") + part)
    return digest.hexdigest()


def installed(model: Any) -> dict[str, str]:
    """Return digests of a price list, of the compiled core and of the Python facade."""
    library, folders = _core._own_files()
    facade = next((Path(f) for f in folders if (Path(f) / "_budget.py").is_file()), None)
    return {
        "price_table": of_prices(model),
        "core": hashlib.sha256(Path(library).read_bytes()).hexdigest(),
        "facade": "" if facade is None else _facade(facade),
    }


def seal(report: dict[str, Any]) -> str:
    """Return the digest of a report without its seal and signature."""
    return of_json({key: report[key] for key in report if key not in ("seal", "signature")})


def signature(sealed: str, key: bytes) -> str:
    """Return the HMAC-SHA-256 of a seal under a secret key."""
    return hmac.new(key, sealed.encode("ascii"), hashlib.sha256).hexdigest()
