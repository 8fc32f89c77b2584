// A secret that is shown once, to be taken to where it is needed.
import { Button, Group, TextInput } from "@mantine/core";
import { useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { copied } from "./copying";

export function Secret({ label, value }: { label: string; value: string }) {
  const { t } = useTranslation("eng");
  const field = useRef<HTMLInputElement>(null);
  const [said, setSaid] = useState("");

  async function copy(): Promise<void> {
    setSaid(t((await copied(value, field.current)) ? "users.copied" : "users.copyYourself"));
  }

  return (
    <>
      <Group align="end">
        <TextInput
          ref={field}
          label={label}
          readOnly
          value={value}
          styles={{ root: { flex: 1 }, input: { fontFamily: "ui-monospace, Consolas, monospace" } }}
          onFocus={(event) => event.currentTarget.select()}
        />
        <Button onClick={() => void copy()}>{t("users.copy")}</Button>
      </Group>
      <p role="status">{said}</p>
    </>
  );
}
