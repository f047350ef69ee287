"""Reads every Python file of /product, without running it, and writes what stands there to facts.json.

Which of it a product may not do is decided elsewhere. Stdin holds the literals of the acceptance suite as a JSON array:
only places that hold two of them are told. Names are told in full (`os.environ.get`), also through other names for them.
"""

import ast
import json
import os
import sys

TEXT_MAX = 200
LITERALS_MAX = 12  # of a place that says something: a whole program would hold anything
LIST_MAX = 12
BUILTINS = ("exit quit eval exec compile __import__ globals vars getattr setattr print open breakpoint __builtins__").split()
DECODERS = {"b64decode", "b32decode", "b16decode", "a85decode", "b85decode", "fromhex", "unhexlify", "decompress", "decode", "loads"}
PRINTERS = {"print", "write", "writelines"}
sys.setrecursionlimit(20_000)  # long sums nest that deep, and only Python's own frames are used
WANTED = {text: index for index, text in enumerate(json.load(sys.stdin))}


def fold(node):
    """The text of what is put together from constants alone, or None."""
    if isinstance(node, ast.Constant):
        return None if node.value is None or isinstance(node.value, bool) or node.value is ... else text_of(node.value)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return joined("", [node.left, node.right])
    if isinstance(node, ast.JoinedStr):
        return joined("", node.values)
    if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Slice) and ast.unparse(node.slice) == "::-1":
        text = fold(node.value)
        return None if text is None else text[::-1]
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "join" and len(node.args) == 1:
        glue = fold(node.func.value)
        parts = getattr(node.args[0], "elts", None)
        return None if glue is None or parts is None else joined(glue, parts)
    return None


def text_of(value):
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


def joined(glue, nodes):
    parts = [fold(node) if not isinstance(node, ast.FormattedValue) else None for node in nodes]
    return None if None in parts else glue.join(parts)


def literals(nodes):
    """Texts of the literals below `nodes`; one more than a place may hold that says something is enough to know."""
    found = {}
    for node in nodes:
        for part in ast.walk(node):
            text = fold(part)
            if text is not None and text.strip():
                found[text.strip()] = True
            if len(found) > LITERALS_MAX:
                return list(found)
    return list(found)


def is_main_guard(test):
    return any(isinstance(part, ast.Name) and part.id == "__name__" for part in ast.walk(test))


def is_docstring(node):
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def body_kind(node):
    body = [part for part in node.body if not is_docstring(part)]
    if any("abstract" in ast.unparse(part) or "overload" in ast.unparse(part) for part in node.decorator_list):
        return "code"
    if all(isinstance(part, ast.Pass) for part in body):
        return "empty"
    if len(body) > 1:
        return "code"
    if isinstance(body[0], ast.Raise) and body[0].exc is not None and "NotImplementedError" in ast.unparse(body[0].exc):
        return "unimplemented"
    is_none = isinstance(body[0], ast.Return) and (body[0].value is None or fold(body[0].value) is None and isinstance(body[0].value, ast.Constant) and body[0].value.value is None)
    return "nothing" if is_none else "code"


