// station.yaml: edited as text, checked line by line, compared with what runs, saved with a backup, and taken back.
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Asked } from "../parts/Asked";
import { useAnswer } from "../parts/queries";
import { Screen } from "../parts/Screen";
import { Backups } from "./Backups";
import { Draft, type SettingsText } from "./Draft";

const PATH = "/api/system/settings";

export default function SettingsScreen() {
  const { t } = useTranslation("eng");
  const settings = useAnswer<SettingsText>(PATH, { every: 10_000 });
  // What somebody edits stays until it is saved or given up, whatever becomes of the file meanwhile.
  const [base, setBase] = useState<SettingsText | null>(null);
  const [said, setSaid] = useState("");
  return (
    <Screen title={t("settings.title")}>
      <p role="status">{said}</p>
      <Asked answer={settings}>
        {(now) => {
          const shown = base ?? now;
          return (
            <>
              <Draft
                key={shown.hash}
                base={shown}
                now={now}
                onEdit={() => {
                  setBase(shown);
                  setSaid("");
                }}
                onDone={(message) => {
                  setBase(null);
                  setSaid(message);
                }}
              />
              <Backups
                hash={now.hash}
                onRestored={() => {
                  setBase(null);
                  setSaid(t("settings.restored"));
                }}
              />
            </>
          );
        }}
      </Asked>
    </Screen>
  );
}
