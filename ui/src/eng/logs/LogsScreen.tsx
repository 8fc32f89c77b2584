// The station's log: what is looked for stands in the address; newest first, a page at a time, or followed.
import { Button, Group, Switch } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { components } from "../../client/schema";
import { Asked, Empty } from "../parts/Asked";
import { useChosen } from "../parts/chosen";
import { useAnswer } from "../parts/queries";
import { Screen } from "../parts/Screen";
import { NAMES, pathOfLogs } from "./filter";
import { LogFilter } from "./LogFilter";
import { LogTable } from "./LogTable";

const EVERY = 1000;

export default function LogsScreen() {
  const { t } = useTranslation("eng");
  const [chosen, choose] = useChosen(NAMES);
  const following = chosen.follow !== "";
  const page = useAnswer<components["schemas"]["LogsPage"]>(pathOfLogs(chosen), following ? { every: EVERY } : {});
  return (
    <Screen
      title={t("logs.title")}
      actions={
        <Switch
          size="md"
          label={t("logs.follow")}
          checked={following}
          onChange={(event) => choose({ follow: event.currentTarget.checked ? "1" : "", cursor: "" })}
        />
      }
    >
      <LogFilter chosen={chosen} onChoose={choose} />
      {following ? <p role="status">{t("logs.following")}</p> : null}
      <Asked answer={page}>
        {(told) => (
          <>
            {told.items.length === 0 ? <Empty /> : <LogTable lines={told.items} />}
            {told.items.length === 0 && told.next_cursor !== null ? <p>{t("logs.unfinished")}</p> : null}
            <Group mt="md">
              <Button disabled={chosen.cursor === ""} onClick={() => choose({ cursor: "" })}>
                {t("list.newest")}
              </Button>
              <Button
                disabled={told.next_cursor === null || page.isPlaceholderData}
                onClick={() => choose({ cursor: told.next_cursor ?? "", follow: "" })}
              >
                {t("list.older")}
              </Button>
            </Group>
          </>
        )}
      </Asked>
    </Screen>
  );
}
