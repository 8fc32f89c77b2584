// What somebody has edited and not saved: it stays while other screens are looked at, until it is saved or given up.
import { create } from "zustand";
import type { SettingsText } from "./Draft";

interface Kept {
  /** Who edits; nobody else who logs in on this page sees it. */
  by: string;
  /** What the text was made of. */
  base: SettingsText;
  text: string;
}

export const useKept = create<{ draft: Kept | null }>(() => ({ draft: null }));

export function keep(draft: Kept | null): void {
  useKept.setState({ draft: draft === null || draft.text === draft.base.text ? null : draft });
}

// The browser asks before the page is left with it.
const hold = (event: BeforeUnloadEvent) => event.preventDefault();
useKept.subscribe(({ draft }) => {
  if (draft === null) window.removeEventListener("beforeunload", hold);
  else window.addEventListener("beforeunload", hold);
});
