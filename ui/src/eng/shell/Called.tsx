// Says on every screen that somebody is called to the station, until somebody says that they come.
import { Button } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { mayOperate, useAccount } from "../../client/account";
import { calling, useCall } from "../../shared/call";
import { Failure } from "../parts/Asked";
import { useDoing } from "../parts/doing";
import { useTimes } from "../parts/format";
import css from "./Shell.module.css";

export function Called() {
  const { t } = useTranslation();
  const { clock } = useTimes();
  const call = useCall();
  const may = useAccount(mayOperate);
  const doing = useDoing();
  return (
    <div role="status">
      {call === null ? null : (
        <div className={css["called"]}>
          <span>{t("call.since", { reason: t(`call.reason.${call.reason}`), time: clock(call.called_at), by: call.called_by })}</span>
          {may ? (
            <Button loading={doing.busy !== null} onClick={() => void doing.run("answer", () => calling.answer(call.call_id))}>
              {t("call.answer")}
            </Button>
          ) : null}
        </div>
      )}
      {doing.error === null ? null : <Failure error={doing.error} />}
    </div>
  );
}
