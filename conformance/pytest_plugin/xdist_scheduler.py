"""How pytest-xdist hands out rows: all of one contract to one process, whatever `--dist` says.

Rows of one contract share set-ups, controls, reads, the pace and the target itself. Side by side they run on threads of
that process. Imported only where xdist is there.
"""

from collections.abc import Collection
from pathlib import Path
from typing import Any

import pytest
from xdist.scheduler import LoadFileScheduling, LoadGroupScheduling, LoadScopeScheduling

_KINDS: dict[str, type[LoadScopeScheduling]] = {"loadfile": LoadFileScheduling, "loadscope": LoadScopeScheduling}


def make_scheduler(config: pytest.Config, log: Any, folders: Collection[Path]) -> LoadScopeScheduling:
    """A scheduler that keeps the items of each of these folders together, and others as `--dist` says."""
    kind = _KINDS.get(config.getoption("dist"), LoadGroupScheduling)

    class ContractScheduling(kind):  # type: ignore[misc, valid-type]
        def _split_scope(self, nodeid: str) -> str:
            path = Path(config.rootpath, nodeid.partition("::")[0])
            if (folder := path.resolve().parent) in folders:
                return str(folder)
            # Outside of pytest's root directory an item's ID does not hold the whole way to its file.
            elsewhere = any((each / path.name).is_file() for each in folders)
            return "contracts" if elsewhere else str(super()._split_scope(nodeid))

    scheduler: LoadScopeScheduling = ContractScheduling(config, log)
    return scheduler
