"""Builders and tools that tests share."""

import pytest

pytest.register_assert_rewrite("tests.support.compare")
