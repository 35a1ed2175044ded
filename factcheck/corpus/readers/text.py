"""Plain text files."""

from factcheck.corpus.files import Limits, SourceFile
from factcheck.corpus.readers import paragraphs, streams
from factcheck.corpus.readers.extracted import Extracted


def extract(file: SourceFile, limits: Limits) -> Extracted:
    """The decoded file with its paragraphs; the title is a heading at its top.

    Raises:
        DocumentError: The file is too large, binary, or not UTF-8.
    """
    text = streams.decode(streams.content(file, limits), file.name)
    spans = paragraphs.blocks(text)
    return Extracted(text, spans, paragraphs.title_of(text, spans) or "")
