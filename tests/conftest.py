"""Settings of every test: hypothesis draws the same examples on every run and never fails for being slow."""

from hypothesis import settings

settings.register_profile("same_every_time", deadline=None, derandomize=True)
settings.load_profile("same_every_time")
