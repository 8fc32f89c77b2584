// Which screen is shown: by address, and by who looks.
import { lazy, Suspense, useEffect } from "react";
import { Redirect, Route, Switch } from "wouter";
import { askWhoIAm, followOtherTabs, useAccount } from "./client/account";
import { onRefused } from "./client/rest";
import { follow, useLive } from "./live/store";
import { LoginPage } from "./login/LoginPage";
import { OperatorPage } from "./op/OperatorPage";
import { shownTheme, usePreferences } from "./shared/preferences";
import { applyTheme } from "./theme/apply";

const EngineerPage = lazy(() => import("./eng/EngineerPage"));
/** While nothing is heard of the station, the reason may be that somebody must log in again. */
const ASK_AGAIN_AFTER = 5000;

export function App() {
  const theme = usePreferences((state) => shownTheme(state.theme));
  const account = useAccount((state) => state.account);
  const fresh = useLive((state) => state.fresh);
  const known = account !== null && account.role !== null;

  useEffect(() => applyTheme(theme), [theme]);
  useEffect(() => followOtherTabs(), []);
  useEffect(() => onRefused(() => void askWhoIAm().catch(() => undefined)), []);
  useEffect(() => (known ? follow() : undefined), [known]);
  useEffect(() => {
    if (fresh) return;
    void askWhoIAm().catch(() => undefined);
    const timer = setInterval(() => void askWhoIAm().catch(() => undefined), ASK_AGAIN_AFTER);
    return () => clearInterval(timer);
  }, [fresh]);

  if (account === null) return null;
  if (!known) return <LoginPage />;
  return (
    <Suspense fallback={null}>
      <Switch>
        <Route path="/op/*?" component={OperatorPage} />
        <Route path="/eng/*?" component={EngineerPage} />
        {account.login_possible && account.how !== "session" ? <Route path="/login" component={LoginPage} /> : null}
        <Redirect to={account.role === "viewer" ? "/eng" : "/op"} replace />
      </Switch>
    </Suspense>
  );
}
