import type { ConsentFormData, WithdrawalFormData } from '#libs/contracts/consent-forms.js';
import type { DeliveredMessage, MeshEnvelope } from '#libs/contracts/mesh-message.js';
import type { Category } from '#libs/contracts/purposes.js';
import type { AgreementPut, PartyPut, PersonPut } from '#libs/contracts/service-forms.js';
import type { DeadLetterReport } from '#libs/contracts/service-forms.js';
import type { IdentityPrints } from './client-identity.js';
import type { ConsentLine } from './consent-line.js';
import type { GuardRecord } from './guard-record.js';
import type { Line } from './rests-on-lines.js';
import type { Scope } from './scope.js';

/** What a decision does beside its record. All of it is committed in one transaction before anything is delivered. */
export type Effect =
  | { readonly kind: 'bind-client'; readonly client: string; readonly prints: IdentityPrints }
  | {
      readonly kind: 'bind-case';
      readonly caseId: string;
      readonly client: string;
      readonly agency: string;
      /** The party of that agency, whose own the reference is. */
      readonly office: string;
      readonly reference: string | undefined;
    }
  | {
      readonly kind: 'keep-consent';
      readonly consentId: string;
      readonly client: string;
      readonly taker: string;
      readonly data: ConsentFormData;
    }
  | { readonly kind: 'put-scopes'; readonly scopes: readonly Scope[] }
  | { readonly kind: 'keep-lines'; readonly lines: readonly ConsentLine[] }
  | {
      readonly kind: 'keep-withdrawal';
      readonly withdrawalId: string;
      readonly client: string;
      /** The party that recorded it. */
      readonly by: string;
      readonly data: WithdrawalFormData;
    }
  | {
      readonly kind: 'withdraw';
      readonly client: string;
      /** The withdrawal, or the newer decision that took a yes back, whole or in part. */
      readonly withdrawalId: string;
      readonly lines: readonly Line[];
    }
  /** `root`: the client's own message that a notice rests on; a withdrawal that covers it stops the notice too. */
  | {
      readonly kind: 'deliver';
      readonly id: string;
      readonly recipient: string;
      readonly message: DeliveredMessage;
      readonly root?: string;
      /** Kinds of information that go, and that are left out. */
      readonly told?: readonly Category[];
      readonly withheld?: readonly Category[];
      /** When the first of the lines that it rests on ends: not given by then, it is not given any more. */
      readonly lapsesAtMs?: number;
    }
  | { readonly kind: 'hold'; readonly record: GuardRecord; readonly envelope: MeshEnvelope }
  | { readonly kind: 'release'; readonly id: string }
  | { readonly kind: 'put-party'; readonly party: PartyPut }
  | { readonly kind: 'put-person'; readonly person: PersonPut }
  | { readonly kind: 'put-agreement'; readonly agreement: AgreementPut }
  | {
      readonly kind: 'release-view';
      readonly release: string;
      readonly request: string;
      readonly client: string;
      /** Only this agency's part of it; undefined for all. */
      readonly agency: string | undefined;
    }
  | { readonly kind: 'redrive'; readonly deadLetter: string }
  | { readonly kind: 'report-dead'; readonly report: DeadLetterReport };
