"""Read a CSV of numbers in which one column names the class; errors in a row or a cell say where.

Cells stand between commas, semicolons or tabs. A first row without a number among its features is a header.
"""

import csv
import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from micrograd_paper.display import label_text
from micrograd_paper.errors import DataError

SEPARATORS = ";\t,"
SAMPLE = 20  # rows that show the separator
LINE = re.compile(r"[^\r\n]*(?:\r\n?|\n)|[^\r\n]+")
DECIMAL_COMMA = re.compile(r"[-+]?\d*,\d+")
THOUSANDS = re.compile(r"[-+]?[1-9]\d{,2}(,\d{3})+(\.\d*)?")
SAYS_SEPARATOR = re.compile(r"\Asep=.(?=[\r\n])", re.IGNORECASE)  # a first line of Excel's, which is no row
INDEX_NAMES = ("", "id", "index", "unnamed: 0", "row", "nr", "no", "no.", "#")
OTHERS = {"|": "bars", " ": "spaces", ":": "colons"}  # signs that some files have in place of separators
MOST_CLASSES = 1000


class Table(NamedTuple):
    """The names of the features, rows of numbers, the classes and which of them each row is of, and what is doubtful.

    Without a header the features are x1, x2, …; without a class column, labels is [].
    """

    features: list[str]
    inputs: list[list[float]]
    classes: list[str]
    labels: list[int]
    target: str | None = None  # the class column's name
    doubts: Sequence[str] = ()


class Wanted(NamedTuple):
    """What a network takes: its features, and its classes if it knows them."""

    features: list[str]
    classes: list[str] | None


def parse_csv(
    text: str, name: str, wanted: Wanted | None = None, header: bool | None = None, target: str | None = None,
) -> Table:
    """The table in a CSV text; `name` is its name in error messages.

    For a table to learn from, the class is in the column of the name `target`, or of that number, by default in the
    last one, and there are two classes or more. `header` says whether the first row is one; by default it shows. For a
    table that a network is to take (`wanted`) the columns are found by their names, or by their places where one side
    has none; a class column may be missing. Classes that are numbers stand in numeric order. Raises DataError.
    """
    text = SAYS_SEPARATOR.sub("", text)
    rows = filled_rows(text, name)
    try:
        line, first = next(rows)
    except StopIteration:
        raise DataError(f"{name} is empty: expected rows of numbers{' and a class' * (wanted is None)}") from None
    is_named = target in first and not looks_like_a_number(str(target))
    has_header = is_named or is_header(first, wanted) if header is None else header
    if len(first) == 1:
        check_title(name, line, filled_rows(text, name))
    if wanted is None and len(first) < 2:
        other = next((sign for mark, sign in OTHERS.items() if mark in first[0]), "")
        hint = f"; commas, semicolons and tabs separate cells, not {other}" * bool(other)
        raise DataError(f"{name} has 1 column: expected features and a column that names the class{hint}")
    columns = Places(name, first if has_header else None, len(first), wanted, target)
    table = Rows(name, columns, wanted, line if header is None and not has_header else 0)
    if not has_header:
        rows = filled_rows(text, name)
    for line, row in rows:
        table.add(line, row)
    if not table.inputs:
        raise DataError(f"{name} has a header and no rows")
    table.check_index()
    doubts = list(table.doubts(first, has_header)) if header is None and target is None else []
    return table.table([*doubts, *table.doubts_of_classes])


def check_title(name: str, line: int, rows: Iterator[tuple[int, list[str]]]) -> None:
    """Raise DataError if the first row, of one cell, stands above a table of several columns."""
    (_, first), (_, second) = next(rows), next(rows, (0, []))
    if len(second) > 1:
        raise DataError(f"{name}, row {line}: {label_text(first[0])!r} stands alone above rows of {len(second)} cells: "
                        "leave it out, so that the table or its header begins the file")


