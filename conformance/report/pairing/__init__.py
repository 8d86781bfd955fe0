"""Two targets that were sent the same requests: where they answer otherwise, and who is right by the contract."""

from conformance.report.pairing.forms import html, json, text
from conformance.report.pairing.pair import Difference, Pairing, Right, pair

__all__ = ["Difference", "Pairing", "Right", "html", "json", "pair", "text"]
