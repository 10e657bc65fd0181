"""The real gold, which lies outside the repository and may be absent."""

import os
from pathlib import Path

import pytest

REAL_GOLD = Path(os.environ.get("TRADEGEN_GOLD_DIR", "../shared/gold"))
EQUITY, CRYPTO = REAL_GOLD / "equity.parquet", REAL_GOLD / "crypto.parquet"

REASON = (
    f"REAL GOLD ABSENT: {REAL_GOLD} has no equity.parquet and crypto.parquet; "
    "set TRADEGEN_GOLD_DIR to the folder that has them"
)

needs_real_gold = pytest.mark.skipif(not (EQUITY.is_file() and CRYPTO.is_file()), reason=REASON)
