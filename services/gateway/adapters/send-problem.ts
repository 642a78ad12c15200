import type { FastifyReply } from 'fastify';
import type { ProblemDocument } from '../domain/problem-document.js';

/** Answers with a problem document (RFC 9457) and the headers that go with its status. As bytes: to text Fastify would add a charset. */
export function sendProblem(reply: FastifyReply, problem: ProblemDocument): void {
  if (problem.status === 401) void reply.header('www-authenticate', 'Bearer realm="throughcare"');
  if ((problem.status === 429 || problem.status === 503) && !reply.hasHeader('retry-after'))
    void reply.header('retry-after', '1');
  void reply
    .code(problem.status)
    .header('content-type', 'application/problem+json')
    .send(Buffer.from(JSON.stringify(problem)));
}
