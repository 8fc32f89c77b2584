// What the station's codes mean to an operator. A code that is not here is shown with the station's own sentence.
import type { Language } from "../shared/preferences";

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
  PROMPT_TIMEOUT: { ko: "제때 답하지 않았습니다.", en: "Nobody answered in time." },
};

/** What a code means; the station's own sentence where the screen does not know it. */
export function sentenceOf(code: string, message: string, language: Language): string {
  return ERRORS[code]?.[language] ?? message;
}
