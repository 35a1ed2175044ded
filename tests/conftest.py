"""Settings of the tools that the tests are written with."""

from hypothesis import settings

# How long an example takes says nothing about right or wrong, and machines are busy.
settings.register_profile("factcheck", deadline=None)
settings.load_profile("factcheck")
