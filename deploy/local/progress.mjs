// What a person sees while the machine is made ready.

/**
 * Ends the process with one line on stderr that says what is wrong and what to do.
 * @param {string} line
 * @returns {never}
 */
export function stop(line) {
  process.stderr.write(`throughcare: ${line}\n`);
  process.exit(1);
}

/**
 * Announces a step that takes a while, does it, and says how long it took.
 * @template T
 * @param {string} title
 * @param {() => T} work
 * @returns {T}
 */
export function step(title, work) {
  const startedAt = Date.now();
  process.stdout.write(`${title} …\n`);
  const result = work();
  process.stdout.write(`${title}: ${((Date.now() - startedAt) / 1000).toFixed(1)} s\n`);
  return result;
}
