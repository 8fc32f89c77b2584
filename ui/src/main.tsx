// Where the page begins.
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "./App";
import { speak, startTexts } from "./i18n";
import "./shared/base.css";
import { followOtherWindows, shownTheme, usePreferences } from "./shared/preferences";
import { applyTheme } from "./theme/apply";

const { language, theme } = usePreferences.getState();
applyTheme(shownTheme(theme));
await startTexts(language);
followOtherWindows();
usePreferences.subscribe((now, before) => {
  if (now.language !== before.language) void speak(now.language);
});
const root = document.getElementById("root");
if (root === null) throw new Error("index.html has no root");
createRoot(root).render(
  <StrictMode>
    <App />
  </StrictMode>,
);
