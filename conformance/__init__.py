"""Tests whether a server answers errors the way its vendor documents.

From Python:

    import conformance

    contract = conformance.load_contract("kuroco")
    results = conformance.run(contract, conformance.load_target("staging.yaml"))
    assert results.verdict == "conforms"
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from conformance.version import VERSION

if TYPE_CHECKING:
    from conformance.api import Contract, Results, Target, check, load_contract, load_target, run

__all__ = ["Contract", "Results", "Target", "__version__", "check", "load_contract", "load_target", "run"]

__version__ = VERSION


def __getattr__(name: str) -> Any:
    """Import the Python API on first use, so that commands and pytest sessions start without it."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from conformance import api  # noqa: PLC0415 - see above

    return getattr(api, name)
