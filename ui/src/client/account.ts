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

export async function logOut(): Promise<void> {
  useAccount.setState({ account: await ask<Account>("POST", "/api/auth/logout", { body: {} }) });
}
