"""Imports the modules of a plan (JSON on stdin) and looks for their symbols; problems go to stdout, one a line."""

import importlib
import json
import sys
import traceback

problems = []


def module_name(path):
    return path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def load(path):
    try:
        return importlib.import_module(module_name(path))
    except SystemExit:
        # a program may do its work at import and end; what it does is for the tests to show
        if not path.endswith("__main__.py"):
            problems.append(f"{path}: ends the program when it is imported")
        return None
    except BaseException:
        last = traceback.format_exc().strip().splitlines()[-1]
        problems.append(f"{path}: cannot be imported: {last}")
        return None


def check(module, symbol, path):
    found = getattr(module, symbol["name"], None)
    if not hasattr(module, symbol["name"]):
        problems.append(f"{path}: {symbol['kind']} {symbol['name']} is missing")
    elif symbol["kind"] == "function" and not callable(found):
        problems.append(f"{path}: {symbol['name']} is not a function")
    elif symbol["kind"] in ("class", "exception") and not isinstance(found, type):
        problems.append(f"{path}: {symbol['name']} is not a class")
    elif symbol["kind"] == "exception" and not issubclass(found, BaseException):
        problems.append(f"{path}: {symbol['name']} is not an exception")


for entry in json.load(sys.stdin):
    if not entry["path"].endswith(".py"):
        continue
    module = load(entry["path"])
    for symbol in entry["symbols"] if module is not None else ():
        check(module, symbol, entry["path"])

print("\n".join(problems))
print("checked")
sys.stdout.flush()
sys.exit(1 if problems else 0)
