// What somebody types into a form before it is asked for.
import { useState, type Dispatch, type SetStateAction } from "react";

/** Begins as what the address has, also when that changes; the fields stay, and the focus with them. */
export function useTyped<Asked extends object>(asked: Asked): [Asked, Dispatch<SetStateAction<Asked>>] {
  const now = JSON.stringify(asked);
  const [seen, setSeen] = useState(now);
  const [typed, setTyped] = useState(asked);
  if (seen !== now) {
    setSeen(now);
    setTyped(asked);
  }
  return [typed, setTyped];
}