def filled_rows(text: str, name: str) -> Iterator[tuple[int, list[str]]]:
    """Each row that is not empty, its cells stripped, with the number of its last line."""
    reader = csv.reader((match[0] for match in LINE.finditer(text)), delimiter=separator(text), strict=True)
    start = 1
    try:
        for row in reader:
            cells = [cell.strip() for cell in row]
            if any(cells):
                yield reader.line_num, cells
            start = reader.line_num + 1
    except csv.Error as error:
        why = "a quotation mark that begins in it is never closed" if "end of data" in str(error) else error
        raise DataError(f"{name}, row {start}: this is not CSV: {why}") from error


def separator(text: str) -> str:
    """The separator that makes most cells numbers. (csv.Sniffer takes 5,1;3,5 for cells between commas.)"""
    lines = [match[0] for match, _ in zip(LINE.finditer(text), range(SAMPLE))]

    def numbers(sign: str) -> int:
        try:
            return sum(looks_like_a_number(cell.strip()) for row in csv.reader(lines, delimiter=sign) for cell in row)
        except csv.Error:
            return 0

    found = {sign: numbers(sign) for sign in SEPARATORS if sign in text[:10_000]}
    return max(found, key=lambda sign: found[sign], default=",") if any(found.values()) else ","


def is_header(first: Sequence[str], wanted: Wanted | None) -> bool:
    """Whether a first row is one: no cell among its features is a number, and only an index has no name."""
    count = len(first) - 1 if wanted is None else min(len(first), len(wanted.features))
    return not any(map(looks_like_a_number, first[:count])) and all(first[1:count])


class Places:
    """Which column is which: `places` of the features in the order in which they are wanted, `target` of the class."""

    def __init__(
        self, name: str, header: Sequence[str] | None, width: int, wanted: Wanted | None, target: str | None
    ) -> None:
        self.width = width
        names = [cell or f"x{k}" for k, cell in enumerate(header, start=1)] if header else None
        self.has_index_name = bool(header) and (header or [""])[0].lower() in INDEX_NAMES
        twice = [column for column, times in Counter(names).items() if times > 1]
        if twice:
            raise DataError(f"{name} has two columns of the name {label_text(twice[0])}; --no-header if these are data")
        self.target: int | None = width - 1
        if wanted is None:
            if target is not None:
                self.target = place(target, names or [], width, name)
            self.places = [k for k in range(width) if k != self.target]
            self.features = [names[k] for k in self.places] if names else generic(width - 1)
        else:
            self.features, n = wanted.features, len(wanted.features)
            if names and {*wanted.features} <= {*names}:
                self.places = [names.index(feature) for feature in wanted.features]
            elif names and not is_generic(wanted.features):
                missing = next(feature for feature in wanted.features if feature not in names)
                raise DataError(f"{name} has no column {label_text(missing)}, which the network takes; "
                                f"it has {listing(names)}")
            else:
                self.places = list(range(n))
            rest = [k for k in range(width) if k not in {*self.places}]
            if len(rest) > 1 or self.places[-1] >= width:
                extra = f": {listing(header[k] or 'one without a name' for k in rest)} are too many" if header else ""
                raise DataError(f"{name} has {width} column{'s' * (width > 1)}: expected {n} features, and the class "
                                f"if it is known{extra}")
            self.target = rest[0] if rest else None
        self.target_name = names[self.target] if names and self.target is not None else None
        self.by_place = bool(wanted) and names is None and not is_generic(self.features)


