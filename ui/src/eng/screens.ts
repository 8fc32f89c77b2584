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
];
