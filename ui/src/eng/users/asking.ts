// What is asked about users and keys.
import { askAgain } from "../parts/queries";
import type { User } from "./UserList";

/** Wait for what was asked, and have the lists asked for again. */
export async function done<Answer>(asked: Promise<Answer>): Promise<Answer> {
  const answer = await asked;
  await askAgain("/api/users", "/api/keys", "/api/audit");
  return answer;
}

export function pathOfUser(user: User): string {
  return `/api/users/${encodeURIComponent(user.name)}`;
}
