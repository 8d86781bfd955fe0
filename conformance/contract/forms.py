"""What every form of a file has in common: strict, closed, frozen; and the words that stand in several of them."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

__all__ = ["Depth", "Level", "Name", "Range", "Strict", "Tier"]

Name = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]
Tier = Literal["read", "write", "delete", "exhaust"]
Level = Literal["must", "should", "note"]
Range = Annotated[list[int], Field(min_length=2, max_length=2)]
Depth = Literal["smoke", "standard", "thorough"]


class Strict(BaseModel):
    """Nothing but what is named, nothing converted, nothing changed afterwards."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)
