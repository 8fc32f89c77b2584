// The value that was measured last, and where it lies in its limits.
import type { LiveValue } from "../live/protocol";
import { HIGH_AT, LOW_AT, endsOf, limitWritten, placeOf, written } from "../shared/limits";
import css from "./ValueBar.module.css";

export function ValueBar({ value }: { value: LiveValue }) {
  const ends = endsOf(value.limit);
  const bad = value.outcome === "FAILED";
  return (
    <div className={css["value"]} data-bad={bad}>
      <span className={css["name"]}>{value.name}</span>
      <span className={css["number"]}>
        {bad ? "✗ " : ""}
        {written(value.value, value.unit)}
      </span>
      {ends !== null && typeof value.value === "number" ? (
        <svg className={css["bar"]} viewBox="0 0 100 12" preserveAspectRatio="none" aria-hidden="true">
          <rect x="0" y="4" width="100" height="4" className={css["outside"]} />
          <rect
            x={ends.low === null ? 0 : LOW_AT}
            y="2"
            width={(ends.high === null ? 100 : HIGH_AT) - (ends.low === null ? 0 : LOW_AT)}
            height="8"
            className={css["inside"]}
          />
          <rect x={placeOf(value.value, ends) - 1} y="0" width="2" height="12" className={css["mark"]} />
        </svg>
      ) : null}
      <span className={css["limit"]}>{limitWritten(value.limit)}</span>
    </div>
  );
}
