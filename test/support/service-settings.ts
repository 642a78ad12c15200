import { readConfig as readGuard } from '#services/consent-guard/config.js';
import { readConfig as readDesk } from '#services/desk/config.js';
import { readConfig as readGateway } from '#services/gateway/config.js';
import { readConfig as readNotifier } from '#services/notifier/config.js';
import { readConfig as readOperator } from '#services/operator/config.js';
import { readConfig as readRouter } from '#services/referral-router/config.js';
import { readConfig as readReminders } from '#services/reminders/config.js';
import { provisionSettings } from '#deploy/docker/provision-main.js';
import { readSettings } from '#libs/settings/read-settings.js';

type Environment = Readonly<Record<string, string>>;

/** How each process that a deployment runs reads its environment. */
const readers: Readonly<Record<string, (env: Environment) => unknown>> = {
  gateway: readGateway,
  'consent-guard': readGuard,
  'referral-router': readRouter,
  reminders: readReminders,
  notifier: readNotifier,
  desk: readDesk,
  operator: (env) => readOperator({}, env),
  provision: (env) => readSettings(provisionSettings, env),
};

export const serviceNames = [
  'gateway',
  'consent-guard',
  'referral-router',
  'reminders',
  'notifier',
  'desk',
] as const;

export interface SettingsRead {
  readonly config: unknown;
  /** Variables that are set and that the process never looks at: misspelt, or another's. */
  readonly unread: readonly string[];
}

/** Reads an environment as the process would. @throws MeshError `config-invalid` as the process would */
export function readAs(name: string, environment: Environment): SettingsRead {
  const asked = new Set<string>();
  const watched = new Proxy(environment, {
    get: (target, variable) => {
      asked.add(String(variable));
      return Object.hasOwn(target, variable) ? target[String(variable)] : undefined;
    },
  });
  const reader = readers[name];
  if (reader === undefined) throw new Error(`nobody knows how ${name} reads its environment`);
  const config = reader(watched);
  return { config, unread: Object.keys(environment).filter((variable) => !asked.has(variable)) };
}

/** A value that would be a secret in plain sight: by the variable's name, or a URL with a password in it. */
export const isPlainSecret = (variable: string, value: string): boolean =>
  (/PASSWORD|SECRET|TOKEN|PRIVATE|(^|_)KEYS?(_|$)/.test(variable) &&
    !variable.endsWith('_FILE') &&
    !value.startsWith('/')) ||
  /:\/\/[^/]*:[^/]*@/.test(value);
