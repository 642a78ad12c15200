import { type IncomingMessage, type Server, type ServerResponse, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { ProblemDocument } from '../domain/problem-document.js';
import { refusedRequest } from '../domain/refused-request.js';
import { securityHeaders } from './security-headers.js';

/** Told of each refusal: its status, and the code of Node's parser. The error itself holds the bytes of the request. */
export type OnRefused = (status: number, code: string) => void;

/** For the `clientError` of Node's server: answers what its parser cannot read, then cuts the connection. */
export function refuseUnreadable(error: { code?: string }, socket: Socket, told: OnRefused): void {
  // A reset connection is gone, and one that was answered already cannot be written to.
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const code = error.code ?? 'unknown';
  const problem = refusedRequest(code);
  told(problem.status, code);
  if (isAnswerBegun(socket)) socket.destroy();
  else socket.end(answerOf(problem), () => socket.destroy());
}

/** Node answers any other `Expect` than 100-continue with a bare 417. */
export function refuseExpectations(server: Server, told: OnRefused): void {
  server.on('checkExpectation', (_request: IncomingMessage, response: ServerResponse) => {
    const problem = refusedRequest('ERR_EXPECTATION');
    told(problem.status, 'ERR_EXPECTATION');
    response.writeHead(problem.status, headersOf(problem)).end(JSON.stringify(problem));
  });
}

/** An answer in the midst of another would be taken for a part of it. Node's own handler asks the same. */
const isAnswerBegun = (socket: Socket): boolean =>
  (socket as { ['_httpMessage']?: ServerResponse })['_httpMessage']?.headersSent === true;

const headersOf = (problem: ProblemDocument): Record<string, string> => ({
  ...securityHeaders("default-src 'none'"),
  'content-type': 'application/problem+json',
  'content-length': String(Buffer.byteLength(JSON.stringify(problem))),
  connection: 'close',
});

function answerOf(problem: ProblemDocument): string {
  const head = [
    `HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status]}`,
    ...Object.entries(headersOf(problem)).map(([name, value]) => `${name}: ${value}`),
  ];
  return `${head.join('\r\n')}\r\n\r\n${JSON.stringify(problem)}`;
}
