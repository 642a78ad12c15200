import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { MeshError } from '#libs/contracts/mesh-error.js';
import { type NoteVerifier, readVerifierKey } from '#libs/evidence/note-keys.js';
import { verifyLog } from '#libs/evidence/verify-log.js';
import { exportEvidence } from './export-evidence.js';
import { LogFolder } from './log-folder.js';
import type { OperatorContext } from './operator-context.js';

export function addEvidenceCommands(program: Command, context: OperatorContext): void {
  const evidence = program
    .command('evidence')
    .description('the tree over all decisions: no content, and no client');

  evidence
    .command('export <folder>')
    .description('write checkpoint, entries and tiles as files (C2SP tlog-tiles)')
    .action(async (path: string) => {
      const folder = await LogFolder.create(path);
      const { origin, size, root } = await context.withDesk((desk) => exportEvidence(desk, folder));
      context.show(
        { folder: path, origin, size, root: root.toString('base64') },
        `${size} decisions of ${origin} in ${path}`,
      );
    });

  evidence
    .command('verify <folder>')
    .description('check an export, offline, with the public key alone')
    .requiredOption(
      '--key <file>',
      'public key of the log, from a hand you trust, not from the export',
    )
    .option(
      '--previous <folder>',
      'an older export, or its checkpoint, that this one must continue',
    )
    .action((path: string, options: { key: string; previous?: string }) => {
      const older = options.previous === undefined ? undefined : LogFolder.open(options.previous);
      const check = verifyLog(LogFolder.open(path), readKey(options.key), older);
      if (!check.ok) return context.fail(`not in order: ${check.problem}`);
      const { origin, size, root } = check.checkpoint;
      const shown = {
        ok: true,
        origin,
        size,
        messages: check.messages,
        root: root.toString('base64'),
      };
      const continued = older === undefined ? '' : ', continues the older export';
      context.show(
        shown,
        `in order: ${size} decisions on ${check.messages} messages, signed by ${origin}${continued}`,
      );
    });
}

function readKey(file: string): NoteVerifier {
  try {
    return readVerifierKey(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new MeshError('config-invalid', `${file} holds no Ed25519 verifier key of signed notes`, {
      cause: error,
    });
  }
}
