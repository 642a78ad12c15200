import { connect } from 'node:net';

/**
 * Connects to a loopback port, sends `request` (may be empty) and resolves whether the answer begins as `expected` says. Resolves false, and never
 * rejects, when nothing listens, the connection ends or a second passes: it is what a readiness probe asks again and again.
 */
export function tcpExchange(port: number, request: string, expected: RegExp): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' });
    let answer = '';
    const finish = (found: boolean) => {
      socket.destroy();
      resolve(found);
    };
    socket.setTimeout(1_000, () => finish(false));
    socket.on('error', () => finish(false));
    socket.on('close', () => finish(false));
    socket.on('connect', () => socket.write(request));
    socket.on('data', (chunk) => {
      answer += chunk.toString('latin1');
      if (expected.test(answer)) finish(true);
    });
  });
}
