// A user's badge: scanned into a field, or made here to be printed; and taken away again.
import { Button, Group, PasswordInput } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { ask } from "../../client/rest";
import { BADGE } from "../../scanner/codes";
import { codeTyped } from "../../scanner/jamo";
import { randomCode } from "../../shared/random";
import { Sure } from "../parts/Sure";
import { done, pathOfUser } from "./asking";
import { Secret } from "./Secret";
import type { User } from "./UserList";

/** Characters of a badge that is made here, behind what begins every badge. */
const LENGTH = 16;
const FORM = /^BADGE-[A-Z0-9-]{12,64}$/;

export function GiveBadge({ user, onClose }: { user: User; onClose: () => void }) {
  const { t } = useTranslation("eng");
  const [badge, setBadge] = useState("");
  const [made, setMade] = useState(false);
  const alone = user.role === "viewer" || user.role === "operator";

  function make(): void {
    setMade(true);
    setBadge(BADGE + randomCode(LENGTH));
  }

  return (
    <Sure
      title={t("users.badgeTitle", { name: user.name })}
      action={t("users.badgeSave")}
      incomplete={!FORM.test(badge)}
      onDo={() => done(ask("PUT", `${pathOfUser(user)}/badge`, { body: { badge } }))}
      onClose={onClose}
    >
      <p>{t(alone ? "users.badgeAlone" : "users.badgeNames")}</p>
      {user.badge ? <p>{t("users.badgeBefore")}</p> : null}
      {made ? (
        <Secret label={t("users.badgeMade")} value={badge} />
      ) : (
        <>
          {/* As a password: no input method of a language comes between, and nobody behind one's back can read it. */}
          <PasswordInput
            label={t("users.badgeField")}
            description={t("users.badgeRule")}
            autoComplete="off"
            data-autofocus
            required
            value={badge}
            error={badge.length > BADGE.length && !badge.startsWith(BADGE) ? t("users.badgeForm") : null}
            onChange={(event) => setBadge(codeTyped(event.currentTarget.value))}
          />
          <Group>
            <Button onClick={make}>{t("users.badgeMake")}</Button>
          </Group>
        </>
      )}
    </Sure>
  );
}

export function TakeBadge({ user, onClose }: { user: User; onClose: () => void }) {
  const { t } = useTranslation("eng");
  return (
    <Sure
      title={t("users.noBadgeTitle", { name: user.name })}
      action={t("users.noBadge")}
      onDo={() => done(ask("DELETE", `${pathOfUser(user)}/badge`))}
      onClose={onClose}
    >
      <p>{t("users.noBadgeText")}</p>
    </Sure>
  );
}
