// One slot: its state over the whole tile, what it does, and the two things that can be pressed.
import { memo } from "react";
import { useTranslation } from "react-i18next";
import { useLive } from "../live/store";
import { Shape } from "../shapes/Shape";
import { useFlow } from "./flow";
import { appearanceOf } from "./look";
import { TileActions } from "./TileActions";
import { TileText } from "./TileText";
import { TimeLeft } from "./TimeLeft";
import css from "./Tile.module.css";

export const Tile = memo(function Tile({ id }: { id: string }) {
  const { t } = useTranslation();
  const slot = useLive((state) => state.slots[id]);
  const fresh = useLive((state) => state.fresh);
  const chosen = useFlow((state) => state.chosen === id);
  const stopping = useFlow((state) => state.stopping.includes(id));
  if (slot === undefined) return null;

  const { look, word } = appearanceOf(slot, chosen);
  const verdict = word === null ? slot.verdict : null;
  const wip = slot.run !== null ? slot.run.wip : (slot.verdict?.wip ?? null);
  const done = slot.run?.steps.filter((step) => step.outcome !== null).length ?? 0;
  const count = Math.max(slot.run?.count ?? 0, slot.run?.steps.length ?? 0);
  const title = verdict ? t(`outcome.${verdict.outcome}`) : t(`state.${stopping && slot.run ? "stopping" : (word ?? "idle")}`);

  return (
    <article
      className={css["tile"]}
      data-look={look}
      data-stale={!fresh}
      data-slot={id}
      aria-label={slot.name}
      style={look === "attention" ? { order: -1 } : undefined}
    >
      <header className={css["head"]}>
        <h2 className={css["name"]}>{slot.name}</h2>
        <span className={css["wip"]}>{wip ?? ""}</span>
        {slot.run !== null && count > 0 ? (
          <span className={css["count"]}>
            <TimeLeft run={slot.run} />
            <span data-steps>{t("tile.step", { done: Math.min(done, count), count })}</span>
          </span>
        ) : null}
      </header>
      <div className={css["state"]} role="status" aria-live={verdict ? "assertive" : "polite"}>
        <Shape look={look} className={css["shape"]} />
        <span className={css["words"]}>
          <span className={css["word"]}>{title}</span>
          {verdict ? <span className={css["other"]}>{t(`other.${verdict.outcome}`)}</span> : null}
        </span>
      </div>
      <TileText slot={slot} look={look} />
      <TileActions slot={slot} look={look} fresh={fresh} />
      {slot.run !== null && count > 0 ? (
        <progress className={css["progress"]} value={done} max={count} aria-label={t("tile.step", { done, count })} />
      ) : null}
    </article>
  );
});
