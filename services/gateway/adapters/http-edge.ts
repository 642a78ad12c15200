import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import type { Histogram } from 'prom-client';
import { MeshError } from '#libs/contracts/mesh-error.js';
import type { Authenticator, Identification } from '../domain/authenticator.js';
import { bodyProblem } from '../domain/body-problem.js';
import { problemDocument } from '../domain/problem-document.js';
import type { TokenBuckets } from '../domain/token-bucket.js';
import type { GatewayRequest } from './gateway-request.js';
import { JsonText } from './json-text.js';
import { type OnRefused, refuseExpectations, refuseUnreadable } from './refuse-unreadable.js';
import { securityHeaders } from './security-headers.js';
import { sendProblem } from './send-problem.js';

/** The largest message, in bytes of its body. */
const maxBodyBytes = 256 * 1024;
/** Late requests are looked for so often in the time that a request has. */
const checksInTime = 4;

/** HTTP without what Fastify would do of its own accord: HEAD on every GET (it would take from the inbox), errors that quote the address. */
export function createHttpAdapter(requestTimeoutMs: number, onRefused: OnRefused): FastifyAdapter {
  const adapter = new FastifyAdapter({
    bodyLimit: maxBodyBytes,
    exposeHeadRoutes: false,
    requestTimeout: requestTimeoutMs,
    // Node takes the longer of the two limits for the whole request: its own 60 s for the headers would stand in for ours.
    http: {
      headersTimeout: requestTimeoutMs,
      connectionsCheckingInterval: requestTimeoutMs / checksInTime,
      // Node would answer with a bare 400: the first hook answers instead.
      requireHostHeader: false,
    },
    forceCloseConnections: 'idle',
    // Fastify would answer with an error of its own form: the first hook answers instead.
    return503OnClosing: false,
    clientErrorHandler: (error, socket) => refuseUnreadable(error, socket, onRefused),
    frameworkErrors: (_error: unknown, request: FastifyRequest, reply: FastifyReply): void => {
      addSecurityHeaders(request, reply);
      sendProblem(
        reply,
        problemDocument({
          code: 'malformed-request',
          detail: 'the address of the request is wrong',
        }),
      );
    },
  });
  const http = httpOf(adapter);
  refuseExpectations(http.server, onRefused);
  http.removeAllContentTypeParsers();
  const readText = (body: string | Buffer): string => {
    try {
      return new TextDecoder('utf-8', { fatal: true }).decode(body as Buffer);
    } catch {
      throw new MeshError('malformed-json', 'the body is not UTF-8');
    }
  };
  http.addContentTypeParser(
    'application/cloudevents+json',
    { parseAs: 'buffer' },
    async (_request: FastifyRequest, body: string | Buffer) => readText(body),
  );
  http.addContentTypeParser(
    'application/json',
    { parseAs: 'buffer' },
    async (_request: FastifyRequest, body: string | Buffer) => new JsonText(readText(body)),
  );
  return adapter;
}

export interface EdgeParts {
  readonly authenticator: Authenticator;
  /** Lower case. The header in which a proxy hands on the client's certificate; undefined: there is no such proxy, and no header is looked at. */
  readonly clientCertHeader: string | undefined;
  readonly buckets: TokenBuckets;
  readonly requestSeconds: Histogram;
  readonly logger: Logger;
  readonly isStopping: () => boolean;
}

/**
 * What every request passes, in this order: headers · who is it (401, 503) · not too fast (429) · the route · a body that can be read as announced
 * (415) · one line in the log. As hooks of
 * Fastify and not guards of Nest, because they come before the body is read: a stranger's body is never taken in.
 */
export function addEdgeHooks(adapter: FastifyAdapter, parts: EdgeParts): void {
  const http = httpOf(adapter);
  http.addHook('onRequest', async (request: GatewayRequest, reply) => {
    addSecurityHeaders(request, reply);
    if (parts.isStopping())
      throw new MeshError('broker-unavailable', 'this gateway stops; send again with the same id');
    // RFC 9112 section 3.2.
    if (request.headers.host === undefined && request.raw.httpVersion === '1.1')
      throw new MeshError('malformed-request', 'the header Host is missing');
    if (request.routeOptions.url?.startsWith('/v1/') !== true) return;
    const party = identified(
      await parts.authenticator.authenticate({
        authorization: request.headers.authorization,
        clientCertificate: headerOf(request, parts.clientCertHeader),
      }),
    );
    request.party = party;
    const waitSeconds = parts.buckets.take(party, performance.now());
    if (waitSeconds === 0) return;
    void reply.header('retry-after', String(waitSeconds));
    throw new MeshError('too-many-requests', `wait ${waitSeconds} s, then send again`);
  });
  // Before the body is taken in, as above; without one its headers announce nothing.
  http.addHook('preParsing', async (request, reply) => {
    const problem = hasBody(request) ? bodyProblem(request.headers) : undefined;
    if (problem === undefined) return;
    // RFC 9110 section 12.5.3: so that a client tells a refused coding from a refused type.
    if (problem.field === 'Content-Encoding') void reply.header('accept-encoding', 'identity');
    throw new MeshError(problem.code, problem.detail, { field: problem.field });
  });
  // Else a client whose call was under way keeps its connection, and with it the process, until that times out.
  http.addHook('onSend', async (_request, reply) => {
    if (parts.isStopping()) void reply.header('connection', 'close');
  });
  http.addHook('onResponse', async (request: GatewayRequest, reply) => {
    const route = request.routeOptions.url ?? 'none';
    const ms = Math.round(reply.elapsedTime);
    parts.requestSeconds.observe(
      { route, method: request.method, status: reply.statusCode },
      reply.elapsedTime / 1_000,
    );
    const { party, problemCode: code } = request;
    // The route's pattern, never the address: it holds ids of messages and cases.
    parts.logger.info(
      {
        event: 'request',
        method: request.method,
        route,
        status: reply.statusCode,
        party,
        code,
        ms,
      },
      'request',
    );
  });
}

/** @throws MeshError `unauthenticated` · `issuer-unavailable` */
function identified(identification: Identification): string {
  switch (identification.outcome) {
    case 'party':
      return identification.party;
    case 'refused':
      throw new MeshError('unauthenticated', identification.detail);
    case 'undecided':
      throw new MeshError('issuer-unavailable', identification.detail);
  }
}

/** Node joins a header that came twice; some it gives as a list. */
function headerOf(request: FastifyRequest, name: string | undefined): string | undefined {
  const value = name === undefined ? undefined : request.headers[name];
  return Array.isArray(value) ? value.join(', ') : value;
}

/** RFC 9112 section 6: a body is there where its length or its chunks are announced. */
const hasBody = ({ headers }: FastifyRequest): boolean =>
  headers['transfer-encoding'] !== undefined || (headers['content-length'] ?? '0') !== '0';

function addSecurityHeaders(request: FastifyRequest, reply: FastifyReply): void {
  // The documentation's page brings its own scripts and styles, all from here.
  const policy = request.url.startsWith('/docs')
    ? "default-src 'self' 'unsafe-inline' data:"
    : "default-src 'none'";
  void reply.headers(securityHeaders(policy));
}

const httpOf = (adapter: FastifyAdapter): FastifyInstance => adapter.getInstance<FastifyInstance>();
