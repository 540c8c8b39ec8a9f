"""SDKs that are optional dependencies: found without loading them, loaded when they are first needed."""

from __future__ import annotations

import importlib
import importlib.util
from dataclasses import dataclass
from types import ModuleType

from collectors.errors import ProviderPackageMissing


@dataclass(frozen=True, slots=True, kw_only=True)
class Extra:
    """An optional dependency: the ``module`` that it brings, the ``package`` to install, our ``extra`` for it."""

    vendor: str
    module: str
    package: str
    extra: str

    def find(self) -> None:
        """Make sure that it is installed, without the seconds that loading it may take.

        Raises:
            ProviderPackageMissing: it is not.
        """
        try:
            found = importlib.util.find_spec(self.module)
        except (ModuleNotFoundError, ValueError):  # its parent is not there; it is kept from being imported
            found = None
        if found is None:
            raise ProviderPackageMissing(
                f"{self.vendor} needs the package {self.package}; install it with "
                f"`pip install 'workload-placement[{self.extra}]'`",
                vendor=self.vendor,
                location=self.module,
            )

    def load(self, name: str = "") -> ModuleType:
        """The module, or the one called ``name`` within it.

        Raises:
            ProviderPackageMissing: it is not installed.
        """
        self.find()
        return importlib.import_module(f"{self.module}.{name}" if name else self.module)
