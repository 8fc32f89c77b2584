// How the slots stand together: which come first, and what the line on top counts.
import { saidOf, type Said } from "../../i18n/notices";
import type { components } from "../../client/schema";
import type { Slot } from "../../live/slot";
import { appearanceOf, type Appearance } from "../../op/look";
import type { Language } from "../../shared/preferences";

export type BatchStatus = components["schemas"]["BatchStatus"];

/** How a slot stands now; what its last run came to is said elsewhere. */
export function standingOf(slot: Slot): Appearance {
  return appearanceOf({ ...slot, verdict: null }, false);
}

/** Whether somebody must do something before it goes on. */
export function needsSomebody(slot: Slot): boolean {
  return standingOf(slot).look === "attention";
}

/** Whether nothing can be run on a slot though it should be; one that somebody has stopped is as it should be. */
export function isDown(slot: Slot, status: BatchStatus | undefined): boolean {
  const { look, word } = standingOf(slot);
  if (look === "quarantine") return true;
  return look === "offline" && word !== "starting" && status?.process.desired !== "stopped";
}

/** The slots, those that need somebody first; else in the order of station.yaml. */
export function inOrder(order: readonly string[], slots: Readonly<Record<string, Slot>>): Slot[] {
  const known = order.flatMap((id) => slots[id] ?? []);
  return [...known.filter(needsSomebody), ...known.filter((slot) => !needsSomebody(slot))];
}

export interface Counts {
  all: number;
  running: number;
  waiting: number;
  down: number;
}

/** What the line on top counts. */
export function countsOf(slots: readonly Slot[], statuses: readonly BatchStatus[]): Counts {
  return {
    all: slots.length,
    running: slots.filter((slot) => slot.run !== null).length,
    waiting: slots.filter(needsSomebody).length,
    down: slots.filter((slot) => isDown(slot, statuses.find((one) => one.id === slot.id))).length,
  };
}

/** The step a run is at, counted from 1; null before its first. */
export function stepOf(run: NonNullable<Slot["run"]>): { number: number; count: number; title: string; done: number } | null {
  const count = Math.max(run.count, run.steps.length);
  const at = run.steps.find((step) => step.running) ?? run.steps.findLast((step) => step.attempt > 0);
  if (at === undefined) return null;
  const done = run.steps.filter((step) => step.outcome !== null).length;
  return { number: Math.min(at.index + 1, count), count, title: at.title || at.name, done: Math.min(done, count) };
}

/** What holds a run up: what it asks, or what the station says; null while it moves. */
export function waitsFor(run: NonNullable<Slot["run"]>, language: Language): Said | null {
  const asked = run.prompts[0]?.prompt.message[language];
  if (asked !== undefined) return { sentence: asked, own: "" };
  if (run.waiting !== null) return saidOf(run.waiting, language);
  return run.waitingFor === "" ? null : { sentence: "", own: run.waitingFor };
}

/** A sequence that a slot uses. */
export interface Used {
  name: string;
  version: string;
  hash: string;
}

/** Which sequence the next run of a slot uses; null until it is known, or where its folder cannot be used. */
export function usedBy(batch: string, sequences: readonly components["schemas"]["SequenceEntry"][]): Used | null {
  for (const { name, used_by, versions } of sequences) {
    const hash = used_by.find((use) => use.batch === batch)?.content_hash ?? "";
    if (hash !== "") return { name, hash, version: versions.find((one) => one.content_hash === hash)?.version ?? "" };
  }
  return null;
}

/** When the day began for whoever looks. */
export function beginOfDay(now: Date): string {
  const day = new Date(now);
  day.setHours(0, 0, 0, 0);
  return day.toISOString();
}
