// Which runs are looked at: sequence, slot, period, and by what they are grouped.
import { NativeSelect, TextInput } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { components } from "../../client/schema";
import { useLive } from "../../live/store";
import { useAnswer } from "../parts/queries";
import { GROUPS, PERIODS } from "./filters";
import css from "./Statistics.module.css";
import type { Filtering } from "./useFilters";

type SequenceEntry = components["schemas"]["SequenceEntry"];

export function FilterBar({ filters, change }: Filtering) {
  const { t } = useTranslation("eng");
  const slots = useLive((state) => state.info?.slots ?? NO_SLOTS);
  const sequences = useAnswer<SequenceEntry[]>("/api/sequences").data ?? [];
  const names = withChosen(sequences.map((one) => one.name), filters.sequence);
  const batches = withChosen(slots.map((one) => one.batch_id), filters.batch);
  const all = { value: "", label: t("statistics.all") };
  return (
    <search className={css["filters"]} aria-label={t("statistics.filters")}>
      <NativeSelect
        label={t("statistics.sequence")}
        value={filters.sequence}
        data={[all, ...names]}
        onChange={(event) => change({ sequence: event.currentTarget.value, step: "", measurement: "" })}
      />
      <NativeSelect
        label={t("statistics.batch")}
        value={filters.batch}
        data={[all, ...batches]}
        onChange={(event) => change({ batch: event.currentTarget.value })}
      />
      <NativeSelect
        label={t("statistics.period")}
        value={filters.period}
        data={PERIODS.map((period) => ({ value: period, label: t(`statistics.periods.${period}`) }))}
        onChange={(event) => change({ period: PERIODS.find((one) => one === event.currentTarget.value) ?? "30" })}
      />
      {filters.period === "own" ? (
        <>
          <TextInput
            type="date"
            label={t("statistics.from")}
            value={filters.from}
            max={filters.to}
            onChange={(event) => change({ from: event.currentTarget.value })}
          />
          <TextInput
            type="date"
            label={t("statistics.to")}
            value={filters.to}
            min={filters.from}
            onChange={(event) => change({ to: event.currentTarget.value })}
          />
        </>
      ) : null}
      {filters.tab === "yield" || filters.tab === "steps" ? (
        <NativeSelect
          label={t("statistics.groupBy")}
          value={filters.group}
          data={GROUPS.map((group) => ({ value: group, label: t(`statistics.groups.${group}`) }))}
          onChange={(event) => change({ group: GROUPS.find((one) => one === event.currentTarget.value) ?? "day" })}
        />
      ) : null}
    </search>
  );
}

const NO_SLOTS: { batch_id: string }[] = [];

/** What an address asks for stands in the list even where the station does not know it any more. */
function withChosen(known: string[], chosen: string): string[] {
  return chosen === "" || known.includes(chosen) ? known : [...known, chosen];
}
