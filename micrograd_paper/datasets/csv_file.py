"""Read a CSV of numbers whose last column names the class; errors in a row or a cell say where."""

import csv
import io
import math
from typing import NamedTuple

from micrograd_paper.errors import DataError


class Table(NamedTuple):
    """The names of the features, rows of numbers, the class named in each row (or none), and each row's line number."""

    features: list[str]
    inputs: list[list[float]]
    labels: list[str]
    lines: list[int]


def parse_csv(text: str, name: str, features: int | None = None) -> Table:
    """The table in a CSV text; `name` is its name in error messages.

    A first row without a single number among its features is a header. For a table to learn from (features=None) the
    last column is the class, and there are two classes or more. With features=n, for a table to predict, rows have n
    numbers and may have the class after them. Raises DataError.
    """
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        rows = [(reader.line_num, row) for row in reader]
    except csv.Error as error:
        raise DataError(f"{name}, row {reader.line_num}: this is not CSV: {error}") from error
    rows = [(line, [cell.strip() for cell in row]) for line, row in rows if any(cell.strip() for cell in row)]
    if not rows:
        raise DataError(f"{name} is empty: expected rows of numbers{'' if features else ' and a class'}")
    width = len(rows[0][1])
    if features is None and width < 2:
        raise DataError(f"{name} has {width} column: expected features and a last column that names the class")
    if features is not None and width not in (features, features + 1):
        raise DataError(f"{name} has {width} columns: expected {features} features, and the class if it is known")
    count = width - 1 if features is None else features
    header = [f"x{k}" for k in range(1, count + 1)]
    if not any(is_number(cell) for cell in rows[0][1][:count]) and all(rows[0][1][:count]):
        header = rows.pop(0)[1][:count]
    if not rows:
        raise DataError(f"{name} has a header and no rows")

    inputs, labels = [], []
    for line, row in rows:
        if len(row) != width:
            raise DataError(f"{name}, row {line}: {len(row)} cells; the first row has {width}")
        inputs.append([
            number(cell, f"{name}, row {line}, column {k} ({feature})")
            for k, (cell, feature) in enumerate(zip(row[:count], header), start=1)
        ])
        if width > count:
            if not row[count]:
                raise DataError(f"{name}, row {line}, column {count + 1}: the class is missing")
            labels.append(row[count])
    if features is None and len(set(labels)) < 2:
        raise DataError(f"{name} has one class only, {labels[0]!r}: there is nothing to tell apart")
    return Table(header, inputs, labels, [line for line, _ in rows])


def number(cell: str, place: str) -> float:
    """The finite number in a cell. Raises DataError."""
    if not cell:
        raise DataError(f"{place}: the cell is empty; expected a number")
    if not is_number(cell):
        raise DataError(f"{place}: expected a number, got {cell[:40]!r}")
    if not math.isfinite(float(cell)):
        raise DataError(f"{place}: expected a finite number, got {cell!r}")
    return float(cell)


def is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return "_" not in cell  # 1_000 is a number in Python, not in CSV files
