// The graph of a sequence, with the live state of a slot's run: both in the address.
import { Button, NativeSelect } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { Link, useSearchParams } from "wouter";
import type { components } from "../../../client/schema";
import { useLive } from "../../../live/store";
import type { LiveRun } from "../../../live/slot";
import { usePreferences } from "../../../shared/preferences";
import { Asked } from "../../parts/Asked";
import { pathOf, useAnswer } from "../../parts/queries";
import { Screen } from "../../parts/Screen";
import { addressOf, said, short } from "../types";
import { useName, useVersion } from "../useSequence";
import css from "./Graph.module.css";
import { SequenceGraph } from "./SequenceGraph";

type RunDetail = components["schemas"]["RunDetail"];

export default function GraphScreen() {
  const { t } = useTranslation("eng");
  const name = useName();
  const [address, setAddress] = useSearchParams();
  const language = usePreferences((state) => state.language);
  const batch = address.get("batch") ?? "";
  const run = useLive((state) => state.slots[batch]?.run ?? null);
  const ours = run?.sequence === name ? run : null;
  // A run keeps the version it began with, whatever the slot uses next.
  const pinned = useAnswer<RunDetail>(ours === null ? null : `/api/results/${encodeURIComponent(ours.id)}`);
  const hash = ours === null ? (address.get("version") ?? "") : pinned.data?.content_hash;
  const detail = useVersion(hash === undefined ? null : name, hash ?? "");

  function change(changed: Record<string, string>): void {
    const all = { ...Object.fromEntries(address), ...changed };
    setAddress(new URLSearchParams(Object.entries(all).filter(([, value]) => value !== "")), { replace: true });
  }

  return (
    <Screen
      title={t("sequences.flow.title", { name: said(detail.data?.title, language) || name })}
      actions={
        <Button component={Link} href={pathOf(addressOf(name), { version: address.get("version") })}>
          {t("sequences.back")}
        </Button>
      }
    >
      <div className={css["bar"]}>
        <SlotSelect batch={batch} onChange={(chosen) => change({ batch: chosen })} />
        <SlotNote batch={batch} run={run} name={name} />
        {detail.data === undefined ? null : (
          <p className={css["parts"]}>
            {detail.data.version} <code>{short(detail.data.content_hash)}</code>
          </p>
        )}
      </div>
      <Asked answer={detail}>
        {(found) => (
          <SequenceGraph
            steps={found.steps}
            run={ours}
            chosen={address.get("step") ?? ""}
            onChoose={(step) => change({ step })}
          />
        )}
      </Asked>
    </Screen>
  );
}

function SlotSelect({ batch, onChange }: { batch: string; onChange: (batch: string) => void }) {
  const { t } = useTranslation("eng");
  const order = useLive((state) => state.order);
  const slots = useLive((state) => state.slots);
  return (
    <NativeSelect
      label={t("sequences.flow.batch")}
      value={batch}
      data={[
        { value: "", label: t("sequences.flow.noBatch") },
        ...(batch === "" || order.includes(batch) ? order : [...order, batch]).map((id) => ({
          value: id,
          label: slots[id]?.name ?? id,
        })),
      ]}
      onChange={(event) => onChange(event.currentTarget.value)}
    />
  );
}

function SlotNote({ batch, run, name }: { batch: string; run: LiveRun | null; name: string }) {
  const { t } = useTranslation("eng");
  const slot = useLive((state) => state.slots[batch]);
  return (
    <div role="status">
      {batch === "" ? null : run === null ? (
        <p>{t("sequences.flow.notRunning")}</p>
      ) : run.sequence === name ? (
        <p>
          {t("sequences.flow.live", { slot: slot?.name ?? batch })}: {run.wip} <Link href={`/runs/${run.id}`}>{run.id}</Link>
        </p>
      ) : (
        <p>
          {t("sequences.flow.other", { name: run.sequence })}{" "}
          <Link href={pathOf(`${addressOf(run.sequence)}/graph`, { batch })}>{t("sequences.flow.openOther")}</Link>
        </p>
      )}
    </div>
  );
}
