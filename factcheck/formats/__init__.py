"""Claims and gold labels in, verdicts out: every file format that factcheck reads and writes.

Reading stands here; writing in `factcheck.formats.records` (the JSON record) and `factcheck.formats.export` (files).
"""

from factcheck.formats.claims import read_claims
from factcheck.formats.detect import FORMATS, detect_format
from factcheck.formats.labels import foreign, parse_label
from factcheck.formats.raw import Rejected
from factcheck.formats.streams import check_source
from factcheck.formats.text import read_text, split_text

__all__ = [
    "FORMATS",
    "Rejected",
    "check_source",
    "detect_format",
    "foreign",
    "parse_label",
    "read_claims",
    "read_text",
    "split_text",
]
