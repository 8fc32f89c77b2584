// The engineer's screen. Loaded when somebody goes there: the operator's does not pay for it.
import { MantineProvider, Button, Stack, Text } from "@mantine/core";
import "@mantine/core/styles.css";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { useLocation } from "wouter";
import { shownTheme, usePreferences } from "../shared/preferences";

const queries = new QueryClient();

export default function EngineerPage() {
  const { t } = useTranslation();
  const [, navigate] = useLocation();
  const theme = usePreferences((state) => shownTheme(state.theme));
  return (
    <QueryClientProvider client={queries}>
      <MantineProvider forceColorScheme={theme === "dark" ? "dark" : "light"} theme={{ fontFamily: "Pretendard, sans-serif" }}>
        <Stack p="xl" align="flex-start">
          <Text size="xl">{t("engineer.soon")}</Text>
          <Button size="xl" onClick={() => navigate("/op")}>
            {t("engineer.toOperator")}
          </Button>
        </Stack>
      </MantineProvider>
    </QueryClientProvider>
  );
}
