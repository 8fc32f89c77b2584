// What is chosen on a list, kept in the address: a link shows the same.
import { useSearchParams } from "wouter";

export type Chosen<Name extends string> = Readonly<Record<Name, string>>;

/** What is chosen, and how to choose something else; what is empty is not in the address. */
export function useChosen<Name extends string>(
  names: readonly Name[],
): [Chosen<Name>, (changed: Partial<Record<Name, string>>, replace?: boolean) => void] {
  const [address, setAddress] = useSearchParams();
  const chosen = Object.fromEntries(names.map((name) => [name, address.get(name) ?? ""])) as Record<Name, string>;
  const choose = (changed: Partial<Record<Name, string>>, replace = false) =>
    setAddress((before) => withChanged(before, changed), { replace });
  return [chosen, choose];
}

/** An address with some of what is chosen changed. */
export function withChanged(before: URLSearchParams, changed: Readonly<Record<string, string | undefined>>): URLSearchParams {
  const after = new URLSearchParams(before);
  for (const [name, value] of Object.entries(changed)) {
    if (value === undefined || value === "") after.delete(name);
    else after.set(name, value);
  }
  return after;
}

/** What a field for a date and a time shows of a moment; both as the browser's clock has it. */
export function localOf(moment = ""): string {
  const time = new Date(moment);
  if (moment === "" || Number.isNaN(time.getTime())) return "";
  return new Date(time.getTime() - time.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

/** The moment that was entered into such a field; empty where it is none. */
export function momentOf(local: string): string {
  const time = new Date(local);
  return local === "" || Number.isNaN(time.getTime()) ? "" : time.toISOString();
}
