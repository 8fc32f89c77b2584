// The station as a machine: its parts, its processes, its versions; what is not as it should be says what to do.
import { Table } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import type { components } from "../../client/schema";
import { ask, type StationError } from "../../client/rest";
import { Asked } from "../parts/Asked";
import { duration } from "../parts/format";
import { useAnswer } from "../parts/queries";
import { Part, Screen } from "../parts/Screen";
import { skewOf, type Breaker, type Health } from "./parts";
import { Processes } from "./Processes";
import { StationParts } from "./StationParts";

type Versions = components["schemas"]["SystemVersions"];
const EVERY = 2000;

export default function SystemScreen() {
  const { t } = useTranslation("eng");
  const health = useQuery<{ health: Health; skew: number }, StationError>({
    queryKey: ["api", "system", "health", "?clock"],
    queryFn: async () => {
      const asked = Date.now();
      const told = await ask<Health>("GET", "/api/system/health");
      return { health: told, skew: skewOf(told.timestamp, asked, Date.now()) };
    },
    refetchInterval: EVERY,
  });
  const breakers = useAnswer<Record<string, Breaker>>("/health/circuit-breakers", { every: EVERY });
  return (
    <Screen title={t("system.title")}>
      <Part title={t("system.parts")}>
        <Asked answer={health}>
          {(told) => <StationParts health={told.health} skew={told.skew} breaker={breakers.data?.["mes"] ?? null} />}
        </Asked>
      </Part>
      <Processes memory={health.data?.health.memory_total_bytes ?? null} every={EVERY} />
      <VersionList />
    </Screen>
  );
}

const VERSIONS = ["station", "python", "temporal", "sqlite", "database", "system"] as const;

function VersionList() {
  const { t } = useTranslation("eng");
  const versions = useAnswer<Versions>("/api/system/versions");
  const info = useAnswer<components["schemas"]["SystemInfo"]>("/api/system/info", { every: 60_000 });
  return (
    <Part title={t("system.versions")}>
      <Asked answer={versions}>
        {(told) => (
          <Table>
            <Table.Tbody>
              {VERSIONS.map((name) => (
                <Table.Tr key={name}>
                  <Table.Th scope="row" w={260}>
                    {t(`system.version.${name}`)}
                  </Table.Th>
                  <Table.Td>{told[name] === "" ? t("system.say.unknown") : told[name]}</Table.Td>
                </Table.Tr>
              ))}
              <Table.Tr>
                <Table.Th scope="row">{t("system.version.uptime")}</Table.Th>
                <Table.Td>{duration(info.data?.uptime)}</Table.Td>
              </Table.Tr>
            </Table.Tbody>
          </Table>
        )}
      </Asked>
    </Part>
  );
}
