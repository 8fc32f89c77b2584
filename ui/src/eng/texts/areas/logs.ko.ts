// The log's screen in Korean.
export const logs = {
  title: "로그",
  batch: "슬롯",
  run: "실행 ID",
  step: "단계",
  level: "수준",
  levels: { debug: "디버그", info: "정보", warning: "경고", error: "오류", critical: "심각" },
  text: "문구 포함",
  time: "시각",
  message: "내용",
  follow: "계속 따라가기",
  following: "새 줄이 위에 나타납니다.",
  unfinished: "찾기가 끝까지 가지 않았습니다. 이전 기록을 누르면 계속 찾습니다.",
} as const;
