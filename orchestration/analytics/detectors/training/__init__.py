"""How the combiner was made: invented bills, planted incidents, the fit and its calibration."""
