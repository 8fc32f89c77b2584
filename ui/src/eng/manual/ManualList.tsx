// The slots, each to be taken in hand.
import { Table } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { Link } from "wouter";
import { useLive } from "../../live/store";
import { Screen } from "../parts/Screen";
import css from "./Manual.module.css";

export default function ManualList() {
  const { t } = useTranslation("eng");
  const order = useLive((state) => state.order);
  const slots = useLive((state) => state.slots);
  return (
    <Screen title={t("manual.title")}>
      <p>{t("manual.choose")}</p>
      <Table verticalSpacing="sm">
        <Table.Thead>
          <Table.Tr>
            {(["slot", "state", "holder", "do"] as const).map((name) => (
              <Table.Th key={name} scope="col">
                {t(`manual.${name}`)}
              </Table.Th>
            ))}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {order.map((id) => {
            const slot = slots[id];
            if (slot === undefined) return null;
            const state = slot.holder !== "" ? "inHand" : slot.run === null ? "free" : "busy";
            return (
              <Table.Tr key={id}>
                <Table.Th scope="row">{slot.name}</Table.Th>
                <Table.Td>{t(`manual.${state}`)}</Table.Td>
                <Table.Td>{slot.holder}</Table.Td>
                <Table.Td>
                  <Link href={`/manual/${encodeURIComponent(id)}`} className={css["door"] ?? ""} aria-label={`${slot.name}: ${t("manual.enter")}`}>
                    {t("manual.enter")}
                  </Link>
                </Table.Td>
              </Table.Tr>
            );
          })}
        </Table.Tbody>
      </Table>
    </Screen>
  );
}
