import { describe, expect, it } from '@jest/globals';
import { renderPage } from '#services/desk/adapters/page-renderer.js';
import { type Agency, viewerOf } from '#services/desk/domain/agency.js';
import type { OfficeTrouble } from '#services/desk/domain/trouble-words.js';
import { presentToday } from '#services/desk/today/presenter.js';

const agency: Agency = {
  id: 'trt_riverside',
  offices: [{ id: 'trt_riverside', kind: 'treatment-provider', name: 'Riverside' }],
  people: [
    { id: 'p_one', office: 'trt_riverside', job: 'keyworker', name: 'Nadia', deputy: 'p_one' },
  ],
};
const shell = {
  nonce: 'n',
  csrf: 'c',
  signedIn: { name: 'Nadia', office: 'Riverside', kind: 'treatment-provider', leads: false },
};

function today(unread: OfficeTrouble | undefined, isThere = true): string {
  const viewer = viewerOf(agency, 'p_one');
  if (viewer === undefined) throw new Error('nobody');
  const model = presentToday({
    viewer,
    agency,
    asked: { whose: 'mine', office: 'trt_riverside' },
    steps: [],
    waiting: [],
    now: new Date('2026-03-04T10:00:00Z'),
    asOf: undefined,
    isThere,
    unread,
    saved: [],
  });
  return renderPage('today/view.njk', { ...model, ...shell });
}

describe('Today', () => {
  it('says how many messages could not be read, since when, and whom to tell; also while the mesh is away', () => {
    const unread = { office: 'trt_riverside', count: 2, since: '2026-03-02T09:00:00Z' };
    for (const isThere of [true, false])
      expect(today(unread, isThere)).toContain(
        '2 messages that came for this office could not be read, since 2 March 2026, 09:00. The desk tries again each minute. Tell the person who runs this desk',
      );
  });

  it('says nothing of it otherwise', () => {
    expect(today(undefined)).not.toContain('could not be read');
  });
});
