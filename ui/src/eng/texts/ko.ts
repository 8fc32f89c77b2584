// The engineer's screens in Korean. Each screen has a part of its own, in a file beside its components.
import type { Texts } from "../../i18n/ko";
import { audit } from "./areas/audit.ko";
import { logs } from "./areas/logs.ko";
import { manual } from "./areas/manual.ko";
import { overview } from "./areas/overview.ko";
import { list, sure } from "./areas/parts.ko";
import { prompts } from "./areas/prompts.ko";
import { queue } from "./areas/queue.ko";
import { report } from "./areas/report.ko";
import { results } from "./areas/results.ko";
import { run } from "./areas/run.ko";
import { sequencesKo } from "./areas/sequences.ko";
import { settings } from "./areas/settings.ko";
import { chartsKo, statisticsKo } from "./areas/statistics.ko";
import { system } from "./areas/system.ko";
import { keys, users } from "./areas/users.ko";

export const ko = {
  shell: {
    menu: "메뉴",
    skip: "본문으로",
    stale: "스테이션과 연결이 끊겼습니다. {{time}} 현재 상태입니다.",
    connecting: "스테이션에 연결하는 중입니다.",
    notHere: "이런 화면은 없습니다.",
    noAnswer: "읽지 못했습니다",
    again: "다시 시도",
    empty: "해당하는 항목이 없습니다.",
    loading: "읽는 중",
  },
  menu: {
    overview: "개요",
    prompts: "질문",
    results: "결과",
    statistics: "통계",
    sequences: "시퀀스",
    manual: "수동 조작",
    queue: "MES 전송 대기",
    system: "시스템",
    logs: "로그",
    audit: "감사 기록",
    users: "사용자",
    settings: "설정",
  },
  overview,
  prompts,
  results,
  run,
  report,
  charts: chartsKo,
  statistics: statisticsKo,
  sequences: sequencesKo,
  manual,
  queue,
  system,
  logs,
  audit,
  users,
  keys,
  settings,
  sure,
  list,
} as const;

export type EngTexts = Texts<typeof ko>;
