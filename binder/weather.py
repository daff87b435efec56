"""What a meteorologist makes of the readings in weather.csv."""

from __future__ import annotations

import pandas as pd


def add_wind_chill(days: pd.DataFrame) -> pd.DataFrame:
    """The readings with one more column: how cold each night felt."""
    cold, wind = days["temp_min"], days["wind_gust_kmh"] ** 0.16
    return days.assign(chill=13.12 + 0.6215 * cold + (0.3965 * cold - 11.37) * wind)
