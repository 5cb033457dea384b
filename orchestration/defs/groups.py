"""The stages of a charge's path, as asset groups.

Numbers make them sort, in every list of the UI, in the order in which a charge passes them.
"""

from __future__ import annotations

RULES = "00_rules"
LAND = "01_land"
STAGE = "02_stage"
CONFORM = "03_conform"
MARTS = "04_marts"
DETECT = "05_detect"
FORECAST = "06_forecast"
PROPOSE = "07_propose"
DECIDE = "08_decide"
ACT = "09_act"
PUBLISH = "10_publish"
