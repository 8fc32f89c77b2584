// What is asked of a slot with more than one press: the dialog that belongs to it.
import { Radio, Select, Stack, TextInput } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { Slot } from "../../../live/slot";
import { useCommand } from "../../parts/useCommand";
import { slotCommands, type ProcessAction } from "../commands";
import { Confirm } from "./Confirm";
import { NoticedOr } from "../../../shared/Own";
import { StartDialog } from "./StartDialog";

export type Wish =
  | { kind: "start" | "skip" | "clear"; slot: string }
  | { kind: "process"; slot: string; action: Exclude<ProcessAction, "start"> };

export interface DialogProps {
  slot: Slot;
  onClose: () => void;
  onSaid: (text: string) => void;
}

export function SlotDialog({ wish, ...props }: DialogProps & { wish: Wish }) {
  switch (wish.kind) {
    case "start":
      return <StartDialog {...props} />;
    case "skip":
      return <SkipDialog {...props} />;
    case "clear":
      return <ClearDialog {...props} />;
    case "process":
      return <ProcessDialog {...props} action={wish.action} />;
  }
}

function ProcessDialog({ slot, action, onClose, onSaid }: DialogProps & { action: "stop" | "restart" }) {
  const { t } = useTranslation("eng");
  const kind = action === "stop" ? "processStop" : "processRestart";
  const command = useCommand(
    () => slotCommands.process(slot.id, action),
    () => {
      onSaid(t(`overview.asked.${kind}`, { slot: slot.name }));
      onClose();
    },
  );
  return (
    <Confirm
      title={t(`overview.confirm.${kind}`, { slot: slot.name })}
      text={t(`overview.confirm.${kind}Text`)}
      action={t(`overview.${kind}`)}
      command={command}
      onConfirm={() => command.mutate()}
      onClose={onClose}
    />
  );
}

function SkipDialog({ slot, onClose, onSaid }: DialogProps) {
  const { t } = useTranslation("eng");
  const steps = (slot.run?.steps ?? []).filter((step) => step.outcome === null);
  const [step, setStep] = useState<string | null>(() => (steps.find((one) => !one.running) ?? steps[0])?.name ?? null);
  const [reason, setReason] = useState("");
  const command = useCommand(
    (name: string) => slotCommands.skip(slot.id, name, reason),
    (_, name) => {
      onSaid(t("overview.asked.skip", { slot: slot.name, step: name }));
      onClose();
    },
  );
  return (
    <Confirm
      title={t("overview.confirm.skip", { slot: slot.name })}
      text={t("overview.confirm.skipText")}
      action={t("overview.skip")}
      command={command}
      ready={step !== null && reason.trim() !== ""}
      onConfirm={() => {
        if (step !== null) command.mutate(step);
      }}
      onClose={onClose}
    >
      <Stack>
        <Select
          label={t("overview.confirm.skipStep")}
          data={steps.map((one) => ({ value: one.name, label: one.title || one.name }))}
          value={step}
          onChange={setStep}
          allowDeselect={false}
        />
        <ReasonInput value={reason} onChange={setReason} />
      </Stack>
    </Confirm>
  );
}

function ClearDialog({ slot, onClose, onSaid }: DialogProps) {
  const { t } = useTranslation("eng");
  const [reason, setReason] = useState("");
  const [safe, setSafe] = useState(true);
  const command = useCommand(
    () => slotCommands.clear(slot.id, reason, safe),
    () => {
      onSaid(t("overview.asked.clear", { slot: slot.name }));
      onClose();
    },
  );
  return (
    <Confirm
      title={t("overview.confirm.clear", { slot: slot.name })}
      text={
        <>
          {t("overview.confirm.clearText")} <NoticedOr notice={slot.quarantined} text={slot.quarantine} />
        </>
      }
      action={t("overview.clear")}
      command={command}
      ready={reason.trim() !== ""}
      onConfirm={() => command.mutate()}
      onClose={onClose}
    >
      <Stack>
        <Radio.Group value={safe ? "safe" : "as-it-is"} onChange={(chosen) => setSafe(chosen === "safe")} aria-label={t("overview.clear")}>
          <Stack gap="xs">
            <Radio size="md" value="safe" label={t("overview.confirm.clearSafe")} />
            <Radio size="md" value="as-it-is" label={t("overview.confirm.clearUnsafe")} />
          </Stack>
        </Radio.Group>
        <ReasonInput value={reason} onChange={setReason} />
      </Stack>
    </Confirm>
  );
}

function ReasonInput({ value, onChange }: { value: string; onChange: (text: string) => void }) {
  const { t } = useTranslation("eng");
  return (
    <TextInput
      label={t("overview.reason")}
      description={t("overview.reasonNeeded")}
      required
      maxLength={1000}
      value={value}
      onChange={(event) => onChange(event.currentTarget.value)}
    />
  );
}
