"""Reaches the Temporal server of a station, embedded or not."""

import asyncio
from datetime import timedelta

from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.envconfig import ClientConfig
from temporalio.runtime import Runtime
from temporalio.service import GrpcCompression, RPCError

from station.config.model import StationConfig
from station.domain.errors import EngineError


def address_of(config: StationConfig) -> str:
    """Tell where the station's Temporal server listens."""
    return config.temporal.address or f"127.0.0.1:{config.temporal.port}"


async def connect(
    config: StationConfig,
    *,
    identity: str,
    within: timedelta | None = timedelta(seconds=10),
    runtime: Runtime | None = None,
) -> Client:
    """Connect, and wait for a server that is only just starting.

    Args:
        config: The station's configuration.
        identity: Who connects, as Temporal's own tools show it.
        within: How long to try; None: for ever.
        runtime: The SDK's runtime, where the process has one of its own.

    Raises:
        EngineError: If the server does not answer in time.
    """
    loop = asyncio.get_running_loop()
    give_up = None if within is None else loop.time() + within.total_seconds()
    while True:
        try:
            return await _connect_once(config, identity, runtime)
        except (RPCError, RuntimeError) as error:
            if give_up is not None and loop.time() > give_up:
                msg = (
                    f"The Temporal server at {address_of(config)} does not answer: {error}. "
                    "Start the station with `station up`, or correct temporal.address."
                )
                raise EngineError(msg, address=address_of(config)) from error
        await asyncio.sleep(0.1)


async def _connect_once(config: StationConfig, identity: str, runtime: Runtime | None) -> Client:
    temporal = config.temporal
    if temporal.profile:
        options = ClientConfig.load_client_connect_config(profile=temporal.profile)
        return await Client.connect(
            **options, data_converter=pydantic_data_converter, identity=identity, runtime=runtime
        )
    key = temporal.api_key.get_secret_value()
    return await Client.connect(
        address_of(config),
        namespace=temporal.namespace,
        api_key=key or None,
        tls=True if temporal.tls or key else None,
        data_converter=pydantic_data_converter,
        identity=identity,
        runtime=runtime,
        grpc_compression=GrpcCompression.GZIP if temporal.address else GrpcCompression.NONE,
    )
