// One sequence: the steps and parameters of a version, what versions differ in, and which slot uses which.
import { Button, NativeSelect, Tabs } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Link, useSearchParams } from "wouter";
import { useAccount } from "../../client/account";
import { usePreferences } from "../../shared/preferences";
import { Asked } from "../parts/Asked";
import { useTimes } from "../parts/format";
import { pathOf, useAnswer } from "../parts/queries";
import { Part, Screen } from "../parts/Screen";
import { Compare } from "./Compare";
import { Findings } from "./Findings";
import { Parameters } from "./Parameters";
import css from "./Sequences.module.css";
import { Slots } from "./Slots";
import { StepsTable } from "./StepsTable";
import { addressOf, said, short, type SequenceDetail, type VersionEntry } from "./types";
import { UploadDialog } from "./UploadDialog";
import { useName, useVersion } from "./useSequence";

const TABS = ["steps", "parameters", "versions", "slots"] as const;

export default function SequenceScreen() {
  const { t } = useTranslation("eng");
  const name = useName();
  const [address, setAddress] = useSearchParams();
  const language = usePreferences((state) => state.language);
  const mayUpload = useAccount((state) => state.account?.permissions.includes("administer") ?? false);
  const [uploading, setUploading] = useState(false);
  const detail = useVersion(name, address.get("version") ?? "");
  // What a slot's folder has is published when it is asked for: only then is it among the versions.
  const versions = useAnswer<VersionEntry[]>(detail.data === undefined ? null : `/api${addressOf(name)}/versions`);
  const tab = TABS.find((one) => one === address.get("tab")) ?? "steps";

  function change(changed: Record<string, string>): void {
    setAddress((before) => new URLSearchParams({ ...Object.fromEntries(before), ...changed }));
  }

  return (
    <Screen
      title={said(detail.data?.title, language) || name}
      actions={
        <>
          <Button component={Link} href={pathOf(`${addressOf(name)}/graph`, { version: address.get("version") })}>
            {t("sequences.graph")}
          </Button>
          {mayUpload ? <Button onClick={() => setUploading(true)}>{t("sequences.upload")}</Button> : null}
        </>
      }
    >
      <Asked answer={detail}>
        {(found) => (
          <>
            <About detail={found} />
            <NativeSelect
              label={t("sequences.version")}
              maw={640}
              mb="md"
              value={found.content_hash}
              data={versionsOf(versions.data ?? [], found, t)}
              onChange={(event) => change({ version: event.currentTarget.value })}
            />
            <Tabs value={tab} onChange={(chosen) => change({ tab: chosen ?? "steps" })} keepMounted={false} color="var(--accent)">
              <Tabs.List aria-label={t("sequences.tabs")} mb="md">
                {TABS.map((one) => (
                  <Tabs.Tab key={one} value={one} fz="md" mih={44}>
                    {t(`sequences.tab.${one}`)}
                  </Tabs.Tab>
                ))}
              </Tabs.List>
              <Tabs.Panel value="steps">
                <Part title={t("sequences.tab.steps")}>
                  <StepsTable steps={found.steps} />
                </Part>
              </Tabs.Panel>
              <Tabs.Panel value="parameters">
                <Part title={t("sequences.tab.parameters")}>
                  <Parameters parameters={found.parameters} />
                </Part>
              </Tabs.Panel>
              <Tabs.Panel value="versions">
                <Asked answer={versions}>{(all) => <Compare name={name} versions={all} />}</Asked>
              </Tabs.Panel>
              <Tabs.Panel value="slots">
                <Slots detail={found} />
              </Tabs.Panel>
            </Tabs>
          </>
        )}
      </Asked>
      {uploading ? <UploadDialog onClose={() => setUploading(false)} /> : null}
    </Screen>
  );
}

function About({ detail }: { detail: SequenceDetail }) {
  const { t } = useTranslation("eng");
  const { full } = useTimes();
  const language = usePreferences((state) => state.language);
  return (
    <>
      {detail.about == null ? null : <p>{said(detail.about, language)}</p>}
      <dl className={css["facts"]}>
        <div>
          <dt>{t("sequences.name")}</dt>
          <dd className={css["code"]}>{detail.name}</dd>
        </div>
        {detail.author === "" ? null : (
          <div>
            <dt>{t("sequences.author")}</dt>
            <dd>{detail.author}</dd>
          </div>
        )}
        <div>
          <dt>{t("sequences.hash")}</dt>
          <dd className={css["code"]}>{short(detail.content_hash)}</dd>
        </div>
        <div>
          <dd>{t("sequences.published", { time: full(detail.published_at), by: detail.published_by || t("sequences.someone") })}</dd>
        </div>
      </dl>
      {detail.warnings.length === 0 ? null : (
        <Part title={t("sequences.warnings")}>
          <Findings findings={detail.warnings} />
        </Part>
      )}
    </>
  );
}

function versionsOf(versions: VersionEntry[], shown: SequenceDetail, t: ReturnType<typeof useTranslation<"eng">>["t"]) {
  const known = versions.some((one) => one.content_hash === shown.content_hash);
  const all = known ? versions : [{ content_hash: shown.content_hash, version: shown.version }, ...versions];
  return all.map((one, index) => {
    const slots = shown.used_by.filter((use) => use.content_hash === one.content_hash).map((use) => use.batch);
    const marks = [
      ...(index === 0 && known ? [t("sequences.newest")] : []),
      ...(slots.length > 0 ? [t("sequences.inUse", { slots: slots.join(", ") })] : []),
    ];
    const label = `${one.version} · ${short(one.content_hash)}`;
    return { value: one.content_hash, label: marks.length === 0 ? label : `${label} (${marks.join("; ")})` };
  });
}
