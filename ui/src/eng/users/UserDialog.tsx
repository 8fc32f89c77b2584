// What is wished for a user, asked once more.
import { Radio, Stack, TextInput } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { ask } from "../../client/rest";
import { Sure } from "../parts/Sure";
import { NewPassword } from "./NewPassword";
import { GiveBadge, TakeBadge } from "./BadgeDialog";
import { done, pathOfUser } from "./asking";
import { ROLES, type User } from "./UserList";

type Role = (typeof ROLES)[number];
export type UserWish =
  | { kind: "add" }
  | { kind: "reset" | "disable" | "enable" | "badge" | "noBadge"; user: User }
  | { kind: "role"; user: User; role: Role };

export function UserDialog({ wish, onClose }: { wish: UserWish; onClose: () => void }) {
  switch (wish.kind) {
    case "add":
      return <Add onClose={onClose} />;
    case "reset":
      return <Reset user={wish.user} onClose={onClose} />;
    case "badge":
      return <GiveBadge user={wish.user} onClose={onClose} />;
    case "noBadge":
      return <TakeBadge user={wish.user} onClose={onClose} />;
    case "role":
      return <ChangeRole user={wish.user} role={wish.role} onClose={onClose} />;
    case "disable":
    case "enable":
      return <Activate user={wish.user} active={wish.kind === "enable"} onClose={onClose} />;
  }
}

function Add({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation("eng");
  const [name, setName] = useState("");
  const [role, setRole] = useState<string>("operator");
  const [password, setPassword] = useState<string | null>(null);
  return (
    <Sure
      title={t("users.addTitle")}
      action={t("users.add")}
      incomplete={name.trim() === "" || password === null}
      onDo={() => done(ask("POST", "/api/users", { body: { name: name.trim(), role, password } }))}
      onClose={onClose}
    >
      <TextInput
        label={t("users.name")}
        required
        maxLength={64}
        autoComplete="off"
        data-autofocus
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
      />
      <Radio.Group label={t("users.role")} required value={role} onChange={setRole}>
        <Stack gap="xs" mt="xs">
          {ROLES.map((one) => (
            <Radio key={one} size="md" value={one} label={t(`users.roles.${one}`)} description={t(`users.roleHelp.${one}`)} />
          ))}
        </Stack>
      </Radio.Group>
      <NewPassword label={t("users.password")} onChosen={setPassword} />
    </Sure>
  );
}

function Reset({ user, onClose }: { user: User; onClose: () => void }) {
  const { t } = useTranslation("eng");
  const [password, setPassword] = useState<string | null>(null);
  return (
    <Sure
      title={t("users.resetTitle", { name: user.name })}
      action={t("users.reset")}
      incomplete={password === null}
      onDo={() => done(ask("POST", `${pathOfUser(user)}/password`, { body: { password } }))}
      onClose={onClose}
    >
      <p>{t("users.resetText")}</p>
      <NewPassword label={t("users.new")} onChosen={setPassword} />
    </Sure>
  );
}

function ChangeRole({ user, role, onClose }: { user: User; role: Role; onClose: () => void }) {
  const { t } = useTranslation("eng");
  return (
    <Sure
      title={t("users.roleTitle", { name: user.name })}
      action={t(`users.roles.${role}`)}
      onDo={() => done(ask("PATCH", pathOfUser(user), { body: { role } }))}
      onClose={onClose}
    >
      <p>{t("users.roleText", { before: t(`users.roles.${user.role}`), after: t(`users.roles.${role}`) })}</p>
    </Sure>
  );
}

function Activate({ user, active, onClose }: { user: User; active: boolean; onClose: () => void }) {
  const { t } = useTranslation("eng");
  const kind = active ? "enable" : "disable";
  return (
    <Sure
      title={t(`users.${kind}Title`, { name: user.name })}
      action={t(`users.${kind}`)}
      onDo={() => done(ask("PATCH", pathOfUser(user), { body: { active } }))}
      onClose={onClose}
    >
      <p>{t(`users.${kind}Text`)}</p>
    </Sure>
  );
}
