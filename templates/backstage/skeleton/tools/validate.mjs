// Judges entities with Backstage's own model: JSON entities on standard input, one list of
// problems for each of them on standard output.
import {
  apiEntityV1alpha1Validator,
  componentEntityV1alpha1Validator,
  DefaultNamespaceEntityPolicy,
  domainEntityV1alpha1Validator,
  EntityPolicies,
  FieldFormatEntityPolicy,
  groupEntityV1alpha1Validator,
  locationEntityV1alpha1Validator,
  NoForeignRootFieldsEntityPolicy,
  resourceEntityV1alpha1Validator,
  SchemaValidEntityPolicy,
  systemEntityV1alpha1Validator,
  userEntityV1alpha1Validator,
} from "@backstage/catalog-model";
import { text } from "node:stream/consumers";

const policy = EntityPolicies.allOf([
  new SchemaValidEntityPolicy(),
  new DefaultNamespaceEntityPolicy(),
  new NoForeignRootFieldsEntityPolicy(),
  new FieldFormatEntityPolicy(),
]);

const kinds = [
  apiEntityV1alpha1Validator,
  componentEntityV1alpha1Validator,
  domainEntityV1alpha1Validator,
  groupEntityV1alpha1Validator,
  locationEntityV1alpha1Validator,
  resourceEntityV1alpha1Validator,
  systemEntityV1alpha1Validator,
  userEntityV1alpha1Validator,
];

/** A kind's validator answers "not mine" with false, and what is wrong with an exception. */
async function problems(entity) {
  try {
    await policy.enforce(entity);
    for (const kind of kinds) {
      if (await kind.check(entity)) return [];
    }
    return [`kind ${entity.kind}, ${entity.apiVersion}: not one of Backstage's own`];
  } catch (error) {
    return [error.message];
  }
}

const entities = JSON.parse(await text(process.stdin));
process.stdout.write(JSON.stringify(await Promise.all(entities.map(problems))));
