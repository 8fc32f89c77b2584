// Puts a theme's tokens where styles find them: custom properties of the document.
import { SIZES, TOKENS, type Theme, type Tokens } from "./tokens";

/** The custom properties of a theme, by name. */
export function propertiesOf(tokens: Tokens): Record<string, string> {
  const properties: Record<string, string> = {};
  for (const [name, value] of Object.entries(tokens) as [string, Tokens[keyof Tokens]][]) {
    if (typeof value === "string") {
      properties[`--${kebab(name)}`] = value;
    } else {
      properties[`--${kebab(name)}`] = value.fill;
      properties[`--on-${kebab(name)}`] = value.on;
    }
  }
  for (const [name, value] of Object.entries(SIZES)) properties[`--${kebab(name)}`] = value;
  return properties;
}

/** Show a theme. */
export function applyTheme(theme: Theme): void {
  const root = document.documentElement;
  for (const [name, value] of Object.entries(propertiesOf(TOKENS[theme]))) root.style.setProperty(name, value);
  root.dataset["theme"] = theme;
  root.style.colorScheme = theme === "dark" ? "dark" : "light";
}

function kebab(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
