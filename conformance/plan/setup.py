"""What is sent before the rows of a real target and after them: credentials obtained, fixtures looked for and made.

The order is written here once: `plan_setup` counts what these iterators give, `conformance.setup` sends it.
"""

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field, replace
from typing import Literal

from conformance.contract.contract import Contract
from conformance.contract.schema import Discover, NamedInput
from conformance.plan.model import PlannedRequest, PlannedStep, schedule_steps
from conformance.plan.requirements import is_known_name, missing_for_steps
from conformance.plan.steps import plan_steps
from conformance.target.credentials import Credential, Secret
from conformance.target.loader import Target


@dataclass(frozen=True, slots=True)
class SetupSteps:
    """The calls that obtain, look for, check or make one thing, and what a target lacks for them."""

    salt: str
    """Names the calls among those of a run, such as `obtain/token`."""
    steps: tuple[PlannedStep, ...]
    missing: tuple[str, ...] = ()
    """Such as `allow: write`; empty where the calls can be made."""
    clean_up: tuple[PlannedStep, ...] = ()
    """The calls that delete in the end what the steps create."""

    @property
    def can_read(self) -> bool:
        """Whether the calls can be made, and only read."""
        return not self.missing and all(step.permission == "read" for step in self.steps)


@dataclass(slots=True)
class SetupPlan:
    """The requests of a set-up on a target that has what is looked for, and of the clean-up of what it makes.

    `target` has all that the set-up will have given; what only an answer can tell is a placeholder in braces.
    """

    target: Target
    before: list[PlannedRequest] = field(default_factory=list)
    after: list[PlannedRequest] = field(default_factory=list)

    def add(self, calls: SetupSteps, label: str) -> None:
        self.before += schedule_steps(calls.steps, "step", label, calls.salt)

    def add_read(self, calls: SetupSteps, label: str) -> bool:
        """Plan calls that may only read; whether they can be made."""
        if calls.can_read:
            self.add(calls, label)
        return calls.can_read

    def know(self, name: str) -> None:
        """From now on the target has a fixture."""
        self.target = replace(self.target, fixtures={**self.target.fixtures, name: f"{{fixture.{name}}}"})


def credentials_to_obtain(contract: Contract, target: Target) -> Iterator[tuple[str, NamedInput]]:
    """Each credential that the profile leaves out and the contract has a chain for, such as a token by a log-in."""
    for name, named in contract.file.credentials.items():
        if named.obtain is not None and name not in target.credentials:
            yield name, named


def fixtures_to_check(contract: Contract, target: Target) -> Iterator[str]:
    """Each fixture of the profile by which a row would destroy something if it were wrong."""
    for name, named in contract.file.fixtures.items():
        if named.check_first in target.allow and name in target.fixtures:
            yield name


def fixtures_to_find(contract: Contract, current: Callable[[], Target]) -> Iterator[tuple[str, Discover]]:
    """Each fixture that is looked for on the target; `current` has those that were found so far."""
    for name, named in contract.file.fixtures.items():
        if named.discover is not None and not is_known_name(contract, current(), (name,)):
            yield name, named.discover


def fixtures_to_make(contract: Contract, current: Callable[[], Target]) -> Iterator[tuple[str, SetupSteps]]:
    """Each fixture that is made for the run, where the target permits that; `current` has those that are there."""
    for name, named in contract.file.fixtures.items():
        if named.make is None or is_known_name(contract, current(), (name,)):
            continue
        steps = plan_steps(contract, contract.file.chains[named.make])
        made = [step for step in steps if step.undo is None and step.operation in contract.file.created_resources]
        undo = [one for step in made for one in contract.file.created_resources[step.operation].undo]
        clean_up = plan_steps(contract, undo)
        if not any(missing_for_steps(contract, current(), (*steps, *clean_up))):
            yield name, SetupSteps(f"make/{name}", steps, clean_up=clean_up)


def setup_steps(
    contract: Contract, target: Target, kind: Literal["obtain", "discover", "fixture"], name: str
) -> SetupSteps:
    """The calls that obtain a credential, find fixtures or check one, named as the credential, chain or fixture."""
    chain = contract.file.credentials[name].obtain if kind == "obtain" else name
    written = contract.file.fixtures[name].check if kind == "fixture" else contract.file.chains.get(chain or "", [])
    steps = plan_steps(contract, written)
    return SetupSteps(f"{kind}/{name}", steps, tuple(dict.fromkeys(missing_for_steps(contract, target, steps))))


def plan_setup(contract: Contract, target: Target, missed: Collection[str] = ()) -> SetupPlan:
    """Plan how to obtain what a profile leaves out, sending nothing; `missed` are fixtures known not to be found."""
    plan, lists = SetupPlan(target), dict[str, bool]()
    for name, named in credentials_to_obtain(contract, target):
        obtaining = setup_steps(contract, plan.target, "obtain", name)
        if not obtaining.missing:
            plan.add(obtaining, f"obtains {name}")
            known = Credential(name, str((named.usual or {})["header"]), {"": Secret(name, f"{{{name}}}")})
            plan.target = replace(plan.target, credentials={**plan.target.credentials, name: known})
    for name in fixtures_to_check(contract, plan.target):
        plan.add_read(setup_steps(contract, plan.target, "fixture", name), f"checks {name}")
    for name, how in fixtures_to_find(contract, lambda: plan.target):
        if name in missed:
            continue
        if how.chain not in lists:  # each is read once, and the first thing in it that fits is checked
            looking = setup_steps(contract, plan.target, "discover", how.chain)
            lists[how.chain] = plan.add_read(looking, f"looks at {how.chain}")
        if lists[how.chain]:
            plan.know(name)
            plan.add_read(setup_steps(contract, plan.target, "fixture", name), f"checks {name}")
    for name, making in fixtures_to_make(contract, lambda: plan.target):
        plan.add(making, f"makes {name}")
        plan.after += schedule_steps(making.clean_up, "clean-up", f"deletes {name}", making.salt)
        plan.know(name)
    return plan
