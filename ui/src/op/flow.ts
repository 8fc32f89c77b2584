// What the operator is doing: which dialog is open, which slot is chosen, what the screen says about the last scan.
import { create } from "zustand";
import { shownCode } from "../scanner/codes";

/** A run that somebody wants, as far as it is known. */
export interface Intent {
  wip: string | null;
  slot?: string | undefined;
  process?: number | undefined;
}

export type Dialog =
  | { kind: "help" }
  | { kind: "call" }
  | { kind: "stop" }
  | { kind: "settings" }
  | { kind: "logIn" }
  | { kind: "chooseSlot"; intent: Intent }
  | { kind: "process"; intent: Intent }
  | { kind: "operator"; intent: Intent | null }
  | { kind: "manualEntry"; slot: string }
  | { kind: "prompt"; slot: string }
  | { kind: "recovery"; slot: string };

export interface Notice {
  text: string;
  tone: "good" | "bad" | "plain";
  at: number;
}

/** Takes a scan instead of the page; says whether it did. */
export type ScanSink = (code: string) => boolean;

export interface Flow {
  dialog: Dialog | null;
  notice: Notice | null;
  /** The code that was read last: the first thing that answers a scan. */
  scanned: { code: string; at: number } | null;
  /** A slot whose barcode was scanned; the next WIP is for it. */
  chosen: string | null;
  /** Slots that were told to stop and have not ended yet. */
  stopping: readonly string[];
  sink: ScanSink | null;
}

export const useFlow = create<Flow>(() => ({ dialog: null, notice: null, scanned: null, chosen: null, stopping: [], sink: null }));

export function openDialog(dialog: Dialog): void {
  useFlow.setState({ dialog });
}

export function closeDialog(): void {
  useFlow.setState({ dialog: null });
}

/** Show that a code was read, whatever becomes of it; of a badge no more than that. */
export function acknowledge(code: string): void {
  useFlow.setState({ scanned: { code: shownCode(code), at: Date.now() }, notice: null });
}

export function notify(text: string, tone: Notice["tone"]): void {
  useFlow.setState({ notice: { text, tone, at: Date.now() } });
}
