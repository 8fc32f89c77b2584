// What the station says in statistics.
import type { components } from "../../client/schema";

type Schemas = components["schemas"];
export type Summary = Schemas["Summary"];
export type Sums = Schemas["Group"];
export type Yield = Schemas["YieldView"];
export type Failures = Schemas["Failures"];
export type Cause = Schemas["CauseView"];
export type Measured = Schemas["MeasuredView"];
export type Series = Schemas["Series"];
export type StepTimes = Schemas["StepTimesView"];
export type StepTrend = Schemas["StepTrendView"];
