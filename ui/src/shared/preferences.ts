// What somebody has chosen on this screen; kept by the browser.
import { create } from "zustand";
import { persist } from "zustand/middleware";
import type { Theme } from "../theme/tokens";

export type Language = "ko" | "en";

export interface Preferences {
  language: Language;
  /** Null: as the system has it. */
  theme: Theme | null;
  /** 0 to 1. */
  volume: number;
  /** The number the MES knows the operator by. */
  operator: number | null;
  /** When that operator began here, ISO; null: not known. */
  since: string | null;
  /** MES processes chosen here before, latest first. */
  processes: number[];
  scannerPrefix: string;
  scannerSuffix: string;
  set: (changed: Partial<Omit<Preferences, "set">>) => void;
}

export const usePreferences = create<Preferences>()(
  persist(
    (set) => ({
      language: globalThis.navigator.language.startsWith("ko") ? "ko" : "en",
      theme: null,
      volume: 0.7,
      operator: null,
      since: null,
      processes: [],
      scannerPrefix: "",
      scannerSuffix: "",
      set,
    }),
    { name: "station.preferences", version: 1 },
  ),
);

/** Take over what another window of this browser chooses: two that stand side by side are not of two minds. */
export function followOtherWindows(): void {
  window.addEventListener("storage", (event) => {
    if (event.key === usePreferences.persist.getOptions().name) void usePreferences.persist.rehydrate();
  });
}

/** Remember a process that was chosen. */
export function withProcess(processes: number[], chosen: number): number[] {
  return [chosen, ...processes.filter((other) => other !== chosen)].slice(0, 6);
}

/** The theme to show: the chosen one, or that of the system. */
export function shownTheme(chosen: Theme | null): Theme {
  return chosen ?? (window.matchMedia("(prefers-color-scheme: light)").matches ? "light" : "dark");
}
