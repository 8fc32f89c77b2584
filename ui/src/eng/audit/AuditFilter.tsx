// What is looked for in the audit.
import { Button, Group, TextInput } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { localOf, momentOf, type Chosen } from "../parts/chosen";
import css from "../parts/List.module.css";
import { useTyped } from "../parts/typed";

export const NAMES = ["actor", "action", "target", "since", "until"] as const;
type Name = (typeof NAMES)[number];
const NOTHING: Chosen<Name> = { actor: "", action: "", target: "", since: "", until: "" };

interface Props {
  chosen: Chosen<Name>;
  onChoose: (asked: Chosen<Name>) => void;
}

export function AuditFilter({ chosen, onChoose }: Props) {
  const { t } = useTranslation("eng");
  const { actor, action, target, since, until } = chosen;
  const [draft, setDraft] = useTyped<Chosen<Name>>({ actor, action, target, since, until });
  const change = (name: Name, value: string) => setDraft((before) => ({ ...before, [name]: value }));
  return (
    <form
      className={css["filter"]}
      aria-label={t("list.filter")}
      onSubmit={(event) => {
        event.preventDefault();
        onChoose(draft);
      }}
    >
      {(["actor", "action", "target"] as const).map((name) => (
        <TextInput
          key={name}
          label={t(`audit.${name}`)}
          maxLength={200}
          value={draft[name]}
          onChange={(event) => change(name, event.currentTarget.value)}
        />
      ))}
      {(["since", "until"] as const).map((name) => (
        <TextInput
          key={name}
          type="datetime-local"
          label={t(`list.${name}`)}
          value={localOf(draft[name])}
          onChange={(event) => change(name, momentOf(event.currentTarget.value))}
        />
      ))}
      <Group className={css["buttons"] ?? ""}>
        <Button type="submit" variant="filled">
          {t("list.show")}
        </Button>
        <Button
          onClick={() => {
            setDraft(NOTHING);
            onChoose(NOTHING);
          }}
        >
          {t("list.clear")}
        </Button>
      </Group>
    </form>
  );
}
