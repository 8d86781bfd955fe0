"""x."""

from conformance.reference.decisions import Broken

BROKEN: tuple[Broken, ...] = ()
