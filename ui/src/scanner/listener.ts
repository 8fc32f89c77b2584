// Listens to the scanner: one listener on the window, before anything else sees the key.
import { Burst, type ScannerSettings } from "./burst";
import { isShortCode } from "./codes";

/** Milliseconds within which the same code is the same scan. */
export const DUPLICATE_WITHIN = 2000;

export interface ScanHandlers {
  /** A code was scanned. */
  onScan: (code: string) => void;
  /** The code that was scanned a moment ago was scanned again; it is not told a second time. */
  onDuplicate: (code: string) => void;
  /** Something was scanned that cannot be read: a part is missing, or two scanners spoke at once. */
  onBroken: () => void;
}

/** Whatever keys go down on; a window, in a browser. */
export interface KeySource {
  addEventListener: (type: "keydown", listener: (event: KeyboardEvent) => void, options: { capture: true }) => void;
  removeEventListener: (type: "keydown", listener: (event: KeyboardEvent) => void, options: { capture: true }) => void;
}

/** Listen until the returned function is called. */
export function listen(
  source: KeySource,
  handlers: ScanHandlers,
  settings: Partial<Pick<ScannerSettings, "prefix" | "suffix">> = {},
): () => void {
  const burst = new Burst({
    prefix: (settings.prefix ?? "").toUpperCase(),
    suffix: (settings.suffix ?? "").toUpperCase(),
    short: isShortCode,
  });
  let lastCode = "";
  let lastAt = Number.NEGATIVE_INFINITY;

  function tell(code: string, at: number): void {
    const again = code === lastCode && at - lastAt <= DUPLICATE_WITHIN;
    lastCode = code;
    lastAt = at;
    if (again) handlers.onDuplicate(code);
    else handlers.onScan(code);
  }

  function onKey(event: KeyboardEvent): void {
    if (event.repeat) return;
    // The time the key went down, not the time at which a busy page came to look at it.
    const judgement = burst.take(event, event.timeStamp);
    if (judgement.kind === "pass") return;
    event.preventDefault();
    event.stopImmediatePropagation();
    if (judgement.kind === "scan") tell(judgement.code, event.timeStamp);
    else if (judgement.kind === "broken") handlers.onBroken();
  }

  source.addEventListener("keydown", onKey, { capture: true });
  return () => source.removeEventListener("keydown", onKey, { capture: true });
}
