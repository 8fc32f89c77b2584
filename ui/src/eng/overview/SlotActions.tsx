// What may be asked of a slot, by who looks; the usual at once, the rest behind "more".
import { Button, Menu } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { Link } from "wouter";
import { useAccount } from "../../client/account";
import { station } from "../../client/station";
import type { Slot } from "../../live/slot";
import { useLive } from "../../live/store";
import { canStop, isFree } from "../../op/look";
import { Failure } from "../parts/Asked";
import { pathOf } from "../parts/queries";
import { useCommand } from "../parts/useCommand";
import { slotCommands } from "./commands";
import type { Wish } from "./dialogs/SlotDialog";
import css from "./SlotCard.module.css";

interface Props {
  slot: Slot;
  onWish: (wish: Wish) => void;
  onSaid: (text: string) => void;
}

export function SlotActions({ slot, onWish, onSaid }: Props) {
  const { t } = useTranslation("eng");
  const fresh = useLive((state) => state.fresh);
  const permissions = useAccount((state) => state.account?.permissions ?? []);
  const [operate, manage] = [permissions.includes("operate"), permissions.includes("manage")];
  const { id, name, run } = slot;

  const stop = useCommand(
    () => station.stop(id),
    () => onSaid(t("overview.asked.stop", { slot: name })),
  );
  const hold = useCommand(
    (what: "pause" | "resume") => slotCommands[what](id),
    (_, what) => onSaid(t(`overview.asked.${what}`, { slot: name })),
  );
  const start = useCommand(
    () => slotCommands.process(id, "start"),
    () => onSaid(t("overview.asked.processStart", { slot: name })),
  );
  const error = stop.error ?? hold.error ?? start.error;
  const busy = hold.isPending || start.isPending;
  const asks = run !== null && run.prompts.length > 0;
  const chooses = run?.state === "interrupted" && run.choices.length > 0;
  const off = run === null && (slot.processState === "stopped" || slot.processState === "error");
  const prompts = pathOf("/prompts", { batch: id });

  return (
    <>
      {error === null ? null : <Failure error={error} />}
      <div className={css["actions"]}>
        {operate && (asks || chooses) ? (
          <Button component={Link} href={prompts} className={css["calls"] ?? ""}>
            {asks ? t("overview.answer") : t("overview.choose")}
          </Button>
        ) : null}
        {operate && run?.state === "paused" ? (
          <Button disabled={!fresh || busy} onClick={() => hold.mutate("resume")}>
            {t("overview.resume")}
          </Button>
        ) : null}
        {operate && isFree(slot) ? (
          <Button disabled={!fresh} onClick={() => onWish({ kind: "start", slot: id })} aria-label={`${t("overview.start")}: ${name}`}>
            {t("overview.start")}
          </Button>
        ) : null}
        {operate && (canStop(slot) || !fresh) ? (
          <Button className={css["stop"] ?? ""} disabled={stop.isPending} onClick={() => stop.mutate()} aria-label={`${t("overview.stop")}: ${name}`}>
            {t("overview.stop")}
          </Button>
        ) : null}
        {manage && slot.quarantine !== "" ? (
          <Button disabled={!fresh} onClick={() => onWish({ kind: "clear", slot: id })}>
            {t("overview.clear")}
          </Button>
        ) : null}
        {manage && off ? (
          <Button disabled={!fresh || busy} onClick={() => start.mutate()}>
            {t("overview.processStart")}
          </Button>
        ) : null}
        <Menu position="bottom-end" withinPortal={false} withInitialFocusPlaceholder={false}>
          <Menu.Target>
            <Button aria-label={t("overview.more", { slot: name })}>{t("overview.moreShort")} ▾</Button>
          </Menu.Target>
          <Menu.Dropdown>
            <Menu.Item mih={44} component={Link} href={pathOf("/results", { batch_id: id })}>
              {t("overview.results")}
            </Menu.Item>
            {manage ? (
              <Menu.Item mih={44} component={Link} href={`/manual/${encodeURIComponent(id)}`}>
                {t("overview.manual")}
              </Menu.Item>
            ) : null}
            {operate && run !== null && (run.state === "running" || run.state === "prompting") ? (
              <Menu.Item mih={44} disabled={!fresh || busy} onClick={() => hold.mutate("pause")}>
                {t("overview.pause")}
              </Menu.Item>
            ) : null}
            {manage && run !== null ? (
              <Menu.Item mih={44} disabled={!fresh} onClick={() => onWish({ kind: "skip", slot: id })}>
                {t("overview.skip")}
              </Menu.Item>
            ) : null}
            {manage && !off ? (
              <>
                <Menu.Item mih={44} disabled={!fresh} onClick={() => onWish({ kind: "process", slot: id, action: "restart" })}>
                  {t("overview.processRestart")}
                </Menu.Item>
                <Menu.Item mih={44} disabled={!fresh} onClick={() => onWish({ kind: "process", slot: id, action: "stop" })}>
                  {t("overview.processStop")}
                </Menu.Item>
              </>
            ) : null}
          </Menu.Dropdown>
        </Menu>
      </div>
    </>
  );
}
