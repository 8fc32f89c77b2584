"""Gives routes the metrics of their application."""

from typing import Annotated

from fastapi import Depends
from fastapi.requests import HTTPConnection

from api.metrics.page import Metrics


def metrics_of(connection: HTTPConnection) -> Metrics:
    """Give what the application measures with."""
    metrics: Metrics = connection.app.state.metrics
    return metrics


Measuring = Annotated[Metrics, Depends(metrics_of)]
