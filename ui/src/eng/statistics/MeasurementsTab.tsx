// One measurement over many runs: its control chart, its spread, its capability.
import { NativeSelect } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { Asked } from "../parts/Asked";
import { pathOf, useAnswer } from "../parts/queries";
import { Part } from "../parts/Screen";
import { Capability } from "./Capability";
import { ControlChart } from "./ControlChart";
import { Histogram } from "./Histogram";
import css from "./Statistics.module.css";
import type { Measured, Series } from "./types";
import type { Filtering } from "./useFilters";

export function MeasurementsTab(filtering: Filtering) {
  const { t } = useTranslation("eng");
  const { filters } = filtering;
  const sequence = filters.sequence;
  const measured = useAnswer<Measured[]>(
    sequence === "" ? null : pathOf("/api/statistics/measurements", { sequence_name: sequence }),
  );
  if (sequence === "") return <p>{t("statistics.chooseSequence")}</p>;
  return (
    <Asked answer={measured}>
      {(found) => (found.length === 0 ? <p>{t("statistics.measurements.none")}</p> : <Chosen measured={found} {...filtering} />)}
    </Asked>
  );
}

function Chosen({ measured, filters, span, change }: { measured: Measured[] } & Filtering) {
  const { t } = useTranslation("eng");
  const chosen = measured.find((one) => one.step === filters.step && one.measurement === filters.measurement);
  const series = useAnswer<Series>(
    chosen === undefined
      ? null
      : pathOf("/api/statistics/series", {
          sequence_name: filters.sequence,
          batch_id: filters.batch,
          ...span,
          step: chosen.step,
          measurement: chosen.measurement,
        }),
  );
  return (
    <>
      <NativeSelect
        label={t("statistics.measurements.measurement")}
        maw={560}
        mb="md"
        value={chosen === undefined ? "" : String(measured.indexOf(chosen))}
        data={[
          { value: "", label: t("statistics.measurements.choose"), disabled: chosen !== undefined },
          ...measured.map((one, index) => ({ value: String(index), label: nameOf(one) })),
        ]}
        onChange={(event) => {
          const one = measured[Number(event.currentTarget.value)];
          if (event.currentTarget.value !== "" && one !== undefined) {
            change({ step: one.step, measurement: one.measurement });
          }
        }}
      />
      {chosen === undefined ? null : (
        <Asked answer={series}>
          {(found) =>
            // What is still shown of the measurement before is not this one's.
            found.step !== chosen.step || found.measurement !== chosen.measurement ? (
              <p role="status">{t("shell.loading")}…</p>
            ) : (
              <Figures series={found} measured={chosen} />
            )
          }
        </Asked>
      )}
    </>
  );
}

function Figures({ series, measured }: { series: Series; measured: Measured }) {
  const { t } = useTranslation("eng");
  const name = nameOf(measured);
  if (series.n === 0) return <p>{t("statistics.measurements.noValues")}</p>;
  return (
    <>
      <Capability series={series} unit={measured.unit} />
      <Part title={t("statistics.measurements.xmr", { name })}>
        <ControlChart series={series} name={name} />
        {series.truncated ? <p className={css["note"]}>{t("statistics.measurements.truncated", { n: series.n })}</p> : null}
      </Part>
      {series.histogram.length === 0 ? null : (
        <Part title={t("statistics.measurements.histogram", { name })}>
          <Histogram series={series} name={name} />
        </Part>
      )}
    </>
  );
}

function nameOf({ step, measurement, unit }: Measured): string {
  return unit === "" ? `${step} · ${measurement}` : `${step} · ${measurement} [${unit}]`;
}
