// Calls every method of Backstage's own scaffolder client and prints what each returned.
//
//     node scaffolder_client.mjs PORTAL
//
// PORTAL is the address of a portal that lets guests sign in and has the templates of
// `test_scaffolder_client.py`. The answer is one JSON object on standard output: method (and
// case) to result. What the client rejects with is `{"error": {"name", "message", "body"}}`.
// Streams are lists of `{event, at}`, `at` in milliseconds since the task was asked for.

import { createRequire } from 'node:module';

// Only a bundler reads the ES modules of these packages.
const require = createRequire(import.meta.url);
const { ConfigReader } = require('@backstage/config');
const { ScmIntegrations } = require('@backstage/integration');
const { ScaffolderClient } = require('@backstage/plugin-scaffolder-common');

// The client's event stream was made for browsers: it looks whether its page is hidden.
globalThis.window = globalThis;
globalThis.document = new EventTarget();

const [portal] = process.argv.slice(2);
const session = await (await fetch(`${portal}/api/auth/guest/refresh`)).json();
const { token, identity } = session.backstageIdentity;

const options = {
  discoveryApi: { getBaseUrl: async plugin => `${portal}/api/${plugin}` },
  fetchApi: {
    fetch: (url, init = {}) => {
      const headers = new Headers(init.headers);
      headers.set('Authorization', `Bearer ${token}`);
      return fetch(url, { ...init, headers });
    },
  },
  identityApi: { getBackstageIdentity: async () => identity },
  scmIntegrationsApi: ScmIntegrations.fromConfig(new ConfigReader({})),
};
const clients = {
  stream: new ScaffolderClient(options),
  poll: new ScaffolderClient({ ...options, useLongPollingLogs: true }),
};
const client = clients.stream;

const results = {};
const called = new Set();

async function call(name, method, ...args) {
  called.add(method);
  try {
    results[name] = (await client[method](...args)) ?? null;
  } catch (error) {
    results[name] = { error: { name: error.name, message: error.message, body: error.body } };
  }
  return results[name];
}

/** Follow a task to its end; `onEvent` may do something meanwhile. */
function follow(name, how, request, onEvent = () => {}) {
  called.add('streamLogs').add(how === 'poll' ? 'streamLogsPolling' : 'streamLogsEventStream');
  const began = Date.now();
  results[name] = [];
  return new Promise((resolve, reject) => {
    clients[how].streamLogs(request).subscribe({
      next: event => {
        results[name].push({ event, at: Date.now() - began });
        onEvent(event);
      },
      error: reject,
      complete: () => resolve(results[name]),
    });
  });
}

const scaffold = (name, templateRef, values, secrets) =>
  call(name, 'scaffold', { templateRef, values, secrets });
const waits = ({ body }) => body.stepId === 'wait' && body.status === 'processing';

// --- what there is -----------------------------------------------------------------
await call('getTemplateParameterSchema', 'getTemplateParameterSchema', 'template:default/greeting');
await call('getTemplateParameterSchema missing', 'getTemplateParameterSchema', 'template:default/none');
await call('listActions', 'listActions');
await call('listTemplatingExtensions', 'listTemplatingExtensions');
await call('getIntegrationsList', 'getIntegrationsList', { allowedHosts: ['github.com', 'gitlab.com', 'git.example.test'] });
await call('autocomplete unknown provider', 'autocomplete', { token: 't', provider: 'nope', resource: 'x', context: {} });
await call('autocomplete unknown resource', 'autocomplete', { token: 't', provider: 'github', resource: 'x', context: {} });

// --- trying out --------------------------------------------------------------------
const template = {
  apiVersion: 'scaffolder.backstage.io/v1beta3',
  kind: 'Template',
  metadata: { name: 'tried' },
  spec: {
    type: 'service',
    owner: 'guests',
    parameters: { required: ['name'], properties: { name: { type: 'string' } } },
    steps: [{ id: 'fetch', action: 'fetch:template', input: { url: './skeleton', values: { name: '${{ parameters.name }}' } } }],
    output: { name: '${{ parameters.name }}' },
  },
};
const text = '안녕, ${{ values.name }}\n';
const directoryContents = [{ path: 'skeleton/인사.md', base64Content: Buffer.from(text).toString('base64') }];
await call('dryRun', 'dryRun', { template, values: { name: '세계' }, directoryContents });
await call('dryRun wrong', 'dryRun', { template, values: {}, directoryContents });

// --- a task ------------------------------------------------------------------------
const { taskId } = await scaffold('scaffold', 'template:default/greeting', { name: '세계', seconds: 1 }, { password: 'hidden-from-all' });
await call('getTask open', 'getTask', taskId);
const streamed = await follow('streamLogs', 'stream', { taskId });
await call('getTask', 'getTask', taskId);
await follow('streamLogs after', 'stream', { taskId, after: streamed[2].event.id });
await follow('streamLogs polling of what is over', 'poll', { taskId });
await scaffold('scaffold wrong', 'template:default/greeting', { name: 1 });
await scaffold('scaffold missing', 'template:default/none', {});
await call('getTask missing', 'getTask', 'none');

const polled = await scaffold('scaffold polled', 'greeting', { name: 'poll', seconds: 1 });
await follow('streamLogs polling', 'poll', { taskId: polled.taskId });

// --- cancelled, and tried again ----------------------------------------------------
const slow = await scaffold('scaffold slow', 'greeting', { name: 'slow', seconds: 60 });
let cancelling;
await follow('streamLogs cancelled', 'stream', { taskId: slow.taskId }, event => {
  if (waits(event) && !cancelling) cancelling = call('cancelTask', 'cancelTask', slow.taskId);
});
await cancelling;
await call('getTask cancelled', 'getTask', slow.taskId);
await call('cancelTask missing', 'cancelTask', 'none');

const failing = await scaffold('scaffold failing', 'failing', {});
await follow('streamLogs failing', 'stream', { taskId: failing.taskId });
await call('getTask failing', 'getTask', failing.taskId);
await call('retry', 'retry', failing.taskId);
await follow('streamLogs retried', 'stream', { taskId: failing.taskId });
await call('retry missing', 'retry', 'none');

// --- all of them -------------------------------------------------------------------
await call('listTasks all', 'listTasks', { filterByOwnership: 'all' });
await call('listTasks owned', 'listTasks', { filterByOwnership: 'owned', limit: 2, offset: 1 });

const methods = Object.getOwnPropertyNames(ScaffolderClient.prototype).filter(name => name !== 'constructor');
results['not called'] = methods.filter(name => !called.has(name));
process.stdout.write(JSON.stringify(results));
