// The tokens' colours for charts, which are drawn and cannot use the styles' variables.
import { shownTheme, usePreferences } from "../../shared/preferences";
import { TOKENS, type Tokens } from "../../theme/tokens";

export function useTokens(): Tokens {
  return TOKENS[usePreferences((state) => shownTheme(state.theme))];
}
