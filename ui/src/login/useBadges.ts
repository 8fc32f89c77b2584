// Listens for badges where nothing else is scanned.
import i18next from "i18next";
import { useEffect } from "react";
import { listen } from "../scanner/listener";
import { usePreferences } from "../shared/preferences";
import { takeScanned, useLoggingIn } from "./loggingIn";

export function useBadges(): void {
  const prefix = usePreferences((state) => state.scannerPrefix);
  const suffix = usePreferences((state) => state.scannerSuffix);

  useEffect(
    () =>
      listen(
        window,
        {
          onScan: takeScanned,
          onDuplicate: () => undefined,
          onBroken: () => useLoggingIn.setState({ problem: i18next.t("scan.broken") }),
        },
        { prefix, suffix },
      ),
    [prefix, suffix],
  );
}
