// START on a tile: a WIP entered by hand, or none where that is allowed.
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { useLive } from "../../live/store";
import { wipPatternOf } from "../../scanner/codes";
import { Button } from "../../shared/Button";
import { CodeField } from "../../shared/CodeField";
import { Dialog } from "../../shared/Dialog";
import { Keypad } from "../../shared/Keypad";
import { begin, nameOf } from "../actions";
import { closeDialog, useFlow } from "../flow";
import css from "./dialogs.module.css";

export function ManualEntry({ slot }: { slot: string }) {
  const { t } = useTranslation();
  const pattern = useLive((state) => state.info?.wip_pattern ?? null);
  // Where there is an MES, a unit without a WIP is an engineer's business.
  const without = useLive((state) => state.info?.mes === false);
  const [code, setCode] = useState("");
  const fits = code !== "" && (wipPatternOf(pattern)?.test(code) ?? true);

  // The card's START means what the button means; a WIP goes its usual way.
  useEffect(() => {
    useFlow.setState({
      sink: (scanned) => {
        if (scanned !== "START" || !without) return false;
        begin({ wip: null, slot });
        return true;
      },
    });
    return () => useFlow.setState({ sink: null });
  }, [slot, without]);

  function start(): void {
    if (fits) begin({ wip: code, slot });
  }

  return (
    <Dialog title={t("manualEntry.title")} onClose={closeDialog}>
      <p>{t("manualEntry.text", { slot: nameOf(slot) })}</p>
      <CodeField label={t("manualEntry.field")} value={code} onChange={setCode} onEnter={start} />
      {code !== "" && !fits ? <p className={css["bad"]}>{t("manualEntry.invalid")}</p> : null}
      <Keypad keys="code" value={code} onChange={setCode} />
      <div className={css["row"]}>
        {without ? (
          <Button big onClick={() => begin({ wip: null, slot })}>
            {t("manualEntry.without")}
          </Button>
        ) : null}
        <Button big tone="main" disabled={!fits} onClick={start}>
          {t("tile.start")}
        </Button>
      </div>
    </Dialog>
  );
}
