"""The third driver, explored: what a target answers beyond the tables.

Schemathesis and Hypothesis say what to try; the run's own session sends it; every answer is held to what the contract
says of all answers. Documents, budgets and permissions come in as a `Ground`; findings go out as an `Explored`.
"""

from conformance.run.exploring.exploration import explore, planned
from conformance.run.exploring.ground import DocumentedAnswer, Explored, Ground, Kept, Pair, Send

__all__ = ["DocumentedAnswer", "Explored", "Ground", "Kept", "Pair", "Send", "explore", "planned"]
