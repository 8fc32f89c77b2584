// The time, which everybody on a line looks for.
import { useNow } from "../shared/useNow";

export function Clock() {
  // Swedish writes times as ISO does.
  return <time>{new Date(useNow()).toLocaleTimeString("sv-SE")}</time>;
}