class Reader:
    def __init__(self, path):
        self.path = path
        self.facts = {key: [] for key in ("imports", "uses", "strings", "functions", "handlers", "hidden", "matches", "equalities")}
        self.names = {}
        self.defined = {}
        self.seen = set()

    def read(self, tree):
        for node in ast.walk(tree):
            self.learn(node)
        self.visit_all(tree.body, early=True, guarded=False, outer=(), around=None)
        return {"path": self.path, "readable": True, **self.facts}

    def add(self, kind, fact):
        key = kind + json.dumps(fact, sort_keys=True)
        if key not in self.seen:
            self.seen.add(key)
            self.facts[kind].append(fact)

    def learn(self, node):
        """What names stand for, wherever in the file they are given: a file that uses one for two things is not worth more."""
        if isinstance(node, ast.Import):
            for alias in node.names:
                self.names[alias.asname or alias.name.split(".")[0]] = alias.name if alias.asname else alias.name.split(".")[0]
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            for alias in node.names:
                self.names[alias.asname or alias.name] = f"{node.module}.{alias.name}"
        elif isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
            name = self.resolve_value(node.value)
            if name is not None and not isinstance(node.value, ast.Name):
                self.names.setdefault(node.targets[0].id, name)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            self.defined[node.name] = node

    def resolve(self, node):
        if isinstance(node, ast.Name):
            return self.names.get(node.id) or (f"builtins.{node.id}" if node.id in BUILTINS and node.id not in self.defined else None)
        if isinstance(node, ast.Attribute):
            base = self.resolve(node.value)
            return None if base is None else f"{base}.{node.attr}"
        if isinstance(node, ast.Subscript):
            base, key = self.resolve(node.value), fold(node.slice)
            return None if base is None or key is None or not base.endswith((".environ", ".modules", "__builtins__", "__dict__")) else f"{base}.{key}"
        if isinstance(node, ast.Call):
            return self.resolve_call(node)
        return None

    def resolve_value(self, node):
        """Like `resolve`; what a call gave is its name with `()`: `time.gmtime().tm_hour`."""
        if isinstance(node, ast.Attribute):
            base = self.resolve_value(node.value)
            return None if base is None else f"{base}.{node.attr}"
        if isinstance(node, ast.Call):
            name = self.resolve_call(node) or self.resolve(node.func)
            return None if name is None else name if name == self.resolve_call(node) else f"{name}()"
        return self.resolve(node)

    def resolve_call(self, node):
        name = self.resolve(node.func)
        argument = fold(node.args[0]) if node.args else None
        if name in ("builtins.__import__", "importlib.import_module") and argument is not None:
            return argument
        if name == "builtins.getattr" and len(node.args) > 1 and fold(node.args[1]) is not None:
            base = self.resolve(node.args[0])
            return None if base is None else f"{base}.{fold(node.args[1])}"
        if name in ("builtins.vars", "builtins.globals") and node.args:
            return self.resolve(node.args[0])
        return None

    def visit_all(self, nodes, **place):
        for node in nodes:
            self.visit(node, **place)

    def visit(self, node, early, guarded, outer, around):
        if is_docstring(node):
            return
        self.note(node, early, guarded, around)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            self.visit_function(node, early, guarded, outer, around)
        elif isinstance(node, ast.ClassDef):
            self.children(node, early=early, guarded=guarded, outer=(*outer, node.name), around=None)
        elif isinstance(node, ast.If) and is_main_guard(node.test):
            self.visit_all(node.body, early=False, guarded=guarded, outer=outer, around=None)
            self.visit_all(node.orelse, early=early, guarded=guarded, outer=outer, around=None)
        elif isinstance(node, ast.Try):
            self.visit_all(node.body, early=early, guarded=bool(node.handlers) or guarded, outer=outer, around=None)
            self.visit_all([*node.handlers, *node.orelse, *node.finalbody], early=early, guarded=True, outer=outer, around=None)
        else:
            holds = isinstance(node, ast.Compare | ast.Call) or isinstance(node, ast.Subscript) and around is None
            inner = node if holds else around
            self.children(node, early=early, guarded=guarded, outer=outer, around=inner)

    def visit_function(self, node, early, guarded, outer, around):
        decorators = getattr(node, "decorator_list", [])
        self.visit_all([*decorators, node.args], early=early, guarded=guarded, outer=outer, around=None)
        if isinstance(node, ast.Lambda):
            self.visit(node.body, early=False, guarded=guarded, outer=outer, around=None)
            return
        name = ".".join((*outer, node.name))
        self.add("functions", {"name": name, "line": node.lineno, "body": body_kind(node)})
        if any(self.resolve(part) == "atexit.register" for part in decorators):
            self.add("handlers", {"line": node.lineno, "early": early, "prints": self.prints(node)})
        self.visit_all(node.body, early=False, guarded=guarded, outer=(*outer, node.name), around=None)

    def children(self, node, **place):
        self.visit_all(ast.iter_child_nodes(node), **place)

    def note(self, node, early, guarded, around):
        if isinstance(node, ast.Import):
            for alias in node.names:
                self.add("imports", {"name": alias.name, "line": node.lineno, "guarded": guarded})
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            for alias in node.names:
                self.add("imports", {"name": f"{node.module}.{alias.name}", "line": node.lineno, "guarded": guarded})
        elif isinstance(node, ast.Raise) and node.exc is not None and "SystemExit" in ast.unparse(node.exc).split("(")[0]:
            self.use("builtins.SystemExit", node, "call", early, around)
        elif isinstance(node, ast.Call):
            self.note_call(node, early, guarded, around)
        self.note_name(node, early, around)
        self.note_string(node)
        self.note_association(node)

    def note_name(self, node, early, around):
        if not isinstance(node, ast.Name | ast.Attribute | ast.Subscript):
            return
        name = self.resolve(node)
        is_own = isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load)  # a name of this file alone
        if name is None or is_own or getattr(node, "chained", False):
            return
        mark_chain(node)
        how = "read" if isinstance(node.ctx, ast.Load) else "write"
        self.use(name, node, how, early, around)

    def note_call(self, node, early, guarded, around):
        name = self.resolve(node.func)
        if name is not None:
            mark_chain(node.func)
            node.func.chained = True
            self.use(name, node, "call", early, node if node.args or node.keywords else around)
        reached = self.resolve_call(node)
        if reached is not None:
            self.use(reached, node, "read", early, around)
            if name in ("builtins.__import__", "importlib.import_module"):
                self.add("imports", {"name": reached, "line": node.lineno, "guarded": guarded})
        if name == "builtins.setattr" and node.args and self.resolve(node.args[0]):
            self.use(f"{self.resolve(node.args[0])}.{fold(node.args[1]) if len(node.args) > 1 else '?'}", node, "write", early, around)
        if name in ("atexit.register", "weakref.finalize"):
            self.add("handlers", {"line": node.lineno, "early": early, "prints": any(self.prints(part) for part in node.args)})
        if name in ("builtins.exec", "builtins.eval", "builtins.compile") and node.args and fold(node.args[0]) is None:
            self.add("hidden", {"line": node.lineno, "decoded": decodes(node.args[0])})

    def prints(self, node):
        """Whether a handler writes to where answers are read; a function of another place is looked up by its name."""
        if isinstance(node, ast.Name):
            node = self.defined.get(node.id, node)
        called = (part.func for part in ast.walk(node) if isinstance(part, ast.Call))
        names = {getattr(func, "attr", None) or getattr(func, "id", None) for func in called}
        return bool(names & PRINTERS) or isinstance(node, ast.Name) and node.id in PRINTERS

    def use(self, name, node, how, early, around):
        words = [word[:TEXT_MAX] for word in literals([around])[:LITERALS_MAX]] if around is not None else []
        self.add("uses", {"name": name[:TEXT_MAX], "line": node.lineno, "how": how, "early": early, "compared": isinstance(around, ast.Compare), "words": words})

    def note_string(self, node):
        text = fold(node)
        if text is not None and len(text.strip()) >= 3 and not isinstance(getattr(node, "value", ""), int | float):
            self.add("strings", {"text": text.strip()[:TEXT_MAX], "line": node.lineno})

    def note_association(self, node):
        """Places that put one value beside another: entries, branches, short sequences, arguments."""
        if isinstance(node, ast.Dict):
            for key, value in zip(node.keys, node.values):
                if key is not None:
                    self.match(key, [key, value], len(node.keys))
        elif isinstance(node, ast.If):
            self.match(node, [node.test, *node.body], 1)
            self.equal(node, node.test, node.body)
        elif isinstance(node, ast.IfExp):
            self.match(node, [node.test, node.body], 1)
            self.equal(node, node.test, [node.body])
        elif isinstance(node, ast.match_case):
            self.match(node.pattern, [node.pattern, *node.body], 1)
        elif isinstance(node, ast.Tuple | ast.List) and 2 <= len(node.elts) <= 6:
            self.match(node, node.elts, getattr(node, "siblings", 1))
        elif isinstance(node, ast.Call) and len(node.args) >= 2:
            self.match(node, node.args, 1)
        elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Subscript):
            self.match(node, [node.targets[0], node.value], 1)
        for part in getattr(node, "elts", None) or ():
            part.siblings = len(node.elts)

    def match(self, node, parts, siblings):
        found = literals(parts)
        known = sorted({WANTED[text] for text in found if text in WANTED})
        if len(known) >= 2 and len(found) <= LITERALS_MAX:
            self.add("matches", {"line": node.lineno, "values": known, "siblings": siblings})

    def equal(self, node, test, body):
        values = compared(test)
        if values is not None and 1 <= len(values) <= LIST_MAX:
            answers = [text[:TEXT_MAX] for text in literals(body)[:LITERALS_MAX]]
            self.add("equalities", {"line": node.lineno, "values": [text[:TEXT_MAX] for text in values], "answers": answers})


