"""`python -m tests.browser PATH...`: runs these tests in the system's browser, or says that they are left out."""

import subprocess
import sys

from tests.browser.chromium import find
from tests.debian import bring, missing


def main(paths: list[str]) -> int:
    if find() is None and not (bring("chromium") and find()):
        return missing("chromium", f"{' '.join(paths)}, what people do at the screen,")
    return subprocess.run([sys.executable, "-m", "pytest", *paths], check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
