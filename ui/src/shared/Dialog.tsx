// A dialog over the page: the browser's own, which keeps the focus and closes with Esc.
import { useEffect, useRef, type ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { isLocked, useAccount } from "../client/account";
import css from "./Dialog.module.css";

interface Props {
  title: string;
  onClose: () => void;
  children: ReactNode;
  /** Beside the title; a STOP, where the dialog would hide it. */
  aside?: ReactNode;
  /** Whether it is shown on a locked screen too; else it waits, with what was entered, until somebody has logged in. */
  whenLocked?: boolean;
}

export function Dialog({ title, onClose, children, aside, whenLocked = false }: Props) {
  const { t } = useTranslation();
  const waits = useAccount(isLocked) && !whenLocked;
  const box = useRef<HTMLDialogElement>(null);

  useEffect(() => {
    if (waits) return;
    const dialog = box.current;
    dialog?.showModal();
    // Nothing in it is pressed by the Enter of a scan, or before it was looked at.
    dialog?.focus();
    return () => dialog?.close();
  }, [waits]);

  function cancel(event: { preventDefault: () => void }): void {
    event.preventDefault();
    onClose();
  }

  return (
    <dialog ref={box} className={css["dialog"]} aria-label={title} tabIndex={-1} onCancel={cancel}>
      <header className={css["head"]}>
        <h2 className={css["title"]}>{title}</h2>
        {aside}
        <button className={css["close"]} onClick={onClose} aria-label={t("dialog.close")}>
          ✕
        </button>
      </header>
      <div className={css["body"]}>{children}</div>
    </dialog>
  );
}
