"""`python -m tests.browser PATH...`: runs these tests in the system's browser, or says in one line that they are left out."""

import os
import subprocess
import sys

from tests.browser.chromium import REQUIRED, find_or_install


def main(paths: list[str]) -> int:
    if find_or_install() is None:
        print(f"Left out: {' '.join(paths)}, what people do at the screen. There is no Chromium: apt-get install chromium")
        return 1 if os.environ.get(REQUIRED) else 0
    return subprocess.run([sys.executable, "-m", "pytest", *paths], check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
