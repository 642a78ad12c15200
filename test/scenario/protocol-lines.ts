/** One thing that the joint-working protocol states, and that the mesh must do. */
export interface ProtocolLine {
  /** As the name of the test that proves it begins: S for a step, C consent, T times, P parties and forms. */
  readonly id: string;
  /** The protocol's own words. */
  readonly words: string;
  /** Why no test proves it here. */
  readonly notHere?: string;
}

const figures = 'figures are drawn from the record elsewhere; the mesh carries no statistics';
const lms = 'the mesh hands nothing over to the Labour Market System itself';

/** Who takes part, and the forms. */
const parties: readonly ProtocolLine[] = [
  { id: 'P1', words: 'TPR2 through the PTL, who passes it to the adviser' },
  { id: 'P2', words: 'district drugs coordinator: client contact only by exception' },
  { id: 'P3', words: 'a contracted provider does the same on JCP’s behalf' },
  { id: 'P4', words: 'completes DPA1 and returns it to JCP' },
  { id: 'P5', words: 'tells JCP of attendance: form NFP (Pathways) or FND4 (Flexible New Deal)' },
  { id: 'P6', words: 'SPoC receives TPR1 for an area and passes it to the right provider' },
  { id: 'P7', words: 'offender manager usually holds the lead, agreed between them' },
  { id: 'P8', words: 'a client’s move between offices of JCP blocks nothing' },
  { id: 'P9', words: 'one organisation with both contracts is two agencies' },
  { id: 'P10', words: 'without DPA1 the record of problem drug use is not kept at all' },
  { id: 'P11', words: 'TPR2: addressee' },
  { id: 'P12', words: 'review of employment goals: the client alone, or three-way' },
  { id: 'P13', words: 'there must be complete follow-through, and somebody must own the drop' },
];

/** The nine steps, cell by cell. */
const steps: readonly ProtocolLine[] = [
  {
    id: 'S1a',
    words: 'the client is told at least: voluntary, what it finds, engaging afterwards',
  },
  { id: 'S1b', words: 'reasonable travel costs are considered' },
  { id: 'S1c', words: 'DPA1 if the client agrees to recording; TPR1 if to referral' },
  { id: 'S1d', words: 'a JSA client gets a caseload adviser' },
  { id: 'S1e', words: 'referral requested to the provider' },
  { id: 'S1f', words: 'or to the area’s SPoC, which assigns a provider' },
  {
    id: 'S1g',
    words: 'appointment booked (when, where) back to the adviser, who tells the client',
  },
  { id: 'S2a', words: 'TPR1 comes back to the client’s current caseload adviser' },
  { id: 'S2b', words: 'a did-not-attend is an alert, discussed at the next attendance' },
  { id: 'S2c', words: 'a re-referral is considered' },
  { id: 'S2d', words: 'a contracted provider’s referral also makes an NFP / FND4 notice to JCP' },
  {
    id: 'S3a',
    words: 'worth recording: JSAg or action plan, whether goals match the client’s own',
  },
  {
    id: 'S3b',
    words: 'care plan agreed → the 12-week series of reminders to the keyworker starts',
  },
  { id: 'S4a', words: 'with consent: employment-related information to the PTL' },
  { id: 'S4b', words: 'or the contracted provider' },
  {
    id: 'S5a',
    words:
      'PTL notes receipt, passes to adviser; adviser updates the record; the keyworker has the receipt',
  },
  { id: 'S5b', words: 'adviser may call an ad hoc interview; may fast-track to stage 3' },
  { id: 'S5c', words: 'a mandatory 13- or 26-week interview may serve as the three-way review' },
  { id: 'S5d', words: '13/26-week interview reminders' },
  { id: 'S6a', words: 'check DPA1 is current; none → one is completed; the TPR2 is delivered' },
  { id: 'S6b', words: 'no trace of the client → TPR2 is returned to the provider' },
  { id: 'S6c', words: 'no trace: the shared data is not kept by JCP' },
  { id: 'S6d', words: 'the LMS entry waits for the DPA1', notHere: lms },
  { id: 'S7a', words: 'keyworker asks the PTL for an appointment' },
  { id: 'S7b', words: 'they offer the client’s next scheduled appointment first' },
  { id: 'S7c', words: 'face to face at the Jobcentre unless agreed otherwise' },
  { id: 'S7d', words: 'request → offer → accept → held → outcome' },
  { id: 'S7e', words: 'decline / not held: offered again' },
  { id: 'S7f', words: 'a calendar entry for keyworker and adviser' },
  { id: 'S8a', words: 'next review re-anchored on the last one held' },
  { id: 'S8b', words: 'a customer who asks at the Jobcentre is told to contact the keyworker' },
  {
    id: 'S8c',
    words: 'JCP tells the keyworker of a claim that ended, a benefit changed, contact lost',
  },
  { id: 'S9a', words: 'exit notice to the PTL at the earliest opportunity' },
  { id: 'S9b', words: 'only where the TPR2 consent covers it' },
  { id: 'S9c', words: 'also when an unplanned one is likely' },
  { id: 'S9d', words: 'unplanned: JCP helps to re-engage' },
  { id: 'S9e', words: 'planned: record updated' },
  {
    id: 'S9f',
    words: 'the treatment reminders stop; the 13/26-week ones run until the claim ends',
  },
];

