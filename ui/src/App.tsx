// Which screen is shown: by address, and by who looks.
import { lazy, Suspense, useEffect, useState } from "react";
import { Redirect, Route, Switch } from "wouter";
import { whoAmI, type Account } from "./client/account";
import { follow } from "./live/store";
import { LoginPage } from "./login/LoginPage";
import { OperatorPage } from "./op/OperatorPage";
import { shownTheme, usePreferences } from "./shared/preferences";
import { applyTheme } from "./theme/apply";

const EngineerPage = lazy(() => import("./eng/EngineerPage"));
const AGAIN_AFTER = 2000;

export function App() {
  const theme = usePreferences((state) => shownTheme(state.theme));
  const { account, ask } = useAccount();
  const known = account !== null && account.role !== null;

  useEffect(() => applyTheme(theme), [theme]);
  useEffect(() => (known ? follow() : undefined), [known]);

  if (account === null) return null;
  if (!known) return <LoginPage onDone={ask} />;
  return (
    <Suspense fallback={null}>
      <Switch>
        <Route path="/op" component={OperatorPage} />
        <Route path="/op/*?" component={OperatorPage} />
        <Route path="/eng/*?" component={EngineerPage} />
        <Redirect to={account.role === "viewer" ? "/eng" : "/op"} replace />
      </Switch>
    </Suspense>
  );
}

/** Who looks; null until the station has said so. */
function useAccount(): { account: Account | null; ask: () => void } {
  const [account, setAccount] = useState<Account | null>(null);
  const [asked, setAsked] = useState(0);

  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    whoAmI().then(setAccount, () => {
      timer = setTimeout(() => setAsked((count) => count + 1), AGAIN_AFTER);
    });
    return () => clearTimeout(timer);
  }, [asked]);

  return { account, ask: () => setAsked((count) => count + 1) };
}
