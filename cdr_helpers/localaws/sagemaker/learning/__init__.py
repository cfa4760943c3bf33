"""What runs in a process of its own, on scikit-learn: training, forecasting, scoring. Nothing here is imported by the
endpoint."""
