// What is looked for in the log.
import { Button, Checkbox, Group, Select, TextInput } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { useLive } from "../../live/store";
import { localOf, momentOf } from "../parts/chosen";
import { useTyped } from "../parts/typed";
import { LEVELS, levelsOf, type Filter } from "./filter";
import css from "../parts/List.module.css";

const NOTHING = { batch: "", run: "", step: "", level: "", since: "", until: "", text: "", cursor: "" };

interface Props {
  chosen: Filter;
  onChoose: (changed: Partial<Filter>) => void;
}

export function LogFilter({ chosen, onChoose }: Props) {
  const { t } = useTranslation("eng");
  const order = useLive((state) => state.order);
  const slots = useLive((state) => state.slots);
  const [draft, setDraft] = useTyped(chosen);
  const change = (changed: Partial<Filter>) => setDraft((before) => ({ ...before, ...changed }));
  const text = (name: "run" | "step" | "text") => (
    <TextInput
      label={t(`logs.${name}`)}
      maxLength={200}
      value={draft[name]}
      onChange={(event) => change({ [name]: event.currentTarget.value })}
    />
  );
  const moment = (name: "since" | "until") => (
    <TextInput
      type="datetime-local"
      label={t(`list.${name}`)}
      value={localOf(draft[name])}
      onChange={(event) => change({ [name]: momentOf(event.currentTarget.value) })}
    />
  );

  return (
    <form
      className={css["filter"]}
      aria-label={t("list.filter")}
      onSubmit={(event) => {
        event.preventDefault();
        onChoose({ ...draft, cursor: "" });
      }}
    >
      <Select
        label={t("logs.batch")}
        data={[{ value: "", label: t("list.all") }, ...order.map((id) => ({ value: id, label: slots[id]?.name ?? id }))]}
        value={draft.batch}
        allowDeselect={false}
        onChange={(batch) => change({ batch: batch ?? "" })}
      />
      {text("run")}
      {text("step")}
      {text("text")}
      {moment("since")}
      {moment("until")}
      <Checkbox.Group
        label={t("logs.level")}
        value={levelsOf(draft.level)}
        onChange={(levels) => change({ level: levels.join(",") })}
      >
        <Group className={css["checks"] ?? ""}>
          {LEVELS.map((level) => (
            <Checkbox key={level} value={level} label={t(`logs.levels.${level}`)} />
          ))}
        </Group>
      </Checkbox.Group>
      <Group className={css["buttons"] ?? ""}>
        <Button type="submit" variant="filled">
          {t("list.show")}
        </Button>
        <Button
          onClick={() => {
            change(NOTHING);
            onChoose(NOTHING);
          }}
        >
          {t("list.clear")}
        </Button>
      </Group>
    </form>
  );
}
