"""The shapes of what the real backend answers."""

from typing import Any

from station.testing.reference_mes.store import History, Serial, Wip

PROCESS_PASSED = "이 WIP는 이미 PASS했습니다. 다시 실행하면 완공 시 에러가 발생합니다."


def item_of(item: Wip, offset: int) -> dict[str, Any]:
    """A WIP item, bare."""
    return {
        "id": item.id,
        "wip_id": item.wip_id,
        "lot_id": item.lot_id,
        "sequence_in_lot": item.sequence_in_lot,
        "status": item.status,
        "current_process_id": None if item.current_process is None else item.current_process + offset,
        "serial_id": item.serial_id,
        "created_at": item.created_at,
        "updated_at": item.updated_at,
        "completed_at": item.completed_at,
        "converted_at": item.converted_at,
    }


def history_of(row: History, offset: int) -> dict[str, Any]:
    """One completion."""
    return {
        "id": row.id,
        "wip_item_id": row.wip_item_id,
        "process_id": row.process + offset,
        "operator_id": row.operator_id,
        "equipment_id": None,
        "header_id": None,
        "result": row.result,
        "measurements": row.measurements,
        "defects": row.defects,
        "notes": row.notes,
        "started_at": row.started_at,
        "completed_at": row.completed_at,
        "duration_seconds": row.duration_seconds,
        "created_at": row.created_at,
    }


def serial_of(serial: Serial) -> dict[str, Any]:
    """A serial number."""
    return {
        "id": serial.id,
        "serial_number": serial.serial_number,
        "lot_id": serial.lot_id,
        "status": serial.status,
        "created_at": serial.created_at,
    }


def trace_of(item: Wip, lot_number: str, rows: list[History], worker: str) -> dict[str, Any]:
    """Everything that happened to a WIP; by numbers of processes, not by their keys."""
    return {
        "wip_id": item.wip_id,
        "lot_number": lot_number,
        "sequence_in_lot": item.sequence_in_lot,
        "status": item.status,
        "created_at": item.created_at,
        "completed_at": item.completed_at,
        "converted_at": item.converted_at,
        "serial_id": item.serial_id,
        "lot_info": {"lot_number": lot_number, "product_model": None, "production_date": None, "target_quantity": None},
        "process_history": [
            {
                "process_number": row.process,
                "process_code": f"P{row.process}",
                "process_name": f"Process {row.process}",
                "worker_id": worker,
                "worker_name": worker,
                "start_time": row.started_at,
                "complete_time": row.completed_at,
                "cycle_time_seconds": row.duration_seconds,
                "duration_seconds": row.duration_seconds,
                "result": row.result,
                "measurements": row.measurements,
                "defect_codes": row.defects if row.result == "FAIL" else [],
                "defects": row.defects if row.result == "FAIL" else [],
                "notes": row.notes,
                "is_rework": row.result == "REWORK",
            }
            for row in sorted(rows, key=lambda row: (row.process, row.id))
        ],
        "rework_history": [],
        "component_lots": {},
        "total_cycle_time_seconds": sum(row.duration_seconds or 0 for row in rows),
    }
