"""What a page tells one who cannot see it, or has neither a mouse nor JavaScript: read from its HTML alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
CONTROLS = {"input", "select", "textarea"}
#: What a button may do without a script: these are the browser's own.
NATIVE = {"popovertarget", "commandfor"}
POINTERS = ("aria-labelledby", "aria-describedby", "aria-controls")


@dataclass
class Node:
    """One element, with what stands in it."""

    tag: str
    attributes: dict[str, str]
    parent: Node | None = None
    children: list[Node] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)

    def get(self, name: str, default: str = "") -> str:
        return self.attributes.get(name, default)

    def walk(self) -> Iterator[Node]:
        yield self
        for child in self.children:
            yield from child.walk()

    def above(self) -> Iterator[Node]:
        node = self.parent
        while node is not None:
            yield node
            node = node.parent

    @property
    def is_shown(self) -> bool:
        """Whether it is there without JavaScript."""
        return not any(
            "hidden" in node.attributes
            or node.tag == "template"
            or (node.tag == "dialog" and "open" not in node.attributes)
            for node in (self, *self.above())
        )

    @property
    def name(self) -> str:
        """What a screen reader would call it, by its own content and labels."""
        said = [self.get("aria-label"), self.get("alt"), *self.texts]
        inner = [child.name for child in self.children if child.get("aria-hidden") != "true"]
        return " ".join(" ".join([*said, *inner]).split())


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.root = Node("", {})
        self.at = self.root

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        node = Node(tag, {name: value or "" for name, value in attrs}, self.at)
        self.at.children.append(node)
        if tag not in VOID:
            self.at = node

    def handle_endtag(self, tag: str) -> None:
        for node in (self.at, *self.at.above()):
            if node.tag == tag and node.parent is not None:
                self.at = node.parent
                return

    def handle_data(self, data: str) -> None:
        self.at.texts.append(data)


def read(html: str) -> Node:
    """The document."""
    reader = _Reader()
    reader.feed(html)
    return reader.root


def problems(html: str) -> list[str]:
    """What is wrong with a whole page, one line each."""
    root = read(html)
    nodes = list(root.walk())
    found = [*_headings(nodes), *_landmarks(nodes), *_tables(nodes), *_names(nodes), *_pointers(nodes)]
    return [*found, *_without_script(nodes)]


def _headings(nodes: list[Node]) -> Iterator[str]:
    levels = [(int(node.tag[1]), node.name) for node in nodes if node.tag in {"h1", "h2", "h3", "h4", "h5", "h6"}]
    shown = [level for level, _ in levels]
    if shown.count(1) != 1:
        yield f"{shown.count(1)} first headings"
    last = 0
    for level, name in levels:
        if level > last + 1:
            yield f"heading “{name}” skips from {last} to {level}"
        if not name:
            yield f"empty heading of level {level}"
        last = level


def _landmarks(nodes: list[Node]) -> Iterator[str]:
    if len([node for node in nodes if node.tag == "main"]) != 1:
        yield "not one main"
    links = [node for node in nodes if node.tag == "a"]
    if any(node.tag == "nav" and node.get("id") == "side" for node in nodes) and links[0].get("href") != "#main":
        yield "the first link does not skip to the content"
    named = [
        node for node in nodes if node.tag in {"nav", "aside"} or node.get("role") in {"region", "search", "group"}
    ]
    labels = Counter((node.tag, node.get("role"), node.get("aria-label")) for node in named if node.get("aria-label"))
    for (tag, role, label), times in labels.items():
        if times > 1 and tag in {"nav", "aside"}:
            yield f"{times} landmarks {tag} {role} are called “{label}”"
    for node in named:
        if not node.get("aria-label") and not node.get("aria-labelledby") and node.get("role") != "search":
            yield f"{node.tag} {node.get('role')} {node.get('class')} has no label"


def _tables(nodes: list[Node]) -> Iterator[str]:
    for table in (node for node in nodes if node.tag == "table"):
        inner = list(table.walk())
        caption = next((node.name for node in inner if node.tag == "caption"), "")
        if not caption:
            yield f"table {table.get('class')} has no caption"
        heads = [node for node in inner if node.tag == "th"]
        for head in heads:
            if head.get("scope") not in {"col", "row", "colgroup", "rowgroup"}:
                yield f"head “{head.name}” of table “{caption}” has no scope"
            if head.get("scope") == "col" and not head.name:
                yield f"a column of table “{caption}” has no name"
        if not any(head.get("scope") == "col" for head in heads):
            yield f"table “{caption}” has no heads"


def _names(nodes: list[Node]) -> Iterator[str]:
    labelled = {node.get("for") for node in nodes if node.tag == "label" and node.name}
    for node in nodes:
        if node.tag in CONTROLS and node.get("type") not in {"hidden", "submit"}:
            wrapped = any(outer.tag == "label" and outer.name for outer in node.above())
            named = node.get("aria-label") or node.get("aria-labelledby") or node.get("id") in labelled
            if not wrapped and not named:
                yield f"{node.tag} {node.get('name')} has no label"
        if node.tag in {"a", "button", "summary"} and not node.name and not node.get("title"):
            yield f"{node.tag} {node.get('href')}{node.get('class')} has no name"
        if node.tag == "img" and "alt" not in node.attributes:
            yield f"picture {node.get('src')} has no alternative"
        if int(node.get("tabindex") or 0) > 0:
            yield f"{node.tag} {node.get('class')} stands out of order"


def _pointers(nodes: list[Node]) -> Iterator[str]:
    ids = Counter(node.get("id") for node in nodes if node.get("id") and node.is_shown)
    for name, times in ids.items():
        if times > 1:
            yield f"{times} elements are called #{name}"
    known = {node.get("id") for node in nodes if node.get("id")}
    for node in nodes:
        for pointer in POINTERS:
            for target in node.get(pointer).split():
                if target not in known:
                    yield f"{pointer} of {node.tag} {node.get('name')}{node.get('class')} leads to #{target}, not there"
        if node.tag == "label" and node.get("for") and node.get("for") not in known:
            yield f"label “{node.name}” is for #{node.get('for')}, not there"


def _without_script(nodes: list[Node]) -> Iterator[str]:
    for node in nodes:
        if node.tag == "a" and not node.get("href"):
            yield f"link “{node.name}” leads nowhere"
        if (
            node.tag == "button"
            and node.get("type") == "button"
            and node.is_shown
            and not NATIVE & node.attributes.keys()
        ):
            yield f"button “{node.name}” does nothing without JavaScript"
        submits = node.tag == "button" and node.get("type", "submit") == "submit"
        if submits and not node.get("form") and not any(outer.tag == "form" for outer in node.above()):
            yield f"button “{node.name}” stands in no form"
        if node.tag == "form" and node.get("method", "get").lower() == "post":
            sent = {inner.get("name") for inner in node.walk() if inner.tag == "input"}
            if "csrf_token" not in sent:
                yield f"form to {node.get('action')} has no token"
        if node.get("hx-post") and node.tag != "form":
            yield f"{node.tag} “{node.name}” writes without a form"
        if node.get("hx-get") and node.tag not in {"a", "div", "form"}:
            linked = any(inner.get("href") == node.get("hx-get") for inner in node.walk())
            if not linked:
                yield f"{node.tag} “{node.name}” fetches without a link"
