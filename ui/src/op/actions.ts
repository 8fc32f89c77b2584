// What the operator can do: start, stop, go on. Every command goes over REST; what went wrong is said and heard.
import i18next from "i18next";
import { isLocked, mayOperate, useAccount } from "../client/account";
import { StationError } from "../client/rest";
import { station } from "../client/station";
import { sentenceOf } from "../i18n/errors";
import { useLive } from "../live/store";
import { usePreferences, withProcess } from "../shared/preferences";
import { play, type Sound } from "../sound/tones";
import { closeDialog, notify, openDialog, useFlow, type Intent } from "./flow";
import { canStop, isFree } from "./look";
import { beginningOf } from "./shift";

/** Play a sound as loud as it is wanted. */
export function sound(which: Sound): void {
  play(which, usePreferences.getState().volume);
}

/** Say and sound that something is not done, and why. */
export function refuse(text: string): void {
  notify(text, "bad");
  sound("refused");
}

/** What an error means to the operator. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof StationError)) return String(error);
  return sentenceOf(error.code, error.message, usePreferences.getState().language);
}

/** Do something and say what went wrong; gives whether it went well. */
export async function attempt(doing: () => Promise<unknown>): Promise<boolean> {
  try {
    await doing();
    return true;
  } catch (error) {
    refuse(reasonOf(error));
    return false;
  }
}

/** What a slot is called. */
export function nameOf(slot: string): string {
  return useLive.getState().slots[slot]?.name ?? slot;
}

/** Let the runs from here on be of this operator, whose shift begins, unless it goes on. */
export function workAs(operator: number): void {
  const { operator: before, since, set } = usePreferences.getState();
  const now = new Date();
  const goesOn = operator === before && beginningOf(since, now).entered;
  set({ operator, since: goesOn ? since : now.toISOString() });
}

/** Start a run, asking for whatever is not known yet. */
export function begin(intent: Intent): void {
  const { t } = i18next;
  const { fresh, info, order, slots } = useLive.getState();
  if (!mayOperate(useAccount.getState())) return refuse(t("scan.notAllowed"));
  if (isLocked(useAccount.getState())) return refuse(t("lock.refused"));
  if (!fresh || info === null) return refuse(t("scan.stale"));
  if (intent.slot === undefined) {
    const free = order.filter((id) => slots[id] !== undefined && isFree(slots[id]));
    if (free.length === 0) return refuse(t("scan.allBusy"));
    if (free.length > 1) return openDialog({ kind: "chooseSlot", intent });
    return begin({ ...intent, slot: free[0] });
  }
  const slot = slots[intent.slot];
  if (slot === undefined || !isFree(slot)) {
    const why = slot !== undefined && (slot.run !== null || slot.holder !== "") ? "scan.slotBusy" : "scan.slotClosed";
    return refuse(t(why, { slot: nameOf(intent.slot) }));
  }
  if (info.mes && intent.wip !== null) {
    const own = info.slots.find((one) => one.batch_id === intent.slot)?.process_id ?? null;
    if (own === null && intent.process === undefined) return openDialog({ kind: "process", intent });
    if (usePreferences.getState().operator === null) return openDialog({ kind: "operator", intent });
  }
  closeDialog();
  void start(intent.slot, intent);
}

async function start(slot: string, intent: Intent): Promise<void> {
  const { operator, processes, set } = usePreferences.getState();
  useFlow.setState({ chosen: null });
  if (intent.process !== undefined) set({ processes: withProcess(processes, intent.process) });
  const done = await attempt(() =>
    station.start(slot, {
      wip_id: intent.wip,
      operator_id: operator,
      ...(intent.process === undefined ? {} : { process_id: intent.process }),
      ...(intent.wip === null ? { without_mes: true } : {}),
    }),
  );
  if (!done) return;
  const wip = intent.wip ?? i18next.t("tile.noWip");
  notify(i18next.t("scan.started", { slot: nameOf(slot), wip }), "good");
  sound("accepted");
}

/** START on a tile: with a WIP where there is an MES, or at once. */
export function startOn(slot: string): void {
  if (!mayOperate(useAccount.getState())) refuse(i18next.t("scan.notAllowed"));
  else if (isLocked(useAccount.getState())) refuse(i18next.t("lock.refused"));
  else openDialog({ kind: "manualEntry", slot });
}

/** Stop what is on a slot. It is possible always, also when nobody knows how things stand. */
export async function stopSlot(slot: string): Promise<void> {
  useFlow.setState(({ stopping }) => ({ stopping: [...stopping.filter((other) => other !== slot), slot] }));
  if (await attempt(() => station.stop(slot))) {
    notify(i18next.t("stop.asked", { slot: nameOf(slot) }), "plain");
    sound("tick");
  } else {
    useFlow.setState(({ stopping }) => ({ stopping: stopping.filter((other) => other !== slot) }));
  }
}

/** Stop everything. */
export async function stopAll(): Promise<void> {
  closeDialog();
  if (await attempt(() => station.stopAll())) notify(i18next.t("stop.askedAll"), "plain");
}

/** F8: stops the one run there is; where there are several it asks, and asked twice it stops all. */
export function stopKey(): void {
  const { slots, order, fresh } = useLive.getState();
  const going = order.filter((id) => slots[id] !== undefined && canStop(slots[id]));
  if (useFlow.getState().dialog?.kind === "stop") void stopAll();
  else if (fresh && going.length === 0) notify(i18next.t("stop.nothing"), "plain");
  else if (fresh && going.length === 1 && going[0] !== undefined) void stopSlot(going[0]);
  else openDialog({ kind: "stop" });
}

/** F2 and the card's START: starts on the chosen slot, or on the only free one. */
export function startKey(): void {
  const { slots, order } = useLive.getState();
  const { chosen } = useFlow.getState();
  const free = order.filter((id) => slots[id] !== undefined && isFree(slots[id]));
  const only = chosen ?? (free.length === 1 ? free[0] : undefined);
  if (only === undefined) refuse(i18next.t("scan.nothingToStart"));
  else startOn(only);
}

/** The card's RETRY: the last unit again, where it is clear which. */
export function retryKey(): void {
  const { slots, order } = useLive.getState();
  const ended = order.filter((id) => slots[id]?.verdict?.wip != null && isFree(slots[id]));
  const slot = ended.length === 1 ? ended[0] : undefined;
  if (slot === undefined) refuse(i18next.t("scan.nothingToStart"));
  else begin({ wip: slots[slot]?.verdict?.wip ?? null, slot });
}
