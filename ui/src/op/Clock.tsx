// The time, which everybody on a line looks for.
import { useEffect, useState } from "react";

export function Clock() {
  const [now, setNow] = useState(() => new Date());

  useEffect(() => {
    const timer = setInterval(() => setNow(new Date()), 1000);
    return () => clearInterval(timer);
  }, []);

  // Swedish writes times as ISO does.
  return <time>{now.toLocaleTimeString("sv-SE")}</time>;
}
