// Follows the chain of hashes, and says whether it is whole.
import { Button } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { components } from "../../client/schema";
import { Failure } from "../parts/Asked";
import { useDoing } from "../parts/doing";
import { Grade } from "../parts/Grade";
import { Own } from "../../shared/Own";
import css from "./Verify.module.css";

type Check = components["schemas"]["AuditCheck"];

export function Verify({ verify }: { verify: () => Promise<Check> }) {
  const { t } = useTranslation("eng");
  const [found, setFound] = useState<Check | null>(null);
  const doing = useDoing();

  async function look(): Promise<void> {
    setFound(null);
    await doing.run("verify", async () => setFound(await verify()));
  }

  return (
    <div className={css["verify"]}>
      <Button onClick={() => void look()} loading={doing.busy !== null}>
        {t("audit.verify")}
      </Button>
      <div role="status" className={css["found"]}>
        {doing.busy === null ? null : t("audit.verifying")}
        {found === null ? null : found.whole ? (
          <>
            <Grade grade="good">{t("audit.whole", { entries: found.entries, head: found.head_id })}</Grade>
            <p>
              {t("audit.hash")}: <code>{found.head_hash}</code>
            </p>
          </>
        ) : (
          <>
            <Grade grade="bad">{t("audit.broken", { id: found.broken_id ?? 0 })}</Grade> <Own text={found.problem} />
            <p>{t("audit.brokenHelp")}</p>
          </>
        )}
      </div>
      {doing.error === null ? null : <Failure error={doing.error} />}
    </div>
  );
}
