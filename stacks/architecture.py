"""What the catalogue says of an architecture. No CDK import here: settings and commands read it."""

import pkgutil
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from settings import Settings
    from stacks.declared import Declared

Layer = Literal["foundation", "streaming", "batch", "analytics", "ml", "ai", "governance"]
Local = Literal["real", "partly", "cloud-only"]


@dataclass(frozen=True)
class Architecture:
    """An entry of the catalogue. Paths are relative to the repository.

    Attributes:
        name: as ``-c architectures=NAME`` takes it.
        layer: folder of its stacks; "foundation" is stacks/ itself.
        rows: of the notes, by id (stacks/notes.yaml).
        stacks: its own, as in `stacks.outputs`, in the order of their declaration.
        declares: the function that declares them, ``module:function``; it takes a `stacks.declared.Declared`.
        needs: names of the architectures that it builds on.
        code: where to read it: the modules of its stacks, then what they deploy.
        page: in docs/.
        tests: files or folders.
        story: what `mlref demo NAME` tells, a module of stories/; empty when there is nothing to tell.
        local: what of it the local cloud really does, and ``why`` not all of it, as the end of a sentence.
        extra: optional dependencies of pyproject.toml, locked in requirements/EXTRA.txt, that it takes locally.
        default: whether it is part of the core.
        setting: name and value of the setting that brings it along, for one that is not chosen by its name.
    """

    name: str
    title: str
    layer: Layer
    rows: tuple[str, ...]
    stacks: tuple[str, ...]
    declares: str
    code: tuple[str, ...]
    page: str
    tests: tuple[str, ...]
    needs: tuple[str, ...] = ()
    story: str = ""
    local: Local = "real"
    why: str = ""
    extra: str = ""
    default: bool = False
    setting: tuple[str, str] | None = None

    @property
    def context(self) -> str:
        """What `cdk -c` takes to get it: ``architectures=NAME``; empty for what comes without."""
        if self.default:
            return ""
        return "=".join(self.setting) if self.setting else f"architectures={self.name}"

    def declare(self, declared: "Declared") -> None:
        """Declare its stacks beside those that it needs."""
        pkgutil.resolve_name(self.declares)(declared)

    def comes_with(self, settings: "Settings") -> bool:
        """Whether a setting other than ``architectures`` asks for it."""
        return self.setting is not None and getattr(settings, self.setting[0]) == self.setting[1]
