// Walks through every page of a Backstage frontend and prints what was there.
//
//     node frontend_walk.mjs FRONTEND CHROMIUM [PICTURES]
//
// FRONTEND is the address of an app whose backend has the content of
// `tests/stories/test_frontend_pages.py`, CHROMIUM a browser's program, PICTURES a folder for
// a picture of each page. The answer is one JSON object on standard output: page to its
// `text`, and to its `errors`: what the browser complained of.

import { chromium } from 'playwright-core';

const [frontend, executablePath, pictures] = process.argv.slice(2);
// The content is the tests' own, and containers have no sandbox.
const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu'] });
const page = await browser.newPage({ viewport: { width: 1400, height: 1000 }, locale: 'en-US' });
page.setDefaultTimeout(20_000);
const results = {};
let errors = [];

page.on('console', message => {
  if (message.type() === 'error') errors.push(`console: ${message.text()} (${message.location().url})`);
});
page.on('pageerror', error => errors.push(`page: ${error.message}`));
page.on('response', response => {
  if (response.status() >= 400) errors.push(`${response.status()}: ${response.request().method()} ${response.url()}`);
});

const button = name => page.getByRole('button', { name });
const text = what => page.getByText(what).first().waitFor();
const heading = name => page.getByRole('heading', { name }).first().waitFor();

/** Wait until a page of documentation can be seen: its frame has no opacity until then. */
const shown = () => page.waitForFunction(() => {
  const root = document.querySelector('[data-testid="techdocs-native-shadowroot"]')?.shadowRoot;
  const html = root?.querySelector('html') ?? root?.firstElementChild;
  return html && getComputedStyle(html).opacity === '1' && html.querySelector('link[rel="stylesheet"]')?.sheet;
});

/** The pages: name, address (none stays where the last one led), and what has to be there. */
const PAGES = [
  ['sign-in', '/', async () => { await button(/enter/i).click(); await text('Docs Site'); }],
  ['catalog-index', '/?filters%5Bkind%5D=component&filters%5Buser%5D=all', async () => text('Payment Service')],
  ['catalog-filter', null, async () => { await page.getByPlaceholder(/search|filter/i).last().fill('money'); await text('Money arithmetic library'); }],
  ['catalog-kind-api', '/?filters%5Bkind%5D=api&filters%5Buser%5D=all', async () => text('Payment API')],
  ['entity-component', '/catalog/default/component/payment-service', async () => text('Takes card payments')],
  ['entity-component-apis', '/catalog/default/component/payment-service/apis', async () => text('Payment API')],
  ['entity-api', '/catalog/default/api/payment-api', async () => text('Payment API')],
  ['entity-api-definition', '/catalog/default/api/payment-api/definition', async () => text(/get/i)],
  ['entity-system', '/catalog/default/system/checkout', async () => text('Cart, payment and order placement')],
  ['entity-group', '/catalog/default/group/payments', async () => text('Ada Lovelace')],
  ['entity-user', '/catalog/default/user/ada.lovelace', async () => text('ada@example.com')],
  ['entity-missing', '/catalog/default/component/no-such-thing', async () => text(/not found|could not be found|404/i)],
  ['entity-inspect', '/catalog/default/component/payment-service', async () => {
    await text('Takes card payments');
    await button(/more/i).first().click();
    await page.getByText(/inspect entity/i).click();
    await page.getByRole('dialog').getByText('component:default/payment-service').first().waitFor();
  }],
  ['catalog-graph', '/catalog-graph?rootEntityRefs%5B%5D=component%3Adefault%2Fpayment-service', async () => text('Payment Service')],
  ['search', '/search?query=payment', async () => text('Payment Service')],
  ['search-modal', '/', async () => {
    await text('Docs Site');
    await page.getByText(/^Search$/).first().click();
    await page.getByRole('dialog').getByRole('textbox').fill('checkout');
    await page.getByRole('dialog').getByText('Checkout Web').first().waitFor();
  }],
  ['create', '/create', async () => text('New Service')],
  ['template-form', '/create/templates/default/new-service', async () => text('Unique name of the service')],
  ['template-run', null, async () => {
    await page.getByLabel(/^Name/).fill('order-service');
    await button('Next').click();
    await button(/review/i).click();
    await button(/^Create$/).click();
    await page.waitForURL('**/create/tasks/*');
    await text(/finished|completed|failed/i);
  }],
  ['create-tasks', '/create/tasks', async () => text('New Service')],
  ['create-actions', '/create/actions', async () => text('catalog:register')],
  ['docs-index', '/docs', async () => text('Docs Site')],
  ['techdocs', '/docs/default/component/docs-site', async () => heading('Welcome to Docs Site')],
  ['techdocs-page', '/docs/default/component/docs-site/guides/start/', async () => { await heading('Getting started'); await text('xylophone'); }],
  ['techdocs-search', '/search?query=xylophone&types%5B%5D=techdocs', async () => text('Getting started')],
  ['api-docs', '/api-docs?filters%5Buser%5D=all', async () => text('Payment API')],
  ['catalog-import', '/catalog-import', async () => text(/register an existing component/i)],
  ['settings', '/settings', async () => text('Guest User')],
  ['notifications', '/notifications', async () => text(/notifications/i)],
  // Beyond the 29: documentation where else it can be seen.
  ['techdocs-tab', '/catalog/default/component/docs-site', async () => {
    await text('A component with TechDocs');
    await page.getByText('TechDocs', { exact: true }).first().click();
    await heading('Welcome to Docs Site');
  }],
  ['techdocs-link', '/docs/default/component/docs-site', async () => {
    await heading('Welcome to Docs Site');
    await page.getByRole('link', { name: 'Getting started' }).last().click();
    await text('xylophone');
  }],
  ['techdocs-concept', '/docs/default/concept/circuit-breaker', async () => heading('서킷 브레이커')],
  ['techdocs-concept-english', '/docs/default/concept/circuit-breaker/en/', async () => heading('Circuit')],
];

for (const [name, path, look] of PAGES) {
  errors = [];
  const result = { text: '', errors, failure: '' };
  results[name] = result;
  try {
    if (path !== null) await page.goto(frontend + path);
    await look();
    await page.waitForLoadState('networkidle');
    // Backstage hides a page of documentation until its style sheet has loaded.
    if (name.startsWith('techdocs') && name !== 'techdocs-search') await shown();
  } catch (error) {
    result.failure = error.message.split('\n')[0];
  }
  result.text = await page.locator('body').innerText().catch(() => '');
  if (pictures) await page.screenshot({ path: `${pictures}/${name}.png` });
}

await browser.close();
console.log(JSON.stringify(results));
