// What waits for a person: the prompts of all slots, and runs that were cut off and ask what to do.
import { Select } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useSearchParams } from "wouter";
import { useAccount } from "../../client/account";
import type { components } from "../../client/schema";
import { useLive } from "../../live/store";
import { Asked } from "../parts/Asked";
import { useAnswer } from "../parts/queries";
import { Part, Screen } from "../parts/Screen";
import { PromptCard } from "./PromptCard";
import css from "./Prompts.module.css";
import { RecoveryCard } from "./RecoveryCard";

export default function PromptsScreen() {
  const { t } = useTranslation("eng");
  const [search, setSearch] = useSearchParams();
  const only = search.get("batch");
  const order = useLive((state) => state.order);
  const slots = useLive((state) => state.slots);
  const operate = useAccount((state) => state.account?.permissions.includes("operate") ?? false);
  const answer = useAnswer<components["schemas"]["PromptDetail"][]>("/api/prompts");
  const [said, setSaid] = useState("");
  const name = (id: string): string => slots[id]?.name ?? id;
  const cutOff = order.flatMap((id) => {
    const run = slots[id]?.run;
    return run?.state === "interrupted" && run.choices.length > 0 && (only === null || only === id) ? [{ id, run }] : [];
  });

  return (
    <Screen
      title={t("prompts.title")}
      actions={
        <Select
          aria-label={t("prompts.slot")}
          data={[{ value: "", label: t("prompts.all") }, ...order.map((id) => ({ value: id, label: name(id) }))]}
          value={only ?? ""}
          allowDeselect={false}
          onChange={(chosen) => setSearch(chosen ? { batch: chosen } : {})}
        />
      }
    >
      <p role="status" className={css["said"]}>
        {said}
      </p>
      {operate ? null : <p>{t("prompts.noRight")}</p>}
      {cutOff.length === 0 ? null : (
        <Part title={t("prompts.recovery")}>
          <ul className={css["cards"]}>
            {cutOff.map(({ id, run }) => (
              <li key={run.id}>
                <RecoveryCard slot={id} name={name(id)} run={run} may={operate} onSaid={setSaid} />
              </li>
            ))}
          </ul>
        </Part>
      )}
      <Part title={t("prompts.open")}>
        <Asked answer={answer}>
          {(all) => {
            const shown = all.filter((one) => only === null || one.batch_id === only);
            if (shown.length === 0) return <p>{t("prompts.none")}</p>;
            return (
              <ul className={css["cards"]}>
                {shown.map((one) => (
                  <li key={one.prompt_id}>
                    <PromptCard asked={one} name={name(one.batch_id)} may={operate} onSaid={setSaid} />
                  </li>
                ))}
              </ul>
            );
          }}
        </Asked>
      </Part>
    </Screen>
  );
}
