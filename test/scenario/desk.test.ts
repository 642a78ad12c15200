// In this order: the stories of one person open the first step of a kind that is on their list. Each file describes its own stories.
// oxlint-disable-next-line import/no-unassigned-import -- nothing of them is called from here
import './desk-person.stories.js';
// oxlint-disable-next-line import/no-unassigned-import -- nothing of them is called from here
import './desk-office.stories.js';
// oxlint-disable-next-line import/no-unassigned-import -- nothing of them is called from here
import './desk-exit.stories.js';
// oxlint-disable-next-line import/no-unassigned-import -- nothing of them is called from here
import './desk-routes.stories.js';
// oxlint-disable-next-line import/no-unassigned-import -- nothing of them is called from here
import './desk-situations.stories.js';
// oxlint-disable-next-line import/no-unassigned-import -- nothing of them is called from here
import './desk-drafts.stories.js';
