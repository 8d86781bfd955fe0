"""What is sent before the rows of a real target and after them: credentials obtained, fixtures looked for and made."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace

from conformance.contract.contract import Contract
from conformance.contract.schema import NamedInput, Step
from conformance.plan.model import PlannedRequest, PlannedStep, schedule_steps
from conformance.plan.requirements import is_known_name, missing_for_steps
from conformance.plan.steps import plan_steps
from conformance.target.credentials import Credential, Secret
from conformance.target.loader import Target

__all__ = ["SetupPlan", "deleting_steps", "plan_setup"]


@dataclass(frozen=True, slots=True)
class SetupPlan:
    """The requests of a set-up on a target that has what is looked for, and of the clean-up of what it makes.

    `target` has all that the set-up will have given; what only an answer can tell is a placeholder in braces.
    """

    before: tuple[PlannedRequest, ...]
    after: tuple[PlannedRequest, ...]
    target: Target


def plan_setup(contract: Contract, target: Target, missed: Collection[str] = ()) -> SetupPlan:
    """Plan what is done about the credentials and fixtures that a profile leaves out; nothing is sent.

    `missed` are fixtures that are known not to be found.
    """
    planner = _SetupPlanner(contract, target)
    file = contract.file
    for name, named in file.credentials.items():
        planner.obtain(name, named)
    for name, named in file.fixtures.items():
        if name not in missed:
            planner.discover(name, named)
    for name, named in file.fixtures.items():
        planner.make(name, named)
    return SetupPlan(tuple(planner.before), tuple(planner.after), planner.target)


def deleting_steps(contract: Contract, steps: Sequence[PlannedStep]) -> Iterator[PlannedStep]:
    """The steps that will delete what these create and do not undo themselves."""
    for step in steps:
        resource = contract.file.created_resources.get(step.operation)
        if resource is not None and step.undo is None:
            yield from plan_steps(contract, resource.undo, "standard")


class _SetupPlanner:
    """Goes through the names in the order of a set-up; what it would give is known from then on."""

    def __init__(self, contract: Contract, target: Target) -> None:
        self.contract, self.target = contract, target
        self.before: list[PlannedRequest] = []
        self.after: list[PlannedRequest] = []
        self._looked: dict[str, bool] = {}

    def obtain(self, name: str, named: NamedInput) -> None:
        """A credential that a chain obtains, such as a token by a log-in."""
        if named.obtain is None or name in self.target.credentials:
            return
        steps = self._steps(self.contract.file.chains[named.obtain])
        if self._lacks(steps):
            return
        self.before += schedule_steps(steps, "step", f"obtains {name}", f"obtain/{name}")
        header = str((named.usual or {})["header"])
        known = {name: Credential(name, header, {"": Secret(name, f"{{{name}}}")})}
        self.target = replace(self.target, credentials={**self.target.credentials, **known})

    def discover(self, name: str, named: NamedInput) -> None:
        """A fixture that is looked for on the target: the list is read once, the first thing that fits is checked."""
        how = named.discover
        if how is None or self._is_known(name):
            return
        if how.chain not in self._looked:
            steps = self._steps(self.contract.file.chains[how.chain])
            self._looked[how.chain] = not self._lacks(steps) and all(step.permission == "read" for step in steps)
            if self._looked[how.chain]:
                self.before += schedule_steps(steps, "step", f"looks at {how.chain}", f"discover/{how.chain}")
        if not self._looked[how.chain]:
            return
        self._know(name)
        checks = self._steps(named.check)
        if not self._lacks(checks) and all(step.permission == "read" for step in checks):
            self.before += schedule_steps(checks, "step", f"checks {name}", f"fixture/{name}")

    def make(self, name: str, named: NamedInput) -> None:
        """A fixture that is made for the run, and deleted in the end."""
        if named.make is None or self._is_known(name):
            return
        steps = self._steps(self.contract.file.chains[named.make])
        deleting = tuple(deleting_steps(self.contract, steps))
        if self._lacks((*steps, *deleting)):
            return
        self.before += schedule_steps(steps, "step", f"makes {name}", f"make/{name}")
        self.after += schedule_steps(deleting, "clean-up", f"deletes {name}", f"make/{name}")
        self._know(name)

    def _steps(self, steps: Sequence[Step]) -> tuple[PlannedStep, ...]:
        return tuple(plan_steps(self.contract, steps, "standard"))

    def _lacks(self, steps: tuple[PlannedStep, ...]) -> bool:
        return any(True for _ in missing_for_steps(self.contract, self.target, steps))

    def _is_known(self, name: str) -> bool:
        return is_known_name(self.contract, self.target, (name,))

    def _know(self, name: str) -> None:
        self.target = replace(self.target, fixtures={**self.target.fixtures, name: f"{{fixture.{name}}}"})
