// Everything that is known of one run, live while it goes on: why it ended so, what it did, what was measured.
import { Tabs } from "@mantine/core";
import { lazy, Suspense, type ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { useParams, useSearchParams } from "wouter";
import { Asked } from "../parts/Asked";
import { useAnswer } from "../parts/queries";
import { Screen } from "../parts/Screen";
import { useNow } from "../../shared/useNow";
import { Events } from "./Events";
import { Facts } from "./Facts";
import { Files, People, PromptsAsked, Told } from "./Kept";
import { Logs } from "./Logs";
import { Measurements } from "./Measurements";
import { RunActions, StopBar } from "./RunActions";
import { Steps } from "./Steps";
import type { RunDetail } from "./why";
import { WhyLine } from "./WhyLine";
import css from "./Run.module.css";

const RunGraph = lazy(() => import("../sequences/graph/RunGraph"));
const TABS = ["steps", "graph", "measurements", "logs", "mes", "prompts", "files", "events", "people"] as const;
type Tab = (typeof TABS)[number];

export default function RunScreen() {
  const { id = "" } = useParams();
  const { t } = useTranslation("eng");
  const answer = useAnswer<RunDetail>(`/api/results/${encodeURIComponent(id)}`);
  // What was asked of another run is not shown under this address.
  const run = answer.data?.execution_id === id ? answer.data : undefined;
  return (
    <Screen
      title={t("run.title", { wip: run?.serial_number ?? run?.wip_id ?? t("run.noWip") })}
      actions={run === undefined ? null : <RunActions run={run} />}
    >
      <Asked answer={answer}>{(found) => (found.execution_id === id ? <Run run={found} /> : null)}</Asked>
    </Screen>
  );
}

function Run({ run }: { run: RunDetail }) {
  const { t } = useTranslation("eng");
  const [search, setSearch] = useSearchParams();
  const going = run.outcome === null && !run.refused;
  const now = useNow(going);
  const tab = TABS.find((one) => one === search.get("tab")) ?? "steps";

  const panels: Record<Tab, () => ReactNode> = {
    steps: () => <Steps run={run} now={now} />,
    graph: () => (
      <Suspense fallback={null}>
        <RunGraph
          execution={run.execution_id}
          batch={run.batch_id}
          sequence={run.sequence_name}
          version={run.content_hash}
        />
      </Suspense>
    ),
    measurements: () => <Measurements run={run} />,
    logs: () => <Logs run={run} />,
    mes: () => <Told run={run} />,
    prompts: () => <PromptsAsked run={run} />,
    files: () => <Files run={run} />,
    events: () => <Events run={run} />,
    people: () => <People run={run} />,
  };
  const counts: Partial<Record<Tab, number>> = {
    mes: run.mes.length,
    prompts: run.prompts.length,
    files: run.steps.reduce((sum, step) => sum + step.attachments.length, 0),
    people: run.audit.length,
  };

  return (
    <>
      {going ? <StopBar run={run} /> : <WhyLine run={run} />}
      <Facts run={run} now={now} />
      <Tabs
        value={tab}
        onChange={(chosen) => setSearch(chosen === null || chosen === "steps" ? {} : { tab: chosen }, { replace: true })}
        keepMounted={false}
      >
        <Tabs.List aria-label={t("run.tabs.label")} mb="md">
          {TABS.map((one) => (
            <Tabs.Tab key={one} value={one} className={css["tab"] ?? ""}>
              {t(`run.tabs.${one}`)}
              {counts[one] ? ` (${counts[one]})` : ""}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        {TABS.map((one) => (
          <Tabs.Panel key={one} value={one}>
            {one === tab ? panels[one]() : null}
          </Tabs.Panel>
        ))}
      </Tabs>
    </>
  );
}
