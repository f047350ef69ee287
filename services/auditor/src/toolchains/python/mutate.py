"""Changes the product at /product in one place at a time: what its tests should notice.

Reads {"seed", "count", "functions": ["path:name", ...]} from stdin and considers these functions alone. Writes the changed file of the
n-th mutant to <n>/<path> in the working directory and prints a JSON array of {path, function, line, operator, behaviour}. The
choice follows from the seed: one change in each function, in a random order, before a second in any.
"""

import ast
import json
import random
import sys

SILENT = {"__repr__", "__str__", "__format__"}
ANY_ORDER = {"max", "min"}
COMPARISONS = {
    ast.Lt: (ast.LtE, "boundary"), ast.LtE: (ast.Lt, "boundary"), ast.Gt: (ast.GtE, "boundary"), ast.GtE: (ast.Gt, "boundary"),
    ast.Eq: (ast.NotEq, "equality"), ast.NotEq: (ast.Eq, "equality"), ast.In: (ast.NotIn, "membership"),
    ast.NotIn: (ast.In, "membership"), ast.Is: (ast.IsNot, "identity"), ast.IsNot: (ast.Is, "identity"),
}
ARITHMETIC = {
    ast.Add: (ast.Sub, "where it adds, it subtracts"), ast.Sub: (ast.Add, "where it subtracts, it adds"),
    ast.Mult: (ast.Add, "where it multiplies, it adds"), ast.Div: (ast.Mult, "where it divides, it multiplies"),
    ast.FloorDiv: (ast.Mult, "where it divides, it multiplies"), ast.Mod: (ast.Mult, "where it takes a remainder, it multiplies"),
}
BEHAVIOUR = {
    "boundary": "where two values are compared, equal values count on the other side",
    "equality": "a check whether two values are equal has the opposite result",
    "membership": "a check whether something is among others has the opposite result",
    "identity": "a check whether a value is there at all has the opposite result",
    "negation": "a condition that was turned round counts as it stands",
    "returned": "it gives back nothing",
    "step": "a step is left out",
    "error": "an error is not raised",
    "case": "a special case is never taken",
    "arguments": "two values that are handed on are exchanged",
    "text": "a text is empty",
}


def is_text(node):
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def changes(node):
    """(operator, behaviour, change in place) for each way to change this node; a change gives the node to put in its place."""
    if isinstance(node, ast.Compare):
        other, operator = COMPARISONS[type(node.ops[0])]
        yield operator, BEHAVIOUR[operator], lambda: with_field(node, "ops", [other(), *node.ops[1:]])
    elif isinstance(node, ast.BinOp) and type(node.op) in ARITHMETIC and not (is_text(node.left) or is_text(node.right)):
        other, behaviour = ARITHMETIC[type(node.op)]
        yield "arithmetic", behaviour, lambda: with_field(node, "op", other())
    elif isinstance(node, ast.BoolOp):
        both = isinstance(node.op, ast.And)
        behaviour = "a condition that needs all of its parts needs one" if both else "a condition that needs one of its parts needs all"
        yield "condition", behaviour, lambda: with_field(node, "op", ast.Or() if both else ast.And())
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        yield "negation", BEHAVIOUR["negation"], lambda: node.operand
    elif isinstance(node, ast.Constant):
        yield from constant_changes(node)
    elif isinstance(node, ast.Call) and len(node.args) > 1 and not any(isinstance(arg, ast.Starred) for arg in node.args):
        if ast.dump(node.args[0]) != ast.dump(node.args[1]) and getattr(node.func, "id", "") not in ANY_ORDER:
            swapped = [node.args[1], node.args[0], *node.args[2:]]
            yield "arguments", BEHAVIOUR["arguments"], lambda: with_field(node, "args", swapped)
    else:
        yield from statement_changes(node)


def constant_changes(node):
    if isinstance(node.value, bool):
        yield "constant", "a yes is a no, or a no a yes", lambda: ast.Constant(not node.value)
    elif isinstance(node.value, int):
        yield "constant", f"a number is {node.value + 1} instead of {node.value}", lambda: ast.Constant(node.value + 1)
    elif isinstance(node.value, str) and node.value and " " not in node.value:
        yield "text", BEHAVIOUR["text"], lambda: ast.Constant("")


