// What the station's codes mean to an operator. A code that is not here is shown with the station's own sentence.
import type { Language } from "../shared/preferences";
import type { Said } from "./notices";

type Both = Record<Language, string>;

/** Codes by name; `{x}` stands for the detail of that name. */
export const ERRORS: Record<string, Both> = {
  NO_ANSWER: { ko: "스테이션이 응답하지 않습니다. 다시 하세요.", en: "The station does not answer. Try again." },
  SEQUENCE_ALREADY_RUNNING: { ko: "이 슬롯은 이미 검사 중입니다.", en: "The slot is taken already." },
  SLOT_QUARANTINED: {
    ko: "이 슬롯은 사용 금지 상태입니다. 엔지니어를 부르세요.",
    en: "The slot is in quarantine. Call an engineer.",
  },
  BATCH_NOT_FOUND: { ko: "없는 슬롯입니다.", en: "There is no such slot." },
  BATCH_NOT_RUNNING: { ko: "이 슬롯에는 진행 중인 검사가 없습니다.", en: "Nothing runs on this slot." },
  WIP_BUSY: { ko: "이 WIP는 다른 슬롯에서 검사 중입니다.", en: "This WIP is being tested on another slot." },
  WIP_NOT_FOUND: { ko: "MES에 없는 WIP입니다.", en: "The MES does not know this WIP." },
  PREREQUISITE_NOT_MET: { ko: "이전 공정을 먼저 완료하세요.", en: "Complete the previous process first." },
  DUPLICATE_PASS: { ko: "이미 완료된 공정입니다.", en: "This process has passed already." },
  INVALID_WIP_STATUS: { ko: "WIP 상태가 이 작업을 허용하지 않습니다.", en: "The WIP's state does not allow this." },
  INVALID_PARAMETERS: { ko: "검사 설정값이 맞지 않습니다. 엔지니어를 부르세요.", en: "The parameters do not fit. Call an engineer." },
  PACKAGE_INVALID: { ko: "검사 프로그램에 문제가 있습니다. 엔지니어를 부르세요.", en: "The sequence cannot be used. Call an engineer." },
  SEQUENCE_NOT_FOUND: { ko: "검사 프로그램이 없습니다. 엔지니어를 부르세요.", en: "The sequence is not there. Call an engineer." },
  INVALID_ANSWER: { ko: "이 답은 받을 수 없습니다. 다시 확인하세요.", en: "This answer is not allowed. Check it." },
  PROMPT_NOT_OPEN: { ko: "이미 답했거나 끝난 질문입니다.", en: "The question is answered or closed already." },
  INVALID_CHOICE: { ko: "지금은 고를 수 없습니다.", en: "This cannot be chosen now." },
  RUN_NOT_INTERRUPTED: { ko: "이미 선택했습니다.", en: "It was chosen already." },
  RUN_ENDING: { ko: "이미 끝나는 중입니다.", en: "It is ending already." },
  ENGINE_UNAVAILABLE: { ko: "스테이션이 준비되지 않았습니다. 잠시 뒤에 다시 하세요.", en: "The station is not ready. Try again in a moment." },
  STATION_NOT_READY: { ko: "스테이션이 준비되지 않았습니다. 잠시 뒤에 다시 하세요.", en: "The station is not ready. Try again in a moment." },
  STORAGE_FAILED: { ko: "결과를 저장할 수 없습니다. 엔지니어를 부르세요.", en: "Results cannot be kept. Call an engineer." },
  MES_UNAVAILABLE: { ko: "MES에 연결할 수 없습니다.", en: "The MES cannot be reached." },
  NOT_AUTHENTICATED: { ko: "로그인하세요.", en: "Log in first." },
  BADGE_UNKNOWN: {
    ko: "등록되지 않은 배지입니다. 비밀번호로 로그인하거나 관리자에게 알리세요.",
    en: "This badge is not known. Log in with your password, or tell an administrator.",
  },
  BADGE_NEEDS_PASSWORD: { ko: "비밀번호도 입력하세요.", en: "Enter your password, too." },
  SCREEN_LOCKED: { ko: "화면이 잠겨 있습니다. 로그인하세요.", en: "The screen is locked. Log in." },
  LOGIN_NOT_NEEDED: { ko: "이 스테이션은 로그인을 사용하지 않습니다.", en: "Nobody logs in on this station." },
  ROLE_NOT_ALLOWED: { ko: "권한이 없습니다.", en: "Your role does not allow it." },
  ADDRESS_NOT_ALLOWED: { ko: "이 컴퓨터는 허용되지 않았습니다.", en: "This computer is not allowed." },
  TOO_MANY_REQUESTS: { ko: "너무 자주 요청했습니다. 잠시 뒤에 다시 하세요.", en: "Too often. Try again in a moment." },
  IDEMPOTENCY_KEY_REUSED: { ko: "다시 스캔하세요.", en: "Scan again." },
  STEP_FAILED: { ko: "측정값이 기준을 벗어났습니다.", en: "A value is out of its limits." },
  STOPPED: { ko: "작업자가 정지했습니다.", en: "Somebody stopped it." },
  CLEANUP_FAILED: { ko: "정리 단계가 실패했습니다.", en: "A cleanup step did not pass." },
  HARDWARE_NOT_SAFE: {
    ko: "계측기의 안전 상태를 확인하지 못했습니다. 제품을 만지기 전에 엔지니어를 부르세요.",
    en: "The instruments may not be safe. Call an engineer before touching the unit.",
  },
  HARDWARE_ERROR: { ko: "계측기가 올바로 응답하지 않습니다.", en: "An instrument does not answer as it should." },
  HARDWARE_NOT_CONNECTED: { ko: "계측기에 연결할 수 없습니다.", en: "An instrument cannot be reached." },
  HARDWARE_COMMUNICATION: { ko: "계측기와 통신이 되지 않습니다.", en: "An instrument does not communicate." },
  STEP_SKIPPED: { ko: "단계를 건너뛰었습니다.", en: "A step was left out." },
  SEQUENCE_TIMEOUT: { ko: "검사가 너무 오래 걸렸습니다.", en: "The test took too long." },
  STEP_TIMEOUT: { ko: "단계가 너무 오래 걸렸습니다.", en: "A step took too long." },
  // Why a run ended, and faults of steps: they stand on a tile.
  STEP_SKIPPED_BY_RECOVERY: { ko: "끊긴 단계를 건너뛰었습니다.", en: "A step that was cut off was left out." },
  REARM_FAILED: {
    ko: "끊긴 뒤에 준비 단계를 다시 하지 못했습니다.",
    en: "After an interruption, a step that sets something up did not pass again.",
  },
  UNIT_CHANGED: { ko: "슬롯에 다른 제품이 있습니다.", en: "Another unit lies in the slot." },
  ENGINE_RESET: { ko: "검사 중에 엔진이 초기화되었습니다.", en: "The engine was reset during the test." },
  STEP_ERROR: { ko: "단계에서 오류가 났습니다.", en: "A step met an error." },
  STEP_CRITICAL: { ko: "단계에서 심각한 오류가 나서 정지했습니다.", en: "A step met a critical error and stopped the test." },
  STEP_RECOVERABLE: { ko: "단계가 여러 번 실패했습니다.", en: "A step failed again and again." },
  STEP_WARNING: { ko: "단계가 경고를 남겼습니다.", en: "A step left a warning." },
  TEST_FAILURE: { ko: "제품이 불합격입니다.", en: "The unit is bad." },
  TEST_SKIPPED: { ko: "이 제품에는 해당하지 않는 단계입니다.", en: "The step does not apply to this unit." },
  CONDITION_NOT_MET: { ko: "단계의 조건이 맞지 않아 건너뛰었습니다.", en: "The step's condition did not hold." },
  SHARED_INSTRUMENT_BUSY: { ko: "공용 계측기를 다른 검사가 쓰고 있습니다.", en: "Another test has a shared instrument." },
  STEP_EXCEPTION: { ko: "검사 프로그램에 오류가 났습니다. 엔지니어를 부르세요.", en: "The sequence failed. Call an engineer." },
  STEP_RESULT_INVALID: {
    ko: "단계의 결과를 저장할 수 없습니다. 엔지니어를 부르세요.",
    en: "What a step gave back cannot be kept. Call an engineer.",
  },
  PROMPT_FAILED: { ko: "확인 질문에 아니오로 답했습니다.", en: "What was asked was answered with no." },
  STEP_STOPPED: { ko: "단계가 정지되었습니다.", en: "The step was stopped." },
  STEP_UNRESPONSIVE: {
    ko: "단계가 멈추지 않아 프로세스를 끝냈습니다. 엔지니어를 부르세요.",
    en: "A step did not yield; its process was ended. Call an engineer.",
  },
  WORKER_EXITED: { ko: "검사 프로그램이 프로세스를 끝냈습니다.", en: "The sequence ended its process." },
  WORKER_CRASHED: { ko: "검사 프로세스가 비정상으로 끝났습니다.", en: "The slot's process crashed." },
  MEMORY_LIMIT: { ko: "검사 프로그램이 메모리를 너무 많이 썼습니다.", en: "The sequence used too much memory." },
  INTERRUPTED: { ko: "단계가 도중에 끊겼습니다.", en: "The step was cut off." },
  CLEANUP_INTERRUPTED: { ko: "정리 단계가 계속 끊겼습니다.", en: "A cleanup step was cut off again and again." },
  TEARDOWN_FAILED: { ko: "검사 프로그램의 마무리가 실패했습니다.", en: "The end of the sequence failed." },
  ACTIVITY_FAILED: {
    ko: "슬롯의 프로세스가 일을 하지 못했습니다. 엔지니어를 부르세요.",
    en: "The slot's process could not do it. Call an engineer.",
  },
  PROCESS_NOT_STARTED: { ko: "착공되지 않은 공정입니다.", en: "The process has not been started in the MES." },
  INCOMPLETE_PROCESSES: { ko: "아직 합격하지 않은 공정이 있습니다.", en: "Not every process has passed." },
  ALREADY_CONVERTED: { ko: "이미 시리얼 번호로 변환된 WIP입니다.", en: "The WIP has its serial number already." },
  CONFLICT: { ko: "MES의 기록과 맞지 않습니다. 엔지니어를 부르세요.", en: "It contradicts the MES's records. Call an engineer." },
  INVALID_REQUEST: {
    ko: "MES가 요청을 이해하지 못했습니다. 엔지니어를 부르세요.",
    en: "The MES did not understand the request. Call an engineer.",
  },
  UNKNOWN: { ko: "MES가 요청을 거부했습니다.", en: "The MES refused." },
  MES_ERROR: { ko: "MES와 통신하는 데 문제가 있습니다.", en: "Something is wrong between the station and the MES." },
  MES_RATE_LIMITED: { ko: "MES가 잠시 쉬라고 합니다. 저절로 다시 보냅니다.", en: "The MES asks to be left alone for a while." },
  MES_UNAUTHORIZED: { ko: "MES가 스테이션의 계정을 받지 않습니다.", en: "The MES does not accept the station's credentials." },
  MES_NOT_CONFIGURED: { ko: "설정된 MES가 없습니다.", en: "No MES is configured." },
  // What may come of a scan or a touch.
  INTERNAL_ERROR: { ko: "스테이션 프로그램의 오류입니다. 엔지니어를 부르세요.", en: "The station's software failed. Call an engineer." },
  BATCH_ERROR: { ko: "이 슬롯에서는 할 수 없습니다.", en: "The slot cannot do it." },
  SESSION_LOST: { ko: "계측기를 다른 작업이 넘겨받았습니다.", en: "Another task owns the instruments now." },
  PROCESS_FAILED: { ko: "프로세스가 시작되지 않았습니다.", en: "A process did not come up." },
  RUN_VANISHED: { ko: "검사가 결과 없이 없어졌습니다. 엔지니어를 부르세요.", en: "The test is gone without a result. Call an engineer." },
  RUN_GOING_BACK: { ko: "이미 되돌아가는 중입니다.", en: "It is going back already." },
  RUN_PAUSED: { ko: "이미 일시정지되었습니다.", en: "It is paused already." },
  RUN_NOT_PAUSED: { ko: "일시정지 상태가 아닙니다.", en: "It is not paused." },
  CALL_NOT_FOUND: { ko: "없는 호출입니다.", en: "There is no such call." },
  CALL_NOT_OPEN: { ko: "이미 응답했거나 취소한 호출입니다.", en: "The call was answered or withdrawn already." },
  SLOT_NOT_CHOSEN: { ko: "슬롯을 고르세요.", en: "Choose a slot." },
  PROMPT_NOT_FOUND: { ko: "없는 질문입니다.", en: "Nobody asked that." },
  REQUEST_REFUSED: { ko: "요청을 처리할 수 없습니다.", en: "The request cannot be served." },
  REQUEST_INVALID: { ko: "입력이 맞지 않습니다.", en: "What was sent is not as it must be." },
  NOT_FOUND: { ko: "찾을 수 없습니다.", en: "There is no such thing." },
  SERVICE_UNAVAILABLE: { ko: "지금은 할 수 없습니다. 잠시 뒤에 다시 하세요.", en: "It is not available now. Try again in a moment." },
  PROMPT_TIMEOUT: { ko: "제때 답하지 않았습니다.", en: "Nobody answered in time." },
};

/** What a code means, and the station's own words where they say more. */
export function wordsOf(code: string, message: string, language: Language): Said {
  const sentence = ERRORS[code]?.[language] ?? "";
  return { sentence, own: message === sentence ? "" : message };
}

/** What a code means; the station's own sentence where the screen does not know it. */
export function sentenceOf(code: string, message: string, language: Language): string {
  return ERRORS[code]?.[language] ?? message;
}