/** Consent, bullet by bullet. */
const consent: readonly ProtocolLine[] = [
  { id: 'C1', words: 'no record: the message is blocked and the sender is told why' },
  { id: 'C2', words: 'the receiver learns nothing, not even that there was a message' },
  { id: 'C3', words: 'recorded: who may tell whom, what, for which purpose, until when' },
  { id: 'C4', words: 'the TPR1 consent covers both ways of the referral' },
  { id: 'C5', words: 'the TPR2 consent covers the sharing and JCP’s answers to it' },
  { id: 'C6', words: 'a contracted provider’s consent covers its notices to JCP' },
  { id: 'C7', words: 'forwarding is covered where the client was told; who joins later is not' },
  { id: 'C8', words: 'any party may record a withdrawal' },
  { id: 'C9', words: 'criminal justice: a category of its own, off unless ticked' },
  { id: 'C10', words: 'for TPR2 the client is told three things; the record keeps that' },
  { id: 'C11', words: 'what is not covered is left out, or the message is blocked' },
  { id: 'C12', words: 'consent to share includes consent to tell of an exit, unless excluded' },
  { id: 'C13', words: 'withdrawing ends all three, unless the client expressly keeps one' },
  { id: 'C14', words: 'takes effect at once, on messages under way and reminders not yet sent' },
  { id: 'C15', words: 'who holds what was shared gets a content-free instruction' },
  { id: 'C16', words: 'review appointments are cancelled: a consequence of the withdrawal' },
  { id: 'C17', words: 'a refusal binds its own scope; a newer decision supersedes the older' },
  { id: 'C18', words: 'no DPA1 never blocks a TPR1' },
  { id: 'C19', words: 'a consent ends at its date; the keyworker is warned before it lapses' },
  { id: 'C20', words: 'a mismatch goes to a person, never through' },
  { id: 'C21', words: 'a client without an NI number can be served' },
  { id: 'C22', words: 'every message to JCP carries that it is voluntary, for support only' },
  { id: 'C23', words: 'no role that decides sanctions exists in the directory' },
  { id: 'C24', words: 'a refusal is not a legal bar: safeguarding has its own route' },
  { id: 'C25', words: 'message inside one agency: no consent needed, still recorded' },
  { id: 'C26', words: 'a provider’s own reminders do not stop with the withdrawal' },
  { id: 'C27', words: 'payloads go when collected' },
  { id: 'C28', words: 'attempts refused for want of consent are kept shorter than disclosures' },
  { id: 'C29', words: 'matching for monitoring is anonymised', notHere: figures },
  { id: 'C30', words: 'no figure may identify a person', notHere: figures },
];

const times: readonly ProtocolLine[] = [
  { id: 'T1', words: 'after a review is held, 12 weeks from that day' },
  { id: 'T2', words: '13 and 26 weeks, JSA only, until the claim ends' },
  { id: 'T3', words: 'outcome profile quarterly' },
  { id: 'T4', words: 'fortnightly: a JSA customer attends to sign' },
  { id: 'T5', words: 'looks back 28 days; counts only at 80 % of clients', notHere: figures },
];

export const protocolLines: readonly ProtocolLine[] = [...parties, ...steps, ...consent, ...times];
