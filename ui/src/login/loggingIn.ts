// Logging in by name and password, or by a badge: what is under way, and what came of it.
import i18next from "i18next";
import { create } from "zustand";
import { logIn, logInByBadge } from "../client/account";
import { StationError } from "../client/rest";
import { sentenceOf } from "../i18n/errors";
import { isBadge } from "../scanner/codes";
import { usePreferences } from "../shared/preferences";

export interface LoggingIn {
  busy: boolean;
  /** Why nobody is logged in. */
  problem: string;
  /** Whom a badge named who must enter a password. */
  named: string;
  /** How often a badge was shown: what a scanner typed into a field meanwhile is worth nothing. */
  shown: number;
}

const NOTHING: LoggingIn = { busy: false, problem: "", named: "", shown: 0 };

export const useLoggingIn = create<LoggingIn>(() => NOTHING);

/** Log in by name and password; gives whether somebody is. */
export async function enter(username: string, password: string): Promise<boolean> {
  useLoggingIn.setState({ busy: true, problem: "" });
  try {
    await logIn(username, password);
    useLoggingIn.setState(NOTHING);
    return true;
  } catch (error) {
    useLoggingIn.setState({ busy: false, problem: problemOf(error) });
    return false;
  }
}

/** Log in by a badge. `named`: the password is asked for. */
export async function showBadge(badge: string): Promise<"in" | "named" | "refused"> {
  useLoggingIn.setState(({ shown }) => ({ busy: true, problem: "", shown: shown + 1 }));
  try {
    await logInByBadge(badge);
    useLoggingIn.setState(NOTHING);
    return "in";
  } catch (error) {
    const named = namedBy(error);
    useLoggingIn.setState(named === "" ? { busy: false, problem: problemOf(error) } : { busy: false, named });
    return named === "" ? "refused" : "named";
  }
}

/** Take what was scanned where only a badge is of use. */
export function takeScanned(code: string): void {
  if (isBadge(code)) void showBadge(code);
  else useLoggingIn.setState(({ shown }) => ({ problem: i18next.t("login.noBadge"), shown: shown + 1 }));
}

/** Begin anew: nobody was named, and nothing went wrong. */
export function forgetLoggingIn(): void {
  useLoggingIn.setState(NOTHING);
}

function namedBy(error: unknown): string {
  if (!(error instanceof StationError) || error.code !== "BADGE_NEEDS_PASSWORD") return "";
  const { user } = error.details;
  return typeof user === "string" ? user : "";
}

function problemOf(error: unknown): string {
  if (!(error instanceof StationError)) return String(error);
  if (error.code === "NOT_AUTHENTICATED") return i18next.t("login.failed");
  return sentenceOf(error.code, error.message, usePreferences.getState().language);
}
