// A new password, entered twice.
import { PasswordInput } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";

interface Props {
  label: string;
  /** Null until both are the same and not empty. */
  onChosen: (password: string | null) => void;
}

export function NewPassword({ label, onChosen }: Props) {
  const { t } = useTranslation("eng");
  const [first, setFirst] = useState("");
  const [second, setSecond] = useState("");

  function enter(one: string, other: string): void {
    setFirst(one);
    setSecond(other);
    onChosen(one !== "" && one === other ? one : null);
  }

  return (
    <>
      <PasswordInput
        label={label}
        description={t("users.rule")}
        autoComplete="new-password"
        required
        value={first}
        onChange={(event) => enter(event.currentTarget.value, second)}
      />
      <PasswordInput
        label={t("users.again")}
        autoComplete="new-password"
        required
        value={second}
        error={second !== "" && first !== second ? t("users.differ") : null}
        onChange={(event) => enter(first, event.currentTarget.value)}
      />
    </>
  );
}
