// A free slot is taken in hand.
import { Button, Checkbox, Stack, TextInput } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Part } from "../parts/Screen";

export function TakeInHand({ opening, onTake }: { opening: boolean; onTake: (reason: string, steps: boolean) => void }) {
  const { t } = useTranslation("eng");
  const [reason, setReason] = useState("");
  const [steps, setSteps] = useState(false);
  return (
    <Part title={t("manual.take")}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          onTake(reason.trim(), steps);
        }}
      >
        <Stack maw={640}>
          <p>{t("manual.takeText")}</p>
          <TextInput
            label={t("manual.reason")}
            maxLength={1000}
            value={reason}
            onChange={(event) => setReason(event.currentTarget.value)}
          />
          <Checkbox label={t("manual.steps")} checked={steps} onChange={(event) => setSteps(event.currentTarget.checked)} />
          <Button type="submit" variant="filled" size="lg" loading={opening}>
            {t("manual.take")}
          </Button>
          <p role="status">{opening ? `${t("manual.opening")}…` : null}</p>
        </Stack>
      </form>
    </Part>
  );
}
