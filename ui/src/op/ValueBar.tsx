// The value that was measured last, and where it lies in its limits.
import type { LiveValue } from "../live/protocol";
import { LimitBar } from "../shared/LimitBar";
import { limitWritten, written } from "../shared/limits";
import css from "./ValueBar.module.css";

export function ValueBar({ value }: { value: LiveValue }) {
  const bad = value.outcome === "FAILED";
  return (
    <div className={css["value"]} data-bad={bad}>
      <span className={css["name"]}>{value.name}</span>
      <span className={css["number"]}>
        {bad ? "✗ " : ""}
        {written(value.value, value.unit)}
      </span>
      <LimitBar value={value.value} limit={value.limit} bad={bad} tall />
      <span className={css["limit"]}>{limitWritten(value.limit)}</span>
    </div>
  );
}
