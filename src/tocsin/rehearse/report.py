"""Results as JUnit XML, which build servers read."""

from __future__ import annotations

import re
from collections.abc import Sequence
from xml.etree import ElementTree

from tocsin.rehearse.result import Result

_NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def junit(results: Sequence[Result]) -> bytes:
    """One suite; a character that XML cannot hold becomes U+FFFD."""
    failed = sum(not result.passed for result in results)
    suite = ElementTree.Element("testsuite", name="tocsin", tests=str(len(results)), failures=str(failed), errors="0")
    for result in results:
        case = ElementTree.SubElement(suite, "testcase", name=_clean(result.name), classname=_clean(result.place))
        if not result.passed:
            failure = ElementTree.SubElement(case, "failure", message=_clean(result.failure.splitlines()[0]))
            failure.text = _clean(result.failure)
    return bytes(ElementTree.tostring(suite, encoding="utf-8", xml_declaration=True))


def _clean(text: str) -> str:
    return _NOT_IN_XML.sub("\ufffd", text)
