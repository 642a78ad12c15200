import { type ExecutionContext, createParamDecorator } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { MeshError } from '#libs/contracts/mesh-error.js';
import type { Viewer } from '../domain/agency.js';
import type { Fields } from './draft.store.js';
import type { Session } from './session.store.js';

/** What the edge notes of a request while it works on it. */
export interface DeskRequest extends FastifyRequest {
  /** Of the content policy of this one answer. */
  nonce?: string;
  viewer?: Viewer;
  /** Whether there is an office whose board the viewer sees. */
  leads?: boolean;
  session?: Session;
}

/** A request of somebody who is signed in. Set by the edge on every address but the open ones. */
export interface Visit {
  readonly viewer: Viewer;
  readonly csrf: string;
  readonly request: DeskRequest;
  readonly reply: FastifyReply;
}

export const Visiting = createParamDecorator((_data: unknown, context: ExecutionContext): Visit => {
  const http = context.switchToHttp();
  const request = http.getRequest<DeskRequest>();
  const { viewer, session } = request;
  if (viewer === undefined || session === undefined)
    throw new MeshError('unauthenticated', 'nobody is signed in');
  return { viewer, csrf: session.csrf, request, reply: http.getResponse<FastifyReply>() };
});

/** The fields of a form as texts, with the line breaks of browsers (CRLF) as one character. */
export function fieldsOf(request: FastifyRequest): Fields {
  const body = typeof request.body === 'object' && request.body !== null ? request.body : {};
  const plain = (text: string): string => text.replaceAll('\r\n', '\n');
  return Object.fromEntries(
    Object.entries(body as Record<string, unknown>).flatMap(
      ([name, value]): [string, Fields[string]][] => {
        if (typeof value === 'string') return [[name, plain(value)]];
        return Array.isArray(value) ? [[name, value.map((each) => plain(String(each)))]] : [];
      },
    ),
  );
}

export const textIn = (fields: Fields, name: string): string => {
  const value = fields[name];
  return typeof value === 'string' ? value.trim() : '';
};

export const listIn = (fields: Fields, name: string): readonly string[] => {
  const value = fields[name];
  if (value === undefined) return [];
  return typeof value === 'string' ? [value] : value;
};
