// One step of the sequence, done by hand: it moves what it moves in a run, so it is held to run.
import { NativeSelect, Stack } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Part } from "../parts/Screen";
import { HoldButton } from "./HoldButton";
import css from "./Manual.module.css";
import { ValueField } from "./ValueField";
import { anyWrong, valuesOf, type Entered, type ValueSpec } from "../parts/values";

interface Props {
  steps: readonly string[];
  parameters: Readonly<Record<string, unknown>>;
  busy: boolean;
  onStep: (step: string, params: Record<string, unknown>) => void;
}

export function StepCard({ steps, parameters, busy, onStep }: Props) {
  const { t } = useTranslation("eng");
  const [step, setStep] = useState(steps[0] ?? "");
  const [entered, setEntered] = useState<Entered>({});
  // What is empty is the slot's own value, so nothing of it is needed here.
  const specs = Object.fromEntries(
    Object.entries(parameters as Record<string, ValueSpec>).map(([name, spec]) => [name, { ...spec, required: false }]),
  );
  return (
    <Part title={t("manual.singleSteps")}>
      <Stack>
        <NativeSelect
          label={t("manual.step")}
          size="md"
          maw={480}
          data={[...steps]}
          value={step}
          onChange={(event) => setStep(event.currentTarget.value)}
        />
        {Object.keys(specs).length === 0 ? null : (
          <fieldset>
            <legend>{t("manual.parameters")}</legend>
            <div className={css["cards"]}>
              {Object.entries(specs).map(([name, spec]) => (
                <ValueField
                  key={name}
                  name={name}
                  spec={spec}
                  typed={entered[name] ?? ""}
                  onTyped={(typed) => setEntered((before) => ({ ...before, [name]: typed }))}
                />
              ))}
            </div>
          </fieldset>
        )}
        <HoldButton
          about={`${t("manual.runStep")} ${step}`}
          disabled={step === "" || anyWrong(specs, entered)}
          busy={busy}
          onHeld={() => onStep(step, valuesOf(specs, entered))}
        />
      </Stack>
    </Part>
  );
}
