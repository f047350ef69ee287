"""Writes a stub skeleton of a plan's interfaces into the working directory.

Reads the interfaces as JSON from stdin and prints a JSON array of findings. Signatures come from a language model:
a missing `def`, a missing colon, decorators and `async` are all read; what still cannot be read is a finding.
"""

import ast
import builtins
import json
import os
import sys

MARKER = "AURA_STUB_REACHED"
KEPT_DECORATORS = {"staticmethod", "classmethod", "property"}

PROLOGUE = f'''from __future__ import annotations


class {MARKER}:
    """Stands for a constant: it compares, prints and counts as nothing."""

    def _reached(self, *args, **kwargs):
        import sys

        sys.stderr.write("{MARKER}\\n")
        raise NotImplementedError("{MARKER}")

    __eq__ = __ne__ = __lt__ = __le__ = __gt__ = __ge__ = _reached
    __str__ = __repr__ = __format__ = __bool__ = __len__ = __iter__ = __contains__ = __getitem__ = _reached
    __int__ = __float__ = __index__ = __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = _reached
    __truediv__ = __rtruediv__ = __mod__ = __call__ = __getattr__ = _reached
    __hash__ = None
'''

MAIN = f'''import sys

sys.stderr.write("{MARKER}\\n")
sys.exit(70)
'''

findings = []


def report(code, message, subject):
    findings.append({"code": code, "message": message, "subject": subject})


def parse_first(candidates):
    """The first candidate that is Python, as its first statement."""
    for text in candidates:
        try:
            body = ast.parse(text).body
        except (SyntaxError, ValueError):
            continue
        if body:
            return body[0]
    return None


def parse_function(signature, name=None):
    """The signature as a function; `name` stands in where what comes before the parentheses is no name."""
    text = signature.strip().rstrip(";").rstrip()
    while text.endswith(("...", ":")) and not text.endswith(": ..."):
        text = text.removesuffix("...").removesuffix(":").rstrip()
    text = text.removesuffix(": ...").rstrip()
    decorators, lines = [], text.splitlines()
    while lines and lines[0].lstrip().startswith("@"):
        first = lines.pop(0).strip()
        mark, _, rest = first.partition(" ")
        decorators.append(mark)
        if rest.strip():
            lines.insert(0, rest.strip())
    bare = "\n".join(lines).strip()
    prefix = "\n".join(decorators) + "\n" if decorators else ""
    is_async = bare.startswith("async ")
    head = bare.removeprefix("async ").strip().removeprefix("function ").removeprefix("def ").strip()
    if head.isidentifier():
        head += "()"
    forms = [head]
    if name is not None and "(" in head:
        forms.append(name + head[head.index("("):])
    keyword = "async def" if is_async else "def"
    node = parse_first([f"{prefix}{keyword} {form}:\n    pass" for form in forms])
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
        return node
    return None


FAILURE = f'''import sys
sys.stderr.write("{MARKER}\\n")  # also seen when the caller catches what is raised
raise NotImplementedError("{MARKER}")
'''


def failing_body(node, doc):
    body = [ast.Expr(ast.Constant(doc))] if doc else []
    return body + ast.parse(FAILURE).body


def neutral_defaults(arguments):
    """Names in defaults may be unknown here; a default only has to exist."""
    arguments.defaults = [keep_literal(value) for value in arguments.defaults]
    arguments.kw_defaults = [None if value is None else keep_literal(value) for value in arguments.kw_defaults]


def keep_literal(value):
    try:
        ast.literal_eval(value)
        return value
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return ast.Constant(None)


def stub_function(node, doc=""):
    neutral_defaults(node.args)
    node.decorator_list = [d for d in node.decorator_list if is_kept(d)]
    node.body = failing_body(node, doc)
    return node


def is_kept(decorator):
    if isinstance(decorator, ast.Attribute):
        return decorator.attr in ("setter", "deleter")
    return isinstance(decorator, ast.Name) and decorator.id in KEPT_DECORATORS


def base_names(signature, name):
    """Names in the parentheses of a class signature."""
    text = signature.strip().rstrip(":").strip()
    while text.startswith("@"):
        text = text.split(None, 1)[1] if len(text.split(None, 1)) > 1 else ""
        text = text.lstrip()
    if not text.startswith("class "):
        return []
    node = parse_first([f"{text}:\n    pass", f"class {name}:\n    pass"])
    bases = node.bases if isinstance(node, ast.ClassDef) else []
    return [base.id for base in bases if isinstance(base, ast.Name)]


