import { type ArgumentsHost, Catch, type ExceptionFilter, HttpException } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import type { Logger } from 'pino';
import type { MeshErrorCode } from '#libs/contracts/error-codes.js';
import type { MeshError } from '#libs/contracts/mesh-error.js';
import type { Problem } from '#libs/contracts/problem.js';
import { type KnownRoutes, allowedMethods } from '../domain/known-routes.js';
import { problemDocument } from '../domain/problem-document.js';
import type { GatewayRequest } from './gateway-request.js';
import { sendProblem } from './send-problem.js';

/** Fastify's own refusals, by status. */
const problemOfStatus: Readonly<Record<number, Problem>> = {
  404: { code: 'not-found', detail: 'there is nothing at this address; see /docs' },
  413: { code: 'payload-too-large', detail: 'the body is larger than 262144 bytes' },
  415: {
    code: 'unsupported-media-type',
    detail: 'the body must come as application/cloudevents+json',
  },
};

/** Whatever a request ends with that is no answer, as a problem document. The text of a foreign error never leaves the process. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  constructor(
    private readonly routes: KnownRoutes,
    private readonly logger: Logger,
  ) {}

  catch(error: unknown, host: ArgumentsHost): void {
    const request = host.switchToHttp().getRequest<GatewayRequest>();
    const reply = host.switchToHttp().getResponse<FastifyReply>();
    if (reply.sent) return;
    const problem = this.#problemOf(error, request, reply);
    request.problemCode = problem.code;
    const document = problemDocument(problem);
    if (document.status >= 500)
      this.logger.warn(
        {
          event: 'request-failed',
          route: request.routeOptions.url,
          party: request.party,
          err: error,
        },
        'request failed',
      );
    sendProblem(reply, document);
  }

  #problemOf(error: unknown, request: GatewayRequest, reply: FastifyReply): Problem {
    if (isMeshError(error))
      return {
        code: error.code,
        detail: error.message,
        ...(error.field === undefined ? {} : { field: error.field }),
      };
    if (!(error instanceof HttpException)) return { code: 'internal', detail: '' };
    const cause = error.cause;
    if (isMeshError(cause)) return { code: cause.code, detail: cause.message };
    const status = error.getStatus();
    if (status === 404) {
      const allowed = allowedMethods(this.routes, request.url.split('?')[0] ?? '');
      if (allowed.length > 0 && request.routeOptions.url === undefined) {
        void reply.header('allow', allowed.join(', '));
        return { code: 'method-not-allowed', detail: `this address takes ${allowed.join(', ')}` };
      }
    }
    const code: MeshErrorCode = status < 500 ? 'malformed-request' : 'internal';
    return problemOfStatus[status] ?? { code, detail: 'the request cannot be read' };
  }
}

const isMeshError = (error: unknown): error is MeshError =>
  (error as { name?: unknown } | null)?.name === 'MeshError';
