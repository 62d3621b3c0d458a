// Does what "Create..." in Backstage does with a template's first step, fetch:template.
//
//     echo '{"name": "checkout-web"}' | node tools/create.mjs TEMPLATE_YAML FOLDER
//
// Fills the skeleton into a folder that is not there yet. Exit code 2: the parameters do not
// fit the template's own schema; standard error says why.
import Ajv from "ajv";
import nunjucks from "nunjucks";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { text } from "node:stream/consumers";
import { parse } from "yaml";

const [templateFile, folder] = process.argv.slice(2);
const template = parse(await readFile(templateFile, "utf8"));
const parameters = JSON.parse(await text(process.stdin));

// Like in Backstage: expressions are ${{ … }}, and nothing is escaped, for this is no HTML.
const engine = new nunjucks.Environment(null, {
  autoescape: false,
  throwOnUndefined: true,
  tags: { variableStart: "${{", variableEnd: "}}" },
});

const fits = new Ajv({ strict: false, useDefaults: true }).compile(template.spec.parameters[0]);
if (!fits(parameters)) {
  const reasons = fits.errors.map((error) => `${error.instancePath} ${error.message}`.trim());
  process.stderr.write(reasons.join("\n"));
  process.exit(2);
}

const { url, values: expressions } = template.spec.steps[0].input;
const values = Object.fromEntries(
  Object.entries(expressions).map(([name, value]) => [
    name,
    typeof value === "string" ? engine.renderString(value, { parameters }) : value,
  ]),
);

const skeleton = join(dirname(templateFile), url);
await mkdir(folder);
for (const entry of await readdir(skeleton, { recursive: true, withFileTypes: true })) {
  if (!entry.isFile()) continue;
  const source = join(entry.parentPath, entry.name);
  const target = join(folder, source.slice(skeleton.length));
  await mkdir(dirname(target), { recursive: true });
  await writeFile(target, engine.renderString(await readFile(source, "utf8"), { values }));
}
