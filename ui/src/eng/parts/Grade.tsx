// How something stands: word, shape and colour, so that nobody needs the colour.
import { Shape } from "../../shapes/Shape";
import type { Look } from "../../op/look";
import css from "./Grade.module.css";

export type GradeName = "good" | "warning" | "bad" | "off";

const LOOKS: Record<GradeName, Look> = { good: "PASSED", warning: "ERROR", bad: "FAILED", off: "idle" };

export function Grade({ grade, children }: { grade: GradeName; children: string }) {
  return (
    <span className={css["grade"]} data-grade={grade}>
      <Shape look={LOOKS[grade]} className={css["shape"]} />
      {children}
    </span>
  );
}
