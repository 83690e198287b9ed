"""Property tests: time is no property, and a machine that is busy must not fail a test."""

import hypothesis

hypothesis.settings.register_profile("fewlikert", deadline=None, max_examples=12)
hypothesis.settings.load_profile("fewlikert")
