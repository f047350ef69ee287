"""Runs the snippet in argv[1] as a main program, and says on stderr when nothing of the product was loaded."""

import sys

snippet = sys.argv.pop(1)


def touched():
    return any((getattr(module, "__file__", None) or "").startswith("/product/") for module in list(sys.modules.values()))


try:
    exec(compile(snippet, "<probe>", "exec"), {"__name__": "__main__", "__builtins__": __builtins__})
finally:
    sys.stdout.flush()
    if not touched():
        sys.stderr.write("\nAURA_PRODUCT_UNTOUCHED\n")
