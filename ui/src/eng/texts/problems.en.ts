// What is wrong with the settings, in English.
import type { Alternative, Given, ProblemTexts, Told, WantedTexts } from "./problems";

export const wantedEn: WantedTexts = {
  text_line: () => "one line of text, at most 1000 characters",
  identifier: () => "1 to 64 letters, digits, underscores, dots or hyphens",
  path: () => "a path",
  host: () => 'an address or host name such as "127.0.0.1"',
  host_and_port: () => 'empty, or host and port such as "127.0.0.1:7233"',
  url_path: () => 'a path of a URL such as "/api/health"',
  folder: () => 'a folder such as "sequences/pcb_test"',
  size: () => 'a size from 1KB to 10GB, such as "10MB"',
  network: () => 'an IP address or a network such as "192.168.1.0/24"',
  pattern: () => "a regular expression of at most 200 characters",
  web_address: () => 'empty, or an address such as "http://mes.local:3000"',
  database_url: () => 'empty, or a URL such as "postgresql://user:password@host/name"',
  choice: ({ of }) => `one of ${(of ?? []).map((one) => `"${one}"`).join(", ")}`,
  mapping: () => "a mapping (lines of `key: value`)",
  list: ({ least }) => `a list (lines that begin with "- ")${least ? " with at least one item" : ""}`,
  null: () => "null",
  seconds: (of) => `a number of seconds${range(of)}`,
  integer: (of) => `a whole number${range(of)}`,
  number: (of) => `a number${range(of)}`,
  text: ({ most }) => `text${most == null ? "" : ` of at most ${most} characters`}`,
  boolean: () => "true or false",
  any: () => "any value",
};

export const en: ProblemTexts = {
  YAML_INVALID: () => "It cannot be read as YAML.",
  KEY_TWICE: (of) => `It is written twice, on lines ${of("first")} and ${of("second")}; keep one.`,
  VARIABLE_WRONG: () => "The environment variable cannot be used.",
  VARIABLE_MISSING: (of) => `The environment does not have ${of("names")}; set it before the station starts.`,
  SETTING_MISSING: (told) => (told.wanted.length === 0 ? "It is missing, and required." : `It is missing; it must be ${words(told)}.`),
  SETTING_UNKNOWN: (of) => (of("meant") === "" ? `Unknown key; known are ${of("known")}.` : `Unknown key; did you mean "${of("meant")}"?`),
  SETTING_WRONG: (told) => `It must be ${words(told)}${given(told.given)}`,
  SETTING_NOT_ONE_LINE: () => "It must not hold line breaks or control characters.",
  NETWORK_TOO_PRECISE: (of) => `It has bits set outside its network; write "${of("network")}" for the network, or the address alone.`,
  ADDRESS_HOLDS_MORE: () => "It must not hold a user, a password, a query or a fragment; the key belongs in backend.api_key.",
  LOGIN_IMPOSSIBLE: (of) => `Nobody could log in; type "${of("type")}" needs ${of("missing")}.`,
  MES_LOGIN_MISSING: () => 'Authentication "jwt" needs username and password.',
  SETTING_TOO_SMALL: (of) => `${of("setting")} must ${of.is("more") ? "be more" : "not be less"} than ${of("least")}.`,
  PORTS_ALIKE: () => "port, ui_port and metrics_port must all differ.",
  BATCH_ID_TWICE: (of) => `The id${of("id") === "" ? "" : ` "${of("id")}"`} is that of ${of("other")} too (${of("place")}); give each batch its own.`,
  INSTRUMENT_CLASH: (of) => (of("other") === "" ? "The name of the shared instrument is wrong." : `It clashes with ${of("other")} (${of("place")}).`),
  PACKAGE_NOT_THERE: (of) => `${of("package")}: there is no such sequence package.`,
  DATE_INVALID: (of) => `${of("instrument")}.calibrated_until must be a day such as 2027-03-31.`,
  SETTING_REFUSED: () => "It cannot be used.",
};

function words({ wanted }: Told): string {
  return wanted.map(word).join(" or ");
}

function word(of: Alternative): string {
  return wantedEn[of.kind](of);
}

function range({ low, above, high }: Alternative): string {
  if (above != null) return `, more than ${above} and at most ${high ?? ""}`;
  return low == null ? "" : ` from ${low} to ${high ?? ""}`;
}

function given(what: Given | null): string {
  switch (what?.kind) {
    case "nothing":
      return ", not empty.";
    case "mapping":
      return ", not a mapping.";
    case "list":
      return ", not such a list.";
    case "value":
      return `, not ${what.value ?? ""}.${what.meant ? ` Did you mean "${what.meant}"?` : ""}`;
    default:
      return ". The value is not shown, it may be secret.";
  }
}
