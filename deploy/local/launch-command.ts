/** Whom a child runs as when its parent is root. */
export interface RunAs {
  readonly uid: number;
  readonly gid: number;
  /** The one capability the child keeps, as setpriv names it; none if absent. */
  readonly capability?: 'dac_read_search' | 'dac_override' | undefined;
}

export interface LaunchCommand {
  readonly command: string;
  readonly args: readonly string[];
}

/**
 * Wraps a program with util-linux's setpriv, which execs it, so that pid and signals are the program's own:
 * - the kernel kills it when its parent dies, however that happens (PR_SET_PDEATHSIG, prctl(2)): nothing outlives a killed `npm start`;
 * - as root, it runs as another user with no other groups and at most one capability (ambient, so that what it execs has it too).
 *
 * `setpriv` undefined (not Linux): the program runs as it is; then `runAs` cannot be had and is refused.
 */
export function launchCommand(
  program: LaunchCommand,
  setpriv: string | undefined,
  runAs?: RunAs,
): LaunchCommand {
  if (setpriv === undefined) {
    if (runAs !== undefined)
      throw new Error(
        `${program.command} must not run as root and setpriv (util-linux) is not here to change the user`,
      );
    return program;
  }
  const args = ['--pdeathsig', 'KILL'];
  if (runAs !== undefined) {
    const kept = runAs.capability === undefined ? '-all' : `-all,+${runAs.capability}`;
    args.push(
      '--reuid',
      String(runAs.uid),
      '--regid',
      String(runAs.gid),
      '--clear-groups',
      '--inh-caps',
      kept,
      '--ambient-caps',
      kept,
    );
  }
  return { command: setpriv, args: [...args, program.command, ...program.args] };
}
