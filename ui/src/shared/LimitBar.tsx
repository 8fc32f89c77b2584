// Where a value lies in its limits. What it shows stands beside it in words, so it is a picture only.
import { HIGH_AT, LOW_AT, endsOf, placeOf } from "./limits";
import css from "./LimitBar.module.css";

interface Props {
  value: unknown;
  limit: string | Record<string, unknown> | null;
  bad: boolean;
  /** As tall as a tile allows, over its whole width, and without the marks of its ends, which nobody sees from afar. */
  tall?: boolean;
}

export function LimitBar({ value, limit, bad, tall = false }: Props) {
  const ends = endsOf(limit);
  if (ends === null || typeof value !== "number") return null;
  const [low, high] = [ends.low === null ? 0 : LOW_AT, ends.high === null ? 100 : HIGH_AT];
  return (
    <svg className={css["bar"]} viewBox="0 0 100 12" preserveAspectRatio="none" aria-hidden="true" data-bad={bad} data-tall={tall}>
      <rect x="0" y="5" width="100" height="2" className={css["outside"]} />
      <rect x={low} y="2" width={high - low} height="8" className={css["inside"]} />
      {tall || ends.low === null ? null : <rect x={low - 0.4} y="0" width="0.8" height="12" className={css["end"]} />}
      {tall || ends.high === null ? null : <rect x={high - 0.4} y="0" width="0.8" height="12" className={css["end"]} />}
      <rect x={placeOf(value, ends) - 1} y="0" width="2" height="12" className={css["mark"]} />
    </svg>
  );
}
