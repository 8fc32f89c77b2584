// The client's types are those of the API's description. That the description is current, tests/api/test_openapi.py says.
import { readFileSync } from "node:fs";
import openapi, { astToString, COMMENT_HEADER } from "openapi-typescript";
import { expect, it } from "vitest";

const FOLDER = new URL("../../src/client/", import.meta.url);

it("is what the description makes; if not: make client", async () => {
  const made = await openapi(new URL("openapi.json", FOLDER), { rootTypes: true, rootTypesNoSchemaPrefix: true });

  expect(`${COMMENT_HEADER}${astToString(made)}` === readFileSync(new URL("schema.d.ts", FOLDER), "utf-8")).toBe(true);
}, 60_000);
