"""All that pyproject.toml cannot say: the contracts stand beside the package, and go into the wheel within it."""

from pathlib import Path
from shutil import copyfile

from setuptools import setup
from setuptools.command.build_py import build_py


class WithContracts(build_py):
    """Contracts and their power become `conformance/cases/…`, where the commands find them without the repository."""

    def run(self) -> None:
        super().run()
        if self.editable_mode:
            return
        for source in sorted([*Path("cases").glob("*/*.yaml"), *Path("cases").glob("*/power.json")]):
            target = Path(self.build_lib, "conformance", source)
            target.parent.mkdir(parents=True, exist_ok=True)
            copyfile(source, target)


setup(cmdclass={"build_py": WithContracts})
