"""`python -m cdr_helpers.cli` is the `cdr` command, for where no script was installed."""

import sys

from cdr_helpers.cli import main

sys.exit(main())
