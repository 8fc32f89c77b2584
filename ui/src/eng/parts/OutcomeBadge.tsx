// An outcome or a state: word, shape and colour, so that nobody needs the colour.
import { useTranslation } from "react-i18next";
import type { Outcome } from "../../client/station";
import { Shape } from "../../shapes/Shape";
import css from "./OutcomeBadge.module.css";

export function OutcomeBadge({ outcome }: { outcome: Outcome }) {
  const { t } = useTranslation();
  return (
    <span className={css["badge"]} data-outcome={outcome}>
      <Shape look={outcome === "SKIPPED" ? "idle" : outcome} className={css["shape"]} />
      {t(`outcome.${outcome}`)}
    </span>
  );
}
