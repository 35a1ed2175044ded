"""Settings of the tools that the tests are written with."""

import signal

from hypothesis import settings

# How long an example takes says nothing about right or wrong, and machines are busy.
settings.register_profile("factcheck", deadline=None)
settings.load_profile("factcheck")

# A shell starts what it puts in the background with Ctrl-C ignored, and so would be every process that a test starts.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
