"""Instant feedback for the exercises: a module for each chapter; `questions` judges, `verdicts` tells."""
