// A page that connects at once never says that it does not; a connection that is lost is told at once.
// @vitest-environment happy-dom
import { act, renderHook } from "@testing-library/react";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { useLive } from "../../src/live/store";
import { PATIENCE, useStale } from "../../src/live/useStale";

beforeEach(() => {
  vi.useFakeTimers();
  useLive.setState({ fresh: false, asOf: null });
});
afterEach(() => vi.useRealTimers());

it("is told of a first connection only when it takes long", () => {
  const { result } = renderHook(() => useStale());
  const seen = [result.current];

  act(() => void vi.advanceTimersByTime(PATIENCE - 1));
  seen.push(result.current);
  act(() => void vi.advanceTimersByTime(1));

  expect([...seen, result.current]).toEqual([false, false, true]);
});

it("is not told of one that came in time", () => {
  const { result } = renderHook(() => useStale());

  act(() => useLive.setState({ fresh: true, asOf: new Date() }));
  act(() => void vi.advanceTimersByTime(2 * PATIENCE));

  expect(result.current).toBe(false);
});

it("is told at once of a connection that was lost", () => {
  useLive.setState({ fresh: true, asOf: new Date() });
  const { result } = renderHook(() => useStale());

  act(() => useLive.setState({ fresh: false }));

  expect(result.current).toBe(true);
});
