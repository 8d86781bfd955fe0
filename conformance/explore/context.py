"""What exploring one operation of one target needs, taken from the run."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from conformance.client.builder import PlaceholderScope
from conformance.contract.request_template import RequestTemplate
from conformance.engine.context import RunContext
from conformance.explore.openapi import DocumentedOperation, OpenApiDocument


@dataclass(frozen=True, slots=True)
class ExploreContext:
    """One operation of one target, and what may be done to it."""

    run: RunContext
    document: OpenApiDocument
    operation: DocumentedOperation
    budget: int
    """Requests, those that follow up a finding included."""

    @property
    def permissions(self) -> frozenset[str]:
        """What may be done to the target."""
        return frozenset({"read", *self.run.target.allow})

    @property
    def own_sources(self) -> tuple[DocumentedOperation, ...]:
        """As `OpenApiDocument.own_sources`, of the operation that is explored."""
        return self.document.own_sources(self.operation)

    def allowed(self, operation: DocumentedOperation) -> bool:
        """Whether its path is known, and the permissions cover a call of it and the deletion of what it creates."""
        return bool(operation.template) and operation.needs <= self.permissions


def build_explore_context(run: RunContext, operation: str) -> ExploreContext:
    """The context of an operation; MissingValue where the profile lacks its path or its credential."""
    file, scope = run.contract.file, PlaceholderScope(salt="exploring")
    call = file.operations[operation]
    credential = call.credential or file.credential
    if credential not in (None, "none"):
        run.builder.build(operation, RequestTemplate(credential=credential, url="/"), "read", scope)
    run.builder.fill(call.url, scope)
    fill = partial(run.builder.fill_known, scope=scope)
    document = OpenApiDocument(run.contract.openapi, file.operations, file.created_resources, fill)
    return ExploreContext(run, document, document.operation(operation), file.exploration.get(run.depth, 0))
