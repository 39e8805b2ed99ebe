/** Relations between packages, deb-control(5): `a (>= 1) | b:any, c`. */
import { satisfies, type VersionOperator } from "./version.ts";

/** One package name with its conditions. */
export interface Relation {
  name: string;
  /** After the colon: "any", "native" or an architecture; empty if none is given. */
  qualifier: string;
  version?: { operator: VersionOperator; bound: string };
}

const RELATION =
  /^([^\s:([]+)(?::([a-z0-9-]+))?\s*(?:\(\s*(<<|<=|=|>=|>>|<|>)\s*([^\s)]+)\s*\))?\s*(?::[a-z0-9-]+)?$/;

/**
 * Groups of alternatives: all groups must hold, one relation of each is enough. What does not follow
 * the grammar is left out by dpkg too, except that it warns.
 */
export function parseRelations(text: string): Relation[][] {
  return text
    .split(",")
    .map((group) => group.split("|").flatMap((relation) => parseRelation(relation.trim())))
    .filter((group) => group.length > 0);
}

function parseRelation(text: string): Relation[] {
  const match = RELATION.exec(text);
  if (!match) return [];
  const [, name = "", qualifier = "", operator, bound] = match;
  if (operator === undefined || bound === undefined) return [{ name, qualifier }];
  return [{ name, qualifier, version: { operator: modern(operator), bound } }];
}

function modern(operator: string): VersionOperator {
  if (operator === "<") return "<=";
  if (operator === ">") return ">=";
  return operator as VersionOperator;
}

/** Whether a version meets the relation's condition; a virtual package without one meets none. */
export function versionMatches(relation: Relation, version: string | undefined): boolean {
  if (relation.version === undefined) return true;
  if (version === undefined) return false;
  return satisfies(version, relation.version.operator, relation.version.bound);
}

/** As written in control files, for messages. */
export function formatRelations(alternatives: readonly Relation[]): string {
  return alternatives
    .map(({ name, qualifier, version }) => {
      const suffix = version ? ` (${version.operator} ${version.bound})` : "";
      return `${name}${qualifier && `:${qualifier}`}${suffix}`;
    })
    .join(" | ");
}
