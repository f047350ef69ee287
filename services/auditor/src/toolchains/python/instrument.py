"""Writes every Python file of /product into the working directory so that each function says once a process that it was reached.

The first statement of a function's body (after its docstring) is `_aura_reach(<n>)`, which writes `AURA_REACHED <n>` to stderr, as a
line of its own; with `_aura_fail()` in its place the function has no body any more.
Prints a JSON array of the functions, one {path, name, line} for each n. A file that is not Python is left out.

Where the clock is moved, `time.sleep` waits by select(2): libfaketime 0.9.10 makes clock_nanosleep(2) with an absolute time fail,
which is what Python 3.11 sleeps with.
"""

import ast
import json

FUNCTIONS_MAX = 20_000
HELPER = r'''
def _aura_reach(n, _seen=__import__("builtins").__dict__.setdefault("_aura_seen", set())):
    if n not in _seen:
        _seen.add(n)
        try:
            __import__("os").write(2, b"\nAURA_REACHED %d\n" % n)
        except OSError:
            pass


def _aura_fail():
    raise NotImplementedError("AURA_STUB_REACHED")


def _aura_keep_sleep():
    import os, select, time
    if os.environ.get("FAKETIME") and not hasattr(time, "_aura_sleep"):
        time._aura_sleep = time.sleep
        time.sleep = lambda seconds: select.select([], [], [], float(seconds)) and None


_aura_keep_sleep()
'''
functions = []


def is_docstring(node):
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


class Prober(ast.NodeTransformer):
    def __init__(self, path):
        self.path, self.outer = path, []

    def visit_ClassDef(self, node):
        self.outer.append(node.name)
        self.generic_visit(node)
        self.outer.pop()
        return node

    def visit_FunctionDef(self, node):
        functions.append({"path": self.path, "name": ".".join([*self.outer, node.name]), "line": node.lineno})
        probe = ast.parse(f"_aura_reach({len(functions) - 1})").body[0]
        self.visit_ClassDef(node)
        node.body.insert(1 if is_docstring(node.body[0]) else 0, probe)
        return node

    visit_AsyncFunctionDef = visit_FunctionDef


def helper_place(body):
    """After what must come first in a module: its docstring, and imports from __future__."""
    place = 1 if body and is_docstring(body[0]) else 0
    while place < len(body) and isinstance(body[place], ast.ImportFrom) and body[place].module == "__future__":
        place += 1
    return place


def instrument(path, text):
    tree = Prober(path).visit(ast.parse(text))
    place = helper_place(tree.body)
    tree.body[place:place] = ast.parse(HELPER).body
    return ast.unparse(ast.fix_missing_locations(tree)) + "\n"


for path in python_files():
    known = len(functions)
    try:
        text = instrument(path, read_source(path))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        del functions[known:]
        continue
    write_source(path, text)
print(json.dumps(functions[:FUNCTIONS_MAX]))
