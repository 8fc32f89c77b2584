// What surrounds every screen of the engineer's: the menu, which station, who looks, how it is connected.
import { Button, Select } from "@mantine/core";
import { useEffect, type ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { Link, useLocation } from "wouter";
import { logOut, useAccount } from "../../client/account";
import { useLive } from "../../live/store";
import { usePreferences, type Language } from "../../shared/preferences";
import { THEMES } from "../../theme/tokens";
import { followIntoQueries } from "../parts/queries";
import type { ScreenEntry } from "../screens";
import { Called } from "./Called";
import css from "./Shell.module.css";
import { Stale } from "./Stale";

export function Shell({ screens, children }: { screens: readonly ScreenEntry[]; children: ReactNode }) {
  const { t } = useTranslation("eng");
  const { t: common } = useTranslation();
  const [location] = useLocation();
  const info = useLive((state) => state.info);
  const fresh = useLive((state) => state.fresh);
  const account = useAccount((state) => state.account);

  useEffect(() => followIntoQueries(), []);
  return (
    <div className={css["shell"]}>
      <a className={css["skip"]} href="#content">
        {t("shell.skip")}
      </a>
      <header className={css["head"]} data-fresh={fresh}>
        <p className={css["station"]}>{info?.station_name ?? ""}</p>
        <Choices />
        {account?.how === "session" ? (
          <Button onClick={() => void logOut()}>
            {account.name}: {common("header.logOut")}
          </Button>
        ) : null}
        <Link href="~/op" className={css["door"] ?? ""}>
          {common("engineer.toOperator")}
        </Link>
      </header>
      <nav className={css["menu"]} aria-label={t("shell.menu")}>
        {screens.map(({ menu }) =>
          menu === null ? null : (
            <Link key={menu.to} href={menu.to} aria-current={isBelow(location, menu.to) ? "page" : undefined}>
              {t(`menu.${menu.title}`)}
            </Link>
          ),
        )}
      </nav>
      <main id="content" className={css["content"]} tabIndex={0}>
        <Stale />
        <Called />
        {children}
      </main>
    </div>
  );
}

function Choices() {
  const { t } = useTranslation();
  const language = usePreferences((state) => state.language);
  const theme = usePreferences((state) => state.theme);
  const set = usePreferences((state) => state.set);
  return (
    <>
      <Button
        lang={language === "ko" ? "en" : "ko"}
        onClick={() => {
          const other: Language = language === "ko" ? "en" : "ko";
          set({ language: other });
        }}
      >
        {language === "ko" ? t("language.en") : t("language.ko")}
      </Button>
      <Select
        aria-label={t("theme.label")}
        w={210}
        allowDeselect
        placeholder={t("theme.label")}
        data={THEMES.map((name) => ({ value: name, label: t(`theme.${name}`) }))}
        value={theme}
        onChange={(chosen) => set({ theme: THEMES.find((name) => name === chosen) ?? null })}
      />
    </>
  );
}

function isBelow(location: string, to: string): boolean {
  return to === "/" ? location === "/" : location === to || location.startsWith(`${to}/`);
}
