const lookAtParentMs = 250;

/**
 * Aborted when this process is to stop: by SIGINT, SIGTERM or SIGHUP, or when npm, which started it, is gone.
 *
 * A signal may come twice, as Ctrl-C does: from the terminal, and from npm, which hands SIGINT and SIGTERM on. The second changes nothing.
 * npm hands on no SIGHUP, and can hand on no SIGKILL: then its end is the sign.
 */
export function stopWanted(): AbortSignal {
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.on(signal, () => stop.abort());
  if (process.env['npm_lifecycle_event'] === 'start') {
    const npm = process.ppid;
    const looking = setInterval(() => {
      if (process.ppid !== npm) stop.abort();
    }, lookAtParentMs);
    looking.unref();
  }
  return stop.signal;
}
