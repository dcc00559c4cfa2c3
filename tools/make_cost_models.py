"""Puts the price lists and the list of operations into C++.

    python tools/make_cost_models.py            write the generated files
    python tools/make_cost_models.py --check    fail if they are not current

Reads cost_models/*.toml and cost_models/operations.csv; needs Python 3.11 (or tomli) and no
installed flopscope. The same formulas are what the documentation shows.
"""

from __future__ import annotations

import argparse
import ast
import csv
import importlib.util
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

try:
    import tomllib
except ImportError:  # Python 3.10
    import tomli as tomllib

ROOT = Path(__file__).resolve().parent.parent
DATA = ROOT / "cost_models"
CORE = ROOT / "cpp" / "core"


def _load(name: str) -> Any:
    """A module of flopscope.pricing, without the package around it."""
    path = ROOT / "python" / "flopscope" / "pricing" / f"{name}.py"
    spec = importlib.util.spec_from_file_location(f"_generator_{name}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


formulas = _load("formula")
price_file = _load("price_file")

HEAD = "// Written by tools/make_cost_models.py from cost_models/. Change those, then run it.\n"

#: Facts that the core and the bindings collect themselves, for the rows that name the collector.
COLLECTORS = {
    "elementwise": "unique size applications lanes segments touched",
    "reduction": "unique A O K weighted inexact quantiles means",
    "contraction": "multiplications additions size_a size_b contracted unique_out out",
    "movement": "first inputs out@",
    "drawn": "drawn",
    "cast": "size changes copies converts@ out@",
}


# ------------------------------------------------------------------------------------ operations


def read_operations() -> list[dict[str, str]]:
    with (DATA / "operations.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    names = [row["name"] for row in rows]
    assert names == sorted(names), "operations.csv is sorted by name"
    return rows


def is_priced(row: Mapping[str, str]) -> bool:
    return row["kind"] not in ("blocked", "local") and row["facts"] != "delegated"


class Schema:
    """The facts of an operation: where a formula finds each."""

    def __init__(self, text: str) -> None:
        self.text = COLLECTORS.get(text, text)
        self.collector = text if text in COLLECTORS else "function"
        self.values: dict[str, int] = {}
        self.lists: dict[str, int] = {}
        self.texts: set[str] = set()
        self.results: set[str] = set()
        for word in self.text.split():
            name = word.rstrip("@:[]")
            if word.endswith("@"):
                self.results.add(name)
            if "[]" in word:
                self.lists[name] = len(self.lists)
                continue
            if ":" in word:
                self.texts.add(name)
            self.values[name] = len(self.values)

    @property
    def names(self) -> set[str]:
        return {*self.values, *self.lists}


# ------------------------------------------------------------------------------------ expressions


class Texts:
    """Numbers for the texts that formulas compare with."""

    def __init__(self) -> None:
        self.codes: dict[str, int] = {"": 0}

    def code(self, text: str) -> int:
        return self.codes.setdefault(text, len(self.codes))


class Emitter:
    """C++ for formulas of one price list."""

    def __init__(
        self, texts: Texts, functions: Mapping[str, Any], names: Mapping[str, str]
    ) -> None:
        self.texts = texts
        self.functions = functions
        self.names = names  # of functions in C++

    def body(self, formula: Any, places: dict[str, str], indent: str = "  ") -> str:
        places = dict(places)
        lines = []
        for name, value in formula.lets:
            lines.append(f"{indent}const Count {name}_ = {self.count(value, places)};")
            places[name] = f"{name}_"
        lines.append(f"{indent}return {self.count(formula.result, places)};")
        return "\n".join(lines)

    def count(self, node: ast.expr, places: dict[str, str]) -> str:
        if isinstance(node, ast.Name):
            return places[node.id]
        if isinstance(node, ast.Constant):
            if isinstance(node.value, str):
                return f"Count{{{self.texts.code(node.value)}}}"
            return f"Count{{{node.value}}}"
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
            return f"(-{self.count(node.operand, places)})"
        if isinstance(node, ast.BinOp):
            return self.arithmetic(node, places)
        if isinstance(node, ast.IfExp):
            parts = (self.count(node.body, places), self.count(node.orelse, places))
            return f"({self.truth(node.test, places)} ? {parts[0]} : {parts[1]})"
        if isinstance(node, ast.Call):
            return self.call(node, places)
        return f"Count{{{self.truth(node, places)} ? 1 : 0}}"

    def arithmetic(self, node: ast.BinOp, places: dict[str, str]) -> str:
        left = self.count(node.left, places)
        if isinstance(node.op, ast.Pow):
            assert isinstance(node.right, ast.Constant)
            return f"power({left}, {node.right.value})"
        right = self.count(node.right, places)
        if isinstance(node.op, ast.FloorDiv):
            return f"floor_divide({left}, {right})"
        sign = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*"}[type(node.op)]
        return f"({left} {sign} {right})"

    def truth(self, node: ast.expr, places: dict[str, str]) -> str:
        if isinstance(node, ast.BoolOp):
            word = " && " if isinstance(node.op, ast.And) else " || "
            return "(" + word.join(self.truth(value, places) for value in node.values) + ")"
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            return f"!{self.truth(node.operand, places)}"
        if isinstance(node, ast.Compare):
            return self.comparison(node, places)
        return f"static_cast<bool>({self.count(node, places)})"

    def comparison(self, node: ast.Compare, places: dict[str, str]) -> str:
        terms = []
        left = self.count(node.left, places)
        for operator, right in zip(node.ops, node.comparators, strict=True):
            if isinstance(operator, ast.In):
                assert isinstance(right, ast.Tuple)
                among = " || ".join(f"{left} == {self.count(e, places)}" for e in right.elts)
                terms.append(f"({among})")
                continue
            sign = {
                ast.Eq: "==", ast.NotEq: "!=", ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">",
                ast.GtE: ">=",
            }[type(operator)]  # fmt: skip
            value = self.count(right, places)
            terms.append(f"{left} {sign} {value}")
            left = value
        return "(" + " && ".join(terms) + ")"

    def call(self, node: ast.Call, places: dict[str, str]) -> str:
        assert isinstance(node.func, ast.Name)
        name = node.func.id
        if name == "sum":
            return self.sum(node, places)
        arguments = [self.count(argument, places) for argument in node.args[: -1 or None]]
        if name == "cheapest_chain":
            step = node.args[1]
            assert isinstance(step, ast.Name)
            return f"cheapest_chain({self.count(node.args[0], places)}, {self.names[step.id]})"
        arguments = [self.count(argument, places) for argument in node.args]
        renamed = {"max": "most", "min": "least", "isqrt": "integer_root"}
        return f"{self.names.get(name, renamed.get(name, name))}({', '.join(arguments)})"

    def sum(self, node: ast.Call, places: dict[str, str]) -> str:
        generator = node.args[0]
        assert isinstance(generator, ast.GeneratorExp)
        # The formula has been checked.
        clause = generator.generators[0]
        target, source = clause.target, clause.iter
        names = [n.id for n in (target.elts if isinstance(target, ast.Tuple) else [target])]  # type: ignore[attr-defined]
        lists = source.args if isinstance(source, ast.Call) else [source]
        inner = dict(places)
        read = []
        for name, item in zip(names, lists, strict=True):
            inner[name] = f"{name}_"
            read.append(f"const Count {name}_{{{self.count(item, places)}[i]}};")
        condition = " && ".join(self.truth(test, inner) for test in clause.ifs)
        value = self.count(generator.elt, inner)
        value = f"{condition} ? {value} : Count{{0}}" if condition else value
        first = self.count(lists[0], places)
        unused = "".join(f" static_cast<void>({name}_);" for name in names)
        return (
            f"sum_over({first}.size, [&](std::size_t i) {{ "
            f"{' '.join(read)}{unused} return {value}; }})"
        )


# ---------------------------------------------------------------------------------------- output


def c_string(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


class Generator:
    """Everything that is written, from everything that is read."""

    def __init__(self) -> None:
        self.rows = read_operations()
        self.schemas = {row["name"]: Schema(row["facts"]) for row in self.rows}
        for name in price_file.UFUNC_METHODS:
            reduces = name.endswith((".reduce", ".accumulate"))
            self.schemas[name] = Schema("reduction" if reduces else "elementwise")
        self.texts = Texts()
        self.function_code: list[str] = []
        self.formula_code: list[str] = []
        self.formula_rows: list[str] = []
        self.formula_ids: dict[tuple[str, str, str], int] = {}
        self.function_ids: dict[str, str] = {}
        self.rules: dict[str, int] = {"": 0}
        self.lines: list[str] = []

    def lists(self) -> list[Any]:
        paths = sorted(DATA.glob("*.toml"), key=lambda p: (p.stem != "0.8", p.stem))
        return [price_file.resolve(path.stem, self.load, self.priced()) for path in paths]

    def priced(self) -> list[str]:
        return [row["name"] for row in self.rows if is_priced(row)]

    @staticmethod
    def load(name: str) -> tuple[str, Any]:
        path = DATA / f"{name}.toml"
        try:
            with path.open("rb") as file:
                return str(path.relative_to(ROOT)), tomllib.load(file)
        except FileNotFoundError:
            raise price_file.PriceFileError(str(path), "extends", f"no list {name!r}") from None
        except tomllib.TOMLDecodeError as error:
            raise price_file.PriceFileError(str(path), "(syntax)", str(error)) from None

    # ------------------------------------------------------------------------------- formulas

    def functions_of(self, prices: Any) -> tuple[dict[str, Any], dict[str, str]]:
        """Functions of a list, and their names in C++, where like ones are shared by lists."""
        functions: dict[str, Any] = {}
        names: dict[str, str] = {}
        for signature, text in prices.functions.items():
            function = formulas.Function(signature, text, functions)
            functions[function.name] = function
            emitter = Emitter(self.texts, functions, names)
            places = {p: f"{p}_" for p in function.parameters}
            parameters = ", ".join(f"[[maybe_unused]] Count {p}_" for p in function.parameters)
            body = emitter.body(function.formula, places)
            key = f"{function.name}({parameters}) {body}"
            if key not in self.function_ids:
                unique = f"{function.name}_{len(self.function_ids)}"
                self.function_ids[key] = unique
                self.function_code.append(
                    f"// {signature} = {function.formula.text}\n"
                    f"Count {unique}({parameters}) noexcept {{\n{body}\n}}\n"
                )
            names[function.name] = self.function_ids[key]
        return functions, names

    def formula(self, text: str, schema: Schema, functions: Any, names: Any) -> int:
        formula = formulas.Formula(text, schema.names, functions)
        places = {name: f"facts.values[{at}]" for name, at in schema.values.items()}
        places |= {name: f"facts.lists[{at}]" for name, at in schema.lists.items()}
        body = Emitter(self.texts, functions, names).body(formula, places)
        needs = bool(formula.used & schema.results)
        key = (formula.text, body, str(needs))
        if key not in self.formula_ids:
            number = self.formula_ids[key] = len(self.formula_ids)
            self.formula_code.append(
                f"// {formula.text}\n"
                f"Count count_{number}([[maybe_unused]] const Facts& facts) noexcept "
                f"{{\n{body}\n}}\n"
            )
            is_zero = formula.text == "0"
            self.formula_rows.append(
                f"    {{{c_string(formula.text)}, count_{number}, "
                f"{str(needs).lower()}, {str(is_zero).lower()}}},"
            )
        return self.formula_ids[key]

    def rule(self, text: str) -> int:
        return self.rules.setdefault(" ".join(text.split()), len(self.rules))

    def price_row(self, name: str, price: Any, functions: Any, names: Any) -> str:
        schema = self.schemas[name]
        formula = self.formula(price.count, schema, functions, names)
        first = len(self.lines)
        for operation, count, rule in price.then:
            number = self.formula(count, schema, functions, names)
            self.lines.append(f"    {{{c_string(operation)}, {number}, {self.rule(rule)}, false}},")
        if price.logged_as is not None:
            condition, operation = price.logged_as
            number = self.formula(condition, schema, functions, names)
            self.lines.append(f"    {{{c_string(operation)}, {number}, 0, true}},")
        weight = 1.0 if price.weight is None else price.weight
        factor = {"exact": "k_exact", "illegal": "k_illegal", "": "1"}.get(
            price.complex, price.complex
        )
        return (
            f"    {{{formula}, {weight!r}, {self.rule(price.dtype)}, {factor}, "
            f"{first}, {len(self.lines) - first}}},  // {name}"
        )

    # ----------------------------------------------------------------------------------- files

    def operations(self) -> str:
        lines = [HEAD]
        for row in self.rows:
            flags = " | ".join(f"flag::{name}" for name in row["flags"].split()) or "0"
            schema = self.schemas[row["name"]]
            collector = schema.collector if is_priced(row) else "none"
            lines.append(
                f"    OpRow{{{c_string(row['name'])}, Module::{row['module']}, "
                f"Kind::{row['kind']}, Collector::{collector}, {row['size_position'] or -1}, "
                f"{flags}, {c_string(schema.text if is_priced(row) else '')}}},"
            )
        return "\n".join(lines) + "\n"

    def prices(self) -> str:
        tables = []
        described = []
        for prices in self.lists():
            functions, names = self.functions_of(prices)
            rows = []
            unpriced = price_file.Price(count="0", weight=1.0)
            for row in self.rows:
                # linalg.matmul is billed as matmul.
                billed = row["name"]
                if row["facts"] == "delegated":
                    billed = billed.rpartition(".")[2]
                price = prices.prices.get(billed, unpriced)
                rows.append(self.price_row(billed, price, functions, names))
            rows += [
                self.price_row(name, prices.prices[name], functions, names)
                for name in price_file.UFUNC_METHODS
            ]
            at = len(tables)
            tables.append(f"constexpr PriceRow k_prices_{at}[] = {{\n" + "\n".join(rows) + "\n};\n")
            rates = (
                ", ".join(repr(prices.rates[d]) for d in price_file.DTYPES) if prices.rates else ""
            )
            text = "\n".join(
                f"{s} = {functions[formulas.parse_signature(s)[0]].formula.text}"
                for s in prices.functions
            )
            described.append(
                f"    {{{c_string(prices.name)}, {c_string(prices.summary)}, "
                f"{c_string(prices.extends)}, {c_string(text).replace(chr(10), chr(92) + 'n')},\n"
                f"     k_prices_{at}, {{{rates}}}, {str(bool(prices.rates)).lower()}}},"
            )
        texts = ", ".join(c_string(text) for text in self.texts.codes)
        rules = ", ".join(c_string(rule) for rule in self.rules)
        lines = self.lines or ['    {"", 0, 0, false},']
        return "\n".join(
            [
                HEAD,
                *self.function_code,
                *self.formula_code,
                "constexpr Formula k_formulas[] = {",
                *self.formula_rows,
                "};\n",
                f"constexpr std::string_view k_texts[] = {{{texts}}};\n",
                f"constexpr std::string_view k_rules[] = {{{rules}}};\n",
                "constexpr LineRow k_lines[] = {",
                *lines,
                "};\n",
                *tables,
                "constexpr ListRow k_lists[] = {",
                *described,
                "};",
                "",
            ]
        )

    def files(self) -> dict[Path, str]:
        return {
            CORE / "operations" / "generated" / "rows.inc": self.operations(),
            CORE / "pricing" / "generated" / "price_lists.inc": self.prices(),
        }


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--check", action="store_true", help="only tell whether they are current")
    options = parser.parse_args()
    try:
        files = Generator().files()
    except (price_file.PriceFileError, formulas.FormulaError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    stale = []
    for path, text in files.items():
        current = path.read_text(encoding="utf-8") if path.exists() else ""
        if current != text:
            stale.append(path)
            if not options.check:
                path.write_text(text, encoding="utf-8")
    for path in stale:
        print(f"{'stale' if options.check else 'wrote'} {path.relative_to(ROOT)}")
    return 1 if stale and options.check else 0


if __name__ == "__main__":
    sys.exit(main())
