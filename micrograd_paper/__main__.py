"""python -m micrograd_paper"""

import sys

from micrograd_paper.cli import main

sys.exit(main())
