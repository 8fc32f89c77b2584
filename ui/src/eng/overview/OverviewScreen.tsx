// How every slot stands, a line each.
import { Table } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { useLive } from "../../live/store";
import type { Slot } from "../../live/slot";
import { appearanceOf } from "../../op/look";
import { OutcomeBadge } from "../parts/OutcomeBadge";
import { Screen } from "../parts/Screen";

export default function OverviewScreen() {
  const { t } = useTranslation("eng");
  const order = useLive((state) => state.order);
  const slots = useLive((state) => state.slots);
  return (
    <Screen title={t("overview.title")}>
      <Table>
        <Table.Thead>
          <Table.Tr>
            <Table.Th scope="col">{t("overview.slot")}</Table.Th>
            <Table.Th scope="col">{t("overview.state")}</Table.Th>
            <Table.Th scope="col">{t("overview.sequence")}</Table.Th>
            <Table.Th scope="col">{t("overview.wip")}</Table.Th>
            <Table.Th scope="col">{t("overview.step")}</Table.Th>
            <Table.Th scope="col">{t("overview.lastRun")}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {order.map((id) => {
            const slot = slots[id];
            return slot === undefined ? null : <Row key={id} slot={slot} />;
          })}
        </Table.Tbody>
      </Table>
    </Screen>
  );
}

function Row({ slot }: { slot: Slot }) {
  const { t } = useTranslation();
  const { word } = appearanceOf(slot, false);
  const step = slot.run?.steps.find((one) => one.running);
  return (
    <Table.Tr>
      <Table.Th scope="row">{slot.name}</Table.Th>
      <Table.Td>{word === null ? null : t(`state.${word}`)}</Table.Td>
      <Table.Td>{slot.run?.sequence}</Table.Td>
      <Table.Td>{slot.run?.wip ?? slot.verdict?.wip}</Table.Td>
      <Table.Td>{step === undefined ? "" : `${step.index + 1} / ${slot.run?.count ?? 0} ${step.title}`}</Table.Td>
      <Table.Td>{slot.verdict === null ? null : <OutcomeBadge outcome={slot.verdict.outcome} />}</Table.Td>
    </Table.Tr>
  );
}