class Rows:
    """The rows of a table while they are read."""

    def __init__(self, name: str, columns: Places, wanted: Wanted | None, first: int = 0) -> None:
        self.name = name
        self.columns = columns
        self.wanted = wanted
        self.first = first  # the row that may be a header, which nobody has said
        self.inputs: list[list[float]] = []
        self.labels: list[int] = []
        self.classes = list(wanted.classes or []) if wanted else []
        self.numbers: dict[str | float, int] = {class_key(label): number for number, label in enumerate(self.classes)}
        self.known: dict[str, float] = {}  # cells that were numbers: one float for all that are equal
        self.is_index = len(columns.places) > 1

    def add(self, line: int, row: list[str]) -> None:
        columns = self.columns
        if len(row) != columns.width:
            raise DataError(f"{self.name}, row {line}: {len(row)} cell{'s' * (len(row) > 1)}; "
                            f"the first row has {columns.width}")
        known = self.known
        numbers = [
            known[cell] if cell in known else self.number(cell, line, k)
            for k, cell in enumerate([row[place] for place in columns.places])
        ]
        if self.is_index and self.inputs and numbers[0] != self.inputs[-1][0] + 1:
            self.is_index = False
        self.inputs.append(numbers[:])  # a copy lacks the room that a comprehension leaves
        if columns.target is not None:
            self.labels.append(self.label(row[columns.target], line))

    def number(self, cell: str, line: int, k: int) -> float:
        """The finite number in a cell of the k-th feature. Raises DataError."""
        found = float(cell) if is_number(cell) else math.nan
        if not math.isfinite(found):
            raise DataError(f"{self.name}, row {line}, column {self.columns.places[k] + 1} "
                            f"({label_text(self.columns.features[k])}): {self.why_no_number(cell, k, line)}")
        if len(self.known) < 10_000:
            self.known[cell] = found
        return found

    def why_no_number(self, cell: str, k: int, line: int) -> str:
        of_header = "; --header if this row is a header" * (line == self.first and not self.wanted)
        if not cell:
            return f"the cell is empty; expected a number{of_header}"
        if THOUSANDS.fullmatch(cell):
            other = f", or {cell.replace(',', '.')} if its comma is a decimal one" * bool(DECIMAL_COMMA.fullmatch(cell))
            return f"{cell} has a comma; write {cell.replace(',', '')} if it groups thousands{other}"
        if DECIMAL_COMMA.fullmatch(cell):
            return (f"{cell} has a decimal comma; write {cell.replace(',', '.')}, as a spreadsheet saves it where the "
                    "region is English")
        if is_number(cell):
            return f"expected a finite number, got {cell!r}"
        column = self.columns.features[k] if self.columns.target_name is not None else self.columns.places[k] + 1
        hint = f"; --target {label_text(column)} if this is the class" * (not self.wanted and not self.inputs)
        return f"expected a number, got {label_text(cell)!r}{hint}{of_header}"

    def label(self, cell: str, line: int) -> int:
        """The number of a class. Raises DataError."""
        key = class_key(cell)
        if key in self.numbers:
            return self.numbers[key]
        if not cell:
            raise DataError(f"{self.name}, row {line}, column {(self.columns.target or 0) + 1}: the class is missing")
        if self.wanted and self.wanted.classes:
            raise DataError(f"{self.name}, row {line}: the network has no class {label_text(cell)!r}; "
                            f"it has {listing(self.classes)}")
        if len(self.classes) == MOST_CLASSES:
            raise DataError(f"{self.name}: {self.class_column} has more than {MOST_CLASSES:,} different values, as a "
                            "measurement has; --target NAME says which column is the class")
        self.classes.append(cell)
        return self.numbers.setdefault(key, len(self.numbers))

    @property
    def class_column(self) -> str:
        name = self.columns.target_name
        return "the last column" if name is None else f"the column {label_text(name)}"

    def check_index(self) -> None:
        """Raise DataError if a column of a name such as id counts the rows."""
        if self.counts_rows and self.columns.has_index_name:
            raise DataError(f"{self.name}: the first column counts the rows, as an index does, and is no feature: "
                            "leave it out (pandas: to_csv(…, index=False))")

    @property
    def counts_rows(self) -> bool:
        return self.is_index and len(self.inputs) > 2 and self.columns.places[0] == 0 and self.inputs[0][0] in (0, 1)

    def doubts(self, first: Sequence[str], has_header: bool) -> Iterator[str]:
        """What may have been read in a way that was not meant, each with the option that settles it."""
        if self.columns.by_place:
            yield f"has no header: its columns are taken in the network's order, {listing(self.columns.features)}"
        if self.wanted:
            return
        if self.counts_rows:
            yield "the first column counts the rows: if it is an index, leave it out"
        sizes = Counter(self.labels)
        single = sum(size == 1 for size in sizes.values())
        values = [key for key in self.numbers if isinstance(key, float)]
        has_fractions = len(values) == len(sizes) and any(value % 1 for value in values)
        label = class_key(first[-1])
        if has_header and label in self.numbers:
            yield f"the first row was taken for a header, and its {first[-1]!r} is a class: --no-header makes it data"
        elif not has_header and single == 1 < len(sizes) and sizes[self.numbers[label]] == 1:
            yield f"no other row has the class {label_text(first[-1])!r} of the first row: --header makes that a header"
        elif single * 2 > len(sizes) > 2 or has_fractions:
            why = "numbers with a fraction" if has_fractions else f"{single} of {len(sizes)} in one row alone"
            yield (f"{self.class_column} looks like a measurement, not like a class: its values are {why}; "
                   "--target NAME says which column is the class")

    @property
    def doubts_of_classes(self) -> list[str]:
        """What no option settles: the classes may be fewer than they look."""
        alike: dict[str, list[str]] = {}
        for name in self.classes if self.wanted is None else ():
            alike.setdefault(name.casefold(), []).append(name)
        groups = listing(" and ".join(names) for names in alike.values() if len(names) > 1)
        return [f"classes that differ in case only: {groups}; if they are one, write them alike"] if groups else []

    def table(self, doubts: Sequence[str]) -> Table:
        """What was read, classes that are numbers in numeric order. Raises DataError for a single class to learn."""
        classes, labels = self.classes, self.labels
        if self.wanted is None and len(classes) < 2:
            raise DataError(f"{self.name} has one class only, {label_text(classes[0])!r}: "
                            "there is nothing to tell apart")
        if not (self.wanted and self.wanted.classes) and not any(isinstance(class_key(c), str) for c in classes):
            order = sorted(range(len(classes)), key=lambda number: float(classes[number]))
            place = {number: position for position, number in enumerate(order)}
            classes, labels = [classes[number] for number in order], [place[label] for label in labels]
        return Table(self.columns.features, self.inputs, classes, labels, self.columns.target_name, doubts)


