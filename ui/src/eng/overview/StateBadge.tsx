// How a slot stands: word, shape and colour.
import { useTranslation } from "react-i18next";
import type { Slot } from "../../live/slot";
import { Shape } from "../../shapes/Shape";
import { standingOf } from "./standing";
import css from "./StateBadge.module.css";

export function StateBadge({ slot }: { slot: Slot }) {
  const { t } = useTranslation();
  const { look, word } = standingOf(slot);
  return (
    <span className={css["badge"]} data-look={look}>
      <Shape look={look} className={css["shape"]} />
      {t(`state.${word ?? "idle"}`)}
    </span>
  );
}
