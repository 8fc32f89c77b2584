// Mantine in the screen's own colours: its variables point to the tokens, so that a theme is changed in one place.
import { createTheme, defaultVariantColorsResolver, type CSSVariablesResolver } from "@mantine/core";

/** Pixels of whatever is pressed, at least. */
const TARGET = 44;

export const mantineTheme = createTheme({
  fontFamily: '"Pretendard", "Noto Sans KR", "Malgun Gothic", sans-serif',
  fontFamilyMonospace: "ui-monospace, SFMono-Regular, Consolas, monospace, 'Pretendard'",
  fontSizes: { xs: "14px", sm: "16px", md: "18px", lg: "20px", xl: "24px" },
  defaultRadius: "md",
  cursorType: "pointer",
  respectReducedMotion: true,
  // What is filled is the accent with what is legible on it; Mantine's own shades know only white.
  variantColorResolver: (input) => ({
    ...defaultVariantColorsResolver(input),
    ...(input.variant === "filled" && (input.color ?? input.theme.primaryColor) === input.theme.primaryColor
      ? { background: "var(--accent)", hover: "var(--accent)", color: "var(--on-accent)" }
      : {}),
  }),
  components: {
    Button: { defaultProps: { size: "md", variant: "default", mih: TARGET } },
    Input: { styles: { input: { minHeight: TARGET } } },
    TextInput: { defaultProps: { size: "md" } },
    NumberInput: { defaultProps: { size: "md" } },
    PasswordInput: { defaultProps: { size: "md" } },
    NativeSelect: { defaultProps: { size: "md" } },
    Select: { defaultProps: { size: "md" } },
    Textarea: { defaultProps: { size: "md" } },
    Checkbox: { defaultProps: { size: "md", color: "var(--accent)", iconColor: "var(--on-accent)" } },
    Radio: { defaultProps: { size: "md", color: "var(--accent)", iconColor: "var(--on-accent)" } },
    Tabs: { defaultProps: { color: "var(--accent)" } },
    Table: { defaultProps: { fz: "sm", verticalSpacing: "xs", highlightOnHover: true } },
  },
});

const own = {
  "--mantine-color-body": "var(--ground)",
  "--mantine-color-text": "var(--text)",
  "--mantine-color-dimmed": "var(--muted)",
  "--mantine-color-default": "var(--surface)",
  "--mantine-color-default-hover": "var(--raised)",
  "--mantine-color-default-color": "var(--text)",
  "--mantine-color-default-border": "var(--line)",
  "--mantine-color-placeholder": "var(--muted)",
  "--mantine-color-anchor": "var(--accent)",
  "--mantine-color-error": "var(--fail-text)",
  "--mantine-primary-color-filled": "var(--accent)",
  "--mantine-primary-color-filled-hover": "var(--accent)",
  "--mantine-primary-color-contrast": "var(--on-accent)",
  // Edges and grounds of fields, which Mantine takes from its greys.
  "--mantine-color-dark-4": "var(--line)",
  "--mantine-color-dark-5": "var(--raised)",
  "--mantine-color-dark-6": "var(--raised)",
  "--mantine-color-gray-4": "var(--line)",
  "--mantine-color-gray-5": "var(--muted)",
};

export const mantineVariables: CSSVariablesResolver = () => ({ variables: {}, light: own, dark: own });
