"""Names that processes meet under: task queues and workflow ids, all carrying the station's id.

Stations may share a namespace, so nothing here is unique without the station.
"""


def engine_queue(station: str) -> str:
    """Queue of workflows and of the activities that touch no hardware."""
    return f"engine.{station}"


def batch_queue(station: str, batch: str) -> str:
    """Queue polled by the one process that is wired to this batch's instruments."""
    return f"hw.{station}.{batch}"


def supervisor_queue(station: str) -> str:
    """Queue of the commands that start, stop and restart batch processes."""
    return f"supervisor.{station}"


def run_workflow_id(station: str, batch: str) -> str:
    """Id of the slot's one open workflow, which is the lock on its hardware."""
    return f"run/{station}/{batch}"


def delivery_workflow_id(station: str, wip: str) -> str:
    """Id of the one workflow that owes the MES what it must be told of a WIP."""
    return f"mes/{station}/{wip}"
