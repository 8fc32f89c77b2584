// What the slot's instruments can be told, by instrument: a card each, with fields as the driver describes them.
import { Button } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Part } from "../parts/Screen";
import { HoldButton } from "./HoldButton";
import css from "./Manual.module.css";
import type { Command } from "./session";
import { ValueField } from "./ValueField";
import { anyWrong, valuesOf, type Entered } from "../parts/values";

interface Props {
  commands: readonly Command[];
  /** Names and identities. */
  instruments: Readonly<Record<string, string>>;
  busy: boolean;
  onTell: (command: Command, params: Record<string, unknown>) => void;
}

export function CommandCards({ commands, instruments, busy, onTell }: Props) {
  const { t } = useTranslation("eng");
  const names = [...new Set(commands.map((command) => command.instrument))];
  return (
    <Part title={t("manual.commands")}>
      {commands.length === 0 ? <p>{t("manual.noCommands")}</p> : null}
      {names.map((name) => (
        <section key={name} aria-label={name}>
          <h3 className={css["instrument"]}>
            {instruments[name] === undefined || instruments[name] === ""
              ? name
              : t("manual.identity", { name, identity: instruments[name] })}
          </h3>
          <div className={css["cards"]}>
            {commands
              .filter((command) => command.instrument === name)
              .map((command) => (
                <Card key={command.name} command={command} busy={busy} onTell={onTell} />
              ))}
          </div>
        </section>
      ))}
    </Part>
  );
}

function Card({ command, busy, onTell }: { command: Command; busy: boolean; onTell: Props["onTell"] }) {
  const { t } = useTranslation("eng");
  const [entered, setEntered] = useState<Entered>({});
  const specs = command.arguments ?? {};
  const full = `${command.instrument}.${command.name}`;
  const wrong = anyWrong(specs, entered);
  const run = () => onTell(command, valuesOf(specs, entered));
  const { category } = command;
  return (
    <form
      className={css["card"]}
      aria-label={full}
      data-command={full}
      onSubmit={(event) => {
        event.preventDefault();
        if (!command.confirm && !busy && !wrong) run();
      }}
    >
      <h4>{command.title === "" ? command.name : command.title}</h4>
      <p className={css["note"]}>
        {t(`manual.category.${category}`)} · <code>{full}</code>
        {command.returns === "" ? "" : ` · ${t("manual.returns", { unit: command.returns })}`}
      </p>
      {command.description === "" ? null : <p>{command.description}</p>}
      {command.raw ? <p className={css["note"]}>{t("manual.raw")}</p> : null}
      {Object.entries(specs).map(([name, spec]) => (
        <ValueField
          key={name}
          name={name}
          spec={spec}
          typed={entered[name] ?? ""}
          onTyped={(typed) => setEntered((before) => ({ ...before, [name]: typed }))}
        />
      ))}
      {command.confirm ? (
        <>
          <p>{t("manual.danger")}</p>
          <HoldButton about={full} disabled={wrong} busy={busy} onHeld={run} />
        </>
      ) : (
        <Button type="submit" disabled={wrong} aria-disabled={busy} {...(busy ? { "data-disabled": true } : {})} aria-label={`${full}: ${t("manual.send")}`}>
          {t("manual.send")}
        </Button>
      )}
    </form>
  );
}
