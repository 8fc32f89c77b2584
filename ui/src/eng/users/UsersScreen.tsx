// Who may log in, for administrators; and one's own password, for everybody.
import { useTranslation } from "react-i18next";
import { useAccount } from "../../client/account";
import { Screen } from "../parts/Screen";
import { KeyList } from "./KeyList";
import { OwnPassword } from "./OwnPassword";
import { UserList } from "./UserList";

export default function UsersScreen() {
  const { t } = useTranslation("eng");
  const account = useAccount((state) => state.account);
  return (
    <Screen title={t("users.title")}>
      {account?.login_possible === false ? <p>{t("users.noLogin")}</p> : null}
      {account?.permissions.includes("administer") ? <UserList me={account.name} /> : null}
      {account?.permissions.includes("administer") ? <KeyList /> : null}
      <OwnPassword />
    </Screen>
  );
}
