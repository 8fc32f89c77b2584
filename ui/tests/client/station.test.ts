import { expect, test } from "vitest";
import { station } from "../../src/client/station";

test("how long a sequence takes that has no name yet is not asked of the station", async () => {
  // There is no station here: whoever asks gets an error.
  await expect(station.durations("", 30)).resolves.toEqual([]);
});
