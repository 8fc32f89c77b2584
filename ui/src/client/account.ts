// Who looks at the screen, and logging in and out.
import { create } from "zustand";
import { ask } from "./rest";
import type { components } from "./schema";

/** Who somebody is here; without a role: somebody must log in. */
export type Account = components["schemas"]["Me"];
export type Permission = components["schemas"]["Permission"];

/** Null until the station has said it. */
export const useAccount = create<{ account: Account | null }>(() => ({ account: null }));

/** Ask the station who looks; it is asked without a login, too. */
export async function askWhoIAm(): Promise<void> {
  useAccount.setState({ account: await ask<Account>("GET", "/api/auth/me") });
}

export async function logIn(username: string, password: string): Promise<void> {
  useAccount.setState({ account: await ask<Account>("POST", "/api/auth/login", { body: { username, password } }) });
}

/** Whether somebody may run units; the station decides, the screen only does not offer what it would refuse. */
export function mayOperate({ account }: { account: Account | null }): boolean {
  return account?.permissions.includes("operate") ?? false;
}

export async function logOut(): Promise<void> {
  useAccount.setState({ account: await ask<Account>("POST", "/api/auth/logout", { body: {} }) });
}
