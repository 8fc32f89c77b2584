// What there is to say about a package: how bad, what, and where.
import { useTranslation } from "react-i18next";
import { Fault } from "../../shared/Fault";
import css from "./Sequences.module.css";
import type { Finding } from "./types";

export function Findings({ findings }: { findings: Finding[] }) {
  const { t } = useTranslation("eng");
  return (
    <ul className={css["findings"]}>
      {findings.map((finding, index) => (
        <li key={index}>
          <span className={css["severity"]} data-severity={finding.severity}>
            {t(`sequences.uploading.severity.${finding.severity}`)}
          </span>
          <code>{finding.code}</code> <span className={css["code"]}>{placeOf(finding)}</span>
          <div>
            <Fault fault={finding} />
          </div>
        </li>
      ))}
    </ul>
  );
}

function placeOf({ file, line }: Finding): string {
  return line === null || line === undefined ? file : `${file}:${line}`;
}
