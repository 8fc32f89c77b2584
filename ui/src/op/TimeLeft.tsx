// How long a run will still take, by what the latest runs of its sequence took.
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { stationNow } from "../client/rest";
import { station } from "../client/station";
import type { LiveRun } from "../live/slot";
import { beganAt, medianOf, written } from "./lasting";

/** Runs that are looked at. */
const LATEST = 30;
/** Fewer say nothing. */
const FEWEST = 3;
/** Milliseconds after which they are asked for again. */
const KEPT = 300_000;

const usual = new Map<string, { at: number; seconds: Promise<number | null> }>();

function usualOf(sequence: string): Promise<number | null> {
  const kept = usual.get(sequence);
  if (kept !== undefined && Date.now() - kept.at < KEPT) return kept.seconds;
  const seconds = station.durations(sequence, LATEST).then(
    (all) => (all.length < FEWEST ? null : medianOf(all)),
    () => null,
  );
  usual.set(sequence, { at: Date.now(), seconds });
  return seconds;
}

export function TimeLeft({ run }: { run: LiveRun }) {
  const { t } = useTranslation();
  const [seconds, setSeconds] = useState<number | null>(null);
  const [now, setNow] = useState(stationNow);
  // While somebody or something is waited for, nobody knows.
  const moves = run.prompts.length === 0 && MOVING.has(run.state);

  useEffect(() => {
    let over = false;
    void usualOf(run.sequence).then((found) => {
      if (!over) setSeconds(found);
    });
    const timer = setInterval(() => setNow(stationNow()), 1000);
    return () => {
      over = true;
      clearInterval(timer);
    };
  }, [run.sequence, run.id]);

  const began = beganAt(run.id);
  if (seconds === null || began === null || !moves) return null;
  const left = seconds - (now - began) / 1000;
  if (left < -seconds / 2 - 5) return <span data-left>{t("tile.late")}</span>;
  return <span data-left>{t("tile.left", { time: written(Math.max(0, left)) })}</span>;
}

const MOVING: ReadonlySet<string> = new Set(["accepted", "opening", "running"]);
