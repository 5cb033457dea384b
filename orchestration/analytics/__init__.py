"""Detection, forecasts and explanations of cost: pure functions, frames in and frames out."""
