// What somebody chooses for this screen: language, colours, loudness, and how its scanner is set up.
import { useTranslation } from "react-i18next";
import { Button } from "../../shared/Button";
import { Dialog } from "../../shared/Dialog";
import { usePreferences, type Language } from "../../shared/preferences";
import { THEMES } from "../../theme/tokens";
import { sound } from "../actions";
import { closeDialog } from "../flow";
import css from "./dialogs.module.css";

const LANGUAGES: readonly Language[] = ["ko", "en"];
const VOLUMES = [0, 0.3, 0.7, 1];

export function Settings() {
  const { t } = useTranslation();
  const chosen = usePreferences();

  function choose(language: Language): void {
    chosen.set({ language });
  }

  return (
    <Dialog title={t("settings.title")} onClose={closeDialog} whenLocked>
      <div className={css["choices"]} role="group" aria-label={t("settings.language")}>
        {LANGUAGES.map((language) => (
          <Button key={language} lang={language} chosen={chosen.language === language} onClick={() => choose(language)}>
            {t(`language.${language}`)}
          </Button>
        ))}
      </div>
      <div className={css["choices"]} role="group" aria-label={t("theme.label")}>
        {THEMES.map((theme) => (
          <Button key={theme} chosen={chosen.theme === theme} onClick={() => chosen.set({ theme })}>
            {t(`theme.${theme}`)}
          </Button>
        ))}
      </div>
      <div className={css["choices"]} role="group" aria-label={t("settings.volume")}>
        {VOLUMES.map((volume) => (
          <Button key={volume} chosen={chosen.volume === volume} onClick={() => chosen.set({ volume })}>
            {volume === 0 ? `${t("settings.volume")}: ${t("settings.off")}` : `${Math.round(volume * 100)} %`}
          </Button>
        ))}
        <Button onClick={() => sound("attention")}>{t("settings.test")}</Button>
      </div>
      <div className={css["choices"]}>
        <ScannerText label={t("settings.prefix")} value={chosen.scannerPrefix} onChange={(scannerPrefix) => chosen.set({ scannerPrefix })} />
        <ScannerText label={t("settings.suffix")} value={chosen.scannerSuffix} onChange={(scannerSuffix) => chosen.set({ scannerSuffix })} />
      </div>
    </Dialog>
  );
}

function ScannerText({ label, value, onChange }: { label: string; value: string; onChange: (text: string) => void }) {
  return (
    <label className={css["labelled"]}>
      {label}
      <input className={css["input"]} value={value} maxLength={10} onChange={(event) => onChange(event.target.value)} />
    </label>
  );
}
