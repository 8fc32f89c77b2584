// What many runs say together: yields, causes of failure, measurements, durations. The filters are in the address.
import { Tabs } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { Screen } from "../parts/Screen";
import { FailuresTab } from "./FailuresTab";
import { TABS } from "./filters";
import { FilterBar } from "./FilterBar";
import { MeasurementsTab } from "./MeasurementsTab";
import { StepsTab } from "./StepsTab";
import { useFilters } from "./useFilters";
import { YieldTab } from "./YieldTab";

const CONTENT = { yield: YieldTab, failures: FailuresTab, measurements: MeasurementsTab, steps: StepsTab } as const;

export default function StatisticsScreen() {
  const { t } = useTranslation("eng");
  const filtering = useFilters();
  return (
    <Screen title={t("statistics.title")}>
      <FilterBar {...filtering} />
      <Tabs
        value={filtering.filters.tab}
        onChange={(chosen) => {
          const tab = TABS.find((one) => one === chosen);
          if (tab !== undefined) filtering.change({ tab });
        }}
        keepMounted={false} color="var(--accent)"
      >
        <Tabs.List aria-label={t("statistics.tabs")} mb="md">
          {TABS.map((tab) => (
            <Tabs.Tab key={tab} value={tab} fz="md" mih={44}>
              {t(`statistics.tab.${tab}`)}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        {TABS.map((tab) => {
          const Content = CONTENT[tab];
          return (
            <Tabs.Panel key={tab} value={tab}>
              <Content {...filtering} />
            </Tabs.Panel>
          );
        })}
      </Tabs>
    </Screen>
  );
}
