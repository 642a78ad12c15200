import { pino } from 'pino';
import type { DestinationStream, Logger } from 'pino';
import { describeError } from './describe-error.js';

export interface LoggerOptions {
  readonly service: string;
  /** pino's names: trace, debug, info, warn, error, fatal, silent. Default info. */
  readonly level?: string | undefined;
  /** Default standard output. */
  readonly destination?: DestinationStream;
}

/** Never printed, wherever they stand in the three outer levels of what is logged. A net under the rule not to log them at all. */
const secretKeys = [
  'data',
  'body',
  'payload',
  'token',
  'authorization',
  'cookie',
  'password',
  'seed',
  'key',
  'privateKey',
  'email',
  'address',
  'telephone',
  'nino',
  'surname',
  'otherNames',
  'dateOfBirth',
  'postcode',
  'caseref',
  'text',
  'subject',
];
const redacted = secretKeys.flatMap((key) => [key, `*.${key}`, `*.*.${key}`]);

/**
 * A logger that writes one JSON object a line: level as a word, ISO time, service. Errors belong under `err` and are shown as
 * `describeError` says; so are errors given as the first argument.
 */
export function createLogger({ service, level, destination }: LoggerOptions): Logger {
  return pino(
    {
      level: level ?? 'info',
      base: { service },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { err: describeError, error: describeError },
      redact: { paths: redacted, censor: '[redacted]' },
      // pino would print a foreign error's message as the line's own.
      hooks: {
        logMethod(args, method) {
          const [first, text] = args as [unknown, unknown];
          if (isErrorLike(first))
            method.call(this, { err: first }, typeof text === 'string' ? text : 'failed');
          else method.apply(this, args);
        },
      },
    },
    destination ?? pino.destination({ dest: 1, sync: true }),
  );
}

function isErrorLike(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'message' in value && 'stack' in value;
}