def pick_base(symbol, known):
    """Bases that exist here: builtin exceptions and classes made earlier in the same module."""
    for base in base_names(symbol["signature"], symbol["name"]):
        builtin = getattr(builtins, base, None)
        if base in known or (isinstance(builtin, type) and issubclass(builtin, BaseException)):
            return base
    return "Exception" if symbol["kind"] == "exception" else None


def stub_class(symbol, known, subject):
    base = pick_base(symbol, known)
    methods = []
    for signature in symbol["methods"]:
        node = None if is_attribute(signature) else parse_function(signature)
        if node is None:
            if not is_attribute(signature):
                report("signature_unparsable", f"method signature is not Python: {signature[:200]}", subject)
            continue
        if not takes_instance(node):
            node.args.args.insert(0, ast.arg("self"))
        methods.append(stub_function(node))
    is_exception = symbol["kind"] == "exception" or (base is not None and base not in known)
    if not is_exception and not any(method.name == "__init__" for method in methods):
        methods.insert(0, stub_function(ast.parse("def __init__(self, *args, **kwargs):\n    pass").body[0]))
    text = f"class {symbol['name']}({base}):\n    pass" if base else f"class {symbol['name']}:\n    pass"
    node = ast.parse(text).body[0]
    if methods:
        node.body = methods
    return node


def is_attribute(signature):
    """`entries: list[Entry]` or `path = None`: a field, which a stub does not need."""
    node = parse_first([signature.strip()])
    return isinstance(node, (ast.AnnAssign, ast.Assign)) or (isinstance(node, ast.Expr) and isinstance(node.value, ast.Name))


def takes_instance(node):
    if any(isinstance(d, ast.Name) and d.id == "staticmethod" for d in node.decorator_list):
        return True
    positional = node.args.posonlyargs + node.args.args
    return bool(positional and positional[0].arg in ("self", "cls")) or (not positional and node.args.vararg is not None)


def stub_symbol(symbol, known, path):
    subject = f"{path}:{symbol['name']}"
    if symbol["kind"] == "function":
        node = parse_function(symbol["signature"], symbol["name"])
        if node is None or node.name != symbol["name"]:
            report("signature_unparsable", f"function signature is not Python: {symbol['signature'][:200]}", subject)
            return None
        return stub_function(node, symbol["doc"])
    if symbol["kind"] == "constant":
        return ast.parse(f"{symbol['name']} = {MARKER}()").body[0]
    return stub_class(symbol, known, subject)


def stub_module(module):
    known, nodes = set(), []
    order = sorted(module["symbols"], key=lambda symbol: symbol["kind"] != "exception")
    for symbol in order:
        node = stub_symbol(symbol, known, module["path"])
        if node is None:
            continue
        if isinstance(node, ast.ClassDef):
            known.add(symbol["name"])
        nodes.append(node)
    tree = ast.fix_missing_locations(ast.Module(body=nodes, type_ignores=[]))
    return PROLOGUE + "\n\n" + ast.unparse(tree) + "\n"


def main_files(command, modules):
    """Files that make `python3 -m name` reach the marker."""
    name = command[2] if len(command) > 2 and command[1] == "-m" else None
    if name is None:
        script = next((part for part in command[1:] if part.endswith(".py")), None)
        return {script.removeprefix("/product/"): MAIN} if script else {}
    path = name.replace(".", "/")
    if f"{path}.py" in modules:
        return {f"{path}.py": modules[f"{path}.py"] + "\n\nif __name__ == '__main__':\n" + indent(MAIN)}
    return {f"{path}/__main__.py": MAIN}


def indent(text):
    return "".join(f"    {line}\n" if line else "\n" for line in text.splitlines())


def add_packages(files):
    for path in list(files):
        folder = os.path.dirname(path)
        while folder:
            files.setdefault(f"{folder}/__init__.py", "")
            folder = os.path.dirname(folder)


def check_compiles(path, text):
    try:
        compile(text, path, "exec")
        return True
    except (SyntaxError, ValueError) as error:
        report("signature_unparsable", f"the stub of this module does not compile: {error}", path)
        return False


def main():
    interfaces = json.load(sys.stdin)
    files = {}
    for module in interfaces["modules"]:
        if module["path"].endswith(".py"):
            files[module["path"]] = stub_module(module)
    for program in interfaces["cli"] + interfaces["http"]:
        files.update(main_files(program["command"], files))
    add_packages(files)
    for path, text in files.items():
        if check_compiles(path, text):
            os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
            with open(path, "w", encoding="utf-8") as file:
                file.write(text)
    print(json.dumps(findings))


main()
