// The audit's screen in Korean.
export const audit = {
  title: "감사 기록",
  actor: "한 사람",
  action: "한 일",
  target: "대상",
  time: "시각",
  number: "번호",
  reason: "사유",
  data: "자세히",
  verify: "기록 검증",
  verifying: "첫 기록부터 마지막 기록까지 확인하는 중입니다.",
  whole: "기록은 온전합니다: {{entries}}건, 마지막 {{head}}번",
  hash: "마지막 해시 (다른 곳에 적어 두면 나중에 대조할 수 있습니다)",
  broken: "{{id}}번 기록에서 사슬이 끊어졌습니다.",
  brokenHelp: "데이터베이스가 스테이션 밖에서 바뀌었습니다. 데이터베이스와 백업을 보관하고 관리자에게 알리세요.",
} as const;
