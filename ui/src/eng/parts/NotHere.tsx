// An address that leads nowhere, or where whoever looks may not be.
import { useTranslation } from "react-i18next";
import { Link } from "wouter";
import { Screen } from "./Screen";

export function NotHere() {
  const { t } = useTranslation("eng");
  return (
    <Screen title={t("shell.notHere")}>
      <Link href="/">{t("menu.overview")}</Link>
    </Screen>
  );
}
