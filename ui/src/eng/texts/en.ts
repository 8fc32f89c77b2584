// The engineer's screens in English.
import { sequencesEn } from "./areas/sequences.en";
import { chartsEn, statisticsEn } from "./areas/statistics.en";
import { audit } from "./areas/audit.en";
import { logs } from "./areas/logs.en";
import { manual } from "./areas/manual.en";
import { list, sure } from "./areas/parts.en";
import { queue } from "./areas/queue.en";
import { settings } from "./areas/settings.en";
import { system } from "./areas/system.en";
import { users } from "./areas/users.en";
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
  menu: { overview: "Overview", statistics: "Statistics", sequences: "Sequences" },
  menu: {
    overview: "Overview",
    manual: "Manual control",
    queue: "Owed to the MES",
    system: "System",
    logs: "Log",
    audit: "Audit",
    users: "Users",
    settings: "Settings",
  },
  overview: {
    title: "Station overview",
    slot: "Slot",
    state: "State",
    sequence: "Sequence",
    wip: "WIP",
    step: "Step",
    lastRun: "Last run",
  },
  charts: chartsEn,
  statistics: statisticsEn,
  sequences: sequencesEn,
  sure,
  list,
  system,
  queue,
  logs,
  audit,
  users,
  settings,
  manual,
};
