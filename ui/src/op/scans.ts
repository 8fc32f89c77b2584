// What becomes of a scan.
import i18next from "i18next";
import { isLocked, useAccount } from "../client/account";
import { useLive } from "../live/store";
import { touched } from "../lock/activity";
import { showBadge, useLoggingIn } from "../login/loggingIn";
import { meaningOf, wipPatternOf, type Code, type Control } from "../scanner/codes";
import { begin, nameOf, refuse, retryKey, sound, startKey, workAs } from "./actions";
import { answerShortly } from "./answering";
import { acknowledge, closeDialog, notify, openDialog, useFlow } from "./flow";
import { isFree } from "./look";

/** Take a code that was scanned. It is acknowledged at once, whatever becomes of it. */
export function takeScan(code: string): void {
  const { info, order } = useLive.getState();
  const meaning = meaningOf(code, { slots: order, wipPattern: wipPatternOf(info?.wip_pattern ?? null) });
  acknowledge(code);
  touched();
  const { sink } = useFlow.getState();
  if (meaning.kind === "badge") void takeBadge(meaning.badge);
  else if (isLocked(useAccount.getState())) refuse(i18next.t("lock.refused"));
  else if (sink !== null && meaning.kind !== "operator" && sink(code)) sound("tick");
  else obey(meaning);
}

function obey(code: Exclude<Code, { kind: "badge" }>): void {
  const { t } = i18next;
  switch (code.kind) {
    case "wip":
      takeWip(code.wip);
      break;
    case "slot":
      takeSlot(code.slot);
      break;
    case "operator":
      takeOperator(code.number);
      break;
    case "control":
      control(code.control);
      break;
    case "unknown_slot":
      refuse(t("scan.unknownSlot", { code: code.text }));
      break;
    case "unreadable":
      refuse(t("scan.unreadable", { code: code.text }));
      break;
  }
}

/** Whoever has the badge is here now, instead of whoever was; what is shown stays as it is. */
async function takeBadge(badge: string): Promise<void> {
  switch (await showBadge(badge)) {
    case "in":
      sound("accepted");
      notify(i18next.t("scan.person", { name: useAccount.getState().account?.name ?? "" }), "good");
      if (useFlow.getState().dialog?.kind === "logIn") closeDialog();
      break;
    case "named":
      sound("attention");
      if (!isLocked(useAccount.getState())) openDialog({ kind: "logIn" });
      break;
    case "refused":
      // Where somebody logs in, it is said there.
      if (isLocked(useAccount.getState()) || useFlow.getState().dialog?.kind === "logIn") sound("refused");
      else refuse(useLoggingIn.getState().problem);
      break;
  }
}

function takeWip(wip: string): void {
  const { dialog, chosen } = useFlow.getState();
  if (dialog?.kind === "prompt" || dialog?.kind === "recovery") return refuse(i18next.t("scan.answerFirst"));
  sound("tick");
  const slot = dialog?.kind === "manualEntry" ? dialog.slot : (chosen ?? undefined);
  begin({ wip, slot });
}

function takeSlot(id: string): void {
  const { dialog } = useFlow.getState();
  const slot = useLive.getState().slots[id];
  if (slot === undefined || !isFree(slot)) return refuse(i18next.t("scan.slotBusy", { slot: nameOf(id) }));
  sound("tick");
  if (dialog?.kind === "chooseSlot") return begin({ ...dialog.intent, slot: id });
  useFlow.setState({ chosen: id });
  notify(i18next.t("scan.slotChosen", { slot: slot.name }), "plain");
}

function takeOperator(operator: number): void {
  workAs(operator);
  sound("accepted");
  notify(i18next.t("scan.operator", { number: operator }), "good");
  const { dialog } = useFlow.getState();
  if (dialog?.kind !== "operator") return;
  if (dialog.intent === null) closeDialog();
  else begin(dialog.intent);
}

function control(what: Control): void {
  switch (what) {
    case "START":
      startKey();
      break;
    case "RETRY":
      retryKey();
      break;
    case "OK":
    case "NG":
      answerShortly(what === "OK");
      break;
  }
}
