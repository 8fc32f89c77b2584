// Times and durations, as the screen's language writes them; measured values are never localised.
import { useMemo } from "react";
import { usePreferences, type Language } from "../../shared/preferences";

export interface Times {
  /** 14:03:22 */
  clock: (time: Date | string) => string;
  /** 2026-03-01 14:03:22, in the time of whoever looks. */
  full: (time: Date | string) => string;
  /** "5 minutes ago" */
  ago: (time: Date | string, now?: Date) => string;
}

export function useTimes(): Times {
  const language = usePreferences((state) => state.language);
  return useMemo(() => timesIn(language), [language]);
}

export function timesIn(language: Language): Times {
  const clock = new Intl.DateTimeFormat("sv-SE", { timeStyle: "medium" });
  const full = new Intl.DateTimeFormat("sv-SE", { dateStyle: "short", timeStyle: "medium" });
  const ago = new Intl.RelativeTimeFormat(language, { numeric: "auto" });
  return {
    clock: (time) => clock.format(new Date(time)),
    full: (time) => full.format(new Date(time)),
    ago: (time, now = new Date()) => {
      const seconds = Math.round((new Date(time).getTime() - now.getTime()) / 1000);
      for (const [unit, length] of UNITS) {
        if (Math.abs(seconds) >= length) return ago.format(Math.trunc(seconds / length), unit);
      }
      return ago.format(seconds, "second");
    },
  };
}

const UNITS = [
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
] as const;

/** Seconds as people read them: 0.42 s, 12.3 s, 3:05, 2:10:00. */
export function duration(seconds: number | null | undefined): string {
  if (seconds === null || seconds === undefined) return "–";
  if (seconds < 10) return `${seconds.toFixed(2)} s`;
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor((whole % 3600) / 60), whole % 60];
  const two = (number: number) => String(number).padStart(2, "0");
  return hours > 0 ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`;
}

/** Seconds that still grow: 17 s, 3:05, 2:10:00. */
export function elapsed(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  return whole < 60 ? `${whole} s` : duration(whole);
}

/** 12.3 % */
export function percent(fraction: number | null | undefined, digits = 1): string {
  return fraction === null || fraction === undefined ? "–" : `${(fraction * 100).toFixed(digits)} %`;
}
