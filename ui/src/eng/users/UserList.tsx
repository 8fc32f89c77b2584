// Who may log in: added, given another role, another password, or kept out.
import { Button, Group, Select, Table } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { components } from "../../client/schema";
import { Asked, Empty } from "../parts/Asked";
import { useTimes } from "../parts/format";
import { Grade } from "../parts/Grade";
import { useAnswer } from "../parts/queries";
import { Part } from "../parts/Screen";
import { UserDialog, type UserWish } from "./UserDialog";
import { Wide } from "../parts/Wide";

export type User = components["schemas"]["User"];
export const ROLES = ["viewer", "operator", "manager", "admin"] as const;

export function UserList({ me }: { me: string }) {
  const { t } = useTranslation("eng");
  const users = useAnswer<User[]>("/api/users", { every: 10_000 });
  const [wish, setWish] = useState<UserWish | null>(null);
  return (
    <Part
      title={t("users.list")}
      actions={
        <Button variant="filled" onClick={() => setWish({ kind: "add" })}>
          {t("users.add")}
        </Button>
      }
    >
      <p>{t("users.listHint")}</p>
      <Asked answer={users}>
        {(told) =>
          told.length === 0 ? (
            <Empty />
          ) : (
            <Wide minWidth={960}>
              <Table verticalSpacing="sm">
                <Table.Thead>
                  <Table.Tr>
                    {(["name", "role", "state", "badge", "created", "do"] as const).map((name) => (
                      <Table.Th key={name} scope="col">
                        {t(`users.${name}`)}
                      </Table.Th>
                    ))}
                  </Table.Tr>
                </Table.Thead>
                <Table.Tbody>
                  {told.map((user) => (
                    <Row key={user.name} user={user} own={user.name === me} onWish={setWish} />
                  ))}
                </Table.Tbody>
              </Table>
            </Wide>
          )
        }
      </Asked>
      {wish === null ? null : <UserDialog wish={wish} onClose={() => setWish(null)} />}
    </Part>
  );
}

function Row({ user, own, onWish }: { user: User; own: boolean; onWish: (wish: UserWish) => void }) {
  const { t } = useTranslation("eng");
  const { full } = useTimes();
  return (
    <Table.Tr data-user={user.name}>
      <Table.Th scope="row">
        {user.name} {own ? t("users.you") : null}
      </Table.Th>
      <Table.Td>
        <Select
          aria-label={`${user.name}: ${t("users.role")}`}
          w={220}
          data={ROLES.map((role) => ({ value: role, label: t(`users.roles.${role}`) }))}
          value={user.role}
          allowDeselect={false}
          disabled={own}
          onChange={(chosen) => {
            const role = ROLES.find((one) => one === chosen);
            if (role !== undefined && role !== user.role) onWish({ kind: "role", user, role });
          }}
        />
      </Table.Td>
      <Table.Td>
        <Grade grade={user.active ? "good" : "off"}>{t(user.active ? "users.active" : "users.disabled")}</Grade>
      </Table.Td>
      <Table.Td>{t(user.badge ? "users.hasBadge" : "users.hasNone")}</Table.Td>
      <Table.Td>{t("users.by", { time: full(user.created_at), name: user.created_by })}</Table.Td>
      <Table.Td>
        <Group gap="xs">
          {own ? null : (
            <>
              <Button onClick={() => onWish({ kind: "reset", user })}>{t("users.reset")}</Button>
              <Button onClick={() => onWish({ kind: user.active ? "disable" : "enable", user })}>
                {t(user.active ? "users.disable" : "users.enable")}
              </Button>
            </>
          )}
          <Button onClick={() => onWish({ kind: "badge", user })}>{t(user.badge ? "users.badgeOther" : "users.badgeGive")}</Button>
          {user.badge ? <Button onClick={() => onWish({ kind: "noBadge", user })}>{t("users.noBadge")}</Button> : null}
        </Group>
      </Table.Td>
    </Table.Tr>
  );
}
