// @vitest-environment happy-dom
import { MantineProvider } from "@mantine/core";
import type { UseQueryResult } from "@tanstack/react-query";
import { fireEvent, render, screen } from "@testing-library/react";
import { expect, test } from "vitest";
import { StationError } from "../../../src/client/rest";
import { Asked } from "../../../src/eng/parts/Asked";
import { startTexts } from "../../../src/i18n";

function answered(error: StationError | null): UseQueryResult<string, StationError> {
  return { data: "settings", error } as UseQueryResult<string, StationError>;
}

function shown(error: StationError | null) {
  return (
    <MantineProvider>
      <Asked answer={answered(error)}>{(said) => <input aria-label={said} />}</Asked>
    </MantineProvider>
  );
}

test("what somebody is typing stays when the station does not answer for a while", async () => {
  await startTexts("en");
  const { rerender } = render(shown(null));
  const field = screen.getByLabelText<HTMLInputElement>("settings");
  fireEvent.change(field, { target: { value: "half a sentence" } });

  rerender(shown(new StationError("NO_ANSWER", "the station does not answer", 0)));
  const failed = screen.getByRole("alert").textContent;
  rerender(shown(null));

  expect(failed).toContain("NO_ANSWER");
  expect(screen.getByLabelText<HTMLInputElement>("settings").value).toBe("half a sentence");
});
