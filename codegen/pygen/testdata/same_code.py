"""Compares the code of packages: docstrings and units may differ, nothing else.

python same_code.py FOLDER FOLDER...
"""

from __future__ import annotations

import ast
import io
import sys
import tokenize
from pathlib import Path


class Bare(ast.NodeTransformer):
    """Takes away what texts of a spec may change."""

    def visit_Expr(self, node: ast.Expr) -> ast.AST | None:
        text = isinstance(node.value, ast.Constant) and isinstance(
            node.value.value, str
        )
        return None if text else self.generic_visit(node)

    def visit_keyword(self, node: ast.keyword) -> ast.AST | None:
        if node.arg == "unit" and isinstance(node.value, ast.Constant):
            return None
        return self.generic_visit(node)


def code(folder: str) -> dict[str, tuple[str, list[str]]]:
    """Return the statements and the comments of each module."""
    modules = {}
    for path in Path(folder).rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        tokens = tokenize.generate_tokens(io.StringIO(text).readline)
        comments = [t.string for t in tokens if t.type == tokenize.COMMENT]
        comments.pop()  # the sum of the module
        tree = ast.dump(Bare().visit(ast.parse(text)))
        modules[str(path.relative_to(folder))] = tree, comments
    return modules


def main(folder: str, *others: str) -> int:
    want = code(folder)
    assert len(want) > 3, folder
    different = [other for other in others if code(other) != want]
    for other in different:
        print(f"{other}: the code changes")
    return len(different)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
