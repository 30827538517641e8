"""Write the parts of the documentation that are made from the code: ``python -m docs.extensions [--check]``."""

import argparse
import sys

from docs.extensions.from_code import ROOT, outdated
from neurosyn.support.files import write_text

parser = argparse.ArgumentParser(prog="python -m docs.extensions", description=__doc__)
parser.add_argument("--check", action="store_true", help="list what is out of date and change nothing; exit code 1")
check = parser.parse_args().check
differing = 0
for path, text in outdated():
    differing += 1
    sys.stdout.write(f"{'out of date' if check else 'written'}: {path.relative_to(ROOT)}\n")
    if not check:
        write_text(path, text)
sys.exit(1 if check and differing else 0)
