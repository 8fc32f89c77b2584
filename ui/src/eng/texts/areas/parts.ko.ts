// Words that several of the engineer's screens share, in Korean.
export const sure = {
  reason: "사유 (필수)",
  reasonIfAny: "사유 (선택)",
} as const;
export const list = {
  filter: "조회 조건",
  show: "조회",
  clear: "조건 지우기",
  older: "이전 기록",
  newest: "처음으로",
  since: "시작 시각",
  until: "종료 시각",
  all: "전체",
} as const;
