// The engineer's screens in English.
import { audit } from "./areas/audit.en";
import { logs } from "./areas/logs.en";
import { manual } from "./areas/manual.en";
import { overview } from "./areas/overview.en";
import { list, sure } from "./areas/parts.en";
import { prompts } from "./areas/prompts.en";
import { queue } from "./areas/queue.en";
import { report } from "./areas/report.en";
import { results } from "./areas/results.en";
import { run } from "./areas/run.en";
import { sequencesEn } from "./areas/sequences.en";
import { settings } from "./areas/settings.en";
import { chartsEn, statisticsEn } from "./areas/statistics.en";
import { system } from "./areas/system.en";
import { keys, users } from "./areas/users.en";
import type { EngTexts } from "./ko";

export const en: EngTexts = {
  shell: {
    menu: "Menu",
    skip: "To the content",
    stale: "No connection to the station. Shown as of {{time}}.",
    connecting: "Connecting to the station.",
    notHere: "There is no such screen.",
    noAnswer: "It could not be read",
    again: "Try again",
    empty: "Nothing fits.",
    loading: "Reading",
  },
  menu: {
    overview: "Overview",
    prompts: "Prompts",
    results: "Results",
    statistics: "Statistics",
    sequences: "Sequences",
    manual: "Manual control",
    queue: "Owed to the MES",
    system: "System",
    logs: "Log",
    audit: "Audit",
    users: "Users",
    settings: "Settings",
  },
  overview,
  prompts,
  results,
  run,
  report,
  charts: chartsEn,
  statistics: statisticsEn,
  sequences: sequencesEn,
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
};
