// Asks once before something is done that cannot be taken back, and says what will happen.
import { Button, Group, Modal, Stack, Textarea } from "@mantine/core";
import { useState, type ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { Failure } from "./Asked";
import { useDoing } from "./doing";
import css from "./Sure.module.css";

interface Props {
  title: string;
  /** What will happen. */
  children: ReactNode;
  /** What the button says that does it. */
  action: string;
  /** Whether a reason is asked for: not at all, if somebody likes, or always. */
  reason?: "none" | "optional" | "needed";
  /** Whether it cannot be done yet: something is missing. */
  incomplete?: boolean;
  onDo: (reason: string) => Promise<unknown>;
  onClose: () => void;
}

export function Sure({ title, children, action, reason = "none", incomplete = false, onDo, onClose }: Props) {
  const { t } = useTranslation("eng");
  const { t: common } = useTranslation();
  const [why, setWhy] = useState("");
  const doing = useDoing();
  const missing = incomplete || (reason === "needed" && why.trim() === "");

  async function act(): Promise<void> {
    if (await doing.run("act", () => onDo(why.trim()))) onClose();
  }

  return (
    <Modal.Root opened onClose={onClose} size="xl">
      <Modal.Overlay />
      {/* Its head is part of it: a header of its own would be a second one of the page. */}
      <Modal.Content aria-label={title}>
        <Modal.Body p="lg">
          <h2 className={css["title"]}>{title}</h2>
          <form
            onSubmit={(event) => {
              event.preventDefault();
              if (!missing) void act();
            }}
          >
            <Stack>
              {children}
              {reason === "none" ? null : (
                <Textarea
                  label={t(reason === "needed" ? "sure.reason" : "sure.reasonIfAny")}
                  required={reason === "needed"}
                  maxLength={1000}
                  autosize
                  minRows={2}
                  value={why}
                  onChange={(event) => setWhy(event.currentTarget.value)}
                />
              )}
              {doing.error === null ? null : <Failure error={doing.error} />}
              <Group justify="flex-end">
                <Button onClick={onClose}>{common("dialog.cancel")}</Button>
                <Button type="submit" variant="filled" disabled={missing} loading={doing.busy !== null}>
                  {action}
                </Button>
              </Group>
            </Stack>
          </form>
        </Modal.Body>
      </Modal.Content>
    </Modal.Root>
  );
}
