// Another password for whoever is logged in.
import { Button, PasswordInput, Stack } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useAccount, type Account } from "../../client/account";
import { ask } from "../../client/rest";
import { Failure } from "../parts/Asked";
import { useDoing } from "../parts/doing";
import { Part } from "../parts/Screen";
import { NewPassword } from "./NewPassword";

const WITH_PASSWORD: ReadonlySet<string> = new Set(["session", "basic", "token"]);

export function OwnPassword() {
  const { t } = useTranslation("eng");
  const account = useAccount((state) => state.account);
  const [current, setCurrent] = useState("");
  const [chosen, setChosen] = useState<string | null>(null);
  const [round, setRound] = useState(0);
  const [done, setDone] = useState(false);
  const doing = useDoing();

  async function change(): Promise<void> {
    setDone(false);
    const changed = await doing.run("change", async () => {
      const me = await ask<Account>("POST", "/api/auth/password", { body: { current, new: chosen } });
      useAccount.setState({ account: me });
    });
    if (!changed) return;
    setDone(true);
    setCurrent("");
    setRound(round + 1);
  }

  if (account === null || !WITH_PASSWORD.has(account.how)) {
    return account?.login_possible === true ? (
      <Part title={t("users.own")}>
        <p>{t("users.noOwn", { name: account.name })}</p>
      </Part>
    ) : null;
  }
  return (
    <Part title={t("users.own")}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void change();
        }}
      >
        <Stack maw={480}>
          <input type="text" name="username" autoComplete="username" value={account.name} readOnly hidden />
          <PasswordInput
            label={t("users.current")}
            autoComplete="current-password"
            required
            value={current}
            onChange={(event) => setCurrent(event.currentTarget.value)}
          />
          <NewPassword key={round} label={t("users.new")} onChosen={setChosen} />
          {doing.error === null ? null : <Failure error={doing.error} />}
          <Button type="submit" variant="filled" disabled={current === "" || chosen === null} loading={doing.busy !== null}>
            {t("users.change")}
          </Button>
          <p role="status">{done ? t("users.changed") : null}</p>
        </Stack>
      </form>
    </Part>
  );
}
