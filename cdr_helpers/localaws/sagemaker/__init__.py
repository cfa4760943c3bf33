"""SageMaker: AutoML jobs (V2) that train, models, and batch transform jobs that score."""
