// What the station's codes mean on the engineer's screens; the operator's are known already.
import type { Language } from "../../shared/preferences";

export const ENGINEER_ERRORS: Record<string, Record<Language, string>> = {
  SETTINGS_CHANGED: {
    ko: "다른 사람이 그동안 설정 파일을 바꿨습니다. 다시 읽고 고치세요.",
    en: "Somebody else has changed the file meanwhile. Read it again and make your changes there.",
  },
  SETTINGS_NOT_WRITTEN: {
    ko: "설정 파일을 쓸 수 없습니다. 파일은 그대로입니다. 파일과 폴더의 권한을 확인하세요.",
    en: "The file cannot be written; it is as it was. Check the rights of the file and its folder.",
  },
  SETTINGS_NOT_READ: { ko: "설정 파일을 읽을 수 없습니다.", en: "The file cannot be read." },
  CONFIG_INVALID: { ko: "설정이 잘못되어 저장하지 않았습니다.", en: "The settings are wrong and were not saved." },
  BACKUP_NOT_FOUND: { ko: "이 백업은 이제 없습니다.", en: "This backup is not there any more." },
  USER_EXISTS: { ko: "이미 있는 이름입니다.", en: "There is a user of that name." },
  USER_NOT_FOUND: { ko: "없는 사용자입니다.", en: "There is no such user." },
  NAME_NOT_ALLOWED: { ko: "이 이름은 쓸 수 없습니다.", en: "This cannot be a name." },
  PASSWORD_NOT_ALLOWED: {
    ko: "이 비밀번호는 쓸 수 없습니다: 8자 이상, 72바이트까지, 보이는 문자만.",
    en: "This cannot be a password: 8 characters or more, at most 72 bytes, printable ones only.",
  },
  PASSWORD_WRONG: { ko: "현재 비밀번호가 맞지 않습니다.", en: "The present password is wrong." },
  BADGE_TAKEN: {
    ko: "다른 사람이 쓰는 배지입니다 (사용 중지된 사람일 수도 있습니다). 먼저 거기에서 삭제하세요.",
    en: "Somebody else has this badge, who may be disabled. Remove it there first.",
  },
  BADGE_NOT_ALLOWED: {
    ko: "배지로 쓸 수 없는 코드입니다: BADGE- 뒤에 영문자, 숫자, 하이픈 12~64자.",
    en: "This cannot be a badge: BADGE- and 12 to 64 letters, digits or hyphens.",
  },
  KEY_EXISTS: { ko: "이미 있거나 있었던 키 이름입니다.", en: "There is, or was, a key of that name." },
  KEY_NOT_FOUND: { ko: "없는 키입니다.", en: "There is no such key." },
  OWN_ACCOUNT: {
    ko: "자기 계정은 여기서 바꿀 수 없습니다. 다른 관리자가 바꾸거나 station.yaml에서 바꾸세요.",
    en: "One's own account is not changed here: another administrator can, or station.yaml.",
  },
  MANUAL_HELD: { ko: "다른 사람이 이 슬롯을 조작하고 있습니다.", en: "Somebody else has the slot in hand." },
  MANUAL_NOT_OPEN: {
    ko: "수동 조작이 열리는 중이거나 끝나는 중입니다. 지금은 명령을 받지 않습니다.",
    en: "Manual control is opening or ending; it takes no commands now.",
  },
  COMMAND_LOST: {
    ko: "프로세스와 함께 명령을 잃었습니다. 실행되었는지 알 수 없습니다. 장비를 확인하세요.",
    en: "The command was lost with its process: nobody knows whether it was done. Look at the instrument.",
  },
  COMMAND_STOPPED: { ko: "명령이 중단되었습니다.", en: "The command was cut off." },
  ITEM_NOT_PARKED: { ko: "이미 결정된 항목입니다.", en: "It was decided already." },
  ITEM_NOT_FOUND: { ko: "대기 목록에 없는 항목입니다.", en: "It is not in the queue." },
};
