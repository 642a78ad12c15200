import type { LoggerService } from '@nestjs/common';
import type { Logger } from 'pino';

/**
 * Nest's own lines through pino. Its start-up chatter goes to debug; its errors keep their words, for they come from Nest and from
 * wiring, not from messages on the road.
 */
export class NestLogger implements LoggerService {
  constructor(private readonly logger: Logger) {}

  log(message: unknown, ...rest: unknown[]): void {
    this.logger.debug(contextOf(rest), textOf(message));
  }

  warn(message: unknown, ...rest: unknown[]): void {
    this.logger.warn(contextOf(rest), textOf(message));
  }

  error(message: unknown, ...rest: unknown[]): void {
    this.logger.error(
      { ...contextOf(rest), ...(typeof message === 'object' ? { err: message } : {}) },
      textOf(message),
    );
  }

  fatal(message: unknown, ...rest: unknown[]): void {
    this.logger.fatal(
      { ...contextOf(rest), ...(typeof message === 'object' ? { err: message } : {}) },
      textOf(message),
    );
  }

  debug(message: unknown, ...rest: unknown[]): void {
    this.logger.debug(contextOf(rest), textOf(message));
  }

  verbose(message: unknown, ...rest: unknown[]): void {
    this.logger.trace(contextOf(rest), textOf(message));
  }
}

/** Nest gives the context as the last argument, after a stack where there is one. */
function contextOf(rest: readonly unknown[]): { context?: string } {
  const last = rest.at(-1);
  return typeof last === 'string' && !last.includes('\n') ? { context: last } : {};
}

function textOf(message: unknown): string {
  return typeof message === 'string' ? message : 'failed';
}
