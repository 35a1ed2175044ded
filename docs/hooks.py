# noqa: INP001 (a script, no part of a package)
"""What the site does with links that lead out of docs/: it takes along what they lead to.

Pages link to other files of the repository by relative paths, as code hosts want it. A page outside docs/ (a model
card, the README, an example's) becomes a page of the site, another file a file of it; both stand under `repository/`,
where `nav` can name them too. A link to a folder leads to its README; where it has none, only the words stay.
"""

import os
import re
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

ROOT = Path(__file__).resolve().parents[1]
TAKEN = "repository/"
LINK = re.compile(r"(!?)\[((?:[^\[\]`]|`[^`]*`|!\[[^\]]*\]\([^)]*\))*)\]\(([^()\s]+)\)")
CODE = re.compile(r"^(?P<fence>`{3,}|~{3,}).*?^(?P=fence)\s*$|^ {4}.*?$", re.DOTALL | re.MULTILINE)


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """All files of docs/, and what they lead to outside of it."""
    pages = [Path(str(file.abs_src_path)) for file in files.documentation_pages()]
    for page in pages:  # grows while it is gone through
        for target in targets(page):
            name = uri(target)
            if name.startswith(TAKEN) and files.get_file_from_path(name) is None:
                files.append(File.generated(config, name, abs_src_path=str(target)))
                if target.suffix == ".md":
                    pages.append(target)
    return files


def on_page_markdown(markdown: str, *, page: Page, config: MkDocsConfig, files: Files) -> str:  # noqa: ARG001 (a hook)
    """The page with its links as the site has them."""
    source = Path(str(page.file.abs_src_path))

    def link(found: re.Match[str]) -> str:
        image, text, target = found.groups()
        path, mark, heading = target.partition("#")
        if "://" in target or target.startswith("mailto:") or not path:
            return found[0]
        there = resolved(source, path)
        if there is None:
            return found[0]  # as it is, for mkdocs to complain of it
        if there.is_dir():
            return text
        relative = os.path.relpath(uri(there), Path(page.file.src_uri).parent)
        return f"{image}[{text}]({relative}{mark}{heading})"

    pieces, end = [], 0
    for code in CODE.finditer(markdown):
        pieces += [LINK.sub(link, markdown[end : code.start()]), code[0]]
        end = code.end()
    return "".join(pieces) + LINK.sub(link, markdown[end:])


def targets(page: Path) -> list[Path]:
    """The files of the repository that a page links to, without folders that have no README."""
    text = CODE.sub("", page.read_text("utf-8"))
    found = [link[3].partition("#")[0] for link in LINK.finditer(text) if "://" not in link[3]]
    inner = [link[2] for match in LINK.finditer(text) for link in re.finditer(r"!\[([^\]]*)\]\(([^)]*)\)", match[2])]
    paths = (resolved(page, path) for path in (*found, *inner) if path)
    return [path for path in paths if path is not None and path.is_file()]


def resolved(page: Path, path: str) -> Path | None:
    """What a relative link of a page leads to; of a folder its README, else the folder; None outside the repository."""
    there = (page.parent / path).resolve()
    readme = there / "README.md"
    there = readme if readme.is_file() else there
    return there if there.exists() and there.is_relative_to(ROOT) else None


def uri(path: Path) -> str:
    """Where a file of the repository stands in the site."""
    relative = path.relative_to(ROOT).as_posix()
    return relative.removeprefix("docs/") if relative.startswith("docs/") else TAKEN + relative