def statement_changes(node):
    if isinstance(node, ast.Return) and node.value is not None and not is_none(node.value):
        yield "returned", BEHAVIOUR["returned"], lambda: ast.Return(None)
    elif isinstance(node, ast.Raise):
        yield "error", BEHAVIOUR["error"], ast.Pass
    elif isinstance(node, ast.AugAssign) or (isinstance(node, ast.Expr) and isinstance(node.value, (ast.Call, ast.Await))):
        yield "step", BEHAVIOUR["step"], ast.Pass
    elif isinstance(node, ast.Assign) and isinstance(node.targets[0], (ast.Attribute, ast.Subscript)):
        yield "step", BEHAVIOUR["step"], ast.Pass
    elif isinstance(node, ast.If):
        yield "case", BEHAVIOUR["case"], lambda: with_field(node, "test", ast.Constant(False))


def is_none(node):
    return isinstance(node, ast.Constant) and node.value is None


def with_field(node, field, value):
    fields = {name: getattr(node, name) for name in node._fields}
    return type(node)(**{**fields, field: value})


def children(node):
    """(parent, field, place in the list or None, child), without what has no behaviour: docstrings, annotations, parts of f-strings."""
    for field, value in ast.iter_fields(node):
        if field in ("annotation", "returns", "decorator_list", "type_comment", "args") and not isinstance(node, ast.Call):
            continue
        for place, child in enumerate(value) if isinstance(value, list) else [(None, value)]:
            text_alone = isinstance(child, ast.Expr) and is_text(child.value)
            if isinstance(child, ast.AST) and not text_alone and not isinstance(child, (ast.JoinedStr, ast.Assert)):
                yield node, field, place, child


def spots(node, outer, function):
    """(function, line, operator, behaviour, parent, field, place, change) of everything below `node` that lies in a function."""
    for parent, field, place, child in children(node):
        if isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            names = [*outer, child.name]
            inner = ".".join(names) if not isinstance(child, ast.ClassDef) else None
            if child.name not in SILENT:
                yield from spots(child, names, inner)
            continue
        if function is not None:
            for operator, behaviour, change in changes(child):
                yield function, child.lineno, operator, behaviour, parent, field, place, change
        yield from spots(child, outer, function)


def put(parent, field, place, node):
    if place is None:
        setattr(parent, field, node)
    else:
        getattr(parent, field)[place] = node


def mutated(tree, spot):
    """Text of the tree with one change; the tree itself stays as it is."""
    *_, parent, field, place, change = spot
    before = getattr(parent, field) if place is None else getattr(parent, field)[place]
    put(parent, field, place, ast.copy_location(change(), before))
    try:
        return ast.unparse(ast.fix_missing_locations(tree)) + "\n"
    finally:
        put(parent, field, place, before)


def read_spots(wanted):
    """By function: the trees that hold its spots, and these."""
    found = {}
    for path in sorted({name.rpartition(":")[0] for name in wanted}):
        try:
            tree = ast.parse(read_source(path))
            own = list(spots(tree, [], None))
        except (OSError, SyntaxError, ValueError, RecursionError, MemoryError):
            continue
        for spot in own:
            if f"{path}:{spot[0]}" in wanted:
                found.setdefault((path, spot[0]), []).append((tree, spot))
    return found


def sample(found, count, chance):
    """In rounds: a change of each function, in a random order, before a second of any."""
    functions = sorted(found)
    chance.shuffle(functions)
    for name in functions:
        chance.shuffle(found[name])
    for turn in range(max(map(len, found.values()), default=0)):
        for name in functions:
            if turn < len(found[name]):
                yield name[0], *found[name][turn]


def main():
    request = json.load(sys.stdin)
    found = read_spots(set(request["functions"]))
    mutants = []
    for path, tree, spot in sample(found, request["count"], random.Random(request["seed"])):
        if len(mutants) == request["count"]:
            break
        original, text = ast.unparse(tree) + "\n", mutated(tree, spot)
        if text == original:
            continue
        write_source(f"{len(mutants)}/{path}", text)
        mutants.append({"path": path, "function": spot[0], "line": spot[1], "operator": spot[2], "behaviour": spot[3]})
    print(json.dumps(mutants))


main()
