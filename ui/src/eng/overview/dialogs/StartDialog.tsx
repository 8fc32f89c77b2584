// Starts a run on a slot: the unit, what the MES must know, and parameters that differ from the slot's own.
import { Button, Checkbox, Group, Stack, Text, TextInput, Textarea } from "@mantine/core";
import { useState, type SyntheticEvent } from "react";
import { useTranslation } from "react-i18next";
import { station } from "../../../client/station";
import type { components } from "../../../client/schema";
import { useLive } from "../../../live/store";
import { wipPatternOf } from "../../../scanner/codes";
import { codeTyped } from "../../../scanner/jamo";
import { usePreferences } from "../../../shared/preferences";
import { Failure } from "../../parts/Asked";
import { pathOf, useAnswer } from "../../parts/queries";
import { useCommand } from "../../parts/useCommand";
import { Window } from "../../parts/Window";
import { read, type Specs } from "../parameters";
import { usedBy } from "../standing";
import { ParameterFields } from "./ParameterFields";
import type { DialogProps } from "./SlotDialog";

type Sequence = components["schemas"]["SequenceEntry"];

export function StartDialog({ slot, onClose, onSaid }: DialogProps) {
  const { t } = useTranslation("eng");
  const info = useLive((state) => state.info);
  const fresh = useLive((state) => state.fresh);
  const known = usePreferences((state) => state.operator);
  const [wip, setWip] = useState("");
  const [process, setProcess] = useState("");
  const [operator, setOperator] = useState(known === null ? "" : String(known));
  const [notes, setNotes] = useState("");
  const [without, setWithout] = useState(false);
  const [entered, setEntered] = useState<Record<string, string>>({});
  const [looked, setLooked] = useState(false);

  const mes = info?.mes === true && !without;
  const own = info?.slots.find((one) => one.batch_id === slot.id)?.process_id ?? null;
  const sequence = usedBy(slot.id, useAnswer<Sequence[]>("/api/sequences").data ?? []);
  const specs = useAnswer<Specs>(
    sequence === null ? null : pathOf(`/api/sequences/${encodeURIComponent(sequence.name)}/parameters`, { version: sequence.hash }),
  );
  const { values, problems } = read(specs.data ?? {}, entered);
  const wrong = {
    wip: wip === "" ? mes && t("overview.startDialog.wipNeeded") : mes && !fits(wip, info.wip_pattern) && t("overview.startDialog.wipInvalid"),
    process: mes && own === null && !isNumber(process) && t("overview.startDialog.processNeeded"),
    operator: mes && !isNumber(operator) && t("overview.startDialog.operatorNeeded"),
  };
  const command = useCommand(
    () =>
      station.start(slot.id, {
        wip_id: wip === "" ? null : wip,
        process_id: process === "" ? null : Number(process),
        operator_id: operator === "" ? null : operator,
        notes,
        parameters: values,
        without_mes: without || (info?.mes === true && wip === ""),
      }),
    () => {
      onSaid(t("overview.asked.start", { slot: slot.name }));
      onClose();
    },
  );

  function submit(event: SyntheticEvent<HTMLFormElement>): void {
    event.preventDefault();
    setLooked(true);
    const form = event.currentTarget;
    if (Object.values(wrong).some(Boolean) || Object.keys(problems).length > 0) {
      // What is wrong may be out of sight; it is marked with the next drawing.
      requestAnimationFrame(() => form.querySelector<HTMLElement>("[aria-invalid=true]")?.focus());
      return;
    }
    command.mutate();
  }

  return (
    <Window title={t("overview.startDialog.title", { slot: slot.name })} size="xl" onClose={onClose}>
      <form onSubmit={submit} noValidate>
        <Stack>
          <TextInput
            data-autofocus
            lang="en"
            autoComplete="off"
            spellCheck={false}
            label={t("overview.startDialog.wip")}
            placeholder={t("overview.startDialog.wipHint")}
            value={wip}
            onChange={(event) => setWip(codeTyped(event.currentTarget.value))}
            error={looked && wrong.wip}
          />
          {info?.mes === true ? (
            <Checkbox label={t("overview.startDialog.withoutMes")} checked={without} onChange={(event) => setWithout(event.currentTarget.checked)} />
          ) : null}
          <Group grow align="flex-start">
            <TextInput
              inputMode="numeric"
              label={t("overview.startDialog.process")}
              description={own === null ? "" : t("overview.startDialog.processOwn", { number: own })}
              value={process}
              onChange={(event) => setProcess(event.currentTarget.value)}
              error={looked && wrong.process}
            />
            <TextInput
              inputMode="numeric"
              label={t("overview.startDialog.operator")}
              value={operator}
              onChange={(event) => setOperator(event.currentTarget.value)}
              error={looked && wrong.operator}
            />
          </Group>
          <Textarea label={t("overview.startDialog.notes")} autosize maxLength={4000} value={notes} onChange={(event) => setNotes(event.currentTarget.value)} />
          <fieldset>
            <legend>{t("overview.startDialog.parameters")}</legend>
            {sequence === null ? null : <Text c="dimmed">{t("overview.startDialog.sequence", { name: sequence.name, version: sequence.version })}</Text>}
            {specs.error === null ? null : <Failure error={specs.error} />}
            <ParameterFields specs={specs.data ?? {}} entered={entered} problems={looked ? problems : {}} onChange={setEntered} />
          </fieldset>
          {command.error === null ? null : <Failure error={command.error} />}
          <Group justify="flex-end">
            <Button onClick={onClose}>{t("overview.cancel")}</Button>
            <Button type="submit" variant="filled" disabled={!fresh || command.isPending}>
              {t("overview.start")}
            </Button>
          </Group>
        </Stack>
      </form>
    </Window>
  );
}

function fits(wip: string, pattern: string | null): boolean {
  return wipPatternOf(pattern)?.test(wip) ?? true;
}

function isNumber(text: string): boolean {
  return /^[1-9]\d{0,9}$/.test(text.trim());
}
