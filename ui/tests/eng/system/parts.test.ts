// How the parts of a station are graded, and what its processes use.
import { describe, expect, it } from "vitest";
import { bytes, gradesOf, memoryShare, skewOf, type Breaker, type Health, type Usage } from "../../../src/eng/system/parts";

const WELL: Health = {
  status: "ok",
  backend_connected: true,
  backend_status: "connected",
  engine_connected: true,
  database_connected: true,
  ready: true,
  batches_up: 2,
  batches_wanted: 2,
  queue_size: 0,
  disk_used_percent: 40,
  memory_used_percent: 50,
  memory_total_bytes: 2 ** 33,
  calibrations: [],
  timestamp: "2026-03-01T10:00:00Z",
};
const BREAKER: Breaker = { state: "closed", failure_count: 0, last_failure: null, changed_at: WELL.timestamp, retry_after: 0 };

describe("a station that is well", () => {
  it("has nothing that needs anybody", () => {
    expect(new Set(Object.values(gradesOf(WELL, BREAKER, 0)))).toEqual(new Set(["good"]));
  });

  it("warns of an instrument whose calibration is over, and of nothing else for it", () => {
    const over = { batch_id: "a", instrument: "dmm", serial_number: "", calibrated_until: "2026-02-28", days_left: -1 };
    const grades = gradesOf({ ...WELL, calibrations: [over] }, BREAKER, 0);

    expect(Object.entries(grades).filter(([, grade]) => grade !== "good")).toEqual([["calibration", "warning"]]);
  });

  it("without MES has no breaker and owes nothing", () => {
    const grades = gradesOf({ ...WELL, backend_status: "disabled", queue_size: 0 }, null, 0);

    expect(grades.mes).toBe("off");
    expect(grades).not.toHaveProperty("breaker");
    expect(grades).not.toHaveProperty("queue");
  });
});

describe("what is wrong", () => {
  it.each([
    [{ ready: false }, "ready", "bad"],
    [{ database_connected: false }, "database", "bad"],
    [{ engine_connected: false }, "temporal", "bad"],
    [{ backend_connected: false, backend_status: "disconnected" as const }, "mes", "bad"],
    [{ queue_size: 3 }, "queue", "warning"],
    [{ queue_size: null }, "queue", "warning"],
    [{ batches_up: 1 }, "batches", "bad"],
    [{ disk_used_percent: 80 }, "disk", "warning"],
    [{ disk_used_percent: 90 }, "disk", "bad"],
    [{ disk_used_percent: null }, "disk", "warning"],
    [{ memory_used_percent: 89.9 }, "memory", "good"],
    [{ memory_used_percent: 90 }, "memory", "bad"],
  ] as const)("%j makes %s %s", (wrong, part, grade) => {
    expect(gradesOf({ ...WELL, ...wrong }, BREAKER, 0)[part]).toBe(grade);
  });

  it.each(["open", "half_open"] as const)("is a breaker that is %s", (state) => {
    expect(gradesOf(WELL, { ...BREAKER, state }, 0).breaker).toBe("warning");
  });

  it.each([
    [5, "good"],
    [-5.1, "warning"],
    [6, "warning"],
  ] as const)("is a clock that is %d s away: %s", (skew, grade) => {
    expect(gradesOf(WELL, BREAKER, skew).clock).toBe(grade);
  });
});

describe("two clocks", () => {
  const at = new Date(WELL.timestamp).getTime();

  it("agree as far as anybody can tell where the answer came between question and answer", () => {
    expect(skewOf(WELL.timestamp, at - 400, at + 100)).toBe(0);
  });

  it("differ by what is more than the way there and back", () => {
    expect(skewOf(WELL.timestamp, at - 60_100, at - 59_900)).toBe(60);
    expect(skewOf(WELL.timestamp, at + 9_900, at + 10_100)).toBe(-10);
  });
});

describe("memory", () => {
  const process: Usage = {
    name: "b", batch_id: "b", pid: 1, started_at: WELL.timestamp, memory_bytes: 2 ** 28, cpu_percent: 1,
    memory_limit_bytes: 2 ** 29, memory_warning: false,
  };

  it("is shown as a share of its limit, or of the machine where it has none", () => {
    expect(memoryShare(process, 2 ** 33)).toBe(0.5);
    expect(memoryShare({ ...process, memory_limit_bytes: null }, 2 ** 33)).toBe(1 / 32);
    expect(memoryShare({ ...process, memory_limit_bytes: null }, null)).toBeNull();
    expect(memoryShare({ ...process, memory_bytes: 2 ** 30 }, null)).toBe(1);
  });

  it("is written in powers of 1024", () => {
    expect([bytes(2 ** 28), bytes(1.5 * 2 ** 30)]).toEqual(["256 MB", "1.5 GB"]);
  });
});
