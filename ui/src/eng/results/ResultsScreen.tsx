// The runs that are kept, newest first: narrowed by what stands in the address, a page at a time.
import { Button, Group } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { Link, useLocation, useSearchParams } from "wouter";
import type { components } from "../../client/schema";
import { Asked, Empty } from "../parts/Asked";
import { useAnswer } from "../parts/queries";
import { Part, Screen } from "../parts/Screen";
import { filterOf, nextOf, PAGE, paramsOf, pathFor, placeOf, previousOf } from "./filter";
import { Filters } from "./Filters";
import css from "./Results.module.css";
import { RunsTable } from "./RunsTable";

export default function ResultsScreen() {
  const { t } = useTranslation("eng");
  const [search] = useSearchParams();
  const [, go] = useLocation();
  const filter = filterOf(search);
  const place = placeOf(search);
  const answer = useAnswer<components["schemas"]["RunsPage"]>(
    pathFor("/api/results", filter, { limit: String(PAGE), cursor: place.cursor }),
  );
  const previous = previousOf(filter, place);
  const file = (format: string) => pathFor("/api/results/export", filter, { format, bom: format === "csv" ? "true" : "" });
  return (
    <Screen
      title={t("results.title")}
      actions={
        <>
          <Button component="a" href={file("csv")} download>
            {t("results.csv")}
          </Button>
          <Button component="a" href={file("json")} download>
            {t("results.json")}
          </Button>
        </>
      }
    >
      <Filters filter={filter} onChange={(wanted) => go(`/results?${paramsOf(wanted)}`)} />
      <Part title={t("results.runs")}>
        <Asked answer={answer}>
          {({ items, next_cursor: next }) => (
            <>
              {items.length === 0 ? <Empty /> : <RunsTable runs={items} />}
              <Group component="nav" mt="md" aria-label={t("results.paging")}>
                {previous === null ? null : (
                  <>
                    <Link className={css["page"] ?? ""} href={`/results${pageAddress("")}`}>
                      {t("results.first")}
                    </Link>
                    <Link className={css["page"] ?? ""} href={`/results${previous}`} rel="prev">
                      ← {t("results.previous")}
                    </Link>
                  </>
                )}
                {next === null ? (
                  <span>{t("results.end")}</span>
                ) : (
                  <Link className={css["page"] ?? ""} href={`/results${nextOf(filter, place, next)}`} rel="next">
                    {t("results.next")} →
                  </Link>
                )}
              </Group>
            </>
          )}
        </Asked>
      </Part>
    </Screen>
  );

  function pageAddress(fallback: string): string {
    const query = paramsOf(filter).toString();
    return query === "" ? fallback : `?${query}`;
  }
}
