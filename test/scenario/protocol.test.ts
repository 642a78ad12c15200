// In this order: people leave in the last. Each file describes its own stories.
// oxlint-disable-next-line import/no-unassigned-import -- nothing of them is called from here
import './protocol-referral.stories.js';
// oxlint-disable-next-line import/no-unassigned-import -- nothing of them is called from here
import './protocol-sharing.stories.js';
// oxlint-disable-next-line import/no-unassigned-import -- nothing of them is called from here
import './protocol-review.stories.js';
// oxlint-disable-next-line import/no-unassigned-import -- nothing of them is called from here
import './protocol-consent.stories.js';
// oxlint-disable-next-line import/no-unassigned-import -- nothing of them is called from here
import './protocol-exit.stories.js';
