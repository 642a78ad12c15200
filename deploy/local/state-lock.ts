import { createHash } from 'node:crypto';
import { mkdir, realpath } from 'node:fs/promises';
import { connect, createServer, type Server } from 'node:net';

/** What holds a state folder, so that two runs of the mesh never work on one set of data. */
export interface StateLock {
  /** Lets go. Idempotent. The kernel does it too when the process ends, however it ends: no lock is ever stale. */
  release(): Promise<void>;
}

export type StateLockResult =
  { readonly lock: StateLock } | { readonly heldByPid: number | undefined };

/**
 * The lock is a Unix socket in Linux's abstract namespace (unix(7)), named after the folder: only one process can have it, there is no file to be
 * left behind, and who holds it answers with its process id.
 */
async function socketName(folder: string): Promise<string> {
  const digest = createHash('sha256')
    .update(await realpath(folder))
    .digest('hex');
  return `\0throughcare-state-${digest}`;
}

function listen(path: string): Promise<Server | undefined> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) =>
      socket.on('error', () => undefined).end(String(process.pid)),
    );
    server.once('error', (error: NodeJS.ErrnoException) =>
      error.code === 'EADDRINUSE' ? resolve(undefined) : reject(error),
    );
    server.listen(path, () => resolve(server.unref()));
  });
}

function askHolder(path: string): Promise<number | undefined> {
  return new Promise((resolve) => {
    let answer = '';
    const socket = connect(path);
    socket.setTimeout(1_000, () => socket.destroy());
    socket.on('error', () => undefined);
    socket.on('data', (chunk) => (answer += chunk.toString('utf8')));
    socket.on('close', () => resolve(/^\d+$/.test(answer) ? Number(answer) : undefined));
  });
}

/** Takes the folder (made if absent, mode 0700) for this process, or tells who has it. */
export async function lockState(folder: string): Promise<StateLockResult> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const path = await socketName(folder);
  const server = await listen(path);
  if (server === undefined) return { heldByPid: await askHolder(path) };
  return {
    lock: {
      release: () =>
        new Promise((resolve) => {
          server.close(() => resolve());
        }),
    },
  };
}
