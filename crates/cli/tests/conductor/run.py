"""Runs Conductor's own clients, and another imitation of the Web Connector, against `counterfoil dev`: python run.py COUNTERFOIL

Nothing of the clients is changed; only their base URL is set. The last lines count the tests as .ci/run reads them."""

import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

from place import Place

HERE = Path(__file__).parent
# Each of the two parts; they take about a minute.
ENDS_WITHIN_S = 600


def main(counterfoil):
    with tempfile.TemporaryDirectory(prefix="counterfoil-conductor-") as folder:
        place = Place(counterfoil, folder)
        try:
            os.environ.update(place.variables())
            node = subprocess.run(["npm", "--silent", "--prefix", HERE, "test"], timeout=ENDS_WITHIN_S, check=False)
            return max(node.returncode, python(place))
        finally:
            place.end()


def python(place):
    import conductor_py_test
    import qbwc_kit_test

    qbwc_kit_test.PLACE = place
    tests = [unittest.defaultTestLoader.loadTestsFromModule(module) for module in [conductor_py_test, qbwc_kit_test]]
    result = unittest.TextTestRunner(stream=sys.stdout, verbosity=2).run(unittest.TestSuite(tests))
    failed = len(result.failures) + len(result.errors)
    print(f"# pass {result.testsRun - failed}\n# fail {failed}")
    return int(not result.testsRun or failed > 0)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
