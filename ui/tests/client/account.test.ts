// @vitest-environment happy-dom
// A screen that is locked stays locked, whatever the station hears of it and when.
import { beforeEach, describe, expect, it, vi } from "vitest";
import { askWhoIAm, isLocked, lockScreen, logIn, logInByBadge, mayBeLocked, useAccount, type Account } from "../../src/client/account";
import { usePreferences } from "../../src/shared/preferences";

const OLEG: Account = {
  name: "oleg",
  role: "operator",
  how: "session",
  permissions: ["public", "watch", "operate"],
  login_needed: false,
  login_possible: true,
  without_login: null,
  locked: false,
};

type Told = Account | { status: number; error: string } | null;
let asked: string[] = [];

/** A station that says these things, one after the other; null: it does not answer. */
function station(...told: Told[]): void {
  asked = [];
  const fetched = vi.fn((path: string) => {
    asked.push(path);
    const said = told.shift() ?? null;
    if (said === null) return Promise.reject(new TypeError("no network"));
    if (!("error" in said)) return Promise.resolve(Response.json(said));
    return Promise.resolve(Response.json({ error: said.error, message: "" }, { status: said.status }));
  });
  vi.stubGlobal("fetch", fetched);
}

beforeEach(() => {
  useAccount.setState({ account: OLEG, lockOwed: false });
  usePreferences.getState().set({ operator: 42 });
});

describe("a lock", () => {
  it("is there at once, and is told to the station until that has heard it", async () => {
    station(null, null, { ...OLEG, locked: true }, { ...OLEG, locked: true });
    await lockScreen();
    expect(isLocked(useAccount.getState())).toBe(true);
    await askWhoIAm();
    await askWhoIAm();
    expect(useAccount.getState()).toEqual({ account: { ...OLEG, locked: true }, lockOwed: false });
    await askWhoIAm();
    expect(asked).toEqual(["/api/auth/lock", "/api/auth/lock", "/api/auth/lock", "/api/auth/me"]);
  });

  it("is owed no more where the session is over", async () => {
    const nobody = { ...OLEG, role: null, name: "", how: "address" };
    station({ status: 401, error: "NOT_AUTHENTICATED" }, nobody);
    await lockScreen();
    expect(useAccount.getState()).toEqual({ account: nobody, lockOwed: false });
  });

  it("is ended by a login, of whomever, and by nothing else", async () => {
    station(null, { status: 401, error: "NOT_AUTHENTICATED" }, { ...OLEG, name: "mina" });
    await lockScreen();
    await expect(logIn("oleg", "wrong")).rejects.toThrow();
    expect(isLocked(useAccount.getState())).toBe(true);
    await logIn("mina", "right");
    expect(useAccount.getState()).toEqual({ account: { ...OLEG, name: "mina" }, lockOwed: false });
  });

  it("is for those who logged in here and may do more than look", () => {
    expect(mayBeLocked({ account: OLEG })).toBe(true);
    expect(mayBeLocked({ account: { ...OLEG, locked: true } })).toBe(false);
    expect(mayBeLocked({ account: { ...OLEG, how: "address" } })).toBe(false);
    expect(mayBeLocked({ account: { ...OLEG, permissions: ["public", "watch"] } })).toBe(false);
    expect(mayBeLocked({ account: null })).toBe(false);
  });
});

describe("the number the MES knows an operator by", () => {
  it("is asked for again when somebody else comes", async () => {
    station({ ...OLEG, name: "kim" });
    await logInByBadge("BADGE-7QK2M4XW9ZTR");
    expect(usePreferences.getState().operator).toBeNull();
  });

  it("stays while it is the same person", async () => {
    station(OLEG);
    await logInByBadge("BADGE-7QK2M4XW9ZTR");
    expect(usePreferences.getState().operator).toBe(42);
  });
});
