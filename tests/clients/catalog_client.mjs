// Calls every method of Backstage's own catalog client and prints what each returned.
//
//     node catalog_client.mjs BASE_URL REPOSITORY_PAGE
//
// BASE_URL is a portal's `/api/catalog`; REPOSITORY_PAGE the address of a folder of
// descriptors at a host the portal may read from, ending where a file's path begins.
// The answer is one JSON object on standard output: method (and case) to result. What
// the client rejects with is `{"error": {"name", "message"}}`.

import { CATALOG_FILTER_EXISTS, CatalogClient } from '@backstage/catalog-client';

const [baseUrl, page] = process.argv.slice(2);
const sent = new Set();
const client = new CatalogClient({
  discoveryApi: { getBaseUrl: async () => baseUrl },
  fetchApi: {
    fetch: (url, init = {}) => {
      sent.add(`${init.method ?? 'GET'} ${new URL(url).pathname.slice(new URL(baseUrl).pathname.length)}`);
      return fetch(url, init);
    },
  },
});

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

async function stream(name, method, ...args) {
  called.add(method);
  results[name] = [];
  for await (const batch of client[method](...args)) {
    results[name].push(batch);
  }
}

const pause = () => new Promise(resolve => setTimeout(resolve, 100));

async function until(check) {
  for (let tries = 0; tries < 150; tries++) {
    if (await check()) return true;
    await pause();
  }
  return false;
}

const component = { kind: 'component', namespace: 'default', name: 'web' };
const ref = 'component:default/web';
const byName = { orderFields: [{ field: 'metadata.name', order: 'asc' }], fields: ['metadata.name'] };
const isThere = (name = ref) => async () => (await client.getEntityByRef(name)) !== undefined;

// --- reading ---------------------------------------------------------------------
await call('getEntities', 'getEntities', { fields: ['kind', 'metadata.name'] });
await call('getEntities filtered', 'getEntities', {
  filter: [{ kind: ['component', 'api'], 'spec.type': CATALOG_FILTER_EXISTS }, { kind: 'group' }],
  fields: ['metadata.name'],
  order: { field: 'metadata.name', order: 'desc' },
});
await call('getEntities limited', 'getEntities', { offset: 1, limit: 2, fields: ['metadata.name'] });
await call('getEntitiesByRefs', 'getEntitiesByRefs', {
  entityRefs: [ref, 'component:default/none', 'api:default/pay'],
  fields: ['metadata.name'],
});
await call('getEntitiesByRefs filtered', 'getEntitiesByRefs', {
  entityRefs: [ref, 'api:default/pay'],
  filter: { kind: 'api' },
  fields: ['metadata.name'],
});
await call('getEntitiesByRefs query', 'getEntitiesByRefs', {
  entityRefs: [ref, 'api:default/pay'],
  query: { kind: 'api' },
  fields: ['metadata.name'],
});
await call('getEntityByRef', 'getEntityByRef', ref);
await call('getEntityByRef compound', 'getEntityByRef', component);
await call('getEntityByRef missing', 'getEntityByRef', 'component:default/none');
await call('getEntityByName', 'getEntityByName', component);
await call('getEntityAncestors', 'getEntityAncestors', { entityRef: ref });
await call('getEntityFacets', 'getEntityFacets', { facets: ['kind', 'spec.type'], filter: { kind: 'component' } });
await call('getEntityFacets query', 'getEntityFacets', { facets: ['kind'], query: { kind: 'component' } });

const one = await call('queryEntities 1', 'queryEntities', { ...byName, filter: { kind: 'component' }, limit: 2 });
const two = await call('queryEntities 2', 'queryEntities', { cursor: one.pageInfo.nextCursor, limit: 2, fields: byName.fields });
await call('queryEntities back', 'queryEntities', { cursor: two.pageInfo.prevCursor, limit: 2, fields: byName.fields });
await call('queryEntities text', 'queryEntities', { ...byName, fullTextFilter: { term: 'WE', fields: ['metadata.name'] } });
const asked = { ...byName, query: { $all: [{ kind: 'component' }, { $not: { 'metadata.name': 'web' } }] }, limit: 1 };
const first = await call('queryEntities predicate 1', 'queryEntities', asked);
const next = await call('queryEntities predicate 2', 'queryEntities', { cursor: first.pageInfo.nextCursor, limit: 1, fields: byName.fields });
await call('queryEntities predicate back', 'queryEntities', { cursor: next.pageInfo.prevCursor, limit: 1, fields: byName.fields });
await call('queryEntities count', 'queryEntities', { limit: 0, filter: { kind: 'component' } });
await call('queryEntities uncounted', 'queryEntities', { ...byName, limit: 1, totalItems: 'exclude' });
await stream('streamEntities', 'streamEntities', { pageSize: 2, fields: ['metadata.name'], filter: { kind: 'component' } });

