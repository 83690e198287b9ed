"""What every test module here imports, sooner."""

from __future__ import annotations

from warmill.processes import import_jsonschema

import_jsonschema()
