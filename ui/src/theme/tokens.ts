// Every colour of the screen. tests/theme holds them against contrast and colour blindness.

export const THEMES = ["dark", "light", "bright"] as const;
/** `bright` is for screens on the wall of a lit hall. */
export type Theme = (typeof THEMES)[number];

/** A verdict or a state that fills a tile: the fill, and what is written on it. */
export interface Fill {
  fill: string;
  on: string;
}

export interface Tokens {
  /** Behind everything. */
  ground: string;
  /** Of tiles and dialogs. */
  surface: string;
  /** Of buttons and fields on a surface. */
  raised: string;
  text: string;
  /** Of what is said besides. */
  muted: string;
  /** Edges that must be seen. */
  line: string;
  /** What can be pressed and is not a verdict; the focus ring. */
  accent: Fill;
  pass: Fill;
  fail: Fill;
  error: Fill;
  aborted: Fill;
  /** A person is waited for. */
  attention: Fill;
  stop: Fill;
  /** A value within or out of its limits, written on a surface. */
  passText: string;
  failText: string;
}

export const TOKENS: Record<Theme, Tokens> = {
  dark: {
    ground: "#090C0E",
    surface: "#10151A",
    raised: "#222C33",
    text: "#F3F6F8",
    muted: "#B4C0C8",
    line: "#71828D",
    accent: { fill: "#8FC7FF", on: "#08131D" },
    pass: { fill: "#006D77", on: "#FFFFFF" },
    fail: { fill: "#B33C00", on: "#FFFFFF" },
    error: { fill: "#7B54C0", on: "#FFFFFF" },
    aborted: { fill: "#5D6B76", on: "#FFFFFF" },
    attention: { fill: "#FFC233", on: "#1B1400" },
    stop: { fill: "#FFFFFF", on: "#9B0F1E" },
    passText: "#5CC8D2",
    failText: "#FF9A66",
  },
  light: {
    ground: "#E9EDF0",
    surface: "#FFFFFF",
    raised: "#EEF2F4",
    text: "#12191E",
    muted: "#47555F",
    line: "#71808A",
    accent: { fill: "#0B5CAD", on: "#FFFFFF" },
    pass: { fill: "#006D77", on: "#FFFFFF" },
    fail: { fill: "#B33C00", on: "#FFFFFF" },
    error: { fill: "#6A3FB5", on: "#FFFFFF" },
    aborted: { fill: "#55626C", on: "#FFFFFF" },
    attention: { fill: "#8A5A00", on: "#FFFFFF" },
    stop: { fill: "#A30D1F", on: "#FFFFFF" },
    passText: "#006D77",
    failText: "#B33C00",
  },
  bright: {
    ground: "#FFFFFF",
    surface: "#FFFFFF",
    raised: "#F2F4F5",
    text: "#000000",
    muted: "#2B353C",
    line: "#3C474F",
    accent: { fill: "#06427F", on: "#FFFFFF" },
    pass: { fill: "#005A63", on: "#FFFFFF" },
    fail: { fill: "#9C3400", on: "#FFFFFF" },
    error: { fill: "#54309A", on: "#FFFFFF" },
    aborted: { fill: "#414C55", on: "#FFFFFF" },
    attention: { fill: "#6F4700", on: "#FFFFFF" },
    stop: { fill: "#8A0718", on: "#FFFFFF" },
    passText: "#005A63",
    failText: "#9C3400",
  },
};

/** For fingers in gloves on a 24-inch screen of 1920 x 1080; styles use them through their variables. */
export const SIZES = {
  /** Smallest height of what an operator in gloves presses. */
  touch: "88px",
  /** Of START, STOP, PASS and FAIL where there is room. */
  bigTouch: "120px",
  gap: "16px",
} as const;
