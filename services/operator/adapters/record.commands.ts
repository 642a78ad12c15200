import { setTimeout as delay } from 'node:timers/promises';
import type { Command } from 'commander';
import { MeshError } from '#libs/contracts/mesh-error.js';
import {
  countsReply,
  deadLettersReply,
  type Timeline,
  timelineReply,
} from '#libs/contracts/ask.js';
import { renderTable } from '../domain/render-table.js';
import type { MeshDesk } from '../domain/mesh-desk.js';
import type { OperatorContext } from './operator-context.js';

/** The guard lists the newest; with fewer, the list is all there is. */
const listedAtMost = 500;
/** A letter is sent again at once, or within two seconds on a busy mesh. */
const looksAtMost = 20;
const lookEveryMs = 100;

export function addRecordCommands(program: Command, context: OperatorContext): void {
  addDeadLetterCommands(program, context);

  program
    .command('counts')
    .description(
      'how many records of each verdict, by sender and type; NI numbers that more than one client has; numbers only',
    )
    .action(async () => {
      const { counts, ninoConflicts } = countsReply.parse(
        await context.withDesk((desk) => desk.ask('counts', {})),
      );
      const rows = counts.map(({ party, type, verdict, reason, count }) => [
        party,
        type,
        verdict,
        reason ?? '',
        String(count),
      ]);
      const table = renderTable(
        ['party', 'type', 'verdict', 'reason', 'count'],
        rows,
        'no records',
      );
      context.show(
        { counts, ninoConflicts },
        `${table}\nNI numbers that more than one client has: ${ninoConflicts}`,
      );
    });

  program
    .command('message <id>')
    .description("what became of one of the operator's own messages")
    .action(async (id: string) => {
      const timeline = timelineReply.parse(
        await context.withDesk((desk) => desk.ask('timeline', { id })),
      );
      const rows = timeline.records.map(({ at, verdict, reason, field, detail }) => [
        at,
        verdict,
        reason ?? '',
        field ?? '',
        detail ?? '',
      ]);
      const head = `${timeline.type} from ${timeline.sender} to ${timeline.to}, sent ${timeline.time}: ${timeline.state}`;
      context.show(
        timeline,
        `${head}\n${renderTable(['at', 'verdict', 'reason', 'field', 'detail'], rows, 'no verdict yet')}`,
      );
    });
}

function addDeadLetterCommands(program: Command, context: OperatorContext): void {
  const deadLetters = program
    .command('dead-letters')
    .description('messages that could not be worked, with their reason');
  addList(deadLetters, context);
  addRedrive(deadLetters, context);
}

function addList(deadLetters: Command, context: OperatorContext): void {
  deadLetters
    .command('list')
    .description('the reason of each, never its content')
    .action(async () => {
      const answer = deadLettersReply.parse(
        await context.withDesk((desk) => desk.ask('dead-letters', {})),
      );
      const rows = answer.deadLetters.map((letter) => [
        letter.deadLetter,
        letter.party,
        letter.code,
        letter.field ?? '',
        letter.detail,
        letter.at,
        letter.redriven ? 'yes' : 'no',
      ]);
      const headings = ['dead letter', 'party', 'code', 'field', 'detail', 'at', 're-driven'];
      context.show(answer.deadLetters, renderTable(headings, rows, 'no dead letters'));
    });
}

function addRedrive(deadLetters: Command, context: OperatorContext): void {
  deadLetters
    .command('redrive <id>')
    .description('send one again, through the guard, which decides it anew')
    .action(async (id: string) => {
      const { message, verdict, isSent } = await context.withDesk((desk) => redrive(desk, id));
      context.show(
        {
          deadLetter: id,
          message,
          verdict: verdict?.verdict,
          reason: verdict?.reason,
          sent: isSent,
        },
        isSent ? `${id}: sent again` : '',
      );
      if (isSent) return;
      const why =
        verdict?.verdict === 'cleared'
          ? 'it still cannot be read, and stays'
          : (verdict?.reason ?? 'it is undecided');
      context.fail(`the dead letter was not sent again: ${why}`);
    });
}

interface Redriven {
  readonly message: string;
  readonly verdict: Timeline['records'][number] | undefined;
  readonly isSent: boolean;
}

/** @throws MeshError `not-found` where the guard's whole list does not have the letter */
async function redrive(desk: MeshDesk, id: string): Promise<Redriven> {
  const { deadLetters } = deadLettersReply.parse(await desk.ask('dead-letters', {}));
  if (deadLetters.length < listedAtMost && !deadLetters.some((letter) => letter.deadLetter === id))
    throw new MeshError('not-found', 'no dead letter has this id; see dead-letters list');
  const message = await desk.send({
    type: 'deadletter.redrive',
    to: 'mesh',
    data: { deadLetter: id },
  });
  const verdict = (await desk.verdict(message)).records.at(-1);
  const isSent = verdict?.verdict === 'cleared' && (await isSentAgain(desk, id));
  return { message, verdict, isSent };
}

/** The guard sends it again right after it has cleared the request, and notes that it did. */
async function isSentAgain(desk: MeshDesk, id: string): Promise<boolean> {
  for (let look = 0; look < looksAtMost; look += 1) {
    const { deadLetters } = deadLettersReply.parse(await desk.ask('dead-letters', {}));
    const letter = deadLetters.find(({ deadLetter }) => deadLetter === id);
    // Not among those that are listed: the request was cleared, and more cannot be told.
    if (letter === undefined || letter.redriven) return true;
    await delay(lookEveryMs);
  }
  return false;
}
