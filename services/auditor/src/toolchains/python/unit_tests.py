"""Runs the product's own unittest tests: every test*.py under /product, in packages or in plain folders.

Exit code 0 when all passed, 1 when one failed, 5 when there are none.
"""

import os
import sys
import unittest

ROOT = "/product"


def holds_tests(names):
    return any(name.startswith("test") and name.endswith(".py") for name in names)


def plain_top(folder):
    """The nearest folder at or above that is not a package: what unittest imports from."""
    while folder != ROOT and os.path.exists(os.path.join(folder, "__init__.py")):
        folder = os.path.dirname(folder)
    return folder


def start_folders():
    """Folders to discover from; discovery itself goes down into packages."""
    found = []
    for folder, folders, names in os.walk(ROOT):
        folders.sort()
        in_package = os.path.exists(os.path.join(folder, "__init__.py"))
        if holds_tests(names) and not (in_package and os.path.dirname(folder) in found):
            found.append(folder)
    return found


suite = unittest.TestSuite()
seen = set()


def add(tests):
    for test in tests:
        if isinstance(test, unittest.TestSuite):
            add(test)
        elif test.id() not in seen or test.id().startswith("unittest.loader"):
            seen.add(test.id())
            suite.addTest(test)


for start in start_folders():
    add(unittest.TestLoader().discover(start, top_level_dir=plain_top(start)))
result = unittest.TextTestRunner(stream=sys.stderr, verbosity=1).run(suite)
sys.stdout.flush()
sys.exit(5 if result.testsRun == 0 else 0 if result.wasSuccessful() else 1)
