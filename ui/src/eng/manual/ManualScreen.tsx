// One slot in somebody's hand: taken, commanded, made safe, let go; leaving the page lets it go, too.
import { Button } from "@mantine/core";
import { useQuery, type UseQueryResult } from "@tanstack/react-query";
import { useCallback, useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { useParams } from "wouter";
import { useAccount } from "../../client/account";
import { ask, NO_ANSWER, type StationError } from "../../client/rest";
import { useLive } from "../../live/store";
import { Shape } from "../../shapes/Shape";
import { Asked, Failure } from "../parts/Asked";
import { useDoing } from "../parts/doing";
import { keyOf, queries, useAnswer } from "../parts/queries";
import { Screen } from "../parts/Screen";
import { CommandCards } from "./CommandCards";
import { HandLog } from "./HandLog";
import { Own } from "../../shared/Own";
import css from "./Manual.module.css";
import {
  closeOnLeaving,
  pathOfSession,
  SIGN_OF_LIFE,
  standingOf,
  tell,
  type Closed,
  type Commands,
  type Session,
} from "./session";
import { SessionBar } from "./SessionBar";
import { StepCard } from "./StepCard";
import { TakeInHand } from "./TakeInHand";

export default function ManualScreen() {
  const { t } = useTranslation("eng");
  const batch = useParams<{ batch: string }>().batch;
  const name = useLive((state) => state.slots[batch]?.name ?? batch);
  return (
    <Screen title={t("manual.of", { name })}>
      {/* Another slot is another page, and leaves this one. */}
      <Slot key={batch} batch={batch} name={name} />
    </Screen>
  );
}

function Slot({ batch, name }: { batch: string; name: string }) {
  const { t } = useTranslation("eng");
  const path = pathOfSession(batch);
  const me = useAccount((state) => state.account?.name ?? "");
  const [here, setHere] = useState<string | null>(null);
  const [closed, setClosed] = useState<Closed | null>(null);
  const session = useAnswer<Session>(path, { every: here === null ? 3000 : 1000 });
  const commands = useCommands(batch);
  const doing = useDoing();
  const standing = session.data === undefined ? null : standingOf(session.data, me, here);
  const [leaving, setLeaving] = useState(false);
  const life = useSignsOfLife(batch, here, leaving);
  // What was opened here and is not there any more was ended by somebody else.
  const over = here !== null && standing === "free" && doing.busy === null;

  const show = (found: Session) => queries.setQueryData(keyOf(path), found);
  const again = () => queries.invalidateQueries({ queryKey: keyOf(path), exact: true });

  async function take(reason: string, steps: boolean): Promise<void> {
    setClosed(null);
    await doing.run("open", async () => {
      const opened = await tell.open(batch, reason, steps);
      show(opened);
      setHere(opened.session_id ?? null);
    });
  }
  async function leave(reason: string): Promise<void> {
    setLeaving(true);
    try {
      setClosed(await tell.close(batch, reason));
      setHere(null);
      await again();
    } finally {
      setLeaving(false);
    }
  }
  const act = (what: string, deed: () => Promise<unknown>) =>
    doing.run(what, async () => {
      try {
        await deed();
      } finally {
        void again();
      }
    });

  return (
    <>
      {commands.data === undefined ? null : <Banner real={!commands.data.simulated} />}
      <div role="status">
        {closed === null ? null : (
          <p>
            {t(closed.safe ? "manual.ended" : "manual.endedUnsafe")} <Own text={closed.problems.join("; ")} />
          </p>
        )}
        {over ? <p>{t("manual.over")}</p> : null}
      </div>
      <Asked answer={session}>
        {(now) => (
          <>
            {now.active ? (
              <SessionBar
                session={now}
                standing={standing ?? "others"}
                name={name}
                lost={life !== null}
                safe={() => act("safe", () => tell.safe(batch))}
                making={doing.busy === "safe"}
                onLeave={leave}
                onGoOn={() =>
                  void doing.run("go on", async () => {
                    await tell.alive(batch);
                    setHere(now.session_id ?? null);
                  })
                }
              />
            ) : null}
            {doing.error === null ? null : <Failure error={doing.error} />}
            {standing === "free" ? (
              <TakeInHand opening={doing.busy === "open"} onTake={(reason, steps) => void take(reason, steps)} />
            ) : null}
            {now.active ? (
              <div className={css["columns"]}>
                <div>
                  {standing === "here" ? (
                    <Asked answer={commands}>
                      {(known) => (
                        <>
                          <CommandCards
                            commands={known.commands}
                            instruments={now.instruments}
                            busy={doing.busy !== null || now.state !== "open"}
                            onTell={(command, params) =>
                              void act(`${command.instrument}.${command.name}`, () => tell.command(batch, command, params))
                            }
                          />
                          {now.steps.length === 0 ? null : (
                            <StepCard
                              steps={now.steps}
                              parameters={known.parameters}
                              busy={doing.busy !== null || now.state !== "open"}
                              onStep={(step, params) => void act(`step ${step}`, () => tell.step(batch, step, params))}
                            />
                          )}
                        </>
                      )}
                    </Asked>
                  ) : null}
                </div>
                <div className={css["log"]}>
                  <HandLog answers={now.last} busyWith={now.busy_with} commands={commands.data?.commands ?? []} />
                </div>
              </div>
            ) : null}
            {!now.active && here !== null ? (
              <Button onClick={() => setHere(null)}>{t("shell.again")}</Button>
            ) : null}
          </>
        )}
      </Asked>
    </>
  );
}

/** What can be done by hand: asked once, and not again with every event of the slot. */
function useCommands(batch: string): UseQueryResult<Commands, StationError> {
  return useQuery<Commands, StationError>({
    queryKey: ["manual commands", batch],
    queryFn: () => ask<Commands>("GET", `${pathOfSession(batch)}/commands`),
    staleTime: 60_000,
  });
}

/** Say again and again that somebody is here, but for who is leaving, and let the slot go when the page is left; gives what went wrong. */
function useSignsOfLife(batch: string, here: string | null, leaving: boolean): StationError | null {
  const [error, setError] = useState<StationError | null>(null);
  const open = useRef<string | null>(null);
  useEffect(() => {
    open.current = here;
  }, [here]);

  const sign = useCallback(async () => {
    try {
      await tell.alive(batch);
      setError(null);
    } catch (caught) {
      // A refusal is shown by the session itself, which is over then.
      setError((caught as StationError).code === NO_ANSWER ? (caught as StationError) : null);
    }
  }, [batch]);
  useEffect(() => {
    if (here === null || leaving) return;
    const timer = setInterval(() => void sign(), SIGN_OF_LIFE);
    return () => clearInterval(timer);
  }, [here, leaving, sign]);

  useEffect(() => {
    const leave = () => {
      if (open.current !== null) closeOnLeaving(batch);
      open.current = null;
    };
    window.addEventListener("pagehide", leave);
    return () => {
      window.removeEventListener("pagehide", leave);
      leave();
    };
  }, [batch]);
  return error;
}

function Banner({ real }: { real: boolean }) {
  const { t } = useTranslation("eng");
  return (
    <p className={css["banner"]} data-real={real}>
      <Shape look={real ? "attention" : "idle"} className={css["shape"]} />
      {t(real ? "manual.real" : "manual.simulated")}
    </p>
  );
}
