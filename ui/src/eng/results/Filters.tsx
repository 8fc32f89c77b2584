// The form that narrows the list. What is chosen goes into the address at once, what is typed with Enter.
import { Button, Checkbox, Collapse, Group, Select, SimpleGrid, TextInput } from "@mantine/core";
import { useState, type SyntheticEvent } from "react";
import { useTranslation } from "react-i18next";
import type { components } from "../../client/schema";
import { useLive } from "../../live/store";
import { useAnswer } from "../parts/queries";
import { Part } from "../parts/Screen";
import { localOf, momentOf } from "../parts/chosen";
import { useTyped } from "../parts/typed";
import type { Filter, FilterName } from "./filter";

const OUTCOMES = ["PASSED", "FAILED", "ERROR", "ABORTED"] as const;
const STATUSES = ["running", "completed", "failed", "stopped"] as const;
/** What is asked for seldom; it stands behind a button. */
const SELDOM: readonly FilterName[] = ["sequence_version", "status", "process_id", "operator_id", "defect", "refused", "synced", "wip_id"];
const WRITTEN = ["wip_id", "wip_prefix", "failed_step", "defect", "sequence_version", "process_id", "operator_id"] as const;
const TYPED: readonly FilterName[] = [...WRITTEN, "since", "until"];

export function Filters({ filter, onChange }: { filter: Filter; onChange: (filter: Filter) => void }) {
  const { t } = useTranslation("eng");
  const { t: common } = useTranslation();
  const order = useLive((state) => state.order);
  const slots = useLive((state) => state.slots);
  const sequences = useAnswer<components["schemas"]["SequenceEntry"][]>("/api/sequences").data ?? [];
  const [typed, setTyped] = useTyped(filter);
  const [more, setMore] = useState(() => SELDOM.some((name) => filter[name] !== undefined));
  const outcomes = filter.outcome?.split(",") ?? [];

  /** What is chosen is taken at once, together with what was typed before it. */
  function choose(name: FilterName, value: string | null): void {
    onChange({ ...filter, ...entered(), [name]: value ?? "" });
  }

  function entered(): Filter {
    return Object.fromEntries(TYPED.map((name) => [name, typed[name] ?? ""]));
  }

  function submit(event: SyntheticEvent): void {
    event.preventDefault();
    onChange({ ...filter, ...entered() });
  }

  const text = (name: (typeof WRITTEN)[number]) => (
    <TextInput
      label={t(`results.filter.${name}`)}
      autoComplete="off"
      spellCheck={false}
      value={typed[name] ?? ""}
      onChange={(event) => setTyped({ ...typed, [name]: event.currentTarget.value })}
    />
  );
  const choice = (name: FilterName & ("batch_id" | "sequence_name" | "status" | "refused" | "synced"), options: { value: string; label: string }[]) => (
    <Select
      label={t(`results.filter.${name}`)}
      data={options}
      value={filter[name] ?? null}
      placeholder={t("results.any")}
      clearable
      clearButtonProps={{ "aria-label": t("results.clearOne", { name: t(`results.filter.${name}`) }) }}
      onChange={(chosen) => choose(name, chosen)}
    />
  );
  const time = (name: "since" | "until") => (
    <TextInput
      type="datetime-local"
      label={t(`results.filter.${name}`)}
      value={localOf(typed[name])}
      onChange={(event) => setTyped({ ...typed, [name]: momentOf(event.currentTarget.value) })}
      onBlur={() => (typed[name] ?? "") === (filter[name] ?? "") || choose(name, typed[name] ?? "")}
    />
  );

  return (
    <Part title={t("results.narrow")}>
      <form onSubmit={submit} role="search" aria-label={t("results.narrow")}>
        <Checkbox.Group
          label={t("results.filter.outcome")}
          value={outcomes}
          onChange={(chosen) => choose("outcome", OUTCOMES.filter((one) => chosen.includes(one)).join(","))}
          mb="md"
        >
          <Group mt="xs" gap="lg">
            {OUTCOMES.map((outcome) => (
              <Checkbox key={outcome} value={outcome} label={common(`outcome.${outcome}`)} />
            ))}
          </Group>
        </Checkbox.Group>
        <SimpleGrid cols={{ base: 1, sm: 2, lg: 3, xl: 6 }}>
          {text("wip_prefix")}
          {choice("batch_id", order.map((id) => ({ value: id, label: slots[id]?.name ?? id })))}
          {choice("sequence_name", sequences.map(({ name }) => ({ value: name, label: name })))}
          {text("failed_step")}
          {time("since")}
          {time("until")}
        </SimpleGrid>
        <Collapse expanded={more}>
          <SimpleGrid cols={{ base: 1, sm: 2, lg: 4 }} mt="md">
            {text("wip_id")}
            {text("sequence_version")}
            {text("defect")}
            {text("process_id")}
            {text("operator_id")}
            {choice("status", STATUSES.map((value) => ({ value, label: t(`results.status.${value}`) })))}
            {choice("refused", [{ value: "false", label: t("results.refusedNo") }, { value: "true", label: t("results.refusedOnly") }])}
            {choice("synced", [{ value: "false", label: t("results.syncedNo") }, { value: "true", label: t("results.syncedYes") }])}
          </SimpleGrid>
        </Collapse>
        <Group mt="md">
          <Button type="submit" variant="filled">
            {t("results.search")}
          </Button>
          <Button onClick={() => setMore(!more)} aria-expanded={more}>
            {more ? t("results.less") : t("results.more")}
          </Button>
          <Button
            onClick={() => {
              setTyped({});
              onChange({});
            }}
          >
            {t("results.clear")}
          </Button>
        </Group>
      </form>
    </Part>
  );
}
