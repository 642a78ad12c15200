import { z } from 'zod';

/** What is wrong with a text, in words that say what to do; undefined where nothing is. */
type ProblemOf = (text: string) => string | undefined;

/** Text that one look judges. One check: each costs nearly as much as all the rest of reading a field. @param error where it is no text at all */
export const checkedText = (problemOf: ProblemOf, error?: string): z.ZodString =>
  z
    .string(error === undefined ? undefined : { error })
    .check((payload) => note(problemOf(payload.value), payload));

/** The same without the white space around it, which goes in the same look. */
export const trimmedText = (problemOf: ProblemOf): z.ZodString =>
  z.string().check((payload) => {
    payload.value = payload.value.trim();
    note(problemOf(payload.value), payload);
  });

function note(message: string | undefined, payload: z.core.ParsePayload<string>): void {
  if (message !== undefined) payload.issues.push({ code: 'custom', message, input: payload.value });
}
