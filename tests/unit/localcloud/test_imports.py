"""The local cloud stands alone, and none of its modules needs itself: each can be read, and moved, without the rest."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import localcloud

ROOT = Path(localcloud.__file__).parents[1]
# Folders that are put on the module path of a process of their own
BESIDE = ("standin", "runtime", "standalone")


@dataclass(frozen=True)
class Module:
    name: str
    file: Path

    @property
    def package(self) -> str:
        return self.name if self.file.stem == "__init__" else self.name.rpartition(".")[0]


@cache
def modules() -> dict[str, Module]:
    """By every name that an import may use."""
    found = {}
    for file in sorted((ROOT / "localcloud").rglob("*.py")):
        parts = [*file.parent.relative_to(ROOT).parts, *([] if file.stem == "__init__" else [file.stem])]
        module = Module(".".join(parts), file)
        found[module.name] = module
        for place in (at for at, part in enumerate(parts) if part in BESIDE and parts[at + 1 :]):
            found[".".join(parts[place + 1 :])] = module
    return found


@cache
def nodes(module: Module) -> list[ast.AST]:
    """The module's imports, wherever they stand (at the top, in a function, for the type checker), and its texts."""
    tree = ast.parse(module.file.read_text("utf-8"))
    return [node for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom | ast.Constant)]


def named(module: Module, node: ast.AST) -> Iterator[str]:
    """The modules that an import statement of ``module`` names."""
    if isinstance(node, ast.Import):
        yield from (item.name for item in node.names)
    elif isinstance(node, ast.ImportFrom):
        package = module.package.split(".")
        above = package[: len(package) - node.level + 1] if node.level else []
        base = ".".join([*above, *([node.module] if node.module else [])])
        yield from (name if (name := f"{base}.{item.name}") in modules() else base for item in node.names)


@cache
def graph() -> dict[str, set[str]]:
    """What each module imports."""
    found = {}
    for module in modules().values():
        names = {modules()[name].name for node in nodes(module) for name in named(module, node) if name in modules()}
        # an import of a.b.c executes a and a.b first, if they are not those that it stands in
        above = {".".join(name.split(".")[:end]) for name in names for end in range(1, name.count(".") + 1)}
        own = {name for name in above if f"{module.name}.".startswith(f"{name}.")}
        found[module.name] = names | (above & modules().keys() - own)
    return found


def circle(imports: dict[str, set[str]]) -> str:
    """One circle of ``imports`` in words, or nothing."""
    try:
        TopologicalSorter(imports).prepare()
    except CycleError as error:
        return " imports ".join(reversed(error.args[1]))
    return ""


def test_it_imports_nothing_else_of_the_project() -> None:
    code = (file for depth in ("", "*/", "*/*/") for file in ROOT.glob(f"{depth}*.py"))
    rest = {file.relative_to(ROOT).parts[0].removesuffix(".py") for file in code} - {"localcloud"}
    found = {
        f"{module.name} imports {name}"
        for module in modules().values()
        for node in nodes(module)
        for name in named(module, node)
        if name.partition(".")[0] in rest and name not in modules()
    }
    assert found == set()


def test_it_names_no_other_code_of_the_project() -> None:
    """As a command such as ``-m package.module`` or as a path."""
    found = {
        f"{module.name} names {word}"
        for module in modules().values()
        for node in nodes(module)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
        for word in re.findall(r"\w+(?:[./]\w+)+", node.value)
        if not word.startswith("localcloud")
        and (ROOT / word.removesuffix(".py").replace(".", "/")).with_suffix(".py").is_file()
    }
    assert found == set()


def test_no_module_imports_itself_by_way_of_others() -> None:
    assert circle(graph()) == ""


def test_no_service_imports_itself_by_way_of_others() -> None:
    """A folder beside the others is taken as one."""

    def part(name: str) -> str:
        return ".".join(name.split(".")[:2])

    parts: dict[str, set[str]] = {}
    for name, imported in graph().items():
        parts.setdefault(part(name), set()).update({part(other) for other in imported} - {part(name), "localcloud"})
    assert circle(parts) == ""
