"""Prints "PASSED FAILED" of a JUnit XML report; a report that is not there counts as one failure."""

import sys
import xml.etree.ElementTree as ElementTree

try:
    cases = list(ElementTree.parse(sys.argv[1]).iter("testcase"))
except (OSError, ElementTree.ParseError):
    print("0 1")
    sys.exit()
failed = sum(1 for case in cases if case.find("failure") is not None or case.find("error") is not None)
skipped = sum(1 for case in cases if case.find("skipped") is not None)
print(len(cases) - failed - skipped, failed)
