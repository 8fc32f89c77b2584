// Which machines may call: a key is made and shown once, and revoked for ever.
import { Button, Radio, Stack, Table, TextInput } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { ask } from "../../client/rest";
import type { components } from "../../client/schema";
import { Asked, Empty } from "../parts/Asked";
import { useTimes } from "../parts/format";
import { Grade } from "../parts/Grade";
import { useAnswer } from "../parts/queries";
import { Part } from "../parts/Screen";
import { Sure } from "../parts/Sure";
import { Wide } from "../parts/Wide";
import { Window } from "../parts/Window";
import { done } from "./asking";
import { Secret } from "./Secret";
import { ROLES } from "./UserList";

type ApiKey = components["schemas"]["ApiKey"];
type MadeKey = components["schemas"]["MadeKey"];

export function KeyList() {
  const { t } = useTranslation("eng");
  const keys = useAnswer<ApiKey[]>("/api/keys", { every: 10_000 });
  const [adding, setAdding] = useState(false);
  const [made, setMade] = useState<MadeKey | null>(null);
  const [revoked, setRevoked] = useState<ApiKey | null>(null);
  return (
    <Part
      title={t("keys.list")}
      actions={
        <Button variant="filled" onClick={() => setAdding(true)}>
          {t("keys.add")}
        </Button>
      }
    >
      <p>{t("keys.hint")}</p>
      <Asked answer={keys}>
        {(told) => (told.length === 0 ? <Empty /> : <KeyTable keys={told} onRevoke={setRevoked} />)}
      </Asked>
      {adding ? <Add onMade={setMade} onClose={() => setAdding(false)} /> : null}
      {made === null ? null : <Made made={made} onClose={() => setMade(null)} />}
      {revoked === null ? null : <Revoke of={revoked} onClose={() => setRevoked(null)} />}
    </Part>
  );
}

function KeyTable({ keys, onRevoke }: { keys: readonly ApiKey[]; onRevoke: (key: ApiKey) => void }) {
  const { t } = useTranslation("eng");
  const { full } = useTimes();
  return (
    <Wide minWidth={900} label={t("keys.list")}>
      <Table verticalSpacing="sm">
        <Table.Thead>
          <Table.Tr>
            {(["name", "role", "state", "created", "do"] as const).map((name) => (
              <Table.Th key={name} scope="col">
                {t(`users.${name}`)}
              </Table.Th>
            ))}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {keys.map((key) => (
            <Table.Tr key={key.name} data-key={key.name}>
              <Table.Th scope="row">{key.name}</Table.Th>
              <Table.Td>{t(`users.roles.${key.role}`)}</Table.Td>
              <Table.Td>
                <Grade grade={key.active ? "good" : "off"}>
                  {key.active || key.revoked_at == null ? t("keys.active") : t("keys.revoked", { time: full(key.revoked_at) })}
                </Grade>
              </Table.Td>
              <Table.Td>{t("users.by", { time: full(key.created_at), name: key.created_by })}</Table.Td>
              <Table.Td>
                {key.active ? (
                  <Button aria-label={`${key.name}: ${t("keys.revoke")}`} onClick={() => onRevoke(key)}>
                    {t("keys.revoke")}
                  </Button>
                ) : null}
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Wide>
  );
}

function Add({ onMade, onClose }: { onMade: (made: MadeKey) => void; onClose: () => void }) {
  const { t } = useTranslation("eng");
  const [name, setName] = useState("");
  const [role, setRole] = useState("operator");
  return (
    <Sure
      title={t("keys.add")}
      action={t("keys.make")}
      incomplete={name.trim() === ""}
      onDo={async () => onMade(await done(ask<MadeKey>("POST", "/api/keys", { body: { name: name.trim(), role } })))}
      onClose={onClose}
    >
      <TextInput
        label={t("keys.name")}
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
    </Sure>
  );
}

function Made({ made, onClose }: { made: MadeKey; onClose: () => void }) {
  const { t } = useTranslation("eng");
  return (
    <Window title={t("keys.made", { name: made.name })} size="xl" onClose={onClose}>
      <Stack>
        <p>{t("keys.once")}</p>
        <Secret label={t("keys.key")} value={made.key} />
        <Button variant="filled" onClick={onClose}>
          {t("keys.kept")}
        </Button>
      </Stack>
    </Window>
  );
}

function Revoke({ of, onClose }: { of: ApiKey; onClose: () => void }) {
  const { t } = useTranslation("eng");
  return (
    <Sure
      title={t("keys.revokeTitle", { name: of.name })}
      action={t("keys.revoke")}
      onDo={() => done(ask("POST", `/api/keys/${encodeURIComponent(of.name)}/revoke`))}
      onClose={onClose}
    >
      <p>{t("keys.revokeText")}</p>
    </Sure>
  );
}
