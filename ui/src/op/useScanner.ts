// Listens to the scanner for as long as the operator's screen is shown.
import { useEffect } from "react";
import i18next from "i18next";
import { listen } from "../scanner/listener";
import { usePreferences } from "../shared/preferences";
import { refuse, sound } from "./actions";
import { acknowledge, notify } from "./flow";
import { takeScan } from "./scans";

export function useScanner(): void {
  const prefix = usePreferences((state) => state.scannerPrefix);
  const suffix = usePreferences((state) => state.scannerSuffix);

  useEffect(
    () =>
      listen(
        window,
        {
          onScan: takeScan,
          onDuplicate: (code) => {
            sound("tick");
            acknowledge(code);
            notify(i18next.t("scan.duplicate"), "plain");
          },
          onBroken: () => refuse(i18next.t("scan.broken")),
        },
        { prefix, suffix },
      ),
    [prefix, suffix],
  );
}
