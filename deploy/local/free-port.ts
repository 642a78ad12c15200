import { randomInt } from 'node:crypto';
import { createServer, type Server } from 'node:net';

/**
 * Below Linux's range for outgoing connections (32768-60999, ip(7)): a port the kernel would hand to some client between our look and the server's
 * bind is never chosen.
 */
const LOWEST = 20_000;
const HIGHEST = 32_767;

/** Ports this process was given already: a server that is down for a moment keeps its own. */
const given = new Set<number>();

function bind(port: number): Promise<Server | undefined> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) =>
      error.code === 'EADDRINUSE' ? resolve(undefined) : reject(error),
    );
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => resolve(server));
  });
}

/** `count` different TCP ports of 127.0.0.1 that nothing listens on, chosen at random so that processes which start at once rarely meet. */
export async function freePorts(count: number): Promise<readonly number[]> {
  const held: Server[] = [];
  const ports: number[] = [];
  try {
    while (ports.length < count) {
      const port = randomInt(LOWEST, HIGHEST + 1);
      const server = given.has(port) ? undefined : await bind(port);
      if (server === undefined) continue;
      held.push(server);
      ports.push(port);
      given.add(port);
    }
  } finally {
    await Promise.all(held.map((server) => new Promise((resolve) => server.close(resolve))));
  }
  return ports;
}

/** One free TCP port of 127.0.0.1; see `freePorts`. */
export async function freePort(): Promise<number> {
  const [port] = await freePorts(1);
  if (port === undefined) throw new Error('no port was found');
  return port;
}
