// A dialog over the screen, with its name and a way out; Mantine's own head would be a second banner of the page.
import { Modal, type ModalRootProps } from "@mantine/core";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import css from "./Window.module.css";

interface Props {
  title: string;
  size?: ModalRootProps["size"];
  onClose: () => void;
  children: ReactNode;
}

export function Window({ title, size = "lg", onClose, children }: Props) {
  const { t } = useTranslation();
  return (
    <Modal.Root opened onClose={onClose} size={size}>
      <Modal.Overlay />
      <Modal.Content aria-label={title}>
        <div className={css["head"]}>
          <Modal.Title className={css["title"] ?? ""}>{title}</Modal.Title>
          <Modal.CloseButton aria-label={t("dialog.close")} size={44} />
        </div>
        <Modal.Body className={css["body"] ?? ""}>{children}</Modal.Body>
      </Modal.Content>
    </Modal.Root>
  );
}