// --- locations -------------------------------------------------------------------
const target = `${page}catalog-info.yaml`;
const other = `${page}other.yaml`;
await call('addLocation dry', 'addLocation', { type: 'url', target, dryRun: true });
await call('getLocations none', 'getLocations');
const { location } = await call('addLocation', 'addLocation', { type: 'url', target });
await call('addLocation again', 'addLocation', { type: 'url', target });
await call('addLocation refused', 'addLocation', { type: 'url', target: 'https://git.example.test/a/b/blob/main/c.yaml', dryRun: true });
results['the worker reads it'] = await until(isThere('component:default/registered'));
await call('registered', 'getEntityByRef', 'component:default/registered');
await call('getLocations', 'getLocations');
await call('getLocationById', 'getLocationById', location.id);
await call('getLocationById missing', 'getLocationById', 'none');
await call('getLocationByRef', 'getLocationByRef', `url:${target}`);
await call('getLocationByRef missing', 'getLocationByRef', 'url:https://x/none');
await call('getLocationByEntity', 'getLocationByEntity', 'component:default/registered');
await call('getLocationByEntity missing', 'getLocationByEntity', 'component:default/none');
const second = await call('addLocation second', 'addLocation', { type: 'url', target: `${page}second.yaml` });
const listed = await call('queryLocations 1', 'queryLocations', { limit: 1, query: { type: 'url' } });
await call('queryLocations 2', 'queryLocations', { cursor: listed.pageInfo.nextCursor });
await stream('streamLocations', 'streamLocations', { query: { type: 'url' } });
await call('updateLocation', 'updateLocation', location.id, { type: 'url', target: other });
results['the worker reads the other'] = await until(isThere('component:default/other'));
await call('registered after update', 'getEntityByRef', 'component:default/registered');
await call('refreshEntity', 'refreshEntity', 'component:default/other');
await call('refreshEntity missing', 'refreshEntity', 'component:default/none');
await call('analyzeLocation', 'analyzeLocation', { location: { type: 'url', target: 'https://github.com/acme/new' } });

// --- judging ---------------------------------------------------------------------
const entity = { apiVersion: 'backstage.io/v1alpha1', kind: 'Component', metadata: { name: 'x' } };
await call('validateEntity', 'validateEntity', { ...entity, spec: { type: 't', lifecycle: 'l', owner: 'o' } }, `url:${target}`);
await call('validateEntity wrong', 'validateEntity', { ...entity, spec: { type: 't', owner: 'o' } }, `url:${target}`);

// --- removing --------------------------------------------------------------------
const before = await client.getEntityByRef('component:default/other');
await call('removeEntityByUid', 'removeEntityByUid', before.metadata.uid);
results['it comes back as another'] = await until(async () => {
  const found = await client.getEntityByRef('component:default/other');
  return found !== undefined && found.metadata.uid !== before.metadata.uid;
});
await call('removeLocationById', 'removeLocationById', location.id);
await call('removeLocationById second', 'removeLocationById', second.location.id);
await call('removeLocationById missing', 'removeLocationById', location.id);
await call('other after removal', 'getEntityByRef', 'component:default/other');
await call('getLocations at last', 'getLocations');

const methods = Object.getOwnPropertyNames(CatalogClient.prototype).filter(
  name => name !== 'constructor' && typeof client[name] === 'function',
);
results['not called'] = methods.filter(name => !called.has(name));
results['sent'] = [...sent].sort();
process.stdout.write(JSON.stringify(results));
