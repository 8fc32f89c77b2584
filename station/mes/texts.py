"""What the operator reads when the MES says no, or nothing: one table, Korean and English."""

from typing import NamedTuple

from station.domain.errors import (
    MesError,
    MesRateLimitedError,
    MesRefusedError,
    MesUnauthorizedError,
    MesUnavailableError,
    Outage,
    Refusal,
)


class OperatorText(NamedTuple):
    """One sentence in both languages of the screen."""

    ko: str
    en: str


REFUSALS = {
    Refusal.WIP_NOT_FOUND: OperatorText("WIP를 찾을 수 없습니다", "The WIP was not found"),
    Refusal.PREREQUISITE_NOT_MET: OperatorText("이전 공정을 먼저 완료하세요", "Complete the previous process first"),
    Refusal.DUPLICATE_PASS: OperatorText("이미 완료된 공정입니다", "The process has passed already"),
    Refusal.INVALID_WIP_STATUS: OperatorText(
        "WIP 상태가 이 작업을 허용하지 않습니다", "The status of the WIP does not allow this"
    ),
    Refusal.PROCESS_NOT_STARTED: OperatorText("착공되지 않은 공정입니다", "The process was not started"),
    Refusal.INCOMPLETE_PROCESSES: OperatorText(
        "아직 합격하지 않은 공정이 있습니다", "Some processes have not passed yet"
    ),
    Refusal.ALREADY_CONVERTED: OperatorText(
        "이미 시리얼 번호로 변환된 WIP입니다", "The WIP has its serial number already"
    ),
    Refusal.CONFLICT: OperatorText(
        "서버의 기록과 맞지 않습니다. 관리자에게 문의하세요",
        "It contradicts what the MES has recorded; call the administrator",
    ),
    Refusal.INVALID_REQUEST: OperatorText(
        "서버가 요청을 이해하지 못했습니다. 설정을 확인하세요",
        "The MES did not understand the request; check the settings",
    ),
    Refusal.UNKNOWN: OperatorText("서버가 요청을 거부했습니다", "The MES refused the request"),
}

DISPOSITION = OperatorText(
    "검사 결과가 없습니다. 재시험, 재작업, 폐기 중에서 결정하세요", "Decide: test it again, rework it, or scrap it"
)

OFFLINE = OperatorText("오프라인 모드로 전환됨", "Working offline")
BACK = OperatorText("서버에 다시 연결됨", "The MES is back")
SLOW = OperatorText("서버 응답 지연", "The MES is slow to answer")
BUSY = OperatorText("서버 요청이 많아 잠시 기다립니다", "The MES asks to wait a moment")
UNAUTHORIZED = OperatorText(
    "서버 인증에 실패했습니다. 전송은 대기 중입니다", "The MES does not accept the credentials; reports are kept"
)
TROUBLE = OperatorText("서버와 통신할 수 없습니다", "The MES cannot be spoken to")


def operator_text(error: MesError) -> OperatorText:
    """Say an error in the operator's words."""
    match error:
        case MesRefusedError():
            return REFUSALS[error.refusal]
        case MesUnavailableError():
            return SLOW if error.outage is Outage.TIMEOUT else OFFLINE
        case MesRateLimitedError():
            return BUSY
        case MesUnauthorizedError():
            return UNAUTHORIZED
        case _:
            return TROUBLE
