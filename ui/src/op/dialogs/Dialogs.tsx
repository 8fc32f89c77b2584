// The dialog that is open, if one is; it closes by itself when what it asks about is over.
import { useEffect } from "react";
import { useLive } from "../../live/store";
import { closeDialog, useFlow, type Dialog } from "../flow";
import { CallDialog } from "./CallDialog";
import { ChooseSlot } from "./ChooseSlot";
import { Help } from "./Help";
import { LogIn } from "./LogIn";
import { ManualEntry } from "./ManualEntry";
import { OperatorEntry, ProcessEntry } from "./NumberEntry";
import { PromptDialog } from "./PromptDialog";
import { Recovery } from "./Recovery";
import { Settings } from "./Settings";
import { StopDialog } from "./StopDialog";

export function Dialogs() {
  const dialog = useFlow((state) => state.dialog);
  const run = useLive((state) => (dialog !== null && "slot" in dialog ? state.slots[dialog.slot]?.run : null));
  const over =
    (dialog?.kind === "prompt" && (run?.prompts.length ?? 0) === 0) ||
    (dialog?.kind === "recovery" && (run?.choices.length ?? 0) === 0);

  useEffect(() => {
    if (over) closeDialog();
  }, [over]);

  return dialog === null || over ? null : shown(dialog);
}

function shown(dialog: Dialog) {
  switch (dialog.kind) {
    case "help":
      return <Help />;
    case "call":
      return <CallDialog />;
    case "stop":
      return <StopDialog />;
    case "logIn":
      return <LogIn />;
    case "settings":
      return <Settings />;
    case "chooseSlot":
      return <ChooseSlot intent={dialog.intent} />;
    case "process":
      return <ProcessEntry intent={dialog.intent} />;
    case "operator":
      return <OperatorEntry intent={dialog.intent} />;
    case "manualEntry":
      return <ManualEntry slot={dialog.slot} />;
    case "prompt":
      return <PromptDialog slot={dialog.slot} />;
    case "recovery":
      return <Recovery slot={dialog.slot} />;
  }
}
