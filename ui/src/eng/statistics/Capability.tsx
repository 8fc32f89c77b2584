// How a measurement's spread fits between its limits, and what must be known before anybody believes it.
import { useTranslation } from "react-i18next";
import { Shape } from "../../shapes/Shape";
import { Part } from "../parts/Screen";
import { figure } from "./numbers";
import css from "./Statistics.module.css";
import type { Series } from "./types";

const WARNINGS = ["few_values", "not_normal", "no_spread", "limits_changed", "too_large"] as const;
const INDICES = ["cp", "cpk", "pp", "ppk"] as const;

export function Capability({ series, unit }: { series: Series; unit: string }) {
  const { t } = useTranslation("eng");
  const limit = series.limits.at(-1)?.limit_text || t("statistics.measurements.noLimit");
  const p = chance(series.normality_p);
  const withUnit = (value: number | null) => (value === null || unit === "" ? figure(value) : `${figure(value)} ${unit}`);
  return (
    <Part title={t("statistics.measurements.capability")}>
      <div role="status">
        {WARNINGS.filter((warning) => series.warnings.includes(warning)).map((warning) => (
          <p key={warning} className={css["warning"]}>
            <Shape look="ERROR" />
            {t(`statistics.measurements.warning.${warning}`, { n: series.n, p, limit })}
          </p>
        ))}
      </div>
      <dl className={css["cards"]}>
        {INDICES.map((index) => (
          <div key={index} className={css["card"]}>
            <dt>{NAMES[index]}</dt>
            <dd className={css["big"]}>{series.capability[index]?.toFixed(2) ?? "–"}</dd>
            <dd>n = {series.n}</dd>
            <dd className={css["note"]}>{t(`statistics.measurements.${index}`)}</dd>
          </div>
        ))}
      </dl>
      <dl className={css["figures"]}>
        <Figure name={t("statistics.measurements.limits")} value={limit} />
        <Figure name={t("statistics.measurements.n")} value={String(series.n)} />
        <Figure name={t("statistics.measurements.mean")} value={withUnit(series.mean)} />
        <Figure name={t("statistics.measurements.sigma")} value={withUnit(series.sigma)} />
        <Figure name={t("statistics.measurements.sigmaWithin")} value={withUnit(series.sigma_within)} />
        <Figure name={t("statistics.measurements.range")} value={`${figure(series.minimum)} – ${figure(series.maximum)}`} />
        <Figure
          name={t("statistics.measurements.normality")}
          value={
            series.normality === null
              ? "–"
              : t("statistics.measurements.normalityIs", { statistic: series.normality.toFixed(2), p })
          }
        />
      </dl>
    </Part>
  );
}

const NAMES = { cp: "Cp", cpk: "Cpk", pp: "Pp", ppk: "Ppk" } as const;

function Figure({ name, value }: { name: string; value: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}

/** A chance as it is written down: what is below a thousandth is only said to be so. */
function chance(p: number | null): string {
  if (p === null) return "p = –";
  return p < 0.001 ? "p < 0.001" : `p = ${p.toFixed(3)}`;
}
