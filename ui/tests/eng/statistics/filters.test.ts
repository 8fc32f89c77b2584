// The filters of the statistics: an address says everything, and nothing wrong.
import { describe, expect, it } from "vitest";
import { addressOf, endOf, filtersOf, spanOf, type Filters } from "../../../src/eng/statistics/filters";
import { runOf, runsOf, runsOfGroup } from "../../../src/eng/statistics/links";

const USUAL = filtersOf(new URLSearchParams());
const NOW = new Date(2026, 2, 15, 14, 30);

function at(address: string): Filters {
  return filtersOf(new URLSearchParams(address));
}

function local(year: number, month: number, day: number): string {
  return new Date(year, month - 1, day).toISOString();
}

describe("the only sequence of a station", () => {
  const only = (address: string) => filtersOf(new URLSearchParams(address), "pcb");

  it("is looked at by itself, and is not in the address", () => {
    expect(only("").sequence).toBe("pcb");
    expect(addressOf(only(""), "pcb").toString()).toBe("");
  });

  it("gives way to what is chosen, also to all", () => {
    const all = addressOf({ ...only(""), sequence: "" }, "pcb").toString();

    expect([all, only(all).sequence, only("sequence_name=old").sequence]).toEqual(["sequence_name=", "", "old"]);
  });
});

describe("an address", () => {
  it("that says nothing asks for the yields of thirty days, by day", () => {
    expect(USUAL).toEqual({
      tab: "yield",
      sequence: "",
      batch: "",
      period: "30",
      from: "",
      to: "",
      group: "day",
      step: "",
      measurement: "",
    });
    expect(addressOf(USUAL).toString()).toBe("");
  });

  it("brings back what it was made from", () => {
    const filters: Filters = {
      tab: "measurements",
      sequence: "pcb test&co",
      batch: "b1",
      period: "own",
      from: "2026-03-01",
      to: "2026-03-07",
      group: "week",
      step: "weigh",
      measurement: "rail 5V",
    };

    expect(filtersOf(new URLSearchParams(addressOf(filters).toString()))).toEqual(filters);
  });

  it("forgets the days of an own period that was left", () => {
    expect(addressOf({ ...USUAL, period: "7", from: "2026-03-01", to: "2026-03-02" }).toString()).toBe("period=7");
  });

  it.each(["tab=nothing", "period=-1", "group_by=month", "from=01.03.2026", "to=2026-13-01", "from=2026-03-99"])(
    "that says %s says nothing",
    (wrong) => expect(at(wrong)).toEqual(USUAL),
  );
});

describe("a period", () => {
  it("of seven days begins at midnight six days ago and goes on", () => {
    expect(spanOf(at("period=7"), NOW)).toEqual({ since: local(2026, 3, 9), until: null });
  });

  it("of today begins at midnight", () => {
    expect(spanOf(at("period=today"), NOW)).toEqual({ since: local(2026, 3, 15), until: null });
  });

  it("of one's own has its last day whole", () => {
    const span = spanOf(at("period=own&from=2026-03-01&to=2026-03-31"), NOW);

    expect(span).toEqual({ since: local(2026, 3, 1), until: local(2026, 4, 1) });
  });

  it("without a first day has everything", () => {
    expect(spanOf(at("period=own"), NOW)).toEqual({ since: "1970-01-01T00:00:00.000Z", until: null });
  });
});

describe("the runs of a figure", () => {
  const span = { since: local(2026, 3, 4), until: null };

  it("are those that pass the filters", () => {
    const address = runsOf(at("batch_id=b1&sequence_name=pcb"), span, { failed_step: "weigh" });

    expect(Object.fromEntries(new URLSearchParams(address.split("?")[1]))).toEqual({
      batch_id: "b1",
      sequence_name: "pcb",
      since: span.since,
      failed_step: "weigh",
    });
  });

  it("of a slot or a sequence are only its own", () => {
    expect(runsOfGroup(USUAL, span, "batch", "b 2")).toContain("batch_id=b+2");
    expect(runsOfGroup(USUAL, span, "sequence", "pcb")).toContain("sequence_name=pcb");
    expect(runsOfGroup(USUAL, span, "day", null)).toBe(runsOf(USUAL, span));
  });

  it("of a day end with it; of a week that began before the period, they begin with the period", () => {
    const day = new URLSearchParams(runsOfGroup(USUAL, span, "day", local(2026, 3, 5)).split("?")[1]);
    const week = new URLSearchParams(runsOfGroup(USUAL, span, "week", local(2026, 3, 2)).split("?")[1]);

    expect([day.get("since"), day.get("until")]).toEqual([local(2026, 3, 5), local(2026, 3, 6)]);
    expect([week.get("since"), week.get("until")]).toEqual([span.since, local(2026, 3, 9)]);
  });

  it("of a point is one", () => {
    expect(runOf("01ABC")).toBe("/runs/01ABC");
  });
});

it("an hour ends after an hour", () => {
  expect(endOf("hour", "2026-03-05T10:00:00Z")).toBe("2026-03-05T11:00:00.000Z");
});
