// The engineer's screens in English.
import { sequencesEn } from "./areas/sequences.en";
import { chartsEn, statisticsEn } from "./areas/statistics.en";
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
};
