// Ask lunr, set up as Backstage sets it up, what search.py asks the engines.
//
//   node lunr.mjs FOLDER-WITH-NODE_MODULES < {"documents": file, "queries": {row: [[term, filters]]}}
//
// One index per type, in memory: the separator keeps letters and digits of any script;
// trimmer, stop words and stemmer are lunr's English ones. Each word of a query is three
// clauses: as it is, as a beginning, and within two edits.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';

const lunr = createRequire(join(resolve(process.argv[2]), 'package.json'))('lunr');
const separator = /[^\p{L}\p{N}]+/u;
const input = JSON.parse(readFileSync(0, 'utf8'));
const lines = readFileSync(input.documents, 'utf8').trim().split('\n');

function build(documents) {
  const builder = new lunr.Builder();
  builder.pipeline.add(lunr.trimmer, lunr.stopWordFilter, lunr.stemmer);
  builder.searchPipeline.add(lunr.stemmer);
  builder.tokenizer.separator = separator;
  builder.metadataWhitelist = ['position'];
  builder.ref('location');
  for (const name of Object.keys(documents[0])) builder.field(name);
  for (const document of documents) builder.add(document);
  return builder.build();
}

function search(index, term, filters) {
  return index.query(query => {
    for (const word of term.toLowerCase().split(separator).filter(Boolean)) {
      query.term(word, { usePipeline: true, boost: 100 });
      query.term(word, { usePipeline: false, boost: 10, wildcard: lunr.Query.wildcard.TRAILING });
      query.term(word, { usePipeline: false, boost: 1, editDistance: 2 });
    }
    for (const [field, values] of Object.entries(filters)) {
      if (!index.fields.includes(field)) throw new lunr.QueryParseError('no such field');
      const presence = lunr.Query.presence.REQUIRED;
      query.term(values.map(value => value.toLowerCase()), { fields: [field], presence });
    }
  });
}

function searchAll(indexes, term, filters) {
  const found = indexes.flatMap(index => {
    try {
      return search(index, term, filters);
    } catch (error) {
      if (error instanceof lunr.QueryParseError) return [];
      throw error;
    }
  });
  return found.sort((left, right) => right.score - left.score).slice(0, 25);
}

const byType = new Map();
for (const { type, fields } of lines.map(line => JSON.parse(line))) {
  if (!byType.has(type)) byType.set(type, []);
  byType.get(type).push(fields);
}

const started = process.hrtime.bigint();
const milliseconds = since => Number(process.hrtime.bigint() - since) / 1e6;
const indexes = [...byType.values()].map(build);
const figures = { 'index s': milliseconds(started) / 1e3 };
for (const [row, queries] of Object.entries(input.queries)) {
  const took = queries.map(([term, filters]) => {
    const since = process.hrtime.bigint();
    searchAll(indexes, term, filters);
    return milliseconds(since);
  });
  took.sort((left, right) => left - right);
  figures[`${row} p50 ms`] = took[Math.floor(took.length / 2)];
  figures[`${row} p99 ms`] = took[Math.floor(took.length * 0.99)];
}
figures['RSS MB'] = process.resourceUsage().maxRSS / 1e3;
console.log(JSON.stringify(figures));
