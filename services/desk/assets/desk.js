// Pages do without it: it adds the behaviour of the components (one second's guard against a double click, focus on the error summary).
import { initAll } from './govuk.js';

document.body.classList.add('js-enabled', 'govuk-frontend-supported');
initAll();
