// What is wrong with the settings, in Korean.
import type { Alternative, Given, ProblemTexts, Told, WantedTexts } from "./problems";

export const wantedKo: WantedTexts = {
  text_line: () => "한 줄의 글(1000자까지)",
  identifier: () => "영문자, 숫자, 밑줄, 점, 하이픈 1~64자",
  path: () => "경로",
  host: () => '주소나 호스트 이름(예: "127.0.0.1")',
  host_and_port: () => '빈 값, 또는 호스트와 포트(예: "127.0.0.1:7233")',
  url_path: () => 'URL의 경로(예: "/api/health")',
  folder: () => '폴더(예: "sequences/pcb_test")',
  size: () => '1KB~10GB의 크기(예: "10MB")',
  network: () => 'IP 주소나 네트워크(예: "192.168.1.0/24")',
  pattern: () => "200자까지의 정규식",
  web_address: () => '빈 값, 또는 주소(예: "http://mes.local:3000")',
  database_url: () => '빈 값, 또는 URL(예: "postgresql://user:password@host/name")',
  choice: ({ of }) => `다음 중 하나: ${(of ?? []).map((one) => `"${one}"`).join(", ")}`,
  mapping: () => "매핑(`키: 값` 줄)",
  list: ({ least }) => `목록("- "로 시작하는 줄)${least ? `, 한 항목 이상` : ""}`,
  null: () => "null",
  seconds: (of) => `초 단위의 수${range(of)}`,
  integer: (of) => `정수${range(of)}`,
  number: (of) => `수${range(of)}`,
  text: ({ most }) => `글${most == null ? "" : `(${most}자까지)`}`,
  boolean: () => "true 또는 false",
  any: () => "아무 값",
};

export const ko: ProblemTexts = {
  YAML_INVALID: () => "YAML로 읽을 수 없습니다.",
  KEY_TWICE: (of) => `${of("first")}번째 줄과 ${of("second")}번째 줄에 두 번 있습니다. 하나만 남기세요.`,
  VARIABLE_WRONG: () => "환경 변수를 쓸 수 없습니다.",
  VARIABLE_MISSING: (of) => `환경 변수가 없습니다: ${of("names")}. 스테이션을 시작하기 전에 설정하세요.`,
  SETTING_MISSING: (told) => (told.wanted.length === 0 ? "없습니다. 꼭 있어야 합니다." : `없습니다. 필요한 값: ${words(told)}.`),
  SETTING_UNKNOWN: (of) =>
    of("meant") === "" ? `모르는 키입니다. 쓸 수 있는 키: ${of("known")}.` : `모르는 키입니다. "${of("meant")}" 아닙니까?`,
  SETTING_WRONG: (told) => `필요한 값: ${words(told)}. ${given(told.given)}`,
  SETTING_NOT_ONE_LINE: () => "줄바꿈이나 제어 문자가 있으면 안 됩니다.",
  NETWORK_TOO_PRECISE: (of) => `네트워크 밖의 비트가 있습니다. 네트워크라면 "${of("network")}", 아니면 주소만 쓰세요.`,
  ADDRESS_HOLDS_MORE: () => "사용자, 비밀번호, 질의, 조각이 있으면 안 됩니다. 키는 backend.api_key에 쓰세요.",
  LOGIN_IMPOSSIBLE: (of) => `아무도 로그인할 수 없습니다. 유형 "${of("type")}"에 필요한 것: ${of("missing")}.`,
  MES_LOGIN_MISSING: () => '인증 "jwt"에는 username과 password가 필요합니다.',
  SETTING_TOO_SMALL: (of) => (of.is("more") ? `${of("setting")}: ${of("least")}보다 커야 합니다.` : `${of("setting")}: ${of("least")} 이상이어야 합니다.`),
  PORTS_ALIKE: () => "port, ui_port, metrics_port는 모두 달라야 합니다.",
  BATCH_ID_TWICE: (of) => `${of("other")}(${of("place")})와 id가 같습니다${of("id") === "" ? "" : `: "${of("id")}"`}. 배치마다 다른 id를 쓰세요.`,
  INSTRUMENT_CLASH: (of) => (of("other") === "" ? "공용 계측기의 이름이 잘못되었습니다." : `${of("other")}(${of("place")})의 계측기와 부딪칩니다.`),
  PACKAGE_NOT_THERE: (of) => `${of("package")}: 시퀀스 패키지가 없습니다.`,
  DATE_INVALID: (of) => `${of("instrument")}.calibrated_until: 2027-03-31 같은 날짜여야 합니다.`,
  SETTING_REFUSED: () => "쓸 수 없는 값입니다.",
};

function words({ wanted }: Told): string {
  return wanted.map(word).join(" 또는 ");
}

function word(of: Alternative): string {
  return wantedKo[of.kind](of);
}

function range({ low, above, high }: Alternative): string {
  if (above != null) return `(${above} 초과 ${high ?? ""} 이하)`;
  return low == null ? "" : `(${low}~${high ?? ""})`;
}

function given(what: Given | null): string {
  switch (what?.kind) {
    case "nothing":
      return "값이 비어 있습니다.";
    case "mapping":
      return "매핑이 있습니다.";
    case "list":
      return "목록이 있습니다.";
    case "value":
      return `지금 값: ${what.value ?? ""}.${what.meant ? ` "${what.meant}" 아닙니까?` : ""}`;
    default:
      return "비밀일 수 있어 지금 값은 보여 주지 않습니다.";
  }
}
