// The engineer's screens, each loaded when somebody goes there. The order is that of the menu.
import { lazy, type ComponentType, type LazyExoticComponent } from "react";
import type { Permission } from "../client/account";
import type { EngTexts } from "./texts/ko";

export interface ScreenEntry {
  /** Below /eng; wouter's words: `:name` is a part, `/*?` whatever follows. */
  path: string;
  /** Where the menu leads; null where only other screens lead there. */
  menu: { to: string; title: keyof EngTexts["menu"] } | null;
  /** Who may see it at all. */
  needs: Permission;
  Component: LazyExoticComponent<ComponentType>;
}

export const SCREENS: readonly ScreenEntry[] = [
  {
    path: "/",
    menu: { to: "/", title: "overview" },
    needs: "watch",
    Component: lazy(() => import("./overview/OverviewScreen")),
  },
  {
    path: "/prompts",
    menu: { to: "/prompts", title: "prompts" },
    needs: "watch",
    Component: lazy(() => import("./prompts/PromptsScreen")),
  },
  {
    path: "/results",
    menu: { to: "/results", title: "results" },
    needs: "watch",
    Component: lazy(() => import("./results/ResultsScreen")),
  },
  {
    path: "/runs/:id",
    menu: null,
    needs: "watch",
    Component: lazy(() => import("./runs/RunScreen")),
  },
  {
    path: "/runs/:id/report",
    menu: null,
    needs: "watch",
    Component: lazy(() => import("./report/ReportScreen")),
  },
  {
    path: "/statistics",
    menu: { to: "/statistics", title: "statistics" },
    needs: "watch",
    Component: lazy(() => import("./statistics/StatisticsScreen")),
  },
  {
    path: "/sequences",
    menu: { to: "/sequences", title: "sequences" },
    needs: "watch",
    Component: lazy(() => import("./sequences/SequencesScreen")),
  },
  {
    path: "/sequences/:name",
    menu: null,
    needs: "watch",
    Component: lazy(() => import("./sequences/SequenceScreen")),
  },
  {
    path: "/sequences/:name/graph",
    menu: null,
    needs: "watch",
    Component: lazy(() => import("./sequences/graph/GraphScreen")),
  },
  {
    path: "/manual",
    menu: { to: "/manual", title: "manual" },
    needs: "manage",
    Component: lazy(() => import("./manual/ManualList")),
  },
  {
    path: "/manual/:batch",
    menu: null,
    needs: "manage",
    Component: lazy(() => import("./manual/ManualScreen")),
  },
  {
    path: "/queue",
    menu: { to: "/queue", title: "queue" },
    needs: "watch",
    Component: lazy(() => import("./queue/QueueScreen")),
  },
  {
    path: "/system",
    menu: { to: "/system", title: "system" },
    needs: "watch",
    Component: lazy(() => import("./system/SystemScreen")),
  },
  {
    path: "/logs",
    menu: { to: "/logs", title: "logs" },
    needs: "watch",
    Component: lazy(() => import("./logs/LogsScreen")),
  },
  {
    path: "/audit",
    menu: { to: "/audit", title: "audit" },
    needs: "manage",
    Component: lazy(() => import("./audit/AuditScreen")),
  },
  {
    path: "/users",
    menu: { to: "/users", title: "users" },
    needs: "watch",
    Component: lazy(() => import("./users/UsersScreen")),
  },
  {
    path: "/settings",
    menu: { to: "/settings", title: "settings" },
    needs: "administer",
    Component: lazy(() => import("./settings/SettingsScreen")),
  },
];
