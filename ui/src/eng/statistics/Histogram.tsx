// How the values of a measurement are spread, and the same as a table.
import { Table } from "@mantine/core";
import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import { Chart } from "../charts/Chart";
import { useTokens } from "../charts/colours";
import { histogramOption } from "./drawings/histogram";
import { figure } from "./numbers";
import type { Series } from "./types";

export function Histogram({ series, name }: { series: Series; name: string }) {
  const { t } = useTranslation("eng");
  const tokens = useTokens();
  const option = useMemo(
    () =>
      histogramOption(
        series,
        {
          count: t("statistics.measurements.count"),
          expected: t("statistics.measurements.expected"),
          limitLow: t("statistics.measurements.limitLow"),
          limitHigh: t("statistics.measurements.limitHigh"),
          centre: t("statistics.measurements.centre"),
        },
        tokens,
      ),
    [series, tokens, t],
  );
  return (
    <Chart
      label={t("statistics.measurements.histogram", { name })}
      option={option}
      height={380}
      table={() => (
        <Table>
          <Table.Thead>
            <Table.Tr>
              <Table.Th scope="col">{t("statistics.measurements.bin")}</Table.Th>
              <Table.Th scope="col">{t("statistics.measurements.count")}</Table.Th>
              <Table.Th scope="col">{t("statistics.measurements.expected")}</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {series.histogram.map((bin) => (
              <Table.Tr key={bin.low}>
                <Table.Th scope="row">
                  {figure(bin.low)} – {figure(bin.high)}
                </Table.Th>
                <Table.Td>{bin.count}</Table.Td>
                <Table.Td>{bin.expected.toFixed(1)}</Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      )}
    />
  );
}
