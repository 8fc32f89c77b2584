// What the MES has not been told yet, where there is an MES: nothing is shown while nothing waits.
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { station, type Queue } from "../client/station";
import { onEvent, useLive } from "../live/store";
import css from "./Header.module.css";

/** What is delivered within so many milliseconds is nothing to speak of. */
const SOON = 1500;
/** Milliseconds after which it is looked at again while something waits. */
const AGAIN = 2000;

export function Owed() {
  const { t } = useTranslation();
  const fresh = useLive((state) => state.fresh);
  const [queue, setQueue] = useState<Queue | null>(null);

  useEffect(() => {
    if (!fresh) return;
    let timer: ReturnType<typeof setTimeout> | undefined;
    let over = false;

    async function look(): Promise<void> {
      timer = undefined;
      const told = await station.queue().catch(() => null);
      if (over) return;
      if (told !== null) setQueue(told);
      // The next event brings it where nothing waits.
      if (told === null || told.pending > 0) soon(AGAIN);
    }

    function soon(after: number): void {
      timer ??= setTimeout(() => void look(), after);
    }

    const deaf = onEvent((event) => {
      if (event.type === "delivery") soon(SOON);
    });
    soon(0);
    return () => {
      over = true;
      clearTimeout(timer);
      deaf();
    };
  }, [fresh]);

  if (queue === null || queue.pending + queue.parked === 0) return null;
  return (
    <span className={css["owed"]} role="status" data-owed={queue.pending + queue.parked}>
      {queue.pending > 0 ? t("owed.pending", { number: queue.pending }) : null}
      {queue.pending > 0 && queue.parked > 0 ? " · " : null}
      {queue.parked > 0 ? t("owed.parked", { number: queue.parked }) : null}
    </span>
  );
}
