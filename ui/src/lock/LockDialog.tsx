// The lock of the engineer's screens: they can be seen behind it, and go on; nothing of them can be pressed.
import { useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";
import { mayOperate, useAccount } from "../client/account";
import { forgetLoggingIn } from "../login/loggingIn";
import { useBadges } from "../login/useBadges";
import { stopKey } from "../op/actions";
import { StopDialog } from "../op/dialogs/StopDialog";
import { useFlow } from "../op/flow";
import { Button } from "../shared/Button";
import css from "./Lock.module.css";
import { LOCK_TEXT, LOCK_TITLE, LockContent } from "./LockContent";

export function LockDialog() {
  const { t } = useTranslation();
  const may = useAccount(mayOperate);
  const stopping = useFlow((state) => state.dialog?.kind === "stop");
  const notice = useFlow((state) => state.notice);
  const box = useRef<HTMLDialogElement>(null);
  useBadges();

  useEffect(() => {
    const dialog = box.current;
    useFlow.setState({ notice: null });
    forgetLoggingIn();
    dialog?.showModal();
    dialog?.focus();
    return () => {
      dialog?.close();
      forgetLoggingIn();
    };
  }, []);

  // The keys that stop on the operator's screen stop here too: the dialog that asks what to stop says so.
  useEffect(() => {
    if (!may) return;
    const hear = (event: KeyboardEvent) => {
      if (event.repeat || (event.code !== "F8" && event.code !== "Pause")) return;
      event.preventDefault();
      stopKey();
    };
    window.addEventListener("keydown", hear);
    return () => window.removeEventListener("keydown", hear);
  }, [may]);

  function stayOpen(): void {
    // A second Esc closes a dialog whatever it says.
    if (box.current?.isConnected === true && !box.current.open) box.current.showModal();
  }

  return (
    <>
      <dialog
        ref={box}
        className={css["dialog"]}
        role="alertdialog"
        aria-labelledby={LOCK_TITLE}
        aria-describedby={LOCK_TEXT}
        tabIndex={-1}
        data-lock
        onCancel={(event) => event.preventDefault()}
        onClose={stayOpen}
      >
        <div className={css["bar"]}>
          <LockContent />
          {may ? (
            <div className={css["stop"]}>
              <Button big tone="stop" onClick={stopKey}>
                {t("tile.stop")}
              </Button>
              <p role="status">{notice?.text}</p>
            </div>
          ) : null}
        </div>
      </dialog>
      {stopping ? <StopDialog /> : null}
    </>
  );
}
