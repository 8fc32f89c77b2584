// What every part of the screen looks at: the slots as they stand, and whether that is how they stand now.
import { create } from "zustand";
import { station, type ScreenInfo } from "../client/station";
import type { Event } from "./protocol";
import { advance, firstFailure, slotOf, verdictOf, type LiveRun, type Slot, type Verdict } from "./slot";
import { Live } from "./socket";
import { openWire } from "./wire";

export interface LiveState {
  info: ScreenInfo | null;
  /** In the order of station.yaml. */
  order: string[];
  slots: Record<string, Slot>;
  /** Whether what is shown is how things stand now. */
  fresh: boolean;
  /** When that was last so. */
  asOf: Date | null;
}

export const useLive = create<LiveState>(() => ({ info: null, order: [], slots: {}, fresh: false, asOf: null }));

type Listener = (event: Event) => void;
const listeners = new Set<Listener>();

/** Hear every event once, as it comes; returns how to stop. */
export function onEvent(listener: Listener): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Follow the station until the returned function is called. */
export function follow(): () => void {
  let connected = false;
  let loading = 0;

  let heardAt = new Date();

  function show(): void {
    const fresh = connected && loading === 0 && useLive.getState().info !== null;
    useLive.setState(fresh ? { fresh, asOf: heardAt } : { fresh });
  }

  async function reload(): Promise<void> {
    loading += 1;
    try {
      await load();
    } catch {
      // It is asked again: the socket tells when the station is back, and so does the next try.
      setTimeout(() => void reload(), 1000);
    } finally {
      loading -= 1;
      show();
    }
  }

  const live = new Live(openWire, {
    onLoad: () => void reload(),
    onEvent: (event) => take(event),
    onHeard: () => {
      heardAt = new Date();
    },
    onFresh: (fresh) => {
      connected = fresh;
      show();
    },
  });
  const clock = setInterval(show, 1000);
  return () => {
    clearInterval(clock);
    live.close();
    useLive.setState({ fresh: false });
  };
}

/** Read how everything stands. */
async function load(): Promise<void> {
  const info = await station.screenInfo();
  const told = await Promise.all(info.slots.map((slot) => station.batch(slot.batch_id)));
  const before = useLive.getState().slots;
  const shown = await Promise.all(told.map((one) => withVerdict(slotOf(one, before[one.id]))));
  const slots = Object.fromEntries(shown.map((slot) => [slot.id, slot]));
  useLive.setState({ info, order: info.slots.map((slot) => slot.batch_id), slots });
}

/** A slot that shows what its last run came to, or what its run has measured, also where this page did not see it. */
async function withVerdict(slot: Slot): Promise<Slot> {
  if (slot.run !== null) return slot.run.value === null ? { ...slot, run: await withValue(slot.run) } : slot;
  const last = verdictOf(await station.lastRun(slot.id));
  if (last === null || last.runId === slot.verdict?.runId) return slot;
  return { ...slot, verdict: last.outcome === "FAILED" ? { ...last, value: await failureOf(last.runId) } : last };
}

/** A run under way with the value that was judged last, and the first that was out of its limits. */
async function withValue(run: LiveRun): Promise<LiveRun> {
  const steps = (await station.steps(run.id)).filter((step) => !step.given_up);
  const values = steps.flatMap((step) => step.measurements.map((value) => ({ ...value, step: step.step_name })));
  const failure = values.find((value) => value.outcome === "FAILED") ?? null;
  return { ...run, value: values.at(-1) ?? null, failure: run.failure ?? failure };
}

/** The value that made a run FAIL. */
async function failureOf(run: string): Promise<Verdict["value"]> {
  for (const step of await station.steps(run)) {
    const failure = step.given_up ? null : firstFailure(step.measurements, step.step_name);
    if (failure !== null) return failure;
  }
  return null;
}

/** Read how one slot stands: an event told less of it than is shown. */
async function loadSlot(id: string): Promise<void> {
  try {
    const told = await station.batch(id);
    useLive.setState(({ slots }) => {
      const now = slots[id];
      // An event may have overtaken the answer.
      const overtaken = now?.run != null && told.execution_id !== now.run.id;
      return overtaken ? {} : { slots: { ...slots, [id]: slotOf(told, now) } };
    });
  } catch {
    // The next event or the next connection brings it.
  }
}

const waiting: Event[] = [];
/** Milliseconds for which events are gathered, so that a talkative station costs one drawing and not a hundred. */
const GATHERED_FOR = 16;

/** Take an event. */
export function take(event: Event): void {
  if (waiting.length === 0) setTimeout(show, GATHERED_FOR);
  waiting.push(event);
}

function show(): void {
  const events = waiting.splice(0);
  useLive.setState((state) => {
    const slots = { ...state.slots };
    for (const event of events) {
      const slot = event.batch_id === null ? undefined : slots[event.batch_id];
      if (slot !== undefined) slots[slot.id] = advance(slot, event);
    }
    return { slots };
  });
  for (const event of events) {
    // Only the run itself knows what its steps are called, and who has a slot in hand.
    if (event.batch_id !== null && TELL_TOO_LITTLE.has(event.type)) void loadSlot(event.batch_id);
    for (const listener of listeners) listener(event);
  }
}

const TELL_TOO_LITTLE: ReadonlySet<Event["type"]> = new Set(["run_accepted", "run_went_back", "manual"] as const);
