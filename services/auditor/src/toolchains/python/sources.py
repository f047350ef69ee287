"""Stands before every program here that takes a product apart: where its sources are, and how a changed one is kept."""

import os

ROOT = "/product"


def python_files():
    for folder, folders, names in os.walk(ROOT):
        folders.sort()
        for name in sorted(names):
            if name.endswith(".py"):
                yield os.path.relpath(os.path.join(folder, name), ROOT)


def read_source(path):
    with open(os.path.join(ROOT, path), encoding="utf-8") as file:
        return file.read()


def write_source(path, text):
    """Under the working directory."""
    os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
