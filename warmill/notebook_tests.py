"""A pytest plugin for notebook tests whose kernels are forked from a loaded process.

``python -m pytest -p warmill.notebook_tests --nbval-lax notebooks``: the process loads while
pytest itself still starts, and the first kernel waits for it, because more are to follow.
"""

from __future__ import annotations

import os

from warmill.processes import import_jsonschema

# Before nbval imports it: pytest loads what `-p` names first.
import_jsonschema()

from warmill import provisioner  # noqa: E402 - it imports jsonschema

os.environ["JUPYTER_DEFAULT_PROVISIONER_NAME"] = provisioner.NAME
os.environ["WARMILL_WAIT"] = "1"
provisioner.start_loading(os.environ)
