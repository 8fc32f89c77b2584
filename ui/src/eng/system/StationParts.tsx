// Each part of the station: how it stands, and what to do where it is not well.
import { Table } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { Link } from "wouter";
import { useTimes } from "../parts/format";
import { Grade } from "../parts/Grade";
import { gradesOf, PART_NAMES, type Breaker, type Health, type PartName } from "./parts";

interface Props {
  health: Health;
  breaker: Breaker | null;
  skew: number;
}

export function StationParts({ health, breaker, skew }: Props) {
  const { t } = useTranslation("eng");
  const grades = gradesOf(health, breaker, skew);
  const say = useSentences(health, breaker, skew);
  return (
    <Table>
      <Table.Thead>
        <Table.Tr>
          <Table.Th scope="col">{t("system.part")}</Table.Th>
          <Table.Th scope="col">{t("system.stands")}</Table.Th>
          <Table.Th scope="col">{t("system.detail")}</Table.Th>
          <Table.Th scope="col">{t("system.todo")}</Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {PART_NAMES.map((name) => {
          const grade = grades[name];
          if (grade === undefined) return null;
          const ill = grade === "warning" || grade === "bad";
          return (
            <Table.Tr key={name} data-part={name} data-grade={grade}>
              <Table.Th scope="row">{t(`system.name.${name}`)}</Table.Th>
              <Table.Td>
                <Grade grade={grade}>{t(`system.${grade}`)}</Grade>
              </Table.Td>
              <Table.Td>{say(name)}</Table.Td>
              <Table.Td>
                {ill ? t(`system.help.${name}`) : null}
                {ill && (name === "queue" || name === "breaker") ? (
                  <>
                    {" "}
                    <Link href="/queue">{t("menu.queue")}</Link>
                  </>
                ) : null}
              </Table.Td>
            </Table.Tr>
          );
        })}
      </Table.Tbody>
    </Table>
  );
}

function useSentences(health: Health, breaker: Breaker | null, skew: number): (name: PartName) => string {
  const { t } = useTranslation("eng");
  const { full, clock, ago } = useTimes();

  function breakerSentence(): string {
    if (breaker === null) return t("system.say.unknown");
    const parts = [
      t(`system.say.${breaker.state}`),
      t("system.say.since", { time: full(breaker.changed_at), ago: ago(breaker.changed_at) }),
      breaker.failure_count === 0 || breaker.last_failure === null
        ? t("system.say.noFailures")
        : t("system.say.failures", { count: breaker.failure_count, time: clock(breaker.last_failure) }),
    ];
    if (breaker.retry_after > 0) parts.push(t("system.say.retry", { seconds: Math.ceil(breaker.retry_after) }));
    return parts.join(" · ");
  }

  const answers = (yes: boolean) => t(yes ? "system.say.answers" : "system.say.silent");
  const used = (percent: number | null | undefined) =>
    percent === null || percent === undefined ? t("system.say.unknown") : t("system.say.used", { percent: percent.toFixed(1) });
  return (name) => {
    switch (name) {
      case "ready":
        return t(health.ready ? "system.say.ready" : "system.say.notReady");
      case "database":
        return answers(health.database_connected);
      case "temporal":
        return answers(health.engine_connected);
      case "mes":
        return health.backend_status === "disabled" ? t("system.say.mesDisabled") : answers(health.backend_connected);
      case "breaker":
        return breakerSentence();
      case "queue":
        if (health.queue_size === null) return t("system.say.unknown");
        return health.queue_size === 0 ? t("system.say.nothingOwed") : t("system.say.owed", { count: health.queue_size });
      case "batches":
        return t("system.say.up", { up: health.batches_up, wanted: health.batches_wanted });
      case "disk":
        return used(health.disk_used_percent);
      case "memory":
        return used(health.memory_used_percent);
      case "calibration":
        if (health.calibrations.length === 0) return t("system.say.calibrated");
        return health.calibrations
          .map((one) => {
            const name = `${one.batch_id} · ${one.instrument}${one.serial_number === "" ? "" : ` (${one.serial_number})`}`;
            return t(one.days_left < 0 ? "system.say.calibrationOver" : "system.say.calibrationDue", { name, day: one.calibrated_until, days: one.days_left });
          })
          .join(" · ");
      case "clock":
        return t("system.say.clock", { seconds: Math.abs(skew) });
    }
  };
}