def compared(test):
    """The constants that `test` wants something to be equal to, in their order; None for any other test."""
    if isinstance(test, ast.BoolOp) and isinstance(test.op, ast.And):
        parts = [compared(part) for part in test.values]
        return None if None in parts else [text for part in parts for text in part]
    if not isinstance(test, ast.Compare) or len(test.ops) != 1 or not isinstance(test.ops[0], ast.Eq):
        return None
    for side in (test.comparators[0], test.left):
        if isinstance(side, ast.List | ast.Tuple) and side.elts:
            texts = [fold(part) for part in side.elts]
            return None if None in texts else [text.strip() for text in texts]
        if fold(side) is not None:
            return [fold(side).strip()]
    return None


def decodes(node):
    called = (part.func for part in ast.walk(node) if isinstance(part, ast.Call))
    return any((getattr(func, "attr", None) or getattr(func, "id", None)) in DECODERS for func in called)


def mark_chain(node):
    """The parts of a name that was told are not told again."""
    while isinstance(node, ast.Attribute | ast.Subscript):
        node = node.value
        node.chained = True


def facts_of(path):
    try:
        with open(os.path.join(ROOT, path), "rb") as file:
            return Reader(path).read(ast.parse(file.read()))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        empty = Reader(path).facts
        return {"path": path, "readable": False, **empty}


with open("facts.json", "w", encoding="utf-8", errors="replace") as file:
    standard = sorted(sys.stdlib_module_names)
    json.dump({"standard_modules": standard, "files": [facts_of(path) for path in python_files()]}, file)
