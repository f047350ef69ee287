"""Compiles every Python file of /product without running it; syntax errors go to stderr."""

import os
import sys
import warnings

ROOT = "/product"
count = failed = 0
warnings.simplefilter("ignore")
for folder, folders, names in os.walk(ROOT):
    folders.sort()
    for name in sorted(names):
        if not name.endswith(".py"):
            continue
        path = os.path.join(folder, name)
        count += 1
        try:
            with open(path, "rb") as file:
                compile(file.read(), path, "exec", dont_inherit=True)
        except (SyntaxError, ValueError) as error:
            failed += 1
            line = getattr(error, "lineno", None)
            where = f"{path}:{line}" if line else path
            sys.stderr.write(f"{where}: {getattr(error, 'msg', error)}\n")
print(f"{count} files, {failed} with errors")
sys.exit(1 if failed else 0)
