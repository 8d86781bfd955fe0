"""Files of YAML with comments, as templates: what stands in `templates/` is what a person gets to read."""

from __future__ import annotations

from typing import Any, Final

from jinja2 import Environment, PackageLoader, StrictUndefined

from conformance.yaml_document import dump, dump_flow

_FILES: Final = Environment(  # noqa: S701 - YAML, whose values the two filters write
    loader=PackageLoader("conformance.authoring"),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
)
_FILES.filters |= {"flow": dump_flow, "block": dump}


def render_file(template: str, **values: Any) -> str:
    """The text of a file; in templates the filters `flow` and `block` write values as YAML."""
    return _FILES.get_template(f"{template}.yaml.jinja").render(values)
