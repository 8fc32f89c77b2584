// What the station says of itself, in Korean.
import type { NoticeTexts } from "./notices";

export const ko: NoticeTexts = {
  STEP_CUT_OFF: (of) => `${of("step")} 단계 도중에 끊겼습니다. 어떻게 할지 골라야 합니다.`,
  STEP_HALF_DONE: (of) => `${of("step")} 단계 도중에 계측기${named(of("instrument"))} 오류가 났습니다. 반쯤 실행되었을 수 있으니 다시 할지 골라야 합니다.`,
  UNIT_CHANGED: (of) => `${of("step")} 단계를 계속할 수 없습니다. 슬롯에 다른 제품이 있거나 확인할 수 없습니다. 어떻게 할지 골라야 합니다.`,
  REPAIR_IN_VAIN: (of) =>
    of("tries") === "0"
      ? `${of("step")}: 계측기${named(of("instrument"))} 오류가 복구한 뒤에도 되풀이됩니다. 어떻게 할지 골라야 합니다.`
      : `${of("step")}: 계측기${named(of("instrument"))} 재연결을 ${of("tries")}번 했지만 안 됩니다. 어떻게 할지 골라야 합니다.`,
  CONNECTING_AGAIN: (of) => `${of("step")}: 계측기${named(of("instrument"))} 재연결 중 (${of("tries")}번째${of("limit") === "" ? "" : `, 최대 ${of("limit")}번`})`,
  STEPS_BESIDE_AWAITED: (of) => `${of("step")}: 계측기${named(of("instrument"))} 오류. 함께 실행 중인 단계가 끝나기를 기다립니다.`,
  MAKING_SAFE: (of) => `${of("step")}: 계측기${named(of("instrument"))} 오류. 안전 상태로 바꾸는 중입니다.`,
  PROCESS_AWAY: () => "슬롯의 프로세스를 기다립니다.",
  ANSWER_AWAITED: (of) => (Number(of("count")) > 1 ? `답을 기다립니다 (질문 ${of("count")}개).` : "답을 기다립니다."),
  PAUSED_BY: (of) => (of("by") === "" ? "일시정지했습니다." : `${of("by")} 님이 일시정지했습니다.`),
  OTHERS_AWAITED: (of) => `${of("step")} 단계를 함께 시작하려고 기다립니다${of("others") === "" ? "" : `: ${of("others")}`}.`,
  INSTRUMENT_AWAITED: () => "공용 계측기를 기다립니다.",
  INSTRUMENT_HELD: (of) => `공용 계측기 ${of("instrument")} 대기 중: ${of("batch")} 슬롯이 ${of("since")}부터 쓰고 있습니다.`,
  UNSAFE_RUN: () => "검사가 끝날 때 안전 상태를 확인하지 못했습니다.",
  UNSAFE_SESSION: () => "계측기를 안전 상태로 바꾸지 못했습니다.",
  UNSAFE_MANUAL: () => "수동 조작이 끝날 때 안전 상태를 확인하지 못했습니다.",
  UNSAFE_START: () => "프로세스가 시작할 때 계측기를 안전 상태로 바꾸지 못했습니다.",
};

function named(instrument: string): string {
  return instrument === "" ? "" : ` ${instrument}`;
}
