import { plainToInstance } from 'class-transformer';
import { validateSync } from 'class-validator';
import { ConfigError } from './config-error.js';
import { EgressEnv } from './env/egress-env.dto.js';
import { type EnvVariable, envVariablesOf, isZeroText } from './env/env-variable.js';
import { notesOnIgnored } from './env/ignored-variables.js';
import { ClientCheckEnv, ConsoleEnv, NotifyEnv, SlotsEnv } from './env/later-env.dto.js';
import { LimitsEnv } from './env/limits-env.dto.js';
import { MarksEnv } from './env/marks-env.dto.js';
import { RelayEnv } from './env/relay-env.dto.js';
import { SecurityEnv } from './env/security-env.dto.js';
import { ServerEnv } from './env/server-env.dto.js';
import { StoreEnv } from './env/store-env.dto.js';
import { LdapEnv, UsersEnv } from './env/users-env.dto.js';

export type EnvSource = Readonly<Record<string, string | undefined>>;

/** The variables by topic, typed. */
export interface Env {
  readonly server: ServerEnv;
  readonly security: SecurityEnv;
  readonly store: StoreEnv;
  readonly relay: RelayEnv;
  readonly limits: LimitsEnv;
  readonly marks: MarksEnv;
  readonly egress: EgressEnv;
}

export interface LoadedEnv {
  readonly env: Env;
  /** Lines for the administrator about variables that do not do what one could expect. */
  readonly notes: readonly string[];
}

/** Checked, so that a mistake shows today, but belonging to features that no code of this version has. */
const NOT_USED_YET = [LdapEnv, UsersEnv, NotifyEnv, ConsoleEnv, SlotsEnv, ClientCheckEnv] as const;
const USED = [ServerEnv, SecurityEnv, StoreEnv, RelayEnv, LimitsEnv, MarksEnv, EgressEnv] as const;

/** Every variable that is read, and every one that will be. */
export const ENV_VARIABLES: { readonly used: readonly EnvVariable[]; readonly notUsedYet: readonly EnvVariable[] } = {
  used: USED.flatMap(envVariablesOf),
  notUsedYet: NOT_USED_YET.flatMap(envVariablesOf),
};

/** The process's own environment: the only place that reads it. */
export const processEnv = (): EnvSource => process.env;

/**
 * Reads, types and checks the environment. An empty variable is an unset one; an unknown one is left alone.
 *
 * @throws ConfigError naming every variable that cannot be used, what is wrong with it and what is allowed
 */
export const loadEnv = (source: EnvSource = processEnv()): LoadedEnv => {
  const set = Object.fromEntries(Object.entries(source).filter(([, value]) => value !== undefined && value !== ''));
  const problems: string[] = [];
  const take = <T extends object>(dto: new () => T): T => {
    const { instance, refused } = readTopic(dto, set);
    problems.push(...refused);
    return instance;
  };
  const env: Env = {
    server: take(ServerEnv),
    security: take(SecurityEnv),
    store: take(StoreEnv),
    relay: take(RelayEnv),
    limits: take(LimitsEnv),
    marks: take(MarksEnv),
    egress: take(EgressEnv),
  };
  NOT_USED_YET.forEach((dto: new () => object) => take(dto));
  if (problems.length > 0) {
    throw new ConfigError(
      ['These environment variables cannot be used:', ...problems.map((problem) => `  - ${problem}`)].join('\n'),
    );
  }
  return { env, notes: notesOn(set) };
};

const readTopic = <T extends object>(dto: new () => T, set: EnvSource): { instance: T; refused: string[] } => {
  const variables = envVariablesOf(dto);
  const instance = plainToInstance(dto, Object.fromEntries(variables.map(({ name }) => [name, set[name]])));
  const failed = new Set(validateSync(instance).map((error) => error.property));
  const refused = variables
    .filter(({ name }) => failed.has(name))
    .map((variable) => describeProblem(variable, String(set[variable.name])));
  return { instance, refused };
};

const SHOWN_CHARACTERS = 60;

const describeProblem = (variable: EnvVariable, value: string): string => {
  const shown = value.length > SHOWN_CHARACTERS ? `${value.slice(0, SHOWN_CHARACTERS)}...` : value;
  const what = variable.secret ? 'its value (not shown)' : JSON.stringify(shown);
  return `${variable.name}: ${what} is not allowed; allowed: ${variable.allowed}`;
};

const notesOn = (set: EnvSource): string[] => {
  const notUsedYet = ENV_VARIABLES.notUsedYet.map(({ name }) => name).filter((name) => set[name] !== undefined);
  return [
    ...notesOnZeros(set),
    ...(notUsedYet.length === 0 ? [] : [`Accepted, not used yet: ${notUsedYet.join(', ')}`]),
    ...notesOnIgnored(Object.keys(set)),
  ];
};

const notesOnZeros = (set: EnvSource): string[] =>
  ENV_VARIABLES.used
    .filter(({ name, zeroIsDefault }) => zeroIsDefault && isZeroText(set[name] ?? ''))
    .map(({ name, defaultText }) => {
      const meaning = defaultText === '' ? 'as if it were unset' : `as its default, ${defaultText}`;
      return `${name}=0 is read ${meaning}, as in v1`;
    });
