import { findProgram } from './find-program.mjs';

/** Absolute path of a program that prepare.mjs has seen to. Throws if it is gone. */
export function requireProgram(name: string): string {
  const path = findProgram(name);
  if (path === undefined)
    throw new Error(`${name} is not on this machine: run node deploy/local/prepare.mjs start`);
  return path;
}
