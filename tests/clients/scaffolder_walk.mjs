// Walks through the scaffolder's pages of a Backstage frontend and prints what was there.
//
//     node scaffolder_walk.mjs FRONTEND CHROMIUM REMOTE [PICTURES]
//
// FRONTEND is the address of an app whose backend has the templates of
// `test_frontend_scaffolder.py`, CHROMIUM a browser's program, REMOTE an empty git repository
// and PICTURES a folder for a picture of each page. The answer is one JSON object on standard
// output: page to its text; and below `errors` what the browser complained of.

import { chromium } from 'playwright-core';

const [frontend, executablePath, remote, pictures] = process.argv.slice(2);
// The folders that are walked hold nothing of anybody, and containers have no sandbox.
const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
const page = await browser.newPage({ viewport: { width: 1300, height: 1000 }, locale: 'ko-KR' });
page.setDefaultTimeout(20_000);
const results = { errors: [], asked: [] };

page.on('console', message => {
  if (message.type() === 'error') results.errors.push(`console: ${message.text()}`);
});
page.on('pageerror', error => results.errors.push(`page: ${error.message}`));
page.on('response', response => {
  if (response.status() >= 400) results.errors.push(`${response.status()}: ${response.request().method()} ${response.url()}`);
});
page.on('request', request => {
  const { pathname } = new URL(request.url());
  if (pathname.startsWith('/api/')) results.asked.push(`${request.method()} ${pathname}`);
});
// The editor opens a folder of the reader's machine: here one that the browser keeps itself.
await page.addInitScript(() => {
  window.showDirectoryPicker = () => navigator.storage.getDirectory();
});

const button = name => page.getByRole('button', { name });
const go = path => page.goto(frontend + path);

let seen = 0;
async function see(name) {
  seen += 1;
  results[name] = await page.locator('body').innerText();
  if (pictures) await page.screenshot({ path: `${pictures}/${String(seen).padStart(2, '0')}-${name}.png` });
}

/** Fill the form of a template with one page, and run it. */
async function run(template) {
  await go(`/create/templates/default/${template}`);
  await button('Review').click();
  await button(/^Create$/).click();
  await page.waitForURL('**/create/tasks/*');
}

// --- signing in, and what there is ---------------------------------------------------
await go('/create');
await button(/enter/i).click();
await page.getByText('Apache Kafka starter').first().waitFor();
await see('templates');

// --- a starter, page by page -----------------------------------------------------------
await page.locator('.MuiCard-root', { hasText: 'Apache Kafka starter' }).getByRole('button', { name: /choose/i }).click();
await page.getByLabel('이름 / Name').fill('주문');
await page.getByLabel('설명 / Description').fill('주문 이벤트를 셋이 함께 읽습니다');
await button('Next').click();
await page.getByText('must match pattern').first().waitFor();
await see('a wrong name');
await page.getByLabel('이름 / Name').fill('kafka-orders');
await button('Next').click();
await page.getByLabel(/파티션/).fill('3');
await see('second page');
await button('Next').click();
await page.getByLabel(/Git 저장소/).fill(remote);
await button('Review').click();
await button(/^Create$/).waitFor();
await see('review');
await button(/^Create$/).click();
await page.getByText('카탈로그 / Catalog').waitFor();
await page.getByText('Finished step 등록').waitFor();
await see('completed');
results.links = await page.locator('article a, main a, a').evaluateAll(all => all.map(a => a.getAttribute('href')));

// --- what became of it -----------------------------------------------------------------
await page.getByText('카탈로그 / Catalog').click();
await page.getByText('주문 이벤트를 셋이 함께 읽습니다').waitFor();
await see('component');

// --- watched, cancelled ------------------------------------------------------------------
await run('waiting');
await button(/show logs/i).click();
await page.getByText('Beginning step 기다림').waitFor();
await see('running');
await button(/^cancel$/i).click();
await page.getByText('has been cancelled').first().waitFor();
await see('cancelled');

// --- failed --------------------------------------------------------------------------------
await run('failing');
await page.getByText('Error: ENOENT').first().waitFor();
await see('failed');

// --- all tasks -------------------------------------------------------------------------------
const listed = () => Promise.all(['실패하는', '기다리는', '아파치'].map(text => page.getByText(text).first().waitFor()));
await go('/create/tasks');
await listed();
await see('tasks');
await Promise.all([
  page.waitForResponse(response => response.url().endsWith('/v2/tasks?limit=5&offset=0')),
  page.getByText('All', { exact: true }).click(),
]);
await listed();
await see('all tasks');

// --- what templates may use ------------------------------------------------------------------
await go('/create/actions');
await page.getByText('publish:git', { exact: true }).waitFor();
await see('actions');
await go('/create/templating-extensions');
await page.getByText('parseRepoUrl').first().waitFor();
await see('extensions');

// --- the editor, and its dry run ----------------------------------------------------------------
const TEMPLATE = `apiVersion: scaffolder.backstage.io/v1beta3
kind: Template
metadata: {name: tried, title: 시험}
spec:
  owner: guests
  type: service
  parameters:
    - {title: 하나, required: [name], properties: {name: {type: string, title: 이름}}}
  steps:
    - id: fetch
      name: 가져오기
      action: fetch:template
      input: {url: ./skeleton, values: {name: "\${{ parameters.name }}"}}
    - {id: register, name: 등록, action: "catalog:register", input: {catalogInfoUrl: "https://git.example.test/x"}}
  output: {links: [{title: "\${{ parameters.name }}의 집", url: "https://git.example.test/"}]}
`;
await go('/create/edit');
await page.getByText('Load Template Directory').waitFor();
await page.evaluate(async template => {
  const write = async (folder, name, text) => {
    const stream = await (await folder.getFileHandle(name, { create: true })).createWritable();
    await stream.write(text);
    await stream.close();
  };
  const root = await navigator.storage.getDirectory();
  await write(root, 'template.yaml', template);
  const skeleton = await root.getDirectoryHandle('skeleton', { create: true });
  await write(skeleton, '인사.md', '안녕, ${{ values.name }}');
}, TEMPLATE);
await page.getByText('Load Template Directory').click();
await page.getByLabel('이름').fill('세계');
await button('Review').click();
// The page shows files byte by byte, which no Korean survives: the answer is looked at instead.
const [answer] = await Promise.all([
  page.waitForResponse(response => response.url().endsWith('/v2/dry-run') && response.request().method() === 'POST'),
  button(/^Create$/).click(),
]);
results.tried = await answer.json();
await page.getByText('인사.md').last().waitFor();
await see('dry run');
await page.getByText('Log', { exact: true }).click();
await page.getByText('Finished step').first().waitFor();
await page.getByText('Skipped', { exact: true }).waitFor();
await see('dry run log');
await page.getByText('등록', { exact: true }).click();
await page.getByText('does not support dry-run').first().waitFor();
await see('dry run skipped');
await page.getByText('Output', { exact: true }).click();
await page.getByText('세계의 집').first().waitFor();
await see('dry run output');

await browser.close();
process.stdout.write(JSON.stringify(results));
