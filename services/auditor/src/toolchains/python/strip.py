"""Writes every Python file of /product into the working directory with the bodies of its functions removed.

Imports, constants and class structure stay, so that the module still loads; whatever is called fails. A file that is
not Python is left out.
"""

import ast
import os

MARKER = "AURA_STUB_REACHED"


def failure():
    return ast.parse(f'raise NotImplementedError("{MARKER}")').body[0]


class Remover(ast.NodeTransformer):
    def visit_FunctionDef(self, node):
        node.body = [failure()]
        return node

    visit_AsyncFunctionDef = visit_FunctionDef

    def visit_Lambda(self, node):
        node.body = ast.parse(f'(_ for _ in ()).throw(NotImplementedError("{MARKER}"))', mode="eval").body
        return node

    def visit_If(self, node):
        if is_main_guard(node.test):
            node.body = [failure()]
            return node
        return self.generic_visit(node)


def is_main_guard(test):
    return any(isinstance(part, ast.Name) and part.id == "__name__" for part in ast.walk(test))


def keeps_loading(node):
    """Statements of a program's main file that only declare."""
    kinds = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Assign, ast.AnnAssign, ast.If)
    return isinstance(node, kinds)


def strip(path, text):
    tree = Remover().visit(ast.parse(text))
    if os.path.basename(path) == "__main__.py":
        tree.body = [node for node in tree.body if keeps_loading(node)] + [failure()]
    return ast.unparse(ast.fix_missing_locations(tree)) + "\n"


for path in python_files():
    try:
        stripped = strip(path, read_source(path))
    except (SyntaxError, ValueError):
        continue
    except (RecursionError, MemoryError):
        stripped = ast.unparse(failure()) + "\n"
    write_source(path, stripped)
