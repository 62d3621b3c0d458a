// Asks Backstage's own permission client for decisions and prints them.
//
//     node permission_client.mjs PORTAL
//
// PORTAL is the address of a portal with the policy of `test_permission_client.py`. The answer
// is one JSON object on standard output: question to decisions. What the client rejects with is
// `{"error": {"name", "message"}}`.

import { createRequire } from 'node:module';

// Only a bundler reads the ES modules of these packages.
const require = createRequire(import.meta.url);
const { ConfigReader } = require('@backstage/config');
const { PermissionClient, createPermission } = require('@backstage/plugin-permission-common');

const [portal] = process.argv.slice(2);
const client = batched => new PermissionClient({
  discovery: { getBaseUrl: async plugin => `${portal}/api/${plugin}` },
  config: new ConfigReader({
    permission: { enabled: true, EXPERIMENTAL_enableBatchedRequests: batched },
  }),
});
const permission = (name, action, resourceType) =>
  createPermission({ name, attributes: action ? { action } : {}, resourceType });
const read = permission('catalog.entity.read', 'read', 'catalog-entity');
const refresh = permission('catalog.entity.refresh', 'update', 'catalog-entity');
const create = permission('catalog.location.create', 'create');
const remove = permission('catalog.location.delete', 'delete');
const foreign = permission('kubernetes.clusters.read', 'read');
const tasks = permission('scaffolder.task.read', 'read', 'scaffolder-task');
const refs = ['component:default/open', 'component:default/secret', 'component:default/none'];
const session = await (await fetch(`${portal}/api/auth/guest/refresh`)).json();
const guest = { token: session.backstageIdentity.token };

const tried = async call => {
  try {
    return await call();
  } catch (error) {
    return { error: { name: error.name, message: error.message } };
  }
};
const batch = refs.map(resourceRef => ({ permission: read, resourceRef }));

console.log(JSON.stringify({
  basic: await tried(() => client(false).authorize([create, remove, foreign].map(each => ({ permission: each })), guest)),
  resources: await tried(() => client(false).authorize(batch, guest)),
  batched: await tried(() => client(true).authorize([...batch, { permission: create }], guest)),
  conditional: await tried(() => client(false).authorizeConditional([read, refresh, tasks].map(each => ({ permission: each })))),
  conditionalOfAUser: await tried(() => client(false).authorizeConditional([{ permission: read }], guest)),
}));
