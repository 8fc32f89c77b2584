// The engineer's texts, which come with the engineer's screens.
import i18next from "i18next";
import { ERRORS } from "../../i18n/errors";
import { en } from "./en";
import { FINDINGS, RARE_ERRORS } from "./codes";
import { ENGINEER_ERRORS } from "./errors";
import { ko } from "./ko";

/** Make them known; the operator's texts are known already. */
export function addEngineerTexts(): void {
  i18next.addResourceBundle("ko", "eng", ko);
  i18next.addResourceBundle("en", "eng", en);
  Object.assign(ERRORS, ENGINEER_ERRORS, RARE_ERRORS, FINDINGS);
}
