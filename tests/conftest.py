"""Settings that every test shares."""

import os

from hypothesis import settings

# ci: the same examples on every run, so that a red suite is red for all. explore: new examples, many of them, to
# go looking for trouble. Neither has a deadline: a busy machine is no fault of the code.
settings.register_profile("ci", derandomize=True, deadline=None, print_blob=True)
settings.register_profile("explore", deadline=None, max_examples=2_000, print_blob=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))
