// Who is logged in, and logging in and out.
import { ask, StationError } from "./rest";

export interface Account {
  name: string;
  /** Null: somebody must log in. */
  role: "viewer" | "operator" | "manager" | "admin" | null;
  /** The number the MES knows this person by; null where the station does not know it. */
  operator_id?: number | null;
}

const NOT_ASKED: Account = { name: "", role: "admin" };

/** Who asks. A station whose API does not know of accounts asks nobody who he is. */
export async function whoAmI(): Promise<Account> {
  try {
    return await ask<Account>("GET", "/api/auth/me");
  } catch (error) {
    if (error instanceof StationError && error.status === 401) return { name: "", role: null };
    if (error instanceof StationError && error.status === 404) return NOT_ASKED;
    throw error;
  }
}

export const logIn = (username: string, password: string) =>
  ask<unknown>("POST", "/api/auth/login", { body: { username, password } });

export const logOut = () => ask<unknown>("POST", "/api/auth/logout", { body: {} });
