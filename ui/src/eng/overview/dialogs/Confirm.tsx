// Asks once before something is done, and says what will happen.
import { Button, Group, Text } from "@mantine/core";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import type { StationError } from "../../../client/rest";
import { Failure } from "../../parts/Asked";
import { Window } from "../../parts/Window";

interface Props {
  title: string;
  text: ReactNode;
  /** What the button that does it says. */
  action: string;
  command: { error: StationError | null; isPending: boolean };
  /** Whether enough is said to do it. */
  ready?: boolean;
  onConfirm: () => void;
  onClose: () => void;
  children?: ReactNode;
}

export function Confirm({ title, text, action, command, ready = true, onConfirm, onClose, children }: Props) {
  const { t } = useTranslation("eng");
  return (
    <Window title={title} onClose={onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (ready) onConfirm();
        }}
      >
        <Text mb="md">{text}</Text>
        {children}
        {command.error === null ? null : <Failure error={command.error} />}
        <Group justify="flex-end" mt="lg">
          <Button onClick={onClose}>{t("overview.cancel")}</Button>
          <Button type="submit" variant="filled" disabled={!ready || command.isPending}>
            {action}
          </Button>
        </Group>
      </form>
    </Window>
  );
}
