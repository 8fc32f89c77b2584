// station.yaml: edited as text, checked line by line, compared with what runs, saved with a backup, and taken back.
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useAccount } from "../../client/account";
import { Asked } from "../parts/Asked";
import { useAnswer } from "../parts/queries";
import { Screen } from "../parts/Screen";
import { Backups } from "./Backups";
import { keep, useKept } from "./kept";
import { Draft, type SettingsText } from "./Draft";

const PATH = "/api/system/settings";

export default function SettingsScreen() {
  const { t } = useTranslation("eng");
  const settings = useAnswer<SettingsText>(PATH, { every: 10_000 });
  const me = useAccount((state) => state.account?.name ?? "");
  const kept = useKept((state) => state.draft);
  const draft = kept?.by === me ? kept : null;
  const [said, setSaid] = useState("");
  return (
    <Screen title={t("settings.title")}>
      <p role="status">{said}</p>
      <Asked answer={settings}>
        {(now) => {
          const base = draft?.base ?? now;
          return (
            <>
              <Draft
                base={base}
                text={draft?.text ?? base.text}
                now={now}
                onText={(text) => {
                  keep({ by: me, base, text });
                  setSaid("");
                }}
                onDone={(message) => {
                  keep(null);
                  setSaid(message);
                }}
              />
              <Backups
                hash={now.hash}
                onRestored={() => {
                  keep(null);
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
