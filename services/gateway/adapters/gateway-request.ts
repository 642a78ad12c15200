import { type ExecutionContext, createParamDecorator } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { MeshErrorCode } from '#libs/contracts/error-codes.js';
import { MeshError } from '#libs/contracts/mesh-error.js';

/** What the edge notes of a request while it works on it. */
export interface GatewayRequest extends FastifyRequest {
  /** Set by the authentication of every route under /v1/, and by nothing else. */
  party?: string;
  problemCode?: MeshErrorCode;
}

/** The authenticated party of a request. A route that was not authenticated has none, and answers 401. */
export const Party = createParamDecorator((_data: unknown, context: ExecutionContext): string => {
  const { party } = context.switchToHttp().getRequest<GatewayRequest>();
  if (party === undefined) throw new MeshError('unauthenticated', 'the request names no party');
  return party;
});
