// A run was cut off and asks what to do. What it offers is chosen; it is never chosen for anybody.
import { useTranslation } from "react-i18next";
import { station } from "../../client/station";
import { useLive } from "../../live/store";
import { Button } from "../../shared/Button";
import { Dialog } from "../../shared/Dialog";
import { cutOffStep } from "../look";
import { attempt, sound } from "../actions";
import { closeDialog } from "../flow";
import { DialogStop } from "./DialogStop";
import { NoticedOr } from "../../shared/Own";
import css from "./dialogs.module.css";

const KNOWN = ["resume", "full_restart", "skip_failed", "abort"] as const;
type Known = (typeof KNOWN)[number];

export function Recovery({ slot: id }: { slot: string }) {
  const { t } = useTranslation();
  const slot = useLive((state) => state.slots[id]);
  const fresh = useLive((state) => state.fresh);
  const run = slot?.run;
  const cutOff = run == null ? undefined : cutOffStep(run);
  if (slot === undefined || !run || run.choices.length === 0) return null;

  async function choose(choice: string): Promise<void> {
    if (!(await attempt(() => station.recover(id, choice)))) return;
    sound("accepted");
    closeDialog();
  }

  return (
    <Dialog title={t("recovery.title", { slot: slot.name })} onClose={closeDialog} aside={<DialogStop slot={id} />}>
      {cutOff !== undefined ? <p>{t("recovery.where", { step: cutOff.title || cutOff.name })}</p> : null}
      <div className={css["wide"]}>
        {run.choices.map((choice) => (
          <Button key={choice} big disabled={!fresh} onClick={() => void choose(choice)}>
            {isKnown(choice) ? t(`recovery.${choice}`) : choice}
            {isKnown(choice) ? <small className={css["small"]}>{t(`recovery.${choice}Text`)}</small> : null}
          </Button>
        ))}
      </div>
      <p className={css["server"]}>
        <NoticedOr notice={run.waiting} text={run.waitingFor} />
      </p>
    </Dialog>
  );
}

function isKnown(choice: string): choice is Known {
  return (KNOWN as readonly string[]).includes(choice);
}
