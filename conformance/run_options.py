"""The options of a run, for `conformance run` and, with a prefix, for pytest.

Every pytest session with this package installed imports this module, so it must import nothing heavy.
"""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

DEPTHS: Final = ("smoke", "standard", "thorough")
FORMS: Final = ("junit", "junit-gitlab", "markdown", "sarif", "har", "badge", "earl", "table")
"""Formats of the report besides HTML and JSON."""


class RunOption(NamedTuple):
    """An option: its help, the name of its value, its default, and its choices.

    An option with the default `False` takes no value; one with a tuple may be given several times.
    """

    help: str
    value: str | None = None
    default: Any = None
    choices: tuple[str, ...] = ()


RUN_OPTIONS: Final[Mapping[str, RunOption]] = {
    "target": RunOption("A target profile (YAML), or a base URL with a contract; else the embedded servers.", "T"),
    "contract": RunOption("Only this contract.", "NAME"),
    "depth": RunOption("How much is tried (standard).", None, "standard", DEPTHS),
    "budget": RunOption(
        "The most requests that the rows of a contract may plan: 120, or 2m at the target's pace. What shows most "
        "goes first; the report says what is left untried. smoke, standard and thorough are budgets, too.",
        "N|TIME",
    ),
    "budget-history": RunOption("A history: half of the budget goes to what was tried longest ago.", "FILE"),
    "output": RunOption("Where reports are written (reports).", "DIR", "reports"),
    "allow": RunOption("A permission beside the profile's; repeatable.", None, (), ("write", "delete", "exhaust")),
    "strict": RunOption("A drift fails, too.", None, False),
    "seed": RunOption("Same seed, same requests (0).", "N", 0),
    "workers": RunOption("Send up to N independent rows at the same time.", "N", 1),
    "language": RunOption("Of reports; without it, the reader's.", None, None, ("en", "ja")),
    "also-write": RunOption("Another form of the report beside HTML and JSON; repeatable.", None, (), FORMS),
    "report-assets": RunOption("Styles and scripts beside pages, for strict CSPs (Jenkins).", None, False),
    "write-expectations": RunOption("Write the present deviations as expectations.", "FILE"),
    "no-explore": RunOption("Do not explore beyond the tables.", None, False),
    "require": RunOption("Fail unless all rows, at least N, or this row were exercised; repeatable.", "all|N|ROW", ()),
    "display": RunOption("Progress and tables in place of pytest's own output.", None, False),
}
