/** What is around a product: nothing beside it, or what is on the machine of a person who uses it. */
export const SURROUNDINGS = ["bare", "everyday"] as const;
export type SurroundingsName = (typeof SURROUNDINGS)[number];

/** What no product may depend on. A test's own variables and headers go before these. */
export interface Surroundings {
  /** Variables of its processes, above those of its toolchain. */
  readonly environment: Readonly<Record<string, string>>;
  /** Headers of each request to it, by their lower-case name. */
  readonly headers: Readonly<Record<string, string>>;
  /** The first of the ports that it is served on. */
  readonly first_port: number;
}

const EVERYDAY_ENVIRONMENT = {
  ...{ USER: "robin", LOGNAME: "robin", SHELL: "/bin/bash", SHLVL: "1", TERM: "xterm-256color" },
  ...{ EDITOR: "nano", PAGER: "less", MAIL: "/var/mail/robin", XDG_SESSION_TYPE: "tty", XDG_SESSION_CLASS: "user" },
  ...{ PYTHONDONTWRITEBYTECODE: "" }, // empty counts as not set
};
const EVERYDAY_HEADERS = { "user-agent": "curl/8.14.1", accept: "*/*" };

const BY_NAME: Readonly<Record<SurroundingsName, Surroundings>> = {
  bare: { environment: {}, headers: {}, first_port: 18_080 },
  everyday: { environment: EVERYDAY_ENVIRONMENT, headers: EVERYDAY_HEADERS, first_port: 42_080 },
};

export function surroundings(name: SurroundingsName): Surroundings {
  return BY_NAME[name];
}
