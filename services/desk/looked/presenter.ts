import { nameOf } from '../domain/agency.js';
import type { CaseFile } from '../domain/case-file.js';
import { momentWords } from '#libs/calendar/day-words.js';
import { referenceOf } from '../domain/reference.js';

const pageWords: Readonly<Record<string, string>> = {
  case: 'the case',
  message: 'a form of it',
  action: 'a page to send something',
  refer: 'a referral',
  withdraw: 'the withdrawal of consent',
  consent: 'the page to seek consent',
  looked: 'this list',
  slip: 'the client’s slip',
};

/** Who of the agency looked at the case, and when. */
export function presentLooked(
  file: CaseFile,
  viewings: readonly { readonly person: string; readonly page: string; readonly at: string }[],
) {
  return {
    title: 'Who looked',
    reference: referenceOf(file.view),
    caseId: file.view.case,
    rows: viewings.map(({ person, page, at }) => ({
      who: nameOf(file.agency, person),
      what: pageWords[page] ?? page,
      at: momentWords(at),
    })),
  };
}
