"""Files, functions, classes and protocols that a person can hold in mind."""

from __future__ import annotations

import ast
from statistics import median

from tests.house.tree import classes, functions, length, product, sources

LONGEST_FILE = 500
LONGEST_FUNCTION = 60
LONGEST_CLASS = 200
MEDIAN_FUNCTION = 9
MOST_POSITIONAL = 5
MOST_METHODS = 7


def test_no_file_is_long() -> None:
    """A file of more than 500 lines is two files."""
    assert [s.name for s in sources() if s.lines > LONGEST_FILE] == []


def test_no_function_is_long() -> None:
    """A function of more than 60 lines is several functions."""
    long = [
        f"{source.name}:{node.name} {length(node)}"
        for source in sources()
        for node in functions(source)
        if length(node) > LONGEST_FUNCTION
    ]
    assert not long, "\n".join(long)


def test_most_functions_are_short() -> None:
    """Half of the product's functions have eight lines or about so, nine in ten at most thirty."""
    lengths = sorted(length(node) for source in product() for node in functions(source))
    assert median(lengths) <= MEDIAN_FUNCTION
    assert lengths[len(lengths) * 9 // 10] <= 30


def test_no_class_is_long() -> None:
    """A class of more than 200 lines does more than one thing."""
    long = [
        f"{source.name}:{node.name} {length(node)}"
        for source in product()
        for node in classes(source)
        if length(node) > LONGEST_CLASS
    ]
    assert not long, "\n".join(long)


def test_few_parameters_by_position() -> None:
    """More than five arguments without their names cannot be read at the call."""
    many = [
        f"{source.name}:{node.name}"
        for source in product()
        for node in functions(source)
        if len(_by_position(node)) > MOST_POSITIONAL
    ]
    assert not many, "\n".join(many)


def test_protocols_are_small() -> None:
    """A port that asks for more than seven methods asks for two things."""
    large = [
        f"{source.name}:{node.name}"
        for source in product()
        for node in classes(source)
        if any(ast.unparse(base).startswith("Protocol") for base in node.bases)
        and sum(isinstance(item, ast.FunctionDef) for item in node.body) > MOST_METHODS
    ]
    assert not large, "\n".join(large)


def _by_position(node: ast.FunctionDef | ast.AsyncFunctionDef) -> list[str]:
    names = [argument.arg for argument in (*node.args.posonlyargs, *node.args.args)]
    return [name for name in names if name not in ("self", "cls")]
