// Who looks at the screen: logging in and out, and the lock of a screen that was left alone.
import { create } from "zustand";
import { touched } from "../lock/activity";
import { usePreferences } from "../shared/preferences";
import { ask, NO_ANSWER, StationError } from "./rest";
import type { components } from "./schema";

/** Who somebody is here; without a role: somebody must log in. */
export type Account = components["schemas"]["Me"];
export type Permission = components["schemas"]["Permission"];

export interface AccountState {
  /** Null until the station has said it. */
  account: Account | null;
  /** The screen is locked here, and the station has not heard of it yet. */
  lockOwed: boolean;
}

export const useAccount = create<AccountState>(() => ({ account: null, lockOwed: false }));

/** Ask the station who looks; it is asked without a login, too. */
export async function askWhoIAm(): Promise<void> {
  if (useAccount.getState().lockOwed) return lockScreen();
  useAccount.setState({ account: await ask<Account>("GET", "/api/auth/me") });
}

export async function logIn(username: string, password: string): Promise<void> {
  await becoming(ask<Account>("POST", "/api/auth/login", { body: { username, password } }));
}

/** Log in by a badge alone; who may more than run units is told to enter a password. */
export async function logInByBadge(badge: string): Promise<void> {
  await becoming(ask<Account>("POST", "/api/auth/badge", { body: { badge } }));
}

export async function logOut(): Promise<void> {
  await becoming(ask<Account>("POST", "/api/auth/logout", { body: {} }));
}

/**
 * Lock the screen: here at once, and at the station as soon as it hears of it. The session goes on, so that STOP does.
 */
export async function lockScreen(): Promise<void> {
  useAccount.setState(({ account }) => (account === null ? {} : { account: { ...account, locked: true }, lockOwed: true }));
  try {
    const account = await ask<Account>("POST", "/api/auth/lock", { body: {} });
    // Somebody may have logged in meanwhile.
    if (!useAccount.getState().lockOwed) return;
    useAccount.setState({ account, lockOwed: false });
    tellOtherTabs();
  } catch (error) {
    // Without an answer it is owed, and asked again.
    if (!(error instanceof StationError) || error.code === NO_ANSWER || error.status >= 500) return;
    useAccount.setState({ lockOwed: false });
    await askWhoIAm().catch(() => undefined);
  }
}

/** Whether somebody may run units; the station decides, the screen only does not offer what it would refuse. */
export function mayOperate({ account }: { account: Account | null }): boolean {
  return account?.permissions.includes("operate") ?? false;
}

/** Whether the screen is locked: it shows and stops, and offers nothing else. */
export function isLocked({ account }: { account: Account | null }): boolean {
  return account?.locked ?? false;
}

/** Whether there is something to lock: somebody who logged in here and may do more than look. */
export function mayBeLocked(state: { account: Account | null }): boolean {
  return state.account?.how === "session" && !isLocked(state) && mayOperate(state);
}

/** Have this browser's other tabs ask who looks. */
function tellOtherTabs(): void {
  localStorage.setItem(SESSION, String(Date.now()));
}

const SESSION = "station.session";

/** Hear of what another tab of this browser did about its session, until the returned function is called. */
export function followOtherTabs(): () => void {
  const hear = ({ key }: StorageEvent) => {
    if (key === SESSION) void askWhoIAm().catch(() => undefined);
  };
  window.addEventListener("storage", hear);
  return () => window.removeEventListener("storage", hear);
}

async function becoming(asked: Promise<Account>): Promise<void> {
  const account = await asked;
  const before = useAccount.getState().account;
  // The next person is another operator to the MES; nobody guesses which.
  if (before?.how === "session" && before.name !== account.name) usePreferences.getState().set({ operator: null });
  touched();
  useAccount.setState({ account, lockOwed: false });
  tellOtherTabs();
}