def class_key(label: str) -> str | float:
    """What two names of one class have in common: 1 and 1.0 are the same number."""
    return float(label) if is_number(label) and math.isfinite(float(label)) else label


def place(target: str, names: list[str], width: int, name: str) -> int:
    """Which column has that name or, counted from 1, that number. Raises DataError."""
    if target in (names or generic(width)):
        return (names or generic(width)).index(target)
    if target.isdecimal() and len(target) < 10 and 1 <= int(target) <= width:
        return int(target) - 1
    raise DataError(f"{name} has no column {label_text(target)}; it has {listing(names) or f'{width} without names'}")


def generic(n: int) -> list[str]:
    """Names of features that have none."""
    return [f"x{k}" for k in range(1, n + 1)]


def is_generic(features: list[str]) -> bool:
    return features == generic(len(features))


def listing(names: Iterable[str], most: int = 8) -> str:
    """Names in a sentence, the first ones."""
    shown = [label_text(name) for name in names]
    return ", ".join(shown[:most]) + (f", … ({len(shown)})" if len(shown) > most else "")


def looks_like_a_number(cell: str) -> bool:
    return is_number(cell) or any(kind.fullmatch(cell) for kind in (DECIMAL_COMMA, THOUSANDS))


def is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return "_" not in cell  # 1_000 is a number in Python, not in CSV files
