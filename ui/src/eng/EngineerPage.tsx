// The engineer's half of the screen. Loaded when somebody goes there: the operator's does not pay for it.
import { MantineProvider } from "@mantine/core";
import "@mantine/core/styles.css";
import { QueryClientProvider } from "@tanstack/react-query";
import { Suspense } from "react";
import { Route, Router, Switch } from "wouter";
import { isLocked, useAccount } from "../client/account";
import { useLive } from "../live/store";
import { LockDialog } from "../lock/LockDialog";
import { useAutoLock } from "../lock/useAutoLock";
import { shownTheme, usePreferences } from "../shared/preferences";
import { NotHere } from "./parts/NotHere";
import { queries } from "./parts/queries";
import { SCREENS } from "./screens";
import { Shell } from "./shell/Shell";
import { mantineTheme, mantineVariables } from "./shell/theme";
import { addEngineerTexts } from "./texts";

addEngineerTexts();

export default function EngineerPage() {
  const theme = usePreferences((state) => shownTheme(state.theme));
  const permissions = useAccount((state) => state.account?.permissions ?? []);
  const locked = useAccount(isLocked);
  useAutoLock(useLive((state) => state.info?.lock_engineer ?? 0));
  const allowed = SCREENS.filter((screen) => permissions.includes(screen.needs));
  return (
    <QueryClientProvider client={queries}>
      <MantineProvider
        forceColorScheme={theme === "dark" ? "dark" : "light"}
        theme={mantineTheme}
        cssVariablesResolver={mantineVariables}
      >
        <Router base="/eng">
          <Shell screens={allowed}>
            <Suspense fallback={null}>
              <Switch>
                {allowed.map(({ path, Component }) => (
                  <Route key={path} path={path} component={Component} />
                ))}
                <Route component={NotHere} />
              </Switch>
            </Suspense>
          </Shell>
        </Router>
        {locked ? <LockDialog /> : null}
      </MantineProvider>
    </QueryClientProvider>
  );
}
